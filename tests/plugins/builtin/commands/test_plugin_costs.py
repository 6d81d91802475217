"""gaff plugin list --timings: what plugins cost, from transcripts."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from gaff.hooks import JsonObject, Timing, UsageError
from gaff.kernel import Kernel
from gaff.plugins.builtin.commands._plugin.costs import costs_of, recorded_costs, seconds
from gaff.plugins.builtin.sessions.jsonl import JsonlStore
from gaff.start import Start, start
from gaff.testing import Workspace
from gaff.testing.pytest_plugin import RunGaff


def timing(*calls: float, tokens: int = 0) -> Timing:
    """Return the timing of calls of these milliseconds."""
    made = Timing(tokens=tokens)
    for ms in calls:
        made.add(ms)
    return made


def entry(turn_ms: int, **plugins: Timing) -> JsonObject:
    """Return what a transcript keeps of a turn."""
    told = {name: one.to_json() for name, one in plugins.items()}
    return {"type": "gaff-timings", "turnMs": turn_ms, "plugins": told}


def session(workspace: Workspace, number: int, *entries: JsonObject, age: float = 0.0) -> Path:
    """Write a transcript of this project, so many seconds old."""
    identity = f"0000000{number}-0000-4000-8000-000000000000"
    path = JsonlStore(workspace.gaff_home).path(identity, workspace.project)
    path.parent.mkdir(parents=True, exist_ok=True)
    user = {"type": "user", "sessionId": identity, "cwd": str(workspace.project), "uuid": identity}
    said = {**user, "message": {"role": "user", "content": "hi"}}
    path.write_text("".join(json.dumps(one) + "\n" for one in (said, *entries)))
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def kernel_in(workspace: Workspace) -> Kernel:
    """Start a kernel there."""
    return start(Start([], workspace.environ, workspace.project))


def test_the_last_session_of_the_folder(workspace: Workspace) -> None:
    """All its turns together, the dearest plugin first."""
    session(workspace, 1, entry(100, old=timing(5.0)), age=100)
    session(
        workspace, 2, entry(100, a=timing(1.0), b=timing(10.0, 30.0, tokens=12)), entry(300, a=timing(1.0))
    )
    costs = recorded_costs(kernel_in(workspace), None, None)
    assert (costs.turns, costs.turn_ms) == (2, 400)
    head, *rows = costs.rows()
    assert head[0] == "PLUGIN"
    assert [(row[0], row[1], row[4], row[5], row[6]) for row in rows] == [
        ("b", "2", "40.0", "10.0%", "12"),
        ("a", "2", "2.0", "0.5%", "0"),
    ]


def test_one_session_and_all_since(workspace: Workspace) -> None:
    """By the beginning of its id; by age."""
    session(workspace, 1, entry(100, old=timing(5.0)), age=2 * 86_400)
    session(workspace, 2, entry(100, new=timing(5.0)))
    session(workspace, 3, entry(100, ancient=timing(5.0)), age=30 * 86_400)
    kernel = kernel_in(workspace)
    assert set(recorded_costs(kernel, "00000001", None).plugins) == {"old"}
    assert set(recorded_costs(kernel, None, "7d").plugins) == {"old", "new"}


def test_what_is_not_there(workspace: Workspace) -> None:
    """One line each."""
    kernel = kernel_in(workspace)
    for given in ((None, None), ("nope", None), (None, "2h")):
        with pytest.raises(UsageError, match="there is no session"):
            recorded_costs(kernel, *given)


def test_a_transcript_that_makes_no_sense(workspace: Workspace) -> None:
    """What cannot be read counts as nothing."""
    garbage: JsonObject = {"type": "gaff-timings", "turnMs": "long", "plugins": {"a": 3, "b": {"calls": "x"}}}
    session(workspace, 1, garbage, {"type": "gaff-timings", "plugins": []})
    costs = recorded_costs(kernel_in(workspace), None, None)
    assert (costs.turns, costs.turn_ms, len(costs.rows())) == (2, 0, 1)


@pytest.mark.parametrize(
    ("text", "expected"), [("90m", 5_400), ("12h", 43_200), ("7d", 604_800), ("2w", 1_209_600)]
)
def test_time_spans(text: str, expected: int) -> None:
    """In minutes, hours, days and weeks."""
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1y", "1.5h", "9999999d"])
def test_what_is_no_time_span(text: str) -> None:
    """Says what would be."""
    with pytest.raises(UsageError, match="such as 7d"):
        seconds(text)


def test_of_this_process() -> None:
    """The kernel knows the times, the transcript the turns."""
    costs = costs_of({"a": timing(5.0)}, [entry(50, a=timing(1.0)), {"type": "user"}])
    assert costs.rows()[1][4:6] == ("5.0", "10.0%")


def test_the_table_and_the_json(run_gaff: RunGaff, workspace: Workspace) -> None:
    """As a program."""
    session(workspace, 1, entry(1000, **{"shell.bash": timing(250.0)}))
    lines = run_gaff("plugin", "list", "--timings").stdout.splitlines()
    assert lines[0] == "1 turn, 1.0 s:"
    assert [word for word in lines[2].split() if "%" in word] == ["25.0%"]
    found = json.loads(run_gaff("plugin", "list", "--timings", "--json").stdout)
    assert found["plugins"]["shell.bash"]["share"] == 0.25
