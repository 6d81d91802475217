"""What is said of denials, errors, cut results and odd files; the test plays the tools."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings, strategies as st

from gaff.hooks import ToolCall, text_at

from .chat import TOOLS, Chat, Failed, Played, numbered
from .disk import Disk

DENIED = "The user does not want this {} call, and says: {}"


def playing(**results: Played) -> Chat:
    """Return a conversation in which each tool always gives the same."""
    return Chat(lambda call: results.get(call.name, Failed("unexpected")))


async def test_denied_edit_of_one_file() -> None:
    """The user's reason is repeated, and what was changed is told apart."""
    disk = Disk({"a.py": "load\n", "b.py": "load\n"})
    disk.refuse["Edit", "b.py"] = DENIED.format("Edit", "keep it")
    answer = await Chat(disk).ask("replace load with read")
    assert "1 place in 1 file" in answer
    assert "`b.py` is unchanged: you denied it: keep it." in answer
    assert disk.files["b.py"] == "load\n"


async def test_denied_edits_of_all_files() -> None:
    """Where nothing was changed that is what is said."""
    disk = Disk({"a.py": "load\n"})
    disk.refuse["Edit", "a.py"] = DENIED.format("Edit", "no")
    answer = await Chat(disk).ask("replace load with read")
    assert answer.startswith("Nothing was changed")
    assert "undo" not in answer


@pytest.mark.parametrize(
    ("prompt", "tool", "said"),
    [
        ("run make", "Bash", "`make` was not run: you denied it: not now."),
        ("delete a.py", "Bash", "`a.py` was not deleted: you denied it: not now."),
        ("move a.py to b.py", "Bash", "`a.py` was not moved: you denied it: not now."),
        ("copy a.py to b.py", "Bash", "`a.py` was not copied: you denied it: not now."),
        ("mkdir out", "Bash", "`out` was not created: you denied it: not now."),
        ("show a.py", "Read", "`a.py` could not be read: you denied it: not now."),
        ("find load", "Grep", "The search failed: you denied it: not now."),
        ("count lines", "Grep", "The lines could not be counted: you denied it: not now."),
        ("ls", "Bash", "this folder could not be listed: you denied it: not now."),
    ],
)
async def test_denials(prompt: str, tool: str, said: str) -> None:
    """A denial is told as one, with the reason."""
    assert await playing(**{tool: Failed(DENIED.format(tool, "not now"))}).ask(prompt) == said


async def test_nobody_can_be_asked() -> None:
    """Headless, the missing permission is named."""
    answer = await Chat().ask("run make")
    assert answer == "`make` was not run: it needs your permission, and nobody can be asked here."


async def test_denied_by_a_rule() -> None:
    """A rule's reason is passed on."""
    chat = playing(Bash=Failed("Permission to use Bash was denied: Bash(make *) in settings."))
    assert "denied: Bash(make *) in settings" in await chat.ask("run make")


async def test_interrupted_command() -> None:
    """What was broken off is not called done."""
    chat = playing(Bash=Failed("Interrupted: no result was kept. It may or may not have run."))
    assert "was interrupted" in await chat.ask("run make")


async def test_failed_command() -> None:
    """The exit code and the output are shown, in a fence that the output cannot end."""
    answer = await playing(Bash=Failed("Exit code 2\n```\nboom")).ask("run make")
    assert answer == "`make` ended with exit code 2.\n\n````text\n```\nboom\n````"


async def test_command_with_too_much_output() -> None:
    """Where all of it is, is said."""
    long = "The output is long (2.0 MB); all of it is in /tmp/b1.txt\n" + "\n".join(map(str, range(300)))
    answer = await playing(Bash=long).ask("run make")
    assert "all of it is in `/tmp/b1.txt`" in answer
    assert answer.count("\n") < 140


async def test_command_that_goes_on() -> None:
    """A command that did not end is not called done."""
    text = "The command did not end within 2m 0s and goes on in the background, as task b1; its output goes to /b1.\n1"
    assert "goes on in the background" in await playing(Bash=text).ask("run make")


async def test_tests_that_have_not_ended() -> None:
    """A run that goes on has not passed, whatever it printed so far."""
    text = "The command did not end within 10m 0s and goes on in the background, as task b1.\n3 passed in 1s"
    results = iter(["pytest.ini", text])
    answer = await Chat(lambda call: next(results)).ask("run the tests then delete a.py")
    assert answer.startswith("The tests have not ended")
    assert "left undone" in answer


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("3 passed in 0.1s", "**The tests pass**: 3 passed (`pytest -q`)."),
        (
            Failed("Exit code 1\n1 failed, 2 passed in 0.1s"),
            "**The tests fail**: 1 failed, 2 passed (`pytest -q`, exit code 1).",
        ),
        (Failed("Exit code 5\nno tests ran in 0.01s"), "There are no tests here: `pytest -q` found none."),
        (Failed("Exit code 3\nboom"), "**The test command failed**, but its output holds no counts"),
        (
            Failed(DENIED.format("Bash", "later")),
            "The tests were not run (`pytest -q`): you denied it: later.",
        ),
    ],
)
async def test_ends_of_test_runs(output: Played, said: str) -> None:
    """How a run ended is told by its counts and its exit code."""
    results = iter(["pytest.ini", output])
    assert (await Chat(lambda call: next(results)).ask("run the tests")).startswith(said)


async def test_command_that_runs_tests() -> None:
    """A command that is known to run tests is reported like them."""
    assert (
        await playing(Bash="2 passed in 1s").ask("run pytest -x")
        == "**The tests pass**: 2 passed (`pytest -x`)."
    )


async def test_several_texts() -> None:
    """Any of several texts is found in one search."""
    chat = playing(Grep="a.py:1:TODO")
    assert "`TODO` or `FIXME`" in await chat.ask("find TODO or FIXME")
    assert chat.made("Grep")[0]["pattern"] == "TODO|FIXME"


async def test_runner_that_is_not_there() -> None:
    """The next that may run the tests is tried."""
    results = iter(
        ["pytest.ini", Failed("Exit code 127\nbash: line 1: pytest: command not found"), "2 passed in 1s"]
    )
    chat = Chat(lambda call: next(results))
    assert "2 passed (`python3 -m pytest -q`)" in await chat.ask("run the tests")
    assert any("`pytest -q` is not there" in text for text in chat.texts)


async def test_file_that_is_not_there() -> None:
    """It is said plainly, and what has the name is offered."""
    disk = Disk({"lib/one/a.py": "1\n", "lib/two/a.py": "2\n", "b.py": "3\n"})
    assert "no file `c.py`" in await Chat(disk).ask("show c.py")
    assert "1. `lib/one/a.py`\n2. `lib/two/a.py`" in await Chat(disk).ask("show a.py")


async def test_file_found_further_down() -> None:
    """The one file of that name is shown, and said to be another."""
    answer = await Chat(Disk({"lib/a.py": "x = 1\n"})).ask("show a.py")
    assert "no `a.py` here" in answer
    assert "```python\nx = 1\n```" in answer


async def test_folder_instead_of_a_file() -> None:
    """A folder is listed."""
    chat = playing(Read=Failed("Cannot read /project/src: it is a folder."), Bash="a.py\nlib/")
    assert "1. `src/a.py`\n2. `src/lib/`" in await chat.ask("show src/")


async def test_long_file_goes_on_with_more() -> None:
    """A long file is shown in pieces."""
    lines = "\n".join(f"line {number}" for number in range(1, 1_001))

    def read(call: ToolCall) -> Played:
        first, limit = int(str(call.input.get("offset", 1))), int(str(call.input.get("limit", 1_000)))
        return numbered("\n".join(lines.split("\n")[first - 1 : first - 1 + limit]), first) + (
            f"\n[Lines {first}-{first + limit - 1} of 1,000.]" if limit < 1_000 else ""
        )

    chat = Chat(read)
    assert "Lines 1–400 of 1,000 of `a.txt`; say “more”" in await chat.ask("show a.txt")
    assert "lines 401–800 of 1,000" in await chat.ask("more")
    assert "lines 801–1,000 of 1,000" in await chat.ask("more")
    assert "nothing more" in await chat.ask("more")


async def test_part_of_a_file() -> None:
    """Only those lines are read and shown, with their place."""
    chat = playing(Read=numbered("x\ny", 10) + "\n[Lines 10-11 of 90.]")
    answer = await chat.ask("read a.py lines 10-11")
    assert chat.made("Read") == [{"file_path": "a.py", "offset": 10, "limit": 2}]
    assert answer == "`a.py:10`, lines 10–11 of 90:\n\n```python\nx\ny\n```"


async def test_end_of_a_file() -> None:
    """The last lines are cut from the whole."""
    answer = await Chat(Disk({"a.txt": "1\n2\n3\n4\n"})).ask("tail -2 a.txt")
    assert answer == "`a.txt:3`, lines 3–4 of 4:\n\n```text\n3\n4\n```"


async def test_unchanged_file_is_shown_from_before() -> None:
    """Where Read points to its earlier result, that is looked up."""
    results = iter(
        [numbered("x = 1"), "/project/a.py has not changed since you read this part; it still holds."]
    )
    chat = Chat(lambda call: next(results))
    first = await chat.ask("show a.py")
    assert await chat.ask("show a.py") == first


async def test_several_files_at_once() -> None:
    """They are read side by side, and a missing one does not hide the others."""
    chat = Chat(Disk({"a.py": "1\n", "c.py": "3\n"}))
    answer = await chat.ask("show a.py, b.py and c.py")
    assert len(chat.messages[1].tool_calls) == 3
    assert "```python\n1\n```" in answer
    assert "`b.py` could not be read" in answer


async def test_picture() -> None:
    """What is no text is not pretended to be understood."""
    assert "holds nothing that I can show as text" in await playing(Read="").ask("show a.png.txt")


async def test_too_many_places() -> None:
    """The tool's own total is told, not what is shown of it."""
    rows = "\n".join(f"a.py:{number}:x" for number in range(1, 501))
    answer = await playing(Grep=f"{rows}\n[500 of 1,234 lines. Go on with offset=500.]").ask("find x")
    assert answer.startswith("1,234 lines with `x` in at least 1 file")
    assert "… and 1,184 more" in answer


async def test_counting_goes_on_where_it_was_cut() -> None:
    """All files are counted, in several calls."""
    results = iter(["a.py:10\n[1 of 2 files. Go on with offset=1.]", "b.py:5"])
    chat = Chat(lambda call: next(results))
    assert (await chat.ask("count lines")).startswith("15 lines in 2 files:")
    assert chat.made("Grep")[1]["offset"] == 1


async def test_replacing_in_too_many_files() -> None:
    """Nothing is begun that would change half of them."""
    chat = playing(Grep="\n".join(f"{number}.py" for number in range(51)))
    assert "Nothing was changed" in await chat.ask("replace load with read")
    assert {call.name for call in chat.calls} == {"Grep"}


async def test_whole_words_in_regular_expressions() -> None:
    """Marks of regular expressions in the text mean themselves."""
    chat = playing(Grep="No matches.")
    await chat.ask("find a.b(c) in src")
    await chat.ask("where is load used?")
    assert [call["pattern"] for call in chat.made("Grep")] == ["a\\.b\\(c\\)", "\\bload\\b"]


async def test_capitals() -> None:
    """A text in small letters is found in capitals, too; any capital makes it exact."""
    chat = playing(Grep="No matches.")
    await chat.ask("find todo")
    await chat.ask("find Todo")
    assert [call.get("-i") for call in chat.made("Grep")] == [True, None]


async def test_definition_that_is_not_found() -> None:
    """Uses are shown instead, and that is said."""
    results = iter(["No matches.", "a.py:3:load()"])
    answer = await Chat(lambda call: next(results)).ask("where is load defined?")
    assert "nothing that looks like a definition" in answer
    assert "`a.py:3`" in answer


async def test_file_that_is_there_is_not_created() -> None:
    """An existing file stays as it is, even one that was read before."""
    disk = Disk({"a.txt": "old\n"})
    chat = Chat(disk)
    await chat.ask("show a.txt")
    assert "is there already" in await chat.ask('create a.txt with the text "new"')
    assert disk.files == {"a.txt": "old\n"}


async def test_invention_is_refused() -> None:
    """What would have to be made up is not written."""
    chat = Chat(Disk())
    assert "not a language model" in await chat.ask("write sort.py that sorts numbers")
    assert chat.calls == []


async def test_place_for_a_line_that_is_not_certain() -> None:
    """Where two lines fit, nothing is inserted."""
    disk = Disk({"a.py": "x\nx\n"})
    assert "not certain" in await Chat(disk).ask('insert "y" before "x" in a.py')
    assert disk.files == {"a.py": "x\nx\n"}


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ('append "c" to a.txt', "a\nb\nc\n"),
        ('insert "c" at the top of a.txt', "c\na\nb\n"),
        ('insert "c" at line 2 of a.txt', "a\nc\nb\n"),
        ('insert "c" after "a" in a.txt', "a\nc\nb\n"),
        ('insert "c" before "b" in a.txt', "a\nc\nb\n"),
        ("delete line 1 of a.txt", "b\n"),
        ('remove "a" from a.txt', "\nb\n"),
        ("replace a with b in a.txt", "b\nb\n"),
    ],
)
async def test_changes(prompt: str, left: str) -> None:
    """Each change is exactly that, and undo takes it back."""
    disk = Disk({"a.txt": "a\nb\n"})
    chat = Chat(disk)
    await chat.ask(prompt)
    assert disk.files == {"a.txt": left}
    await chat.ask("undo")
    assert disk.files == {"a.txt": "a\nb\n"}


async def test_unknown_request() -> None:
    """It says what this is, what it can do, what was meant perhaps, and how to get a model."""
    answer = await Chat().ask("please layout this thing with the describe")
    assert "did not understand" in answer
    assert "describe the layout" in answer
    assert "not a language model" in answer
    assert "`ANTHROPIC_API_KEY`" in answer
    assert "--model openai:NAME" in answer


async def test_partly_unknown_request() -> None:
    """Nothing is done where a part is strange, and the part is named."""
    chat = Chat(Disk())
    answer = await chat.ask("find load then make it faster")
    assert "“make it faster”, so nothing was done" in answer
    assert chat.calls == []


async def test_mended_verb_is_told() -> None:
    """What was read into the request is said."""
    assert "I read “fnid” as “find”." in await collected(playing(Grep="No matches."), "fnid load")


async def test_recap() -> None:
    """What was asked and what still holds on disk is listed."""
    chat = Chat(Disk({"a.txt": "a\n"}))
    await chat.ask("replace a with b")
    answer = await chat.ask("recap")
    assert "1. “replace a with b”" in answer
    assert "`a.txt`: 1 change" in answer


async def test_changes_without_git() -> None:
    """Outside a repository the conversation's own edits are shown."""
    chat = Chat(Disk({"a.txt": "a\n"}))
    await chat.ask("replace a with b")
    answer = await chat.ask("what changed?")
    assert "not in a git repository" in answer
    assert "-a\n+b" in answer


async def collected(chat: Chat, prompt: str) -> str:
    """Return everything that was said in a turn."""
    await chat.ask(prompt)
    return "\n".join(chat.texts)


PROMPTS = st.lists(
    st.sampled_from(
        "find load|where is load defined?|list python files|ls|show a.py|explain a.py|what is this project?|count lines|"
        "biggest files|run make|run the tests|how do I run the tests?|replace load with read|create a.py with the text x|"
        "append x to a.py|delete line 3 of a.py|delete a.py|move a.py to b.py|mkdir x|what changed?|undo|undo everything|"
        "git log|where am I|again|more|show the second one|explain it|recap|help|hm|find x then run the tests then undo".split(
            "|"
        )
    ),
    min_size=1,
    max_size=4,
)
RESULTS = st.one_of(
    st.builds(
        Failed,
        st.sampled_from(
            ["", "Exit code 1\nx", "There is no /a.py.", "it is a folder", "Not run: it is over."]
        ),
    ),
    st.sampled_from(
        [
            "",
            "(no output)",
            numbered("x = 1\nload"),
            numbered("a\nb", 7) + "\n[PARTIAL view: lines 7-8 of 90. Go on with offset=9.]",
            "a.py\nb.py\npackage.json\npyproject.toml\nREADME.md\ntests/",
            "a.py:1:load\nb.py:20:x",
            "a.py:3\n[1 of 2 files. Go on with offset=1.]",
            "a.py has not changed since you read this part",
            "No matches.",
            "1 failed, 2 passed in 0.1s",
            "\x00\ud800`````\u2028",
        ]
    ),
    st.text(max_size=40),
)


@settings(max_examples=150, deadline=None)
@given(PROMPTS, st.lists(RESULTS, min_size=1, max_size=12), st.sets(st.integers(0, 5), max_size=2))
def test_every_turn_ends(prompts: list[str], results: list[Played], missing: set[int]) -> None:
    """Whatever is asked, whatever the tools say, and whatever tools there are, a turn ends in an answer."""
    known = [tool for number, tool in enumerate(TOOLS) if number not in missing]
    names = {text_at(tool, "name") for tool in known}

    async def run() -> Chat:
        chat = Chat(lambda call: results[len(chat.calls) % len(results)], known)
        for prompt in prompts:
            assert (await chat.ask(prompt, most=45)).strip()
        return chat

    chat = asyncio.run(run())
    assert {call.name for call in chat.calls} <= names
