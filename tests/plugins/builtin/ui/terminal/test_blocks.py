"""Streaming Markdown is cut where nothing can change any more."""

from __future__ import annotations

from hypothesis import given, strategies as st

from gaff.plugins.builtin.ui._terminal.blocks import Block, BlockSplitter

LINES = st.sampled_from(
    [
        "",
        "text",
        "  more",
        "# Heading",
        "- item",
        "  - nested",
        "1. one",
        "2. two",
        "   under it",
        "```python",
        "```",
        "~~~",
        "    x = 1",
        "| a | b |",
        "|---|---|",
        "> quote",
        "---",
        "\ttab",
    ]
)
DOCUMENTS = st.lists(LINES, max_size=40).map("\n".join)


def split(text: str, size: int = 1_000_000) -> list[Block]:
    """Return the blocks of a text that arrives in pieces of this size."""
    splitter = BlockSplitter()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return [block for piece in pieces for block in splitter.feed(piece)] + splitter.finish()


def sources(text: str) -> list[str]:
    """Return the sources of the blocks of a text."""
    return [block.source for block in split(text)]


@given(DOCUMENTS, st.integers(1, 50))
def test_joined_blocks_are_the_text_wherever_it_was_cut(text: str, size: int) -> None:
    """Nothing is lost, doubled or moved."""
    assert "".join(block.source for block in split(text, size)) == text


@given(DOCUMENTS, st.integers(1, 9))
def test_the_cuts_of_the_stream_do_not_move_the_cuts_between_blocks(text: str, size: int) -> None:
    """The same text looks the same, however fast it came."""
    assert split(text, size) == split(text)


@given(DOCUMENTS)
def test_finished_blocks_and_the_tail_are_all_there_is(text: str) -> None:
    """At any moment the screen shows everything that came."""
    splitter = BlockSplitter()
    done = "".join(block.source for block in splitter.feed(text))
    assert done + splitter.tail.source == text


def test_a_paragraph_ends_at_a_blank_line() -> None:
    """It is printed at once, not when the next one begins."""
    assert BlockSplitter().feed("one\ntwo\n\n") == [Block("one\ntwo\n\n")]


def test_code_holds_blank_lines_and_fences_of_other_kinds() -> None:
    """Only its own fence ends it."""
    text = "```py\na\n\n~~~\n````\n"
    assert split(text + "after") == [Block(text, language="py", code="a\n\n~~~\n"), Block("after")]


def test_a_longer_fence_holds_a_shorter_one() -> None:
    """Markdown about Markdown is one block."""
    assert [block.code for block in split("````md\n```py\nx\n```\n````\n")] == ["```py\nx\n```\n"]


def test_list_items_are_finished_one_by_one() -> None:
    """A long list does not wait for its end, and no blank lines come between its items."""
    blocks = split("- a\n- b\n\n  more of b\n  - nested\n- c\n\nafter\n")
    assert [block.source for block in blocks] == [
        "- a\n",
        "- b\n\n  more of b\n  - nested\n",
        "- c\n\n",
        "after\n",
    ]
    assert [block.continues for block in blocks] == [False, True, True, False]


def test_a_table_is_one_block() -> None:
    """Its columns depend on all of its rows."""
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    assert sources(f"before\n\n{table}\nafter") == ["before\n\n", f"{table}\n", "after"]


def test_a_number_in_the_middle_of_a_paragraph_is_no_list() -> None:
    """As Markdown has it: only a list that begins with 1 interrupts a paragraph."""
    assert sources("It was in\n1986. A great year.\n") == ["It was in\n1986. A great year.\n"]


def test_long_code_is_finished_in_parts() -> None:
    """Hundreds of lines do not wait for the closing fence; the parts join without a gap."""
    code = "".join(f"line {number}\n" + "\n" * (number % 10 == 0) for number in range(300))
    blocks = split(f"```\n{code}```\n")
    assert len(blocks) > 5
    assert "".join(block.code for block in blocks) == code
    assert [block.continues for block in blocks] == [False] + [True] * (len(blocks) - 1)


def test_an_indented_fence_takes_its_indent_off_the_code() -> None:
    """The code is shown as it was meant."""
    assert [block.code for block in split("  ```\n  a\n    b\n  ```\n")] == ["a\n  b\n"]
