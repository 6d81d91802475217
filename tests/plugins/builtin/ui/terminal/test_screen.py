"""The screen by itself: what is printed, what is live, and who gets the keys."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager

import pyte
import pytest
from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input

from gaff.hooks import TerminalSequence
from gaff.plugins.builtin.ui._terminal.dialog import Dialog, DialogChoice
from gaff.plugins.builtin.ui._terminal.keys import bind_dialog_keys
from gaff.plugins.builtin.ui._terminal.output import TerminalOutput
from gaff.plugins.builtin.ui._terminal.screen import Screen

COLUMNS, ROWS = 40, 12


class Glass(io.StringIO):
    """A terminal that can be looked at; keeps each write."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []
        self._screen = pyte.HistoryScreen(COLUMNS, ROWS, history=1000)
        self._stream = pyte.Stream(self._screen)

    def write(self, text: str) -> int:
        self.writes.append(text)
        self._stream.feed(text.replace("\r\n", "\n").replace("\n", "\r\n"))
        return len(text)

    @property
    def lines(self) -> list[str]:
        """The lines on the glass, empty ones at the end left out."""
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip().split("\n")


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    """A keyboard."""
    with create_pipe_input() as pipe:
        yield pipe


@pytest.fixture
def glass() -> Glass:
    """An empty terminal."""
    return Glass()


@asynccontextmanager
async def running(glass: Glass, keyboard: PipeInput) -> AsyncGenerator[Screen]:
    """Run a screen on this terminal."""
    output = TerminalOutput(glass, lambda: Size(rows=ROWS, columns=COLUMNS), {"TERM": "xterm"})
    screen = Screen(Buffer(), output, {}, keyboard)
    bind_dialog_keys(screen)
    serving = asyncio.create_task(screen.run())
    await screen.drawn()
    try:
        yield screen
    finally:
        screen.exit(0)
        await serving


async def until(screen: Screen, condition: Callable[[], bool]) -> None:
    """Wait until a redraw after which the condition holds."""
    drawn = asyncio.Event()

    def rendered(_: Application[int]) -> None:
        drawn.set()

    screen.app.after_render += rendered
    async with asyncio.timeout(5):
        while not condition():
            drawn.clear()
            await drawn.wait()
    screen.app.after_render -= rendered


async def test_printed_text_stands_above_the_live_lines(glass: Glass, keyboard: PipeInput) -> None:
    """In order, each line once, the prompt below."""
    async with running(glass, keyboard) as screen:
        screen.print("one", gap=False)
        screen.print("two")
        screen.show_live(["under way"])
        screen.show_status("status")
        await until(screen, lambda: "under way" in glass.lines and "  status" in glass.lines)
        assert glass.lines == ["one", "", "two", "", "under way", "", ">", "  status"]


async def test_a_frame_is_one_write_and_never_clears(glass: Glass, keyboard: PipeInput) -> None:
    """What is printed in one go cannot flicker, and scrollback stays."""
    async with running(glass, keyboard) as screen:
        before = len(glass.writes)
        for number in range(20):
            screen.print(f"line {number}", gap=False)
        await asyncio.sleep(0)
        frames = [text for text in glass.writes[before:] if "line" in text]
        assert len(frames) == 1
        assert frames[0].startswith("\x1b[?2026h")
        assert frames[0].endswith("\x1b[?2026l")
        assert not any("\x1b[2J" in text or "\x1b[3J" in text for text in glass.writes)


async def test_live_lines_never_fill_the_window(glass: Glass, keyboard: PipeInput) -> None:
    """Only the last of many are shown."""
    async with running(glass, keyboard) as screen:
        screen.show_live([f"line {number}" for number in range(100)])
        await until(screen, lambda: "line 99" in glass.lines)
        assert sum(line.startswith("line") for line in glass.lines) <= ROWS // 3


async def test_keys_go_to_the_prompt_until_the_dialog_listens(glass: Glass, keyboard: PipeInput) -> None:
    """Typing ahead never answers a question; after a pause the same key does."""
    async with running(glass, keyboard) as screen:
        dialog = Dialog("Sure?", choices=[DialogChoice("Yes", "yes", keys="y"), DialogChoice("No", "no")])
        asking = asyncio.create_task(screen.ask(dialog))
        keyboard.send_text("y1")
        await until(screen, lambda: screen.buffer.text == "y1")
        assert not dialog.done.done()
        assert not any("❯" in line for line in glass.lines)
        await until(screen, lambda: "❯ 1. Yes" in glass.lines)
        keyboard.send_text("y")
        assert (await asking).value == "yes"
        await until(screen, lambda: "> y1" in glass.lines)
        assert "Sure?" not in glass.lines


async def test_typing_on_at_a_question_does_not_answer_it(glass: Glass, keyboard: PipeInput) -> None:
    """A word that is no answer is the beginning of a prompt, and the Enter behind it is that prompt's."""
    async with running(glass, keyboard) as screen:
        dialog = Dialog("Sure?", choices=[DialogChoice("Yes", "yes"), DialogChoice("No", "no")])
        asking = asyncio.create_task(screen.ask(dialog))
        await until(screen, lambda: "❯ 1. Yes" in glass.lines)
        keyboard.send_text("/help 1\r")
        await until(screen, lambda: not dialog.armed)
        await until(screen, lambda: "❯ 1. Yes" in glass.lines)
        assert not dialog.done.done()
        keyboard.send_text("2")
        assert (await asking).value == "no"


async def test_a_cancelled_question_goes_away(glass: Glass, keyboard: PipeInput) -> None:
    """An interrupted turn takes its dialog along."""
    async with running(glass, keyboard) as screen:
        asking = asyncio.create_task(screen.ask(Dialog("Sure?", choices=[DialogChoice("Yes", "yes")])))
        await until(screen, lambda: "Sure?" in glass.lines)
        asking.cancel()
        await until(screen, lambda: "Sure?" not in glass.lines)
        keyboard.send_text("x")
        await until(screen, lambda: "> x" in glass.lines)


async def test_a_long_question_is_printed_whole_above(glass: Glass, keyboard: PipeInput) -> None:
    """The choices stay in sight, however long the command is."""
    async with running(glass, keyboard) as screen:
        body = [f"  part {number}" for number in range(30)]
        asking = asyncio.create_task(screen.ask(Dialog("Sure?", body, [DialogChoice("Yes", "yes")])))
        await until(screen, lambda: "❯ 1. Yes" in glass.lines)
        written = "".join(glass.writes)
        assert all(f"part {number}\n" in written for number in range(30))
        asking.cancel()


async def test_what_is_printed_while_another_program_has_the_terminal_comes_after(
    glass: Glass, keyboard: PipeInput
) -> None:
    """An editor's screen is not written into."""
    async with running(glass, keyboard) as screen:
        async with screen.suspended():
            screen.print("later", gap=False)
            await asyncio.sleep(0)
            assert "later" not in "".join(glass.writes)
        await until(screen, lambda: "later" in glass.lines)


async def test_a_terminal_that_went_away_raises_nothing(glass: Glass, keyboard: PipeInput) -> None:
    """The signal that says so ends the session in its own time."""
    async with running(glass, keyboard) as screen:

        def gone(_: str) -> int:
            raise OSError(5, "Input/output error")

        glass.write = gone  # type: ignore[method-assign]
        screen.print("to nobody")
        await asyncio.sleep(0)


async def test_a_signal_leaves_the_prompt_as_it_is(glass: Glass, keyboard: PipeInput) -> None:
    """It goes out by itself, between two frames, and waits while a program has the terminal."""
    async with running(glass, keyboard) as screen:
        before = glass.lines
        screen.signal(TerminalSequence("\x1b]2;done\x07\x07"))
        assert glass.writes[-1] == "\x1b]2;done\x07\x07"
        assert glass.lines == before
        async with screen.suspended():
            screen.signal(TerminalSequence("\x1b]9;later\x07"))
            assert "later" not in "".join(glass.writes)
        assert "\x1b]9;later\x07" in "".join(glass.writes)
