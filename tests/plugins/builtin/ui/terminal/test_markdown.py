"""Markdown as it is printed."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.ui._terminal.ansi import cells, plain
from gaff.plugins.builtin.ui._terminal.blocks import Block
from gaff.plugins.builtin.ui._terminal.code import LIMIT, highlight
from gaff.plugins.builtin.ui._terminal.markdown import MarkdownRenderer


def shown(text: str, width: int = 60) -> str:
    """Return a text as it is printed, without colours."""
    return plain(MarkdownRenderer(width).text(text))


@pytest.mark.parametrize(
    ("markdown", "printed"),
    [
        ("# Title\ntext", "Title\n\ntext"),
        ("- a\n- b\n\nc", " • a\n • b\n\nc"),
        ("1. a\n2. b", " 1 a\n 2 b"),
        ("a **b** `c`", "a b c"),
        ("```py\nx = 1\n\ny\n```", "x = 1\n\ny"),
        ("use <b>html</b>", "use <b>html</b>"),
        ("[site](http://evil.test/x)", "site (http://evil.test/x)"),
        ("![alt](http://x.test/i.png)", "🌆 alt"),
        ("", ""),
    ],
)
def test_what_is_printed(markdown: str, printed: str) -> None:
    """Blocks with a blank line between; HTML is text, and a link shows where it leads."""
    assert shown(markdown) == printed


@given(st.text(alphabet=st.sampled_from("ab* `#-\n|>1.[]()<漢"), max_size=80), st.integers(10, 40))
def test_prose_never_exceeds_the_window(text: str, width: int) -> None:
    """Whatever the Markdown, nothing but code lines is wider than the window."""
    block = Block(text)
    assert all(cells(line) <= width for line in MarkdownRenderer(width).block(block).split("\n"))


def test_code_keeps_its_lines_whole() -> None:
    """A long line is left for the terminal to break, so that it can be copied."""
    line = "x = " + "1 + " * 40 + "1"
    assert shown(f"```python\n{line}\n```", 40) == line


#: What comes through the escape filter.
CLEAN = st.text(st.characters(exclude_characters="\r\x1b\ufeff", exclude_categories=["Cs"]), max_size=200)


@given(CLEAN, st.sampled_from(["python", "bash", "json", "diff", "html", "nonsense", ""]))
def test_colours_never_change_code(code: str, language: str) -> None:
    """The lexer may err about colours, not about text."""
    assert plain(highlight(code, language)) == code


def test_long_code_is_not_coloured() -> None:
    """Highlighting would hold up the screen."""
    assert highlight("x" * (LIMIT + 1), "python") == "x" * (LIMIT + 1)


def test_no_link_sequences_of_foreign_making() -> None:
    """The terminal gets colours only."""
    assert "\x1b]" not in MarkdownRenderer(60).text("[a](http://b.test) <http://c.test>")


@pytest.mark.parametrize("width", [20, 40, 80])
@pytest.mark.parametrize("depth", [1, 8, 18, 40])
def test_deep_nesting_hides_nothing(width: int, depth: int) -> None:
    """Where there is no room left to nest, the text is shown as it was written."""
    for markdown in (">" * depth + "x", "".join("  " * level + "- x\n" for level in range(depth))):
        assert plain(MarkdownRenderer(width).block(Block(markdown))).count("x") == markdown.count("x")


def test_markdown_cannot_write_what_the_filter_took_out() -> None:
    """Neither by entities nor by definitions that vanish."""
    assert shown("&#8238;abc &#x200b; &#x1b;[31m") == "<U+202E>abc <U+200B> �[31m"
    assert shown("[a]: http://evil.test 'title'") == "[a]: http://evil.test 'title'"


@pytest.mark.parametrize("text", ["[" * 60_000, "*a " * 20_000, "[a](b" * 9_000, "_a" * 30_000])
@pytest.mark.timeout(20)
def test_no_text_takes_forever(text: str) -> None:
    """What Markdown parsers choke on is shown as it is."""
    assert len(shown(text).replace("\n", "")) >= len(text) * 0.9
