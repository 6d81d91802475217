"""More labelled cases: every form of rule, every mode, ways around both, and each sentence of the contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gaff.testing.pytest_plugin import RunGaff

SETS = [Path(__file__).with_name(f"policy_cases_{name}.jsonl") for name in ("second", "contract")]


@pytest.mark.parametrize("cases", SETS, ids=lambda path: path.stem)
def test_every_case_is_decided_as_labelled(run_gaff: RunGaff, cases: Path) -> None:
    """None is unsafe, weak or noisy."""
    done = run_gaff("policy", "test", str(cases), "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one for one in found if one["grade"] != "right"] == []
    assert done.returncode == 0
    assert len(found) > 2_000


@pytest.mark.parametrize("cases", SETS, ids=lambda path: path.stem)
def test_case_ids_are_unique(cases: Path) -> None:
    """A failure names one case."""
    ids = [json.loads(line)["id"] for line in cases.read_text().splitlines()]
    assert len(set(ids)) == len(ids)
