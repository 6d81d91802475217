"""Bash rules against simple commands."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given, strategies as st

from gaff.hooks import Action
from gaff.plugins.builtin.permissions._commands import CommandTexts, command_texts, compile_command, fragments

WORDS = st.text(alphabet="abrm-./", min_size=1, max_size=4)
COMMANDS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)
PATTERNS = st.text(alphabet="abrm-./ *:", min_size=1, max_size=12).filter(lambda text: text.strip())


def texts(command: str, prefix: tuple[str, ...] = (), *, understood: bool = True) -> CommandTexts:
    """Return the readings of a command, split at spaces."""
    words = tuple(command.split()) if understood else ()
    return command_texts(Action("run", command, words=words, prefix=prefix, understood=understood), command)


def oracle(pattern: str, command: str) -> bool:
    """Match as documented, by the standard library's globs."""
    pattern = pattern.strip()
    if pattern.endswith(":*"):
        pattern = pattern[:-2] + " *"
    if pattern.endswith(" *") and pattern.count("*") == 1:
        return command == pattern[:-2] or command.startswith(pattern[:-1])
    return fnmatchcase(command, pattern)


@given(PATTERNS, COMMANDS)
def test_matching_agrees_with_globs(pattern: str, command: str) -> None:
    """An allow rule matches exactly what the documented globs match."""
    assert compile_command(pattern).allows(texts(command)) is oracle(pattern, command)


@given(PATTERNS, COMMANDS)
def test_a_denial_sees_all_that_an_allowance_sees(pattern: str, command: str) -> None:
    """Whatever an allow rule covers, a deny rule of the same pattern covers too."""
    compiled = compile_command(pattern)
    if compiled.allows(texts(command)):
        assert compiled.names(texts(command))


@given(COMMANDS, COMMANDS)
def test_a_denial_finds_a_command_in_a_text_that_cannot_be_read(inner: str, outer: str) -> None:
    """A denied command is found between operators, in substitutions and in loops."""
    denied = compile_command(inner)
    for text in (
        f"{outer}; {inner}",
        f"{outer} $({inner})",
        f"while {outer}; do {inner}; done",
        f"`{inner}`",
    ):
        assert denied.names(texts(text, understood=False))


@given(st.text())
def test_no_text_breaks_the_look_at_fragments(text: str) -> None:
    """Any text can be looked through."""
    assert all(isinstance(part, str) and part for part in fragments(text))


@pytest.mark.parametrize(
    ("prefix", "pattern", "expected"),
    [
        (("NODE_ENV=test",), "npm test", True),
        (("LC_ALL=C", "NO_COLOR=1"), "npm *", True),
        (("timeout 5",), "npm test", True),
        (("timeout 5", "nice -n 3", "nohup"), "npm test", True),
        (("timeout", "-k", "5s", "10"), "npm test", True),
        (("xargs",), "npm test", True),
        (("xargs -n1",), "npm test", False),
        (("LD_PRELOAD=./x.so",), "npm test", False),
        (("NODE_OPTIONS=--require=./x",), "npm test", False),
        (("PATH=.",), "* test", False),
        (("FOO=bar",), "FOO=bar npm test", True),
        (("FOO=bar",), "FOO=bar *", True),
        (("FOO=bar",), "FOO=* test", False),
        (("FOO=bar",), "* npm test", False),
        (("LANG=$(x)",), "npm test", False),
        (("env",), "npm test", False),
        (("setsid",), "npm *", False),
        (("setsid",), "setsid npm test", True),
        (("setsid",), "setsid *", False),
    ],
)
def test_what_an_allowance_looks_past(prefix: tuple[str, ...], pattern: str, expected: bool) -> None:
    """An allow rule sees past harmless assignments and wrappers, and no others it does not spell."""
    assert compile_command(pattern).allows(texts("npm test", prefix)) is expected


@pytest.mark.parametrize("pattern", ["rm *", "FOO=1 *", "timeout *", "rm -rf x", "timeout 5 rm -rf x"])
def test_a_denial_looks_past_everything(pattern: str) -> None:
    """A deny rule sees the command with and without each thing in front."""
    assert compile_command(pattern).names(texts("rm -rf x", ("FOO=1", "timeout 5")))


def test_quoted_words_are_denied_as_bash_passes_them() -> None:
    """Quotes and backslashes hide no command from a denial."""
    action = Action("run", "r'm' -rf x", words=("rm", "-rf", "x"))
    assert compile_command("rm *").names(command_texts(action, ""))


def test_words_with_spaces_are_not_joined_for_an_allowance() -> None:
    """A program named ``npm test`` is not the command ``npm test``."""
    action = Action("run", "'npm test'", words=("npm test",))
    assert not compile_command("npm test").allows(command_texts(action, ""))


def test_a_no_break_space_is_no_word_boundary() -> None:
    """Only what bash takes for blanks ends a word."""
    action = Action("run", "npm\u00a0test", words=("npm\u00a0test",))
    assert not compile_command("npm *").allows(command_texts(action, ""))


def test_a_denial_with_operators_is_held_against_the_whole_text() -> None:
    """``curl * | sh`` names a pipeline, no simple command."""
    action = Action("run", "curl x", words=("curl", "x"))
    assert compile_command("curl * | sh").names(command_texts(action, "curl x | sh"))
    assert not compile_command("curl * | sh").names(command_texts(action, "curl x | tee"))


def test_the_command_of_a_file_access() -> None:
    """A file action carries only words, and its path is never taken for a command."""
    action = Action("delete", "/proj/rm", words=("rm", "a"))
    assert compile_command("rm *").allows(command_texts(action, ""))
    assert not compile_command("/proj/*").allows(command_texts(action, ""))
    assert not compile_command("*a*").allows(command_texts(Action("write", "/a"), ""))
