"""The command line: the kernel's own options, and those that plugins register."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NoReturn, cast

from gaff.hooks.errors import UsageError
from gaff.hooks.settings import Option

#: What the kernel itself reads.
KERNEL_OPTIONS: Final = (
    Option(("--model",), "model to use: NAME, an alias, or PROVIDER:NAME", metavar="MODEL"),
    Option(
        ("--plugin",),
        "load a plugin: NAME, FILE or MODULE; leave one out: no:NAME",
        "list",
        metavar="PLUGIN",
        one=True,
    ),
    Option(("--settings",), "a settings file, or settings as JSON", metavar="FILE|JSON"),
    Option(
        ("--setting-sources",),
        "levels of settings to read: user, project, local",
        "texts",
        metavar="LEVELS",
        one=True,
    ),
    Option(("--trust",), "trust this folder for this run: its plugins and allow rules count", "flag"),
    Option(("-v", "--version"), "print the version and leave", "flag"),
    Option(("-h", "--help"), "print this help and leave", "flag"),
)
#: Options whose empty value is a slip, such as a shell variable that is not set.
_NEVER_EMPTY: Final = ("model",)


class ParsedOptions:
    """The options of a run."""

    def __init__(self, values: dict[str, Any], words: Sequence[str]) -> None:
        self._values = values
        self._words = words

    def text(self, name: str) -> str | None:
        """Return the value of an option that takes one; ``None`` where it was not given."""
        value = self._values.get(name)
        return value if isinstance(value, str) else None

    def texts(self, name: str) -> Sequence[str]:
        """Return all values of an option that may be repeated."""
        value = self._values.get(name)
        return tuple(cast("list[str]", value)) if isinstance(value, list) else ()

    def flag(self, name: str) -> bool:
        """Return whether the option was given."""
        value = self._values.get(name)
        return value is not None and value is not False

    @property
    def prompt(self) -> str | None:
        """The words after the options, joined."""
        return " ".join(self._words) if self._words else None


class _Parser(argparse.ArgumentParser):
    """argparse that reports faults as ours, one line each."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def subcommand_parser(name: str, summary: str) -> argparse.ArgumentParser:
    """Return an empty parser for what follows a subcommand's name."""
    return _Parser(prog=f"gaff {name}", description=summary, allow_abbrev=False)


def split_list(text: str) -> list[str]:
    """Split at commas and white space outside parentheses: ``Read,Bash(git log *)`` is two."""
    items, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")" and depth > 0)
        if depth == 0 and (character == "," or character.isspace()):
            items.append("")
        else:
            items[-1] += character
    return [item for item in items if item]


def parser(options: Iterable[Option]) -> argparse.ArgumentParser:
    """Return the parser for these options."""
    usage = "gaff [OPTIONS] [PROMPT]\n       gaff SUBCOMMAND ..."
    made = _Parser(prog="gaff", add_help=False, allow_abbrev=False, usage=usage)
    made.formatter_class = argparse.RawDescriptionHelpFormatter
    made.description = (
        "An agent shell for the terminal: you type what you want, a model works on it, you decide."
    )
    groups: dict[str, Any] = {}
    for option in options:
        group = groups.setdefault(option.group, made.add_argument_group(option.group))
        _add(group, option)
    made.add_argument("words", nargs="*", metavar="PROMPT", help="the first prompt")
    return made


def _add(group: Any, option: Option) -> None:
    settings: dict[str, Any] = {"dest": option.name, "help": option.summary, "default": None}
    if option.kind == "flag":
        settings["action"] = "store_true"
    else:
        settings["metavar"] = option.metavar or option.name.upper()
        if option.kind in ("list", "texts"):
            settings |= {"action": "extend", "nargs": 1 if option.one else "+"}
        if option.kind == "optional":
            settings |= {"nargs": "?", "const": ""}
        if option.choices:
            settings |= {"choices": option.choices, "metavar": "|".join(option.choices)}
    group.add_argument(*option.flags, **settings)


def parse(
    arguments: Sequence[str],
    options: Sequence[Option],
    *,
    lenient: bool = False,
    missing: Callable[[str], str] = lambda flag: "",
) -> ParsedOptions:
    """Read a command line; ``lenient`` passes over what is unknown, for a first look.

    ``missing`` says of an unknown flag whose it would be.

    Options that take several values take all words up to the next option, or up to ``--``: what
    follows that is the prompt.

    Raises:
        UsageError: an option is unknown or lacks its value.
    """
    given = list(arguments)
    # Not left to argparse: its versions differ in what they make of the mark.
    mark = given.index("--") if "--" in given else len(given)
    before, after = given[:mark], given[mark + 1 :]
    made = parser(options)
    if lenient:
        return _parsed(made.parse_known_args(before)[0], after, options)
    known, unknown = made.parse_known_intermixed_args(before)
    if unknown:
        raise UsageError(missing(unknown[0].partition("=")[0]) or _unknown(unknown[0], options))
    return _parsed(known, after, options)


def split(arguments: Sequence[str], options: Sequence[Option]) -> tuple[ParsedOptions, Sequence[str]]:
    """Return these options, wherever they stand before ``--``, and the rest of the command line in order.

    Raises:
        UsageError: an option lacks its value.
    """
    made = _Parser(add_help=False, allow_abbrev=False)
    for option in options:
        _add(made, option)
    mark = arguments.index("--") if "--" in arguments else len(arguments)
    found, rest = made.parse_known_args(arguments[:mark])
    found.words = []
    return _parsed(found, (), options), (*rest, *arguments[mark:])


def _parsed(found: argparse.Namespace, after: Sequence[str], options: Sequence[Option]) -> ParsedOptions:
    values = vars(found)
    words = [*values.pop("words"), *after]
    for name in _NEVER_EMPTY:
        if values.get(name) == "":
            raise UsageError(f"--{name} is empty; give it a value, or leave it out")
    for option in options:
        if option.kind == "texts" and values[option.name] is not None:
            values[option.name] = [item for value in values[option.name] for item in split_list(value)]
    return ParsedOptions(values, words)


def _unknown(argument: str, options: Sequence[Option]) -> str:
    from difflib import get_close_matches

    flag = argument.partition("=")[0]
    near = get_close_matches(flag, [name for option in options for name in option.flags], 1)
    hint = f"did you mean {near[0]}?" if near else "see gaff --help"
    return f"unknown option {flag}; {hint}"
