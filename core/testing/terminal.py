"""gaff in a pseudo-terminal, its screen as a person would see it.

    with Terminal(workspace.command, workspace.environ, workspace.project) as terminal:
        terminal.expect(">")
        terminal.type("hello")
        terminal.key("enter")
        terminal.expect("You said: hello")

Needs pyte (``pip install pyte``); POSIX only. Every wait ends as soon as the awaited output is there.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from .workspace import kill_group

if TYPE_CHECKING:
    import pyte

#: What keys send, by name.
KEYS: Mapping[str, str] = {
    "enter": "\r",
    "newline": "\n",
    "tab": "\t",
    "s-tab": "\x1b[Z",
    "esc": "\x1b",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "page-up": "\x1b[5~",
    "page-down": "\x1b[6~",
    **{f"c-{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
#: Makes the pseudo-terminal the controlling one, so that Ctrl+C is a signal, then becomes the program.
_LAUNCH = (
    "import fcntl,os,sys,termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
_HISTORY = 10_000


class Terminal:
    """A program in a pseudo-terminal of ``columns`` by ``rows``; ``patience`` is in seconds."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        folder: Path,
        *,
        columns: int = 80,
        rows: int = 24,
        patience: float = 15.0,
    ) -> None:
        self.patience = patience
        #: Everything the program wrote.
        self.raw = b""
        self._changed = threading.Condition()
        self._ended = False
        self._master, slave = pty.openpty()
        self._screen, self._feed = _screen(columns, rows, self._reply)
        self.resize(columns, rows)
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, *command],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=folder,
            env={**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            start_new_session=True,
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, name="terminal")
        self._reader.start()

    # What a person does.

    def type(self, text: str) -> None:
        """Type text."""
        self._reply(text)

    def key(self, *names: str) -> None:
        """Press keys, by the names in ``KEYS``."""
        for name in names:
            self._reply(KEYS[name])

    def paste(self, text: str) -> None:
        """Paste text as terminals do, in brackets."""
        self._reply(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        with self._changed:
            self._screen.resize(rows, columns)

    # What a person sees.

    @property
    def screen(self) -> str:
        """The visible lines, blanks at their ends left out."""
        with self._changed:
            return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def text(self) -> str:
        """The lines that scrolled away, and the visible ones."""
        with self._changed:
            gone = [
                "".join(line[column].data for column in range(self._screen.columns))
                for line in self._screen.history.top
            ]
            return "\n".join(line.rstrip() for line in [*gone, *self._screen.display]).rstrip()

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the cursor is: row and column, from 0."""
        with self._changed:
            return self._screen.cursor.y, self._screen.cursor.x

    def expect(self, *texts: str, times: int = 1, patience: float | None = None) -> None:
        """Wait until each of the texts is there so many times, on the screen or scrolled away.

        Raises:
            AssertionError: it is not in time, or the program ended without it; the message shows the screen.
        """
        wanted = ", ".join(repr(text) for text in texts)
        self._wait(lambda: all(self.text.count(text) >= times for text in texts), wanted, patience)

    def expect_gone(self, text: str, patience: float | None = None) -> None:
        """Wait until the text is no longer on the screen."""
        self._wait(lambda: text not in self.screen, f"{text!r} to go", patience)

    def expect_screen(
        self, condition: Callable[[str], bool], what: str, patience: float | None = None
    ) -> None:
        """Wait until the screen is so; ``what`` says in words how, for the message."""
        self._wait(lambda: condition(self.screen), what, patience)

    def wait(self, patience: float | None = None) -> int:
        """Wait until the program ends, and return its exit code; -n where signal n ended it."""
        try:
            code = self._process.wait(patience or self.patience)
        except subprocess.TimeoutExpired as late:
            raise AssertionError(f"the program did not end; the screen:\n{self.screen}") from late
        self._reader.join(self.patience)
        return code

    # Life.

    def close(self) -> None:
        """End the program and everything it started."""
        kill_group(self._process.pid)
        self._process.wait()
        self._reader.join(self.patience)
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _reply(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._master, data) :]

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # the other end is closed
                data = b""
            with self._changed:
                self._ended = not data
                self.raw += data
                self._feed(data)
                self._changed.notify_all()
            if not data:
                return

    def _wait(self, condition: Callable[[], bool], wanted: str, patience: float | None) -> None:
        deadline = time.monotonic() + (patience or self.patience)
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    why = "the program ended" if self._ended else "it did not come"
                    raise AssertionError(f"expected {wanted}, but {why}; the screen:\n{self.screen}")
                self._changed.wait(left)


def _screen(
    columns: int, rows: int, reply: Callable[[str], None]
) -> tuple[pyte.HistoryScreen, Callable[[bytes], None]]:
    """Return an emulated screen, and what feeds it; it answers when asked where the cursor is."""
    try:
        import pyte
    except ImportError:
        raise ImportError("gaff.testing.Terminal needs pyte: pip install pyte") from None

    class Screen(pyte.HistoryScreen):
        def write_process_input(self, data: str) -> None:
            with suppress(OSError):  # whoever asked may be gone
                reply(data)

    screen = Screen(columns, rows, history=_HISTORY)
    return screen, pyte.ByteStream(screen).feed
