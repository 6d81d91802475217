"""A second set of labelled cases: every form of rule, every mode, and ways around both."""

from __future__ import annotations

import json
from pathlib import Path

from gaff.testing.pytest_plugin import RunGaff

CASES = Path(__file__).with_name("policy_cases_second.jsonl")


def test_every_case_is_decided_as_labelled(run_gaff: RunGaff) -> None:
    """None is unsafe, weak or noisy."""
    done = run_gaff("policy", "test", str(CASES), "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one for one in found if one["grade"] != "right"] == []
    assert done.returncode == 0
    assert len(found) > 2_000


def test_case_ids_are_unique() -> None:
    """A failure names one case."""
    ids = [json.loads(line)["id"] for line in CASES.read_text().splitlines()]
    assert len(set(ids)) == len(ids)
