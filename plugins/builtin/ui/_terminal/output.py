"""The way to the terminal: whole frames in one write, and glyphs the terminal can show."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from typing import Final, TextIO

from prompt_toolkit.data_structures import Size
from prompt_toolkit.output.vt100 import Vt100_Output

from .ansi import without_colour

#: One character for one, so that nothing moves.
ASCII: Final = str.maketrans(
    {
        "●": "*",
        "⎿": "|",
        "❯": ">",
        "…": "~",
        "·": "-",
        "✓": "x",
        "▶": ">",
        "□": "o",
        "│": "|",
        "↓": "v",
        "▌": "|",
    }
    | dict.fromkeys("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "*")
)
#: Terminals that know synchronized output (DEC private mode 2026) show a frame at once; others pass over it.
_BEGIN_FRAME: Final = "\x1b[?2026h"
_END_FRAME: Final = "\x1b[?2026l"


class TerminalOutput(Vt100_Output):
    """A terminal that is written to in whole frames, and that may go away at any time."""

    def __init__(self, stdout: TextIO, get_size: Callable[[], Size], environ: Mapping[str, str]) -> None:
        super().__init__(stdout, get_size, term=environ.get("TERM"), enable_cpr=False)
        self._held = False
        self._unicode = speaks_unicode(stdout.encoding)
        self._colour = not environ.get("NO_COLOR")

    def write(self, data: str) -> None:
        """Write text whose control characters are shown as something harmless."""
        super().write(data if self._unicode else data.translate(ASCII))

    def write_painted(self, text: str) -> None:
        """Write text with colours of gaff's own making."""
        shown = text if self._colour else without_colour(text)
        self.write_raw(shown if self._unicode else shown.translate(ASCII))

    def flush(self) -> None:
        """Write what was collected, unless a frame is being put together."""
        if self._held:
            return
        with suppress(OSError):  # the terminal is gone; the signal that says so ends the session
            super().flush()

    @contextmanager
    def frame(self) -> Generator[None]:
        """Put everything written within into one write."""
        self._held = True
        self.write_raw(_BEGIN_FRAME)
        try:
            yield
        finally:
            self.write_raw(_END_FRAME)
            self._held = False
            self.flush()


def speaks_unicode(encoding: str | None) -> bool:
    """Whether a terminal of this encoding can show the glyphs as they are."""
    return (encoding or "").lower().replace("-", "") in ("utf8", "utf8sig")


def terminal_size(stdout: TextIO) -> Size:
    """Return the size of the window, in cells."""
    import os

    try:
        columns, rows = os.get_terminal_size(stdout.fileno())
    except (OSError, ValueError):
        columns, rows = 0, 0
    return Size(rows=rows or 24, columns=columns or 80)


def open_output(stdout: TextIO, environ: Mapping[str, str]) -> TerminalOutput:
    """Return the output on the terminal."""
    return TerminalOutput(stdout, lambda: terminal_size(stdout), environ)
