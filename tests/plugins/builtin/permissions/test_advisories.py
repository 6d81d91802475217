"""Published ways around the permissions of coding agents, judged as a session judges them.

Each case begins with the identifier it was published under: a CVE or GHSA number, the repository and number
of an issue, or who published it and when. ``everyday`` are neighbours of these that must need no question.
"""

from __future__ import annotations

import json
from pathlib import Path

from gaff.testing.pytest_plugin import RunGaff

CASES = Path(__file__).with_name("advisories.jsonl")


def test_every_case_is_decided_as_labelled(run_gaff: RunGaff) -> None:
    """None is unsafe, weak or noisy."""
    done = run_gaff("policy", "test", str(CASES), "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one for one in found if one["grade"] != "right"] == []
    assert done.returncode == 0
    assert len(found) > 1_000


def test_every_case_names_where_it_was_published() -> None:
    """A failure names one case, and the advisory behind it."""
    ids = [json.loads(line)["id"] for line in CASES.read_text().splitlines()]
    assert len(set(ids)) == len(ids)
    assert all(": " in one for one in ids)
    assert len({one.partition(": ")[0] for one in ids} - {"everyday"}) >= 80
