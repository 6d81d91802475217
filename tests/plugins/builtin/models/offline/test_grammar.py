"""What plain requests are read as."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.models._offline.grammar import EXAMPLES, nearest, parse
from gaff.plugins.builtin.models._offline.requests import (
    Again,
    Ask,
    BiggestFiles,
    CountLines,
    CreateFile,
    CreateFolder,
    DeleteFile,
    DeleteLines,
    DescribeProject,
    Explain,
    FindFiles,
    FindText,
    Insert,
    Invent,
    ListFolder,
    More,
    MoveFile,
    ReadFiles,
    Replace,
    Request,
    RunCommand,
    RunTests,
    Scope,
    ShowChanges,
    Span,
    Talk,
    Undo,
    Unknown,
)

SRC = Scope("src")
PY = "*.{py,pyi}"

#: Phrases and what they ask for.
PHRASES: dict[str, Request] = {
    # Text.
    "find TODO in src": FindText("TODO", SRC),
    "Find all TODOs in the src folder!": FindText("TODO", SRC),
    "please could you find TODO comments under src, thanks": FindText("TODO", SRC),
    "list TODOs": FindText("TODO"),
    "search for X in *.py": FindText("X", Scope(glob="*.py")),
    "search src for timeout": FindText("timeout", SRC),
    "look for the word retry in python files in src": FindText("retry", Scope("src", PY)),
    "grep -n timeout src": FindText("timeout", SRC),
    "grep for timeout": FindText("timeout"),
    'find "to do in time" in src/*.py': FindText("to do in time", Scope("src", "*.py")),
    "find import x in y in src": FindText("import x in y", SRC),
    "find once in a while": FindText("once in a while"),
    "find read and write in src": FindText("read and write", SRC),
    "find `a then b`": FindText("a then b"),
    "find TODO everywhere": FindText("TODO"),
    "find thanks": FindText("thanks"),
    "where is `parse_config` used?": FindText("parse_config", kind="uses"),
    "Where's parse_config called in src": FindText("parse_config", SRC, "uses"),
    "where do we use parse_config": FindText("parse_config", kind="uses"),
    "who calls load": FindText("load", kind="uses"),
    "find usages of the function load": FindText("load", kind="uses"),
    "where is Parser defined?": FindText("Parser", kind="definition"),
    "find class Parser": FindText("Parser", kind="definition"),
    "which files mention load in src": FindText("load", SRC, answer="files"),
    "find files containing load": FindText("load", answer="files"),
    "how many times does load appear in src": FindText("load", SRC, answer="count"),
    "search the code for load": FindText("load"),
    "is load used anywhere?": FindText("load", kind="uses"),
    "are there any TODOs in src?": FindText("TODO", SRC),
    "how many TODOs are there": FindText("TODO", answer="count"),
    "find TODO and FIXME in src": FindText("TODO", SRC, others=("FIXME",)),
    'find "a b" or "c d"': FindText("a b", others=("c d",)),
    "find load or save": FindText("load", others=("save",)),
    "find load in src and tests": FindText("load", Scope(glob="{src/**,tests/**}")),
    "find python files containing load": FindText("load", Scope(glob=PY), answer="files"),
    "which file defines load?": FindText("load", kind="definition"),
    "find all functions named load": FindText("load", kind="definition"),
    # Files.
    "find files named *.toml": FindFiles(("*.toml",), "", "named `*.toml`"),
    "list python files": FindFiles(("*.py", "*.pyi"), "", "of kind python"),
    "show me all the test files in src": FindFiles(
        ("test_*", "*_test.*", "*.test.*", "*.spec.*"), "src", "of kind test"
    ),
    "list *.md in docs": FindFiles(("*.md",), "docs", "matching `*.md`"),
    "find files ending in .cfg": FindFiles(("*.cfg",), "", "ending in `.cfg`"),
    "find README.md": FindFiles(("README.md",), "", "named `README.md`"),
    "where is cli.py?": FindFiles(("cli.py",), "", "named `cli.py`"),
    "how many python files are there in src?": FindFiles(
        ("*.py", "*.pyi"), "src", "of kind python", only_count=True
    ),
    "find files with cli in the name": FindFiles(("*cli*",), "", "named `cli`"),
    "ls": ListFolder(),
    "ls -la": ListFolder(),
    "list files in src": ListFolder("src"),
    "what is in the folder src": ListFolder("src"),
    # Reading.
    "show README.md": ReadFiles(("README.md",)),
    "look at README.md": ReadFiles(("README.md",)),
    "what's in src?": ReadFiles(("src",)),
    "cat ./README.md": ReadFiles(("./README.md",)),
    "what is in pyproject.toml?": ReadFiles(("pyproject.toml",)),
    "show me the contents of pyproject.toml.": ReadFiles(("pyproject.toml",)),
    "open Makefile": ReadFiles(("Makefile",)),
    'show "my notes.txt"': ReadFiles(("my notes.txt",)),
    "show a.py, b.py and c.py": ReadFiles(("a.py", "b.py", "c.py")),
    "read core/cli.py lines 10-40": ReadFiles(("core/cli.py",), Span(10, 40)),
    "read lines 10 to 40 of core/cli.py": ReadFiles(("core/cli.py",), Span(10, 40)),
    "show core/cli.py:20": ReadFiles(("core/cli.py",), Span(15, 25)),
    "show core/cli.py from line 20": ReadFiles(("core/cli.py",), Span(20)),
    "show the first 3 lines of a.py": ReadFiles(("a.py",), Span(1, 3)),
    "head -3 a.py": ReadFiles(("a.py",), Span(1, 3)),
    "tail a.py": ReadFiles(("a.py",), Span(tail=10)),
    "show the last five lines of a.py": ReadFiles(("a.py",), Span(tail=5)),
    "show the second one": ReadFiles(("second one",)),
    "open it": ReadFiles(("it",)),
    "show #3": ReadFiles(("#3",)),
    "more": More(),
    "show me the rest": More(),
    "explain core/cli.py": Explain(("core/cli.py",)),
    "What does core/cli.py do?": Explain(("core/cli.py",)),
    "tell me about README.md": Explain(("README.md",)),
    "give me an outline of core/cli.py": Explain(("core/cli.py",)),
    "explain it": Explain(("it",)),
    # The project.
    "what is this project?": DescribeProject(),
    "describe the layout": DescribeProject(),
    "give me an overview of the project": DescribeProject(),
    "explain this codebase": DescribeProject(),
    "how is the repo organised?": DescribeProject(),
    "count lines in src": CountLines(SRC),
    "how many lines of code are there?": CountLines(),
    "how long is README.md?": CountLines(Scope("README.md")),
    "show the 5 biggest python files in src": BiggestFiles(Scope("src", PY), 5),
    "biggest files": BiggestFiles(),
    "which file is the longest?": BiggestFiles(),
    # Running.
    "run git status": RunCommand("git status"),
    "run `npm test`": RunCommand("npm test"),
    "please execute the command make all": RunCommand("make all"),
    "run git add . && git commit -m 'it works'": RunCommand("git add . && git commit -m 'it works'"),
    "$ ls -l | wc": RunCommand("ls -l | wc"),
    "run the tests": RunTests(),
    "Can you run all the unit tests please?": RunTests(),
    "do the tests pass?": RunTests(),
    "run the tests in tests/unit": RunTests("tests/unit"),
    "run tests/test_a.py": RunTests("tests/test_a.py"),
    "how do I run the tests?": RunTests(tell=True),
    "git status": Ask("status"),
    "git log": Ask("log"),
    "show the last commits": Ask("log"),
    "which branch am I on?": Ask("branch"),
    "where am I?": Ask("folder"),
    "what time is it?": Ask("time"),
    "what's the date today": Ask("time"),
    # Changing.
    "replace foo with bar in src": Replace("foo", "bar", SRC),
    "change `a b` to 'c d' in README.md": Replace("a b", "c d", Scope("README.md")),
    "rename function load to read in *.py": Replace("load", "read", Scope(glob="*.py")),
    "in src, replace foo by bar": Replace("foo", "bar", SRC),
    "replace all occurrences of foo with bar everywhere": Replace("foo", "bar"),
    "replace foo with bar in src even inside words": Replace("foo", "bar", SRC, inside_words=True),
    'remove "print(1)" from a.py': Replace("print(1)", "", Scope("a.py")),
    'replace "foo" with ""': Replace("foo", ""),
    "replace foo with bar in src/a.py and src/b.py": Replace("foo", "bar", Scope(glob="{src/a.py,src/b.py}")),
    "copy a.txt to b.txt": MoveFile("a.txt", "b.txt", copy=True),
    "rename the file a.txt to b.txt": MoveFile("a.txt", "b.txt"),
    "rename a.txt to b.txt": MoveFile("a.txt", "b.txt"),
    "move src/a.py to lib/": MoveFile("src/a.py", "lib/"),
    'create notes.md with the text "hello"': CreateFile("notes.md", "hello\n"),
    "create notes.md with the text see you then, thanks": CreateFile("notes.md", "see you then, thanks\n"),
    "make a file called notes.md containing:\n```\none\n\ntwo\n```": CreateFile("notes.md", "one\n\ntwo\n"),
    "write 'hello' to notes.md": CreateFile("notes.md", "hello\n"),
    "write hello.py that prints hello": CreateFile("hello.py", 'print("hello")\n'),
    "create a shell script hi.sh which says it's me": CreateFile(
        "hi.sh", "#!/bin/sh\nprintf '%s\\n' 'it'\\''s me'\n"
    ),
    "touch empty.txt": CreateFile("empty.txt"),
    "create notes.txt with hello world": CreateFile("notes.txt", "hello world\n"),
    "write sort.py that sorts numbers": Invent("sort.py"),
    "create a.py with a main function": Invent("a.py"),
    "create notes.md with a list of ideas": Invent("notes.md"),
    "add a comment to a.py": Invent("a.py"),
    "add tests to test_a.py": Invent("test_a.py"),
    "write documentation to docs.md": Invent("docs.md"),
    "create a README": Invent("README"),
    "create a folder called out": CreateFolder("out"),
    'append "one more" to notes.md': Insert("notes.md", "one more"),
    "add the line x = 1 to the end of a.py": Insert("a.py", "x = 1"),
    'add "x" to the end of a.py': Insert("a.py", "x"),
    "add a line 'x y' to a.py": Insert("a.py", "x y"),
    "add x = 1 to a.py": Insert("a.py", "x = 1"),
    'prepend "x" to a.py': Insert("a.py", "x", 1),
    'insert "import os" at the top of a.py': Insert("a.py", "import os", 1),
    'insert "x" at line 3 of a.py': Insert("a.py", "x", 3),
    'insert "x" after line 3 of a.py': Insert("a.py", "x", 4, after=True),
    'add "x" before "def main" in a.py': Insert("a.py", "x", anchor="def main"),
    "delete lines 2-3 of a.py": DeleteLines("a.py", Span(2, 3)),
    "delete notes.md": DeleteFile("notes.md"),
    "delete the second one": DeleteFile("second one"),
    "what changed?": ShowChanges(),
    "show me the diff": ShowChanges(),
    "what did you change so far": ShowChanges(),
    "undo": Undo(),
    "Undo that, please.": Undo(),
    "take it back": Undo(),
    "undo the last edit": Undo("edit"),
    "undo everything": Undo("all"),
    # Talking.
    "help": Talk("help"),
    "What can you do?": Talk("help"),
    "how do I set up a model?": Talk("setup"),
    "who are you": Talk("identity"),
    "are you a language model?": Talk("identity"),
    "hello": Talk("greeting"),
    "thanks!": Talk("thanks"),
    "recap": Talk("recap"),
    "hey there": Talk("greeting"),
    "never mind": Talk("stop"),
    "redo": Talk("redo"),
    "yes": Talk("reply"),
    "again": Again(),
    "try again": Again(),
}

#: What must not be taken for a request.
STRANGE = (
    "make it faster",
    "write me a poem",
    "run the linter",
    "fix the bug in src",
    "make sure everything works",
    "why is the sky blue?",
    "refactor core/cli.py",
    "delete everything",
    "delete the folder src",
    "lint",
    "replace foo with bar in the code that I wrote",
    "look foo",
    "remove the old code from src",
    "show me",
    "x",
    "",
    "   \n ",
    "```",
)


@pytest.mark.parametrize("phrase", PHRASES, ids=str)
def test_phrase(phrase: str) -> None:
    """Each phrase is read as this one request, with nothing mended."""
    parsed = parse(phrase)
    assert parsed.requests == (PHRASES[phrase],)
    assert parsed.notes == ()


@pytest.mark.parametrize("phrase", STRANGE, ids=repr)
def test_strange(phrase: str) -> None:
    """What is no plain request is not guessed at."""
    (request,) = parse(phrase).requests
    assert isinstance(request, Unknown)


@pytest.mark.parametrize(
    "phrase", ["find TODO in src", "show README.md", "run the tests", "undo", "what changed?"]
)
@pytest.mark.parametrize(
    "form", ["{}", "  {}  ", "Please {}!", "could you {} for me, please?", "hey, {}…", "- {}", "OK, now {}."]
)
def test_politeness(phrase: str, form: str) -> None:
    """Politeness, punctuation and bullets change nothing."""
    plain = phrase.rstrip("?")
    assert parse(form.format(plain)).requests == parse(phrase).requests


@pytest.mark.parametrize(
    "phrase", ["find TODO in src", "show README.md", "run the tests", "explain core/cli.py"]
)
def test_capitals_of_verbs(phrase: str) -> None:
    """The verb may be in capitals."""
    verb, _, rest = phrase.partition(" ")
    assert parse(f"{verb.upper()} {rest}").requests == parse(phrase).requests


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fnid TODO in src", "find TODO in src"),
        ("serach for TODO", "search for TODO"),
        ("shwo README.md", "show README.md"),
        ("replcae foo with bar", "replace foo with bar"),
        ("explian core/cli.py", "explain core/cli.py"),
        ("unod", "undo"),
    ],
)
def test_misspelt_verbs(typed: str, meant: str) -> None:
    """A misspelt verb is mended, and that is said."""
    parsed = parse(typed)
    assert parsed.requests == parse(meant).requests
    assert len(parsed.notes) == 1
    assert meant.split()[0] in parsed.notes[0]


@pytest.mark.parametrize(
    "joined",
    [
        "find TODO in src then run the tests",
        "find TODO in src, and then run the tests.",
        "find TODO in src and run the tests",
        "find TODO in src\nrun the tests",
        "1. find TODO in src\n2. run the tests",
        "1) find TODO in src 2) run the tests",
        "please find TODO in src; after that run the tests",
    ],
)
def test_joined_requests(joined: str) -> None:
    """Several requests are done in order."""
    assert parse(joined).requests == (FindText("TODO", SRC), RunTests())


def test_joined_with_a_strange_part() -> None:
    """Where one part is not understood none is done, and it is known which."""
    (request,) = parse("run the tests then make it faster").requests
    assert isinstance(request, Unknown)
    assert request.understood == ("run the tests",)
    assert request.strange == ("make it faster",)


@pytest.mark.parametrize("quotes", ["``", '""', "''", "“”", "‘’", "«»"])
def test_quotes(quotes: str) -> None:
    """Quoted text is taken as it is, words of the grammar in it included."""
    assert parse(f"find {quotes[0]}x in src then y{quotes[1]} in lib").requests == (
        FindText("x in src then y", Scope("lib")),
    )


def test_apostrophes_are_no_quotes() -> None:
    """An apostrophe opens no quote."""
    assert parse("find what's new in src").requests == (FindText("what's new", SRC),)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_understood(example: str) -> None:
    """What is suggested works."""
    assert not any(isinstance(request, Unknown) for request in parse(example).requests)


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("tests please run em", "run the tests"),
        ("could the layout be described", "describe the layout"),
        ("git add .", "run git add ."),
        ("why is the sky blue?", None),
    ],
)
def test_nearest(typed: str, suggested: str | None) -> None:
    """The example with the most words in common is suggested, and none where there is none."""
    assert nearest(typed) == suggested


WORDS = st.sampled_from(
    "find search show read replace rename create run the tests in src with to then and for it undo all of lines "
    '10-20 a.py *.md `x` "y z" \' " ` ``` \n , . ? * / ../ $ # {a,b} \U000f0000'.split(" ")
)


@given(st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=15).map(" ".join)))
def test_nothing_crashes_the_grammar(text: str) -> None:
    """Whatever is typed is read as something."""
    assert parse(text).requests


@pytest.mark.parametrize(
    "start", ["", "find ", "add ", "insert x ", "create a.md with ", "write ", "replace a with ", "show "]
)
@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        " ",
        "' a",
        "`",
        '"x ',
        "then ",
        " in a",
        " to a",
        " after b in c",
        "\n",
        "{",
        "*.",
        " and then ",
        "1) ",
    ],
)
def test_long_texts_are_read_quickly(start: str, piece: str) -> None:
    """The time does not explode with the length."""
    text = start + piece * 10_000
    before = time.process_time()
    parse(text)
    parse(text[:1_990])
    assert time.process_time() - before < 1


def test_long_text_for_a_file() -> None:
    """A text to be written may be long without quotes."""
    text = "line\n" * 2_000
    assert parse(f"create a.md with the text {text}").requests == (CreateFile("a.md", text),)
