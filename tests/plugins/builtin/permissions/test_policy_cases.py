"""Labelled cases from the contract and from the classes of known advisories, judged as a session judges them."""

from __future__ import annotations

import json
from pathlib import Path

from gaff.testing.pytest_plugin import RunGaff

CASES = Path(__file__).with_name("policy_cases.jsonl")


def test_no_case_is_unsafe_or_weak(run_gaff: RunGaff) -> None:
    """Nor noisy: each is decided as its label says."""
    done = run_gaff("policy", "test", str(CASES), "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one for one in found if one["grade"] != "right"] == []
    assert done.returncode == 0
    assert len(found) > 1_000


def test_case_ids_are_unique() -> None:
    """A failure names one case."""
    ids = [json.loads(line)["id"] for line in CASES.read_text().splitlines()]
    assert len(set(ids)) == len(ids)
