"""The REPL on a dumb terminal: lines in, lines out, no cursor moved."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from gaff.hooks import TerminalSequence

from .ansi import fold, plain
from .dialog import Dialog, DialogAnswer, DialogChoice
from .face import Desk
from .output import ASCII, speaks_unicode, terminal_size


class PlainFace:
    """A terminal that can show text and take lines, no more; screen readers like it too."""

    def __init__(self, stdin: int, stdout: TextIO) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._read = b""
        self._line: asyncio.Future[str] | None = None
        self._code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._queued: Sequence[str] = ()
        self.desk: Desk | None = None

    @property
    def columns(self) -> int:
        """Width of the window, in cells."""
        return terminal_size(self._stdout).columns

    @property
    def shows_input(self) -> bool:
        """The terminal itself keeps what is typed."""
        return True

    def print(self, text: str, *, gap: bool = True) -> None:
        """Print lines without their colours."""
        self._write(("\n" if gap else "") + plain(text) + "\n")

    def show_live(self, lines: Sequence[str], *, gap: bool = True) -> None:
        """Nothing is live here."""

    def show_activity(self, text: str) -> None:
        """Nothing is live here."""

    def show_status(self, text: str) -> None:
        """There is no status line; /status tells."""

    def show_hint(self, text: str) -> None:
        """Print a hint."""
        if text:
            self.print(text, gap=False)

    def show_queue(self, prompts: Sequence[str]) -> None:
        """Say once of each prompt that it waits."""
        if len(prompts) > len(self._queued):
            self.print(f"(queued: {prompts[-1]})", gap=False)
        self._queued = prompts

    def signal(self, sequence: TerminalSequence) -> None:
        """A dumb terminal would print it."""

    def show_ready(self) -> None:
        """Ask for a prompt."""
        self._write("\n> ")

    def _write(self, text: str) -> None:
        encoding = self._stdout.encoding or "ascii"
        if not speaks_unicode(encoding):
            text = text.translate(ASCII)
        with suppress(OSError):  # the terminal is gone; the signal that says so ends the session
            self._stdout.write(text.encode(encoding, "replace").decode(encoding))
            self._stdout.flush()

    async def ask(self, dialog: Dialog) -> DialogAnswer:
        """Print the dialog and read the answer: the number or key of a choice."""
        lines = [dialog.title, *(piece for text in dialog.body for piece in fold(text, self.columns - 1))]
        lines += [f"  {place + 1}. {choice.label}" for place, choice in enumerate(dialog.choices)]
        self.print("\n".join(lines))
        while dialog.choices:
            line = await self._ask_line("Number, or nothing to cancel: ")
            if not line:
                return DialogAnswer("")
            word, _, rest = line.partition(" ")
            choice = _chosen(word, dialog.choices)
            if choice is not None and rest and (choice.asks or choice.comment):
                return DialogAnswer(choice.value, rest.strip())
            if choice is not None and not rest:
                words = await self._ask_line(f"{choice.asks}: ") if choice.asks else ""
                return DialogAnswer(choice.value, words)
        return DialogAnswer("text", await self._ask_line(f"{dialog.asks}: "))

    async def _ask_line(self, prompt: str) -> str:
        self._write(prompt)
        self._line = asyncio.get_running_loop().create_future()
        try:
            return (await self._line).strip()
        finally:
            self._line = None

    async def drawn(self) -> None:
        """Nothing has to be drawn first."""

    async def run(self) -> int:
        """Read lines until ``exit`` or the end of the input."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._stdin, self._readable)
        try:
            return await self._code
        finally:
            loop.remove_reader(self._stdin)

    def exit(self, code: int) -> None:
        """End ``run``."""
        if not self._code.done():
            self._code.set_result(code)

    def _readable(self) -> None:
        try:
            read = os.read(self._stdin, 65536)
        except OSError:
            read = b""
        if not read:
            self.exit(0)
            return
        *lines, self._read = (self._read + read).split(b"\n")
        for line in lines:
            self._take(line.decode("utf-8", "replace").rstrip("\r"))

    def _take(self, line: str) -> None:
        if self._line is not None and not self._line.done():
            self._line.set_result(line)
        elif line.strip() and self.desk is not None:
            self.desk.enter(line.strip())
        else:
            self.show_ready()


def _chosen(line: str, choices: Sequence[DialogChoice]) -> DialogChoice | None:
    for place, choice in enumerate(choices):
        if line == str(place + 1) or (line and line.lower() in choice.keys):
            return choice
    return None
