"""Labelled cases: every form of rule, every mode, ways around both, each sentence of the contract, advisories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gaff.testing.pytest_plugin import RunGaff

FOLDER = Path(__file__).parent
#: Each set, and how many cases it has at the least.
SETS = {
    "policy_cases": 1_000,
    "policy_cases_second": 2_000,
    "policy_cases_contract": 2_000,
    "advisories": 1_000,
}


@pytest.mark.parametrize(("name", "least"), SETS.items(), ids=list(SETS))
def test_every_case_is_decided_as_labelled(run_gaff: RunGaff, name: str, least: int) -> None:
    """None is unsafe, weak or noisy, judged as a session judges them."""
    done = run_gaff("policy", "test", str(FOLDER / f"{name}.jsonl"), "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one for one in found if one["grade"] != "right"] == []
    assert done.returncode == 0
    assert len(found) > least


@pytest.mark.parametrize("name", SETS)
def test_case_ids_are_unique(name: str) -> None:
    """A failure names one case."""
    ids = ids_of(name)
    assert len(set(ids)) == len(ids)


def test_every_advisory_names_where_it_was_published() -> None:
    """A failure there names the advisory."""
    ids = ids_of("advisories")
    assert all(": " in one for one in ids)
    assert len({one.partition(": ")[0] for one in ids} - {"everyday"}) >= 80


def ids_of(name: str) -> list[str]:
    """Return the ids of a set's cases."""
    return [json.loads(line)["id"] for line in (FOLDER / f"{name}.jsonl").read_text().splitlines()]
