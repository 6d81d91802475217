"""The command line, read."""

from __future__ import annotations

import pytest

from gaff.hooks.errors import UsageError
from gaff.hooks.settings import Option
from gaff.options import KERNEL_OPTIONS, ParsedOptions, parse

OPTIONS = (
    *KERNEL_OPTIONS,
    Option(("--print", "-p"), "one prompt", "flag"),
    Option(("--allowedTools", "--allowed-tools"), "rules", "texts"),
    Option(("--add-dir",), "folders", "list"),
    Option(("--system-prompt",), "text"),
    Option(("--resume", "-r"), "a session", "optional"),
)


def read(*arguments: str) -> ParsedOptions:
    """Read a command line with options of each kind."""
    return parse(arguments, OPTIONS)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-p", "query", "--allowedTools", "Bash(git log *)", "Read"),
        ("query", "-p", "--allowed-tools", "Bash(git log *)", "Read"),
        ("--allowedTools", "Bash(git log *)", "Read", "-p", "query"),
        ("-p", "--allowedTools", "Bash(git log *)", "Read", "--", "query"),
        ("--allowedTools", "Bash(git log *),Read", "-p", "query"),
        ("--allowedTools", "Bash(git log *)", "-p", "query", "--allowedTools=Read"),
        ("--allowedTools=Bash(git log *) Read", "query"),
    ],
)
def test_an_option_takes_several_values(arguments: tuple[str, ...]) -> None:
    """All words up to the next option are values; the prompt stands before it, after a flag, or after --."""
    options = read(*arguments)
    assert options.texts("allowedTools") == ("Bash(git log *)", "Read")
    assert options.prompt == "query"


def test_no_rule_becomes_the_prompt() -> None:
    """A word too many is a rule, which is told, and never silently what the model is asked."""
    options = read("--allowedTools", "Bash(cat *)", "Read(f1.txt)", "go")
    assert (options.texts("allowedTools")[1:], options.prompt) == (("Read(f1.txt)", "go"), None)


@pytest.mark.parametrize(
    "arguments",
    [("--add-dir", "my docs", "a,b", "-p", "q"), ("q", "--add-dir", "my docs", "--add-dir", "a,b")],
)
def test_folders_are_taken_whole(arguments: tuple[str, ...]) -> None:
    """Blanks and commas may stand in the name of a folder."""
    options = read(*arguments)
    assert (options.texts("add-dir"), options.prompt) == (("my docs", "a,b"), "q")


def test_a_prompt_may_follow_a_plugin() -> None:
    """--plugin takes one value each time."""
    options = read("--plugin", "a.py", "do", "--plugin", "no:b", "it")
    assert (options.texts("plugin"), options.prompt) == (("a.py", "no:b"), "do it")


@pytest.mark.parametrize("lenient", [False, True])
def test_after_the_mark_all_is_prompt(lenient: bool) -> None:
    """What looks like an option there is none, and a second mark is a word."""
    options = parse(("-v", "say", "--", "--trust", "--", "-x"), OPTIONS, lenient=lenient)
    assert (options.prompt, options.flag("trust")) == ("say --trust -- -x", False)


def test_the_first_look_passes_over_what_is_unknown() -> None:
    """Before plugins are known, their options and values are no fault."""
    options = parse(("--allowedTools", "A", "B", "--model", "m", "-p"), KERNEL_OPTIONS, lenient=True)
    assert options.text("model") == "m"


def test_no_levels_of_settings_are_some() -> None:
    """SDK clients say so with an empty value."""
    options = read("--setting-sources=", "-p", "q")
    assert (options.texts("setting-sources"), options.flag("setting-sources")) == ((), True)


def test_an_empty_model_is_a_slip() -> None:
    """An empty variable is told; an empty system prompt is one."""
    assert read("--system-prompt", "").text("system-prompt") == ""
    with pytest.raises(UsageError, match="--model is empty; give it a value, or leave it out"):
        read("--model", "")


def test_a_prompt_may_follow_the_levels_of_settings() -> None:
    """--setting-sources takes one value, its levels joined by commas."""
    options = read("-p", "--setting-sources", "user,project", "do it")
    assert (options.texts("setting-sources"), options.prompt) == (("user", "project"), "do it")
