"""Taking changes back, step by step."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings, strategies as st

from gaff.plugins.builtin.models._offline.edits import replaced, replacing, spanning

from .chat import Chat
from .disk import Disk

BEFORE = {"a.py": "load = 1\nreload(load)\n\nload()\n", "notes.md": "one\ntwo\none\n"}


def chat_with_files() -> tuple[Chat, Disk]:
    """Return a conversation about two files."""
    disk = Disk(dict(BEFORE))
    return Chat(disk), disk


async def test_undo_restores_a_replacement() -> None:
    """Every place is as it was, and parts of words were never touched."""
    chat, disk = chat_with_files()
    await chat.ask("replace load with read")
    assert disk.files["a.py"] == "read = 1\nreload(read)\n\nread()\n"
    await chat.ask("undo")
    assert disk.files == BEFORE


async def test_undo_where_the_new_word_was_there_before() -> None:
    """Only the places that were changed change back."""
    chat, disk = chat_with_files()
    await chat.ask("replace load with reload in a.py")
    assert disk.files["a.py"] == "reload = 1\nreload(reload)\n\nreload()\n"
    await chat.ask("undo")
    assert disk.files == BEFORE


async def test_undo_goes_back_request_by_request() -> None:
    """A second undo takes back the request before, and the third finds nothing."""
    chat, disk = chat_with_files()
    await chat.ask("replace load with read")
    after_first = dict(disk.files)
    await chat.ask('append "three" to notes.md')
    await chat.ask("undo")
    assert disk.files == after_first
    assert "nothing" not in (await chat.ask("undo")).lower()
    assert disk.files == BEFORE
    assert "nothing to undo" in await chat.ask("undo")


async def test_work_after_an_undo() -> None:
    """What was undone stays undone; what was done since is taken back first."""
    chat, disk = chat_with_files()
    await chat.ask('append "three" to notes.md')
    await chat.ask("undo")
    await chat.ask('append "four" to notes.md')
    await chat.ask("undo")
    assert disk.files == BEFORE
    assert "nothing to undo" in await chat.ask("undo")


async def test_undo_removes_a_created_file() -> None:
    """A new file goes by rm, so that the user is asked."""
    chat, disk = chat_with_files()
    await chat.ask('create new.md with the text "x"')
    await chat.ask("undo")
    assert disk.files == BEFORE
    assert chat.made("Bash")[-1]["command"] == "rm -- new.md"


async def test_created_and_changed_in_one_turn() -> None:
    """Changes of one request are taken back in reverse."""
    chat, disk = chat_with_files()
    await chat.ask('create new.md with the text "x" then append "y" to new.md')
    assert disk.files["new.md"] == "x\ny\n"
    await chat.ask("undo")
    assert disk.files == BEFORE


async def test_undo_within_a_turn() -> None:
    """Undo after a change in the same prompt means that change."""
    chat, disk = chat_with_files()
    await chat.ask('append "three" to notes.md')
    await chat.ask("replace load with read then undo")
    assert disk.files == BEFORE | {"notes.md": "one\ntwo\none\nthree\n"}
    await chat.ask("undo")
    assert disk.files == BEFORE


async def test_undo_the_last_edit_only() -> None:
    """One edit of several may be taken back alone, and the rest afterwards."""
    chat, disk = chat_with_files()
    await chat.ask("replace one with 1 in notes.md then replace load with read")
    await chat.ask("undo the last edit")
    assert disk.files["a.py"] == BEFORE["a.py"]
    assert disk.files["notes.md"] == "1\ntwo\n1\n"
    await chat.ask("undo")
    assert disk.files == BEFORE


async def test_undo_everything() -> None:
    """All requests are taken back at once."""
    chat, disk = chat_with_files()
    await chat.ask('append "three" to notes.md')
    await chat.ask("replace one with 1")
    await chat.ask("delete line 2 of notes.md")
    await chat.ask("undo everything")
    assert disk.files == BEFORE


async def test_file_changed_by_others() -> None:
    """A file that is not as it was left is not touched."""
    chat, disk = chat_with_files()
    await chat.ask("replace load with read")
    disk.files["a.py"] = "read = 2\nsomething else\n"
    answer = await chat.ask("undo")
    assert disk.files["a.py"] == "read = 2\nsomething else\n"
    assert "has changed since" in answer


async def test_created_file_that_was_written_to() -> None:
    """A new file that others wrote to is not deleted."""
    chat, disk = chat_with_files()
    await chat.ask('create new.md with the text "x"')
    disk.files["new.md"] += "by hand\n"
    assert "has changed since" in await chat.ask("undo")
    assert disk.files["new.md"] == "x\nby hand\n"


async def test_denied_undo_can_be_asked_again() -> None:
    """What was denied still holds, so the next undo means it."""
    chat, disk = chat_with_files()
    await chat.ask("replace load with read")
    disk.refuse[("Edit", "a.py")] = "The user does not want this Edit call, and says: not yet"
    assert "not yet" in await chat.ask("undo")
    disk.refuse.clear()
    await chat.ask("undo")
    assert disk.files == BEFORE


OPERATIONS = st.sampled_from(
    [
        "replace load with read",
        "replace read with load",
        "replace one with two",
        "replace two with one in notes.md",
        "replace o with oo even inside words",
        'replace "\\n" with " "',
        'append "one" to notes.md',
        'insert "load" at the top of a.py',
        "delete lines 1-2 of notes.md",
        "delete line 1 of a.py",
        'remove "load" from a.py',
        'create b.txt with the text "load"',
        "undo",
        "undo the last edit",
        'undo then append "two" to notes.md',
        "replace load with one then undo",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(OPERATIONS, max_size=7))
def test_undo_everything_restores_everything(operations: list[str]) -> None:
    """Whatever was done, with undo in between, all of it can be taken back exactly."""

    async def run() -> dict[str, str]:
        chat, disk = chat_with_files()
        for operation in operations:
            await chat.ask(operation)
        await chat.ask("undo everything")
        return disk.files

    assert asyncio.run(run()) == BEFORE


TEXTS = st.text(st.sampled_from("ab\n _"), max_size=12)


@given(TEXTS, TEXTS)
def test_spanning_edit_is_exact(before: str, after: str) -> None:
    """One edit turns a text into another, and its old text stands there once."""
    edit = spanning(before, after)
    if edit is None:
        assert before == after
        return
    assert edit.apply(before) == after
    if edit.old != before:
        assert before.count(edit.old) == 1


@given(TEXTS, st.text(st.sampled_from("ab_"), min_size=1, max_size=2), TEXTS, st.booleans())
def test_replacing_edit_is_exact_and_can_be_reversed(
    text: str, old: str, new: str, whole_words: bool
) -> None:
    """The edit does what replacing does, and swapping it undoes that."""
    edit = replacing(text, old, new, whole_words=whole_words)
    after, _ = replaced(text, old, new, whole_words=whole_words)
    assert (edit.apply(text) if edit else text) == after
    if edit and edit.replace_all:
        assert after.replace(edit.new, edit.old) == text


@pytest.mark.parametrize("text", ["foo", "foo foo", "foobar foo", "foo\nfoobar\n"])
def test_whole_words(text: str) -> None:
    """Longer words are left alone."""
    edit = replacing(text, "foo", "x", whole_words=True)
    assert edit is not None
    assert "foobar" in edit.apply(text) or "foobar" not in text
