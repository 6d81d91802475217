"""Renders finished Markdown blocks as text with colours, through rich.

rich is imported here and nowhere else, and this module only once the prompt stands.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.text import Text
from rich.theme import Theme

from .ansi import fold, tidy
from .blocks import Block, BlockSplitter
from .code import highlight
from .escape import reveal

_THEME: Final = Theme(
    {
        "markdown.code": "cyan",
        "markdown.h1": "bold magenta",
        "markdown.h2": "bold magenta",
        "markdown.h3": "bold",
        "markdown.h4": "bold",
        "markdown.item.bullet": "dim",
        "markdown.item.number": "dim",
        "markdown.block_quote": "italic",
        "markdown.link": "blue",
        "markdown.link_url": "dim",
        "markdown.table.border": "dim",
    }
)


#: Longer blocks are shown as they were written, in characters: some texts take quadratic time to parse.
_LONGEST: Final = 16_000
#: What stands before the text of a nested line, where it is long enough to matter.
_NESTING: Final = re.compile(r"^[ >]{4,}(?=[-*+>]|\d)", re.MULTILINE)


class _Code(CodeBlock):
    """Code within a list or quote; long lines are broken there, so that the indent holds."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text.from_ansi(highlight(str(self.text).rstrip("\n"), self.lexer_name))


class _Heading(Heading):
    LEVEL_ALIGN: ClassVar = {}


class _Document(Markdown):
    """Markdown whose HTML is shown as text instead of dropped, and whose links show where they lead."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "fence": _Code,
        "code_block": _Code,
        "heading_open": _Heading,
    }
    # Link definitions are shown: blocks are rendered alone, so nothing could refer to them.
    _parser: ClassVar = (
        MarkdownIt("commonmark", {"html": False, "maxNesting": 100})
        .enable(["strikethrough", "table"])
        .disable("reference")
    )

    def __init__(self, markup: str) -> None:
        super().__init__("", hyperlinks=False)
        self.parsed = self._parser.parse(markup)


class MarkdownRenderer:
    """Renders blocks for a window of this width, in cells."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._console = Console(
            width=max(width, 4),
            force_terminal=True,
            color_system="standard",
            legacy_windows=False,
            theme=_THEME,
            highlight=False,
            emoji=False,
            soft_wrap=False,
            _environ={},
        )

    def block(self, block: Block) -> str:
        """Return the lines of one block, without blank lines around them; empty for nothing to show."""
        if block.language is not None:
            return highlight(block.code.removesuffix("\n"), block.language)
        if not block.source.strip():
            return ""
        if len(block.source) > _LONGEST or _too_deep(block.source, self.width):
            return "\n".join(fold(block.source.strip("\n"), self.width))
        with self._console.capture() as captured:
            self._console.print(_Document(block.source))
        # Once more, since Markdown has its own ways to write a character: ``&#8238;``.
        return reveal(tidy(captured.get()).strip("\n"))

    def text(self, markdown: str) -> str:
        """Return a whole text, a blank line between its blocks."""
        splitter = BlockSplitter()
        out: list[str] = []
        for block in (*splitter.feed(markdown), *splitter.finish()):
            shown = self.block(block)
            if shown or block.language is not None:
                out.append(("" if block.continues or not out else "\n") + shown)
        return "\n".join(out)


def _too_deep(source: str, width: int) -> bool:
    """Whether lists or quotes are nested so deep that rendering them would leave text out.

    rich takes four cells for a quote and three for a list, and shows nothing where none are left.
    """
    return any(_cells_of(found.group()) > width - 12 for found in _NESTING.finditer(source))


def _cells_of(nesting: str) -> int:
    return 4 * nesting.count(">") + 3 * (nesting.count(" ") // 2)
