"""How tool calls and their results are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from gaff.hooks import Json, JsonObject, ToolCall, ToolOutcome, ToolOutput
from gaff.plugins.builtin.ui._terminal.ansi import plain
from gaff.plugins.builtin.ui.render_any import AnyRenderer
from gaff.plugins.builtin.ui.render_commands import CommandRenderer
from gaff.plugins.builtin.ui.render_edits import EditRenderer
from gaff.plugins.builtin.ui.render_files import FileRenderer
from gaff.plugins.builtin.ui.render_tasks import TaskRenderer


def outcome(
    name: str,
    response: Json = None,
    content: str = "",
    *,
    input: JsonObject | None = None,
    error: bool = False,
) -> ToolOutcome:
    """Return how a call ended."""
    call = ToolCall("1", name, input or {})
    return ToolOutcome(call, ToolOutput(content, response, error), 1, "failed" if error else "done")


def patch(start: int, *lines: str) -> JsonObject:
    """Return a hunk that begins at this line on both sides."""
    return {"oldStart": start, "oldLines": 3, "newStart": start, "newLines": 3, "lines": list(lines)}


def edited(*hunks: JsonObject, full: bool = False, width: int = 40) -> str:
    """Return an edit with these hunks as drawn, without colours."""
    return plain(EditRenderer().result(outcome("Edit", {"structuredPatch": list(hunks)}), width, full))


def test_a_diff_has_the_line_numbers_of_each_side() -> None:
    """Removed lines have the old number, all others the new."""
    assert edited(patch(9, " a", "+B", "+C", "-b", " d")).split("\n") == [
        "2 lines added, 1 removed",
        " 9   a",
        "10 + B",
        "11 + C",
        "10 - b",
        "12   d",
    ]


def test_hunks_are_set_apart_and_long_diffs_cut() -> None:
    """All of it only when asked for."""
    hunks = patch(1, *[f"+{number}" for number in range(30)]), patch(70, "-x")
    assert "⋮" in edited(*hunks, full=True)
    assert "… 12 more lines" in edited(*hunks)
    assert "… " not in edited(*hunks, full=True)


def test_a_diff_shows_what_cannot_be_seen() -> None:
    """A bidi control in code is an attack, not typography."""
    assert "<U+202E>" in edited(patch(1, "+a\u202eb"))


def test_a_missing_line_end_counts_for_neither_side() -> None:
    """The note of diff is shown as such."""
    drawn = edited(patch(1, "-a", "\\ No newline at end of file", "+a")).split("\n")
    assert [line.strip() for line in drawn[1:]] == ["1 - a", "\\ No newline at end of file", "1 + a"]


def test_a_new_file_is_shown_by_its_first_lines() -> None:
    """With how long it is."""
    response: JsonObject = {"type": "create", "content": "".join(f"line {n}\n" for n in range(40))}
    drawn = plain(EditRenderer().result(outcome("Write", response), 40, False)).split("\n")
    assert drawn[:2] == ["new file, 40 lines", " 1 line 0"]
    assert len(drawn) == 8


def test_an_edit_without_a_patch_shows_what_the_model_reads() -> None:
    """As from a resumed session, where only the text is kept."""
    assert (
        EditRenderer().result(outcome("Edit", None, "The file was updated."), 40, False)
        == "The file was updated."
    )


@pytest.mark.parametrize(
    ("response", "content", "drawn"),
    [
        ({"stdout": "a\nb\n"}, "x", ["a", "b"]),
        ({"stdout": ""}, "", ["(no output)"]),
        ({"stdout": "10%\r50%\r100%\ndone"}, "", ["100%", "done"]),
        (None, "from a transcript", ["from a transcript"]),
        ({"stdout": "a", "backgroundTaskId": "b7"}, "", ["a", "runs on in the background as b7"]),
    ],
)
def test_output_of_commands(response: Json, content: str, drawn: Sequence[str]) -> None:
    """As a terminal would have left it, and what happened to the command beside it."""
    assert plain(CommandRenderer().result(outcome("Bash", response, content), 40, False)).split("\n") == drawn


def test_long_output_keeps_its_beginning_and_its_end() -> None:
    """The end is what tests report in."""
    response = {"stdout": "\n".join(str(number) for number in range(100))}
    drawn = plain(CommandRenderer().result(outcome("Bash", response), 60, False)).split("\n")
    assert drawn == ["0", "1", "2", "… 94 more lines (ctrl+o shows all)", "97", "98", "99"]


def test_a_failed_command_says_its_exit_code() -> None:
    """It is in the text for the model only."""
    failed = outcome("Bash", {"stdout": "oh\n"}, "Exit code 2\noh", error=True)
    assert plain(CommandRenderer().result(failed, 40, False)).split("\n") == ["Exit code 2", "oh"]


def test_a_command_in_full_hides_nothing() -> None:
    """All of its lines, invisible characters spelt out."""
    call: JsonObject = {"command": "ls\nrm\u200b x"}
    assert plain(CommandRenderer().call(ToolCall("1", "Bash", call), call, 40)) == "Bash(ls ⏎ rm<U+200B> x)"
    drawn = plain(CommandRenderer().result(outcome("Bash", {"stdout": "y"}, input=call), 40, True))
    assert drawn == "$ ls\n  rm<U+200B> x\ny"


@pytest.mark.parametrize(
    ("name", "response", "drawn"),
    [
        ("Read", {"type": "text", "file": {"numLines": 3, "totalLines": 3}}, "3 lines"),
        ("Read", {"type": "text", "file": {"numLines": 1, "totalLines": 1200}}, "1 line of 1,200"),
        ("Read", {"type": "image", "file": {"originalSize": 2048}}, "image, 2.0k bytes"),
        ("Read", {"type": "file_unchanged", "file": {}}, "unchanged since it was read"),
        ("Read", None, "2 lines"),
        ("Glob", {"numFiles": 7, "truncated": True}, "7 files, more left out"),
        ("Grep", {"mode": "content", "numLines": 1, "numFiles": 1}, "1 match in 1 file"),
        ("Grep", {"mode": "files_with_matches", "numFiles": 2}, "2 files"),
        ("LS", None, "2 lines"),
    ],
)
def test_reads_and_searches_take_one_line(name: str, response: Json, drawn: str) -> None:
    """The text itself is for the model; it is shown on demand."""
    ended = outcome(name, response, "one\ntwo")
    assert FileRenderer().result(ended, 40, False) == drawn
    assert FileRenderer().result(ended, 40, True) == "one\ntwo"


@pytest.mark.parametrize(
    ("name", "input", "drawn"),
    [
        ("Read", {"file_path": "/x/a.py", "offset": 10, "limit": 5}, "Read(/x/a.py lines 10-14)"),
        ("Read", {"file_path": "/x/a.py", "offset": 10}, "Read(/x/a.py from line 10)"),
        ("Grep", {"pattern": "TODO", "path": "/x"}, "Grep(TODO in /x)"),
        ("Glob", {"pattern": "**/*.py"}, "Glob(**/*.py)"),
        ("LS", {}, "LS"),
    ],
)
def test_what_a_read_is_about(name: str, input: Mapping[str, Json], drawn: str) -> None:
    """Path, part and pattern."""
    assert plain(FileRenderer().call(ToolCall("1", name, input), input, 40)) == drawn


def test_tasks_are_a_checklist() -> None:
    """What is under way says what is being done."""
    todos: list[Json] = [
        {"content": "A", "status": "completed"},
        {"content": "B", "status": "in_progress", "activeForm": "Doing B"},
        {"content": "C", "status": "pending"},
    ]
    ended = outcome("TodoWrite", input={"todos": todos})
    assert plain(TaskRenderer().call(ended.call, ended.call.input, 40)) == "Tasks 1 of 3 done"
    assert plain(TaskRenderer().result(ended, 40, False)).split("\n") == ["✓ A", "▶ Doing B", "□ C"]


def test_any_other_tool_shows_its_parameters_and_first_lines() -> None:
    """Also with values that are no strings."""
    call = ToolCall("1", "mcp__x__y", {"q": "a b", "n": [1]})
    assert plain(AnyRenderer().call(call, call.input, 60)) == "mcp__x__y(q: a b, n: [1])"
    ended = ToolOutcome(call, ToolOutput("\n".join("abcdefgh")))
    assert plain(AnyRenderer().result(ended, 60, False)).split("\n") == [
        "a",
        "b",
        "c",
        "… 4 more lines (ctrl+o shows all)",
        "h",
    ]


@pytest.mark.parametrize(
    "renderer", [AnyRenderer(), CommandRenderer(), EditRenderer(), FileRenderer(), TaskRenderer()]
)
def test_a_failure_is_shown_by_every_renderer(renderer: AnyRenderer) -> None:
    """What went wrong, whatever the tool, in windows of any width."""
    failed = outcome("X", None, "No such file.", error=True)
    assert "No such file." in plain(renderer.result(failed, 40, False))
    assert renderer.call(failed.call, failed.call.input, 1) is not None
    assert renderer.result(failed, 1, True) is not None
