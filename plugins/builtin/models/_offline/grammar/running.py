"""Requests that run something, or ask what a command answers."""

from __future__ import annotations

import re
from typing import Final

from ..requests import Ask, Request, RunCommand, RunTests, ShowChanges, Undo
from .rules import Found, Rules
from .searching import WHAT
from .words import is_path

RULES: Final = Rules()

RUN: Final = "run execute exec launch invoke start"
TESTS: Final = "(tests?|test suite|testsuite|test cases|unit tests?|specs?|suite)"
#: Words that open a sentence, not a command.
PROSE: Final = frozenset(
    "the a an my our this that these those it all some any every each me us him them through over out into "
    "in on for with your his her its away wild to of and or but something anything everything".split()
)


#: How tests may be run, rather than where they are.
MANNERS: Final = PROSE | frozenset(
    "parallel order isolation background full general docker ci verbose quiet debug".split()
)


@RULES.add(
    f"{RUN} do try check perform",
    f"[all|all of] [the|my|our|its|these] [whole|full|entire] {TESTS} [again|of the project|and see]",
)
@RULES.add(
    f"{RUN} do try check perform", f"[all|all of] [the|my|our] {TESTS} (in|of|from|for|under) <target:word>"
)
@RULES.add("test", "[it|this|everything|all|the project|the code|that]")
@RULES.add("test", "<target:word>")
@RULES.add("pytest", "[-q|-v]")
@RULES.add("do are is", f"[all] [the|my|our] {TESTS} (pass|passing|green|ok|run|work|working|succeed|fine)")
@RULES.add("does", "(everything|it|the test suite|the suite) (pass|work)")
@RULES.add("tests", "[please]")
def run_tests(found: Found) -> Request | None:
    """The project's tests."""
    target = found.text("target")
    sure = not target or is_path(target) or found.is_quoted("target")
    return RunTests(target) if sure or (found.verb != "test" and target.lower() not in MANNERS) else None


@RULES.add(RUN, "<target:word>")
def run_test_file(found: Found) -> Request | None:
    """``run tests/test_a.py``: a test file is run by the project's test runner."""
    target = found.text("target")
    name = target.partition("::")[0].rpartition("/")[2]
    return RunTests(target) if re.fullmatch(r"test_\w+\.py|\w+_test\.py", name) else None


@RULES.add(f"{RUN} do", "[the|this] [following] [shell] command:? <command>")
@RULES.add(RUN, "<command>")
@RULES.add("$", "<command>")
def run_command(found: Found) -> Request | None:
    """A shell command, given as one."""
    folded = found.folded("command")
    command = found.text("command") if found.is_quoted("command") else found.phrase.raw(folded)
    first = command.split(maxsplit=1)[0] if command.strip() else ""
    if not first or (not found.is_quoted("command") and first.lower() in PROSE):
        return None
    return RunCommand(command.strip())


@RULES.add(
    WHAT,
    "[has|have|is|was|did|files] [you|i|we|been|just] (changed?|different|modified|edited|done|do|edit|modify) "
    "[so far|here|now|since|in git|in this session|today]",
)
@RULES.add(
    "show list see display print view give",
    "[me] [what|all] [the|my|your|our] [has|have] [uncommitted|local|recent|latest|last|you|i|we] "
    "(diff|changes|changed|edits|modifications|edited) [so far|in git|in this session|of this session|you made]",
)
@RULES.add(
    WHAT, "are [the] [your|my|our] [uncommitted|local|recent|latest] (changes|edits|modifications) [so far]"
)
@RULES.add(
    f"{WHAT} which", "files (did|have) (you|i|we) (change|changed|edit|edited|touch|touched|modify|modified)"
)
@RULES.add("show see view display", "[me] [the] git diff")
@RULES.add("diff changes", "")
@RULES.add("git", "diff")
def show_changes(found: Found) -> Request | None:
    """What changed."""
    return ShowChanges()


LAST: Final = "(last|latest|previous|most recent)"
CHANGE: Final = "(changes?|request|replacements?|renaming|rename|thing|step|one|operation|action)"


@RULES.add(
    "undo revert",
    "[your|the|my|that|this|it] (everything|all|all changes|all the changes|all of it|all edits|all your changes)",
)
@RULES.add("take", "(everything|all) back")
def undo_all(found: Found) -> Request | None:
    """Everything back."""
    return Undo("all")


@RULES.add("undo revert", f"[the|that|your|my] [very] [{LAST}] [single] (edit|file change)")
def undo_edit(found: Found) -> Request | None:
    """The last edit of a single file back."""
    return Undo("edit")


@RULES.add("undo revert", f"[the|that|your|my|this] [{LAST}] [{CHANGE}] [again|back|too]")
@RULES.add("undo revert", "(it|that|this|these|them) [again|too]")
@RULES.add("take", "(that|it|this|the last change) back")
@RULES.add("take back", "(that|it|this|the last change)")
@RULES.add("roll", f"[that|it|this] back [that|it|this|the] [{LAST}] [{CHANGE}]")
@RULES.add("rollback", f"[the] [{LAST}] [{CHANGE}]")
def undo(found: Found) -> Request | None:
    """The last request's changes back."""
    return Undo()


@RULES.add("git", "status")
@RULES.add("status", "")
@RULES.add(f"show {WHAT}", "[me] [is] [the] (git status|status [of the|of] [repo|repository|git])")
def status(found: Found) -> Request | None:
    """What git says of the working tree."""
    return Ask("status")


@RULES.add("git", "log")
@RULES.add(
    f"show list {WHAT} give",
    "[me] [is|are|were|was] [the] [<count:number>] [last|latest|recent|git] [<more:number>] "
    "(git log|log|git history|history|commits?|commit messages)",
)
@RULES.add("log history commits", "")
@RULES.add("who", "(committed|made the last commit|changed this) [last]")
def log(found: Found) -> Request | None:
    """The last commits."""
    return Ask("log")


@RULES.add("git", "branch")
@RULES.add(
    "which what what's whats show",
    "[me] [is|git] [the|our|my] [current] [git] (branch|branches) [am i on|are we on|is this|is checked out]",
)
@RULES.add("branch branches", "")
@RULES.add("current", "[git] branch")
def branch(found: Found) -> Request | None:
    """The branch."""
    return Ask("branch")


@RULES.add("where where's", "(am i|are we|is this)")
@RULES.add("pwd", "")
@RULES.add("current", "(folder|directory|dir|path)")
@RULES.add("print", "[the] [current] working directory")
@RULES.add(
    "which what what's whats show",
    "[me] [is] [the|my|our|this] (current|working|current working) (folder|directory|dir|path)",
)
@RULES.add("which what", "(folder|directory) (am i|are we|is this) [in]")
def folder(found: Found) -> Request | None:
    """The current folder."""
    return Ask("folder")


@RULES.add(
    "what what's whats show tell",
    "[me] [is] [the] [current] (time|date|date and time|time and date) [is it|it is] [today]",
)
@RULES.add("what what's whats", "(day|date) (is|is it|is it today|is today|today)")
@RULES.add("what", "is (the day|today)")
@RULES.add("date time", "")
def time(found: Found) -> Request | None:
    """The time."""
    return Ask("time")
