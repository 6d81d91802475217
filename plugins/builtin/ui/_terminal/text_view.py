"""The model's words on the screen: finished blocks printed once, the unfinished one live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from .ansi import DIM, clip, fold, paint
from .blocks import Block, BlockSplitter
from .escape import EscapeFilter

if TYPE_CHECKING:
    from gaff.hooks import TerminalSequence

    from .markdown import MarkdownRenderer

#: Longer unfinished text is drawn as it is: rendering it again and again would cost more than it shows.
_RENDERED_TAIL: Final = 1_500


class Surface(Protocol):
    """Where a session is shown."""

    @property
    def columns(self) -> int:
        """Width of the window, in cells."""
        ...

    def print(self, text: str, *, gap: bool = True) -> None:
        """Print lines with colours for good; ``gap`` puts a blank line before them."""
        ...

    def show_live(self, lines: Sequence[str], *, gap: bool = True) -> None:
        """Show lines that are not final; ``gap`` as for ``print``."""
        ...

    def show_queue(self, prompts: Sequence[str]) -> None:
        """Show the prompts that wait."""
        ...

    def signal(self, sequence: TerminalSequence) -> None:
        """Send the terminal something that shows nothing in the window."""
        ...


class TextView:
    """One answer after another, as it streams."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._markdown: MarkdownRenderer | None = None
        self._splitter = BlockSplitter()
        self._filter = EscapeFilter()
        self._thinking = ""
        self._thinking_filter = EscapeFilter()
        self._printed = False

    @property
    def thinking(self) -> bool:
        """Whether the model's thoughts are what came last."""
        return bool(self._thinking)

    @property
    def goes_on(self) -> bool:
        """Whether the live lines go on with what was printed last, no blank line between."""
        return self._printed and not self._thinking and self._splitter.tail.continues

    def feed(self, text: str) -> bool:
        """Take new text; say whether blocks were printed."""
        self._thinking = ""
        printed = [self._print(block) for block in self._splitter.feed(self._filter.feed(text))]
        return any(printed)

    def think(self, text: str) -> None:
        """Take new thoughts; they are shown while they last."""
        self._thinking = (self._thinking + self._thinking_filter.feed(text))[-2_000:]

    def finish(self) -> bool:
        """Print what is left of the answer; say whether there had been any text."""
        left = [self._print(block) for block in self._splitter.finish()]
        had_text = self._printed or any(left)
        self._filter = EscapeFilter()
        self._thinking_filter = EscapeFilter()
        self._thinking, self._printed = "", False
        return had_text

    def lines(self) -> list[str]:
        """Return the live lines: thoughts, or the block under way."""
        width = self._surface.columns - 1
        if self._thinking:
            thoughts = [line for line in self._thinking.split("\n") if line.strip()][-3:]
            return [paint(clip(line, width), DIM) for line in thoughts]
        tail = self._splitter.tail
        if not tail.source.strip():
            return []
        if len(tail.source) <= _RENDERED_TAIL:
            return self._renderer().block(_closed(tail)).split("\n")
        return fold(tail.source[-_RENDERED_TAIL:], width)

    def _print(self, block: Block) -> bool:
        shown = self._renderer().block(block)
        if not shown and block.language is None:
            return False
        self._surface.print(shown, gap=not (block.continues and self._printed))
        self._printed = True
        return True

    def _renderer(self) -> MarkdownRenderer:
        from .markdown import MarkdownRenderer  # brings rich along

        if self._markdown is None or self._markdown.width != self._surface.columns:
            self._markdown = MarkdownRenderer(self._surface.columns)
        return self._markdown


def _closed(tail: Block) -> Block:
    """Return an unfinished block with its open emphasis closed, so that it looks as it will."""
    if tail.language is not None:
        return tail
    source = tail.source.rstrip()
    if source.count("`") % 2:
        return replace(tail, source=source + "`")
    if source.count("**") % 2:
        return replace(tail, source=source.rstrip("*") + ("" if source.endswith("**") else "**"))
    return tail
