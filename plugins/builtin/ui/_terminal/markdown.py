"""Renders finished Markdown blocks as text with colours, through rich.

rich is imported here and nowhere else, and this module only once the prompt stands.
"""

from __future__ import annotations

from typing import ClassVar, Final

from markdown_it import MarkdownIt
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement
from rich.text import Text
from rich.theme import Theme

from .ansi import tidy
from .blocks import Block, BlockSplitter
from .code import highlight

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
    _parser: ClassVar = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", "table"])

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
        with self._console.capture() as captured:
            self._console.print(_Document(block.source))
        return tidy(captured.get()).strip("\n")

    def text(self, markdown: str) -> str:
        """Return a whole text, a blank line between its blocks."""
        splitter = BlockSplitter()
        out: list[str] = []
        for block in (*splitter.feed(markdown), *splitter.finish()):
            shown = self.block(block)
            if shown or block.language is not None:
                out.append(("" if block.continues or not out else "\n") + shown)
        return "\n".join(out)
