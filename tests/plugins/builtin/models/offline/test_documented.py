"""Every example of docs/offline.md, in a real session with the real tools."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gaff.testing.shell import Shell
from gaff.testing.workspace import Workspace

PAGE = Path(__file__).parents[5] / "docs" / "offline.md"
ROW = re.compile(r"\| (?P<typed>`.+`) \| (?P<gets>.+) \| (?P<tools>[A-Za-z, ]+) \|")

#: The project the examples are run in.
FILES: Mapping[str, str] = {
    "README.md": "# demo\n\nLoads things.\n",
    "pyproject.toml": '[project]\nname = "demo"\ndescription = "A demo"\n\n[tool.pytest.ini_options]\naddopts = "-p no:cacheprovider"\n',
    "src/app.py": '"""The program."""\n\nfrom load import load\n\nprint(load("a"))  # TODO: more\n',
    "src/load.py": 'def load(name):\n    """Load it."""\n    return reload(name)\n\n\ndef reload(name):\n    return name\n',
    "tests/test_load.py": "def test_load():\n    assert True\n\n\ndef test_other():\n    assert True\n",
    "notes.txt": "one\ntwo\nthree\n",
    "long.txt": "".join(f"line {number}\n" for number in range(1, 501)),
}

#: What must stand in the last answer, for examples that only look.
ANSWERS: Mapping[str, str] = {
    "find TODO in src": "`src/app.py:5`",
    "find TODO or FIXME in src and tests": "`src/app.py:5`",
    "find python files containing load": "3 files have `load`",
    "what is in src?": "1. `src/app.py`",
    'search for "load(" in *.py': "`src/load.py:1`",
    "where is load used?": "`src/app.py:3`",
    "where is load defined?": "1. `src/load.py:1`",
    "which files mention load": "files have `load`",
    "how many times does load appear in src": "`src/load.py`: 4",
    "find files named *.toml": "1. `pyproject.toml`",
    "list python files": "3 files",
    "how many markdown files are there?": "1 file of kind markdown.",
    "list files in src": "2. `src/load.py`",
    "show README.md": "```markdown\n# demo",
    "read src/app.py lines 2-4": "lines 2–4 of 5",
    "show src/app.py:4": "from load import load",
    "show the last 2 lines of notes.txt": "```text\ntwo\nthree\n```",
    "show src/app.py and src/load.py": "```python\ndef load(name):",
    "what is in pyproject.toml?": "```toml\n[project]",
    "show load.py": "`src/load.py`, 7 lines",
    "explain src/app.py": "Uses: `load`",
    "what is this project?": "**demo**: A demo",
    "describe the layout": "`src/`: 2 text files",
    "count lines in src": "12 lines in 2 files",
    "show the 2 biggest files": "1. `long.txt`: 500 lines",
    "git status": "## main",
    "git log": "first",
    "which branch am I on?": "`main`",
    "where am I?": "project`",
    "what time is it?": "It is ",
    "run echo hello": "```text\nhello\n```",
    "run `ls src`": "app.py\nload.py",
    "run the tests": "**The tests pass**: 2 passed",
    "run the tests in tests": "**The tests pass**: 2 passed",
    "how do I run the tests?": "`pytest -q`",
    'append "four" to notes.txt; what changed?': "+four",
    "find load; show the second one": "load",
    "find files named app.py; explain it": "`src/app.py`: Python",
    "find load; again": "lines with `load`",
    "show long.txt; more": "line 500",
    "recap": "Nothing was asked",
    "find TODO in src then run the tests": "2 passed",
    "what can you do?": "not a language model",
    "how do I set up a model?": "`ANTHROPIC_API_KEY`",
    "who are you?": "not a language model",
    "make it faster": "did not understand",
}

APP, LOAD, NOTES = FILES["src/app.py"], FILES["src/load.py"], FILES["notes.txt"]
RENAMED = {
    "src/app.py": '"""The program."""\n\nfrom fetch import fetch\n\nprint(fetch("a"))  # TODO: more\n',
    "src/load.py": LOAD.replace("def load", "def fetch"),
}

#: The files that are otherwise than before, for examples that change something; ``None`` for those that are gone.
CHANGES: Mapping[str, Mapping[str, str | None]] = {
    "replace load with fetch in src": RENAMED,
    "replace load with fetch in src even inside words": RENAMED
    | {"src/load.py": LOAD.replace("load", "fetch")},
    "rename function load to fetch in *.py": RENAMED,
    'create ideas.md with the text "one idea"': {"ideas.md": "one idea\n"},
    "write hello.py that prints hello": {"hello.py": 'print("hello")\n'},
    "create .gitignore for python": {
        ".gitignore": "__pycache__/\n*.py[co]\n.venv/\nbuild/\ndist/\n*.egg-info/\n.pytest_cache/\n.mypy_cache/\n.coverage\n"
    },
    'append "four" to notes.txt': {"notes.txt": f"{NOTES}four\n"},
    'insert "zero" at the top of notes.txt': {"notes.txt": f"zero\n{NOTES}"},
    "delete line 2 of notes.txt": {"notes.txt": "one\nthree\n"},
    'remove "load" from src/app.py': {"src/app.py": APP.replace("load", "")},
    "delete notes.txt": {"notes.txt": None},
    "move notes.txt to ideas.txt": {"notes.txt": None, "ideas.txt": NOTES},
    "copy notes.txt to ideas.txt": {"ideas.txt": NOTES},
    "create a folder called out": {"out/": ""},
    'append "four" to notes.txt; what changed?': {"notes.txt": f"{NOTES}four\n"},
    'append "four" to notes.txt; undo': {},
    'append "four" to notes.txt; append "five" to notes.txt; undo; undo': {},
    'create ideas.md with the text "x"; undo': {},
    "replace load with fetch; undo the last edit": {"src/app.py": RENAMED["src/app.py"]},
    'replace load with fetch; append "four" to notes.txt; undo everything': {},
}


def examples() -> dict[str, frozenset[str]]:
    """Return the prompts of each row of the page, joined by semicolons, with the tools it names."""
    found: dict[str, frozenset[str]] = {}
    for row in ROW.finditer(PAGE.read_text(encoding="utf-8")):
        prompts = [double or single for double, single in re.findall(r"``(.+?) ?``|`([^`]+)`", row["typed"])]
        tools = frozenset(row["tools"].split(", ")) - {"none"}
        found["; ".join(prompts)] = tools
    return found


def tree(folder: Path) -> dict[str, str]:
    """Return the files below a folder with what they hold, and the empty folders."""
    paths = [path for path in folder.rglob("*") if not {".git", "__pycache__"} & set(path.parts)]
    files = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in paths if path.is_file()
    }
    empty = {
        f"{path.relative_to(folder)}/": "" for path in paths if path.is_dir() and not any(path.iterdir())
    }
    return files | empty


@pytest.fixture
def project(workspace: Workspace) -> Path:
    """Return a project under git with the files of the examples, and pytest on the path."""
    workspace.variables["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for name, text in FILES.items():
        workspace.write(name, text)
    for command in ("init -q -b main", "add .", "-c user.name=a -c user.email=a@b commit -q -m first"):
        subprocess.run(["git", *command.split()], cwd=workspace.project, check=True)
    return workspace.project


@pytest.mark.parametrize("example", examples())
async def test_documented_example(example: str, project: Path, shell: Shell) -> None:
    """It uses the tools that the page names, and leaves exactly the files it should."""
    shell.options("--model", "offline", "--permission-mode", "bypassPermissions")
    result = None
    for prompt in example.split("; "):
        result = await shell.submit(prompt)
    assert result is not None
    assert {outcome.call.name for outcome in shell.outcomes} == examples()[example]
    assert not [outcome for outcome in shell.outcomes if outcome.status == "invalid"]
    assert ANSWERS.get(example, "") in result.text
    changes = CHANGES.get(example, {})
    expected = {name: text for name, text in {**FILES, **changes}.items() if text is not None}
    assert tree(project) == expected


def test_every_example_is_checked() -> None:
    """No row of the page is only run, and nothing is expected of rows that are not there."""
    assert set(examples()) == {*ANSWERS, *CHANGES}
    assert len(examples()) > 60
