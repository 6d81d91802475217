"""What happens in a session, as it is shown."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gaff.hooks import (
    CompactionFinished,
    CompactionStarted,
    Delta,
    JsonObject,
    Message,
    MessageAdded,
    Notice,
    QueueChanged,
    Renderer,
    RetryScheduled,
    SessionEvent,
    TerminalSequence,
    ToolCall,
    ToolFinished,
    ToolOutcome,
    ToolOutput,
    ToolProgress,
    ToolStarted,
    TurnFinished,
    TurnResult,
    TurnStarted,
    Usage,
    compaction_note,
)
from gaff.plugins.builtin.ui._terminal.ansi import plain
from gaff.plugins.builtin.ui._terminal.feed import Feed


class Paper:
    """A surface that keeps what it is shown."""

    columns = 60

    def __init__(self) -> None:
        self.printed = ""
        self.live: Sequence[str] = ()
        self.queue: Sequence[str] = ()
        self.signals = ""

    def print(self, text: str, *, gap: bool = True) -> None:
        self.printed += ("\n" if gap else "") + plain(text) + "\n"

    def show_live(self, lines: Sequence[str], *, gap: bool = True) -> None:
        self.live = [plain(line) for line in lines]

    def show_queue(self, prompts: Sequence[str]) -> None:
        self.queue = prompts

    def signal(self, sequence: TerminalSequence) -> None:
        self.signals += sequence.sequence


class Broken(Renderer):
    """A renderer with a fault."""

    tools = ("*",)

    def call(self, call: ToolCall, input: JsonObject, width: int) -> str:
        raise RuntimeError("no pen")

    def result(self, outcome: ToolOutcome, width: int, full: bool) -> str:
        raise RuntimeError("no pen")


@pytest.fixture
def paper() -> Paper:
    """An empty sheet."""
    return Paper()


@pytest.fixture
def feed(paper: Paper) -> Feed:
    """A feed without renderers."""
    return Feed(paper, lambda _: None)


def turn_result(reason: str = "completed", *, error: bool = False, text: str = "") -> TurnResult:
    """Return how a turn ended."""
    return TurnResult("success", reason, error, text, 1, 10, 5, Usage())


def happen(feed: Feed, *events: SessionEvent) -> None:
    """Let these things happen."""
    for event in events:
        feed.handle(event)


CALL = ToolCall("1", "Bash", {"command": "make"})


def test_finished_blocks_are_printed_and_the_rest_is_live(feed: Feed, paper: Paper) -> None:
    """Each block once; what is under way only in the live lines."""
    happen(feed, Delta("text", "One.\n\nTwo **bo"))
    assert paper.printed == "\nOne.\n"
    assert paper.live == ["Two bo"]
    happen(feed, Delta("text", "ld**"), MessageAdded(Message("assistant", ()), "u"))
    assert paper.printed == "\nOne.\n\nTwo bold\n"
    assert paper.live == []


def test_list_items_have_no_blank_lines_between(feed: Feed, paper: Paper) -> None:
    """Though each is printed by itself."""
    happen(feed, Delta("text", "- a\n- b\n"), TurnFinished(turn_result()))
    assert paper.printed == "\n • a\n • b\n"


def test_thoughts_are_live_only(feed: Feed, paper: Paper) -> None:
    """The last lines of them, while they last."""
    happen(feed, Delta("thinking", "a\nb\nc\nd"))
    assert paper.live == ["b", "c", "d"]
    happen(feed, Delta("text", "Done.\n\n"))
    assert (paper.live, paper.printed) == ([], "\nDone.\n")


def test_a_call_is_live_while_it_runs_then_printed_with_its_result(feed: Feed, paper: Paper) -> None:
    """With the last lines of its output meanwhile."""
    happen(feed, ToolStarted(CALL, CALL.input), ToolProgress(CALL, "1\n2\n3\n4\n5\n"))
    assert paper.live == ["● Bash", "    2", "    3", "    4", "    5"]
    happen(feed, ToolFinished(ToolOutcome(CALL, ToolOutput("built"), 5)))
    assert (paper.live, paper.printed) == ([], "\n● Bash\n  ⎿ built\n")


def test_a_denied_call_says_why(feed: Feed, paper: Paper) -> None:
    """It never ran, so there is nothing else to show."""
    happen(
        feed, ToolFinished(ToolOutcome(CALL, ToolOutput("A rule says no.", is_error=True), status="denied"))
    )
    assert paper.printed == "\n● Bash\n  ⎿ A rule says no.\n"


def test_a_broken_renderer_hides_nothing(paper: Paper) -> None:
    """The call and its result are still told, and what is wrong."""
    happen(Feed(paper, lambda _: Broken()), ToolFinished(ToolOutcome(CALL, ToolOutput("built"))))
    assert "Bash (cannot be drawn: no pen)" in paper.printed
    assert "built" in paper.printed


def test_output_cannot_steer_the_terminal(feed: Feed, paper: Paper) -> None:
    """Neither live nor printed, from a model or a tool."""
    happen(feed, Delta("text", "a\x1b]0;t\x07b\n\n"), ToolStarted(CALL, {}), ToolProgress(CALL, "x\x1b[2Jy"))
    assert paper.printed == "\nab\n"
    assert paper.live[-1] == "    xy"


def test_queued_prompts_are_shown_when_they_join_and_the_typed_one_only_once(
    feed: Feed, paper: Paper
) -> None:
    """The one that was shown when it was sent is not shown again; reminders never are."""
    feed.show_prompt("first")
    feed.echoed.append("first")
    blocks = ({"type": "text", "text": text} for text in ("<system-reminder>x", "first", "second"))
    happen(feed, QueueChanged(("second",)), MessageAdded(Message("user", tuple(blocks)), "u"))
    assert paper.queue == ["second"]
    assert paper.printed == "\n> first\n\n> second\n"


def test_what_is_waited_for_is_told_with_a_countdown(feed: Feed) -> None:
    """The fault, the attempt and the seconds left."""
    happen(feed, TurnStarted("p"), RetryScheduled(1, 10, 7.0, "busy", "overloaded", 529))
    assert "Waiting 7s for the model: overloaded (529), attempt 2 of 11" in feed.activity()


def test_an_answer_that_broke_off_is_told_apart_from_the_next_attempt(feed: Feed, paper: Paper) -> None:
    """What was printed stays, and a line says that it starts again."""
    happen(feed, Delta("text", "Half an ans"), RetryScheduled(1, 10, 1.0, "cut", "stream_cut"))
    assert paper.printed == "\nHalf an ans\n\nThe answer broke off here and starts again.\n"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (turn_result("aborted_streaming", error=True, text="Half"), "Interrupted."),
        (turn_result("api_error", error=True, text="no credit"), "no credit"),
        (turn_result("hook_stopped", text="A hook said so."), "A hook said so."),
    ],
)
def test_how_a_turn_ended_badly_is_said(feed: Feed, paper: Paper, result: TurnResult, said: str) -> None:
    """One line; an ordinary end says nothing."""
    happen(feed, TurnStarted("p"), TurnFinished(result))
    assert said in paper.printed
    assert feed.activity() == ""


def test_the_activity_tells_what_runs_and_how_much_came(feed: Feed) -> None:
    """Seconds and tokens, the exact count once the message is complete."""
    happen(feed, TurnStarted("p"), Delta("text", "x" * 400))
    assert "Writing…" in feed.activity()
    assert "100 tokens" in feed.activity()
    happen(feed, MessageAdded(Message("assistant", ()), "u", {"usage": {"output_tokens": 1234}}))
    happen(feed, ToolStarted(CALL, CALL.input))
    assert "Bash" in feed.activity()
    assert "1.2k tokens" in feed.activity()
    feed.interrupting()
    assert "Interrupting" in feed.activity()


def test_notices_and_full_results(feed: Feed, paper: Paper) -> None:
    """A notice is a line of its own; the newest result can be printed again."""
    assert not feed.show_full()
    happen(feed, Notice("warning", "mind the gap"), ToolFinished(ToolOutcome(CALL, ToolOutput("built"))))
    assert feed.show_full()
    assert paper.printed.endswith("● Bash\n    built\n")
    assert "\nmind the gap\n" in paper.printed


def test_a_long_prompt_is_shown_in_part(feed: Feed, paper: Paper) -> None:
    """A paste of hundreds of lines does not push everything away."""
    feed.show_prompt("\n".join(str(number) for number in range(100)))
    assert paper.printed.endswith("  10\n  … 89 more lines\n")


def test_a_compaction_is_one_line(feed: Feed, paper: Paper) -> None:
    """While it lasts the spinner says so; by hand the command tells what was done."""
    happen(feed, TurnStarted("p"), CompactionStarted("auto"))
    assert "Compacting the conversation" in feed.activity()
    happen(feed, CompactionFinished("auto", ("clear_old_results",), 150_000, 60_000))
    assert "about 150,000 → 60,000 tokens" in " ".join(paper.printed.split())
    assert "Compacting" not in feed.activity()

    printed = paper.printed
    happen(feed, CompactionStarted("manual"), CompactionFinished("manual", ("x",), 2, 1))
    assert paper.printed == printed


def test_a_summary_is_not_shown_as_a_prompt(feed: Feed, paper: Paper) -> None:
    """In a resumed session it stands where the user's words stood."""
    happen(feed, MessageAdded(compaction_note("summary"), ""))
    assert paper.printed == ""


def test_a_signal_is_sent_and_leaves_no_trace(feed: Feed, paper: Paper) -> None:
    """Titles and bells go to the terminal itself, not into the text."""
    feed.handle(Delta("text", "Half a sen"))

    printed = feed.handle(TerminalSequence("\x07"))

    assert (paper.signals, paper.printed, printed) == ("\x07", "", False)
