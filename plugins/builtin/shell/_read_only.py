"""Which simple commands change nothing. Whatever is not known here is taken to change something.

Source of the set: code.claude.com/docs/en/permissions, "Read-only commands".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from ._awk import read_awk
from ._files import AWKS, FIND_OPTION, jq_without_arguments
from ._forms import FORMS, sort_arguments
from ._git import only_looks
from ._sed import read_sed
from ._tools import only_shows
from ._words import Word
from ._xargs_options import names_only_printed

#: Commands of the shell itself that reach no further than the shell. Their risky uses the reader refuses.
_IN_SHELL: Final = frozenset(
    ": true false echo printf test [ [[ pwd cd pushd popd dirs exit return break continue shift wait jobs set read export "
    "unset type times umask help alias shopt".split()
)
#: Those of them that go to a folder, which must be known.
_MOVES: Final = frozenset({"cd", "pushd"})
#: What makes a command only tell of itself, and commands that know no such option or show it by another program.
_ABOUT: Final = (["--help"], ["--version"])
_NO_HELP: Final = frozenset({"bat", "arch"})
#: Commands whose every argument is harmless, so that it need not be known.
_ANY_ARGUMENT: Final = frozenset({"basename", "dirname", "sleep", "seq", "expr", "yes"})
#: Commands to which no variable can say anything harmful, although their options are known.
_ANY_VARIABLE: Final = frozenset("tr readlink realpath id groups which df pstree pidof top".split())
#: Commands that may be given names by ``xargs``: they look at no file.
_AFTER_XARGS: Final = frozenset({"echo", "basename", "dirname"})

_WRAPPERS: Final = frozenset({"timeout", "time", "nice", "nohup", "stdbuf", "command", "builtin", "xargs"})
_SHELL_WRAPPERS: Final = frozenset({"command", "builtin"})
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*\+?=", re.ASCII)
_HARMLESS_ASSIGNMENT: Final = re.compile(
    r"(?:LANG|LANGUAGE|LC_[A-Z]+|NO_COLOR|FORCE_COLOR|CLICOLOR|CLICOLOR_FORCE|TERM|COLUMNS|LINES|TZ|CI|NODE_ENV)"
    r"=[\w.,:@+-]*",
    re.ASCII,
)

#: The tests and actions of find that only look, with the number of their arguments.
_FIND_PRIMARIES: Final[dict[str, int]] = {
    **dict.fromkeys(
        "! ( ) , -a -and -o -or -not -print -print0 -ls -prune -quit -true -false -empty -depth -daystart -follow -xdev "
        "-mount -noleaf -ignore_readdir_race -noignore_readdir_race -readable -writable -executable -nouser -nogroup -d -warn -nowarn".split(),
        0,
    ),
    **dict.fromkeys(
        "-name -iname -path -ipath -wholename -iwholename -regex -iregex -regextype -lname -ilname -type -xtype -maxdepth "
        "-mindepth -size -mtime -mmin -atime -amin -ctime -cmin -newer -anewer -cnewer -newermt -newerct -perm -user "
        "-group -uid -gid -links -inum -samefile -fstype -used -printf".split(),
        1,
    ),
}
#: Options of ps with a value that it never takes for anything else, as it does with a user nobody knows.
_PS_SELECTS: Final = frozenset({"-p", "-C", "--pid", "--ppid"})
_PS_VALUED: Final = re.compile(r"-[adefFjlLTwxyHM]*[opC]|--(?:sort|pid|ppid)")
#: An option of ss, or a word of its filters. Any other word may be a host, whose name is then asked for in the network.
_SOCKET_FILTER: Final = re.compile(
    r"-[\w-]*|state|exclude|and|or|not|eq|neq?|[lg][et]|[sd]port|src|dst|[=!<>]=?|[()]"
    r"|all|connected|synchronized|bucket|big|established|syn-(?:sent|recv)|fin-wait-[12]|time-wait|close(?:d|-wait)?"
    r"|last-ack|listen(?:ing)?|closing|(?:[\d.]+)?(?::[\w*]+)?(?:/\d+)?|\[?[\da-f]*(?::[\da-f]*){2,}\]?(?::\d+)?(?:/\d+)?",
    re.ASCII,
)
_NO_OPTION: Final = Word("", "")
#: Programs to which ``@file`` stands for the arguments in a file.
_ARGUMENT_FILES: Final = frozenset({"strings", "lsof", "nm", "size", "readelf", "objdump"})
_PLAIN_BEGINNING: Final = re.compile(r"[\w.]", re.ASCII)
_FIND_NEWER: Final = re.compile(r"-newer[aBcm][aBcmt]")
#: What a filter of jq says to see the environment or another file. Older versions let blanks and comments
#: stand behind a dollar sign.
_JQ_BEYOND: Final = re.compile(
    r"(?<![.\w])env\b|\$(?:\s|#.*\n)*ENV\b|\b(?:import|include|modulemeta|get_search_list|input_filename)\b"
)


def is_read_only_command(words: Sequence[Word], prefix: Sequence[str], *, moved: bool = False) -> bool:
    """Whether a simple command changes nothing.

    ``words`` are those of the command itself, ``prefix`` what stood in front of it: assignments and wrappers.
    ``moved`` tells that the command may run in another directory than the session's.
    """
    if not words:
        return True
    name = words[0].literal or ""
    if name in _MOVES and not all(_is_place(word, moved=moved) for word in words[1:]):
        return False
    if name in _IN_SHELL and all(
        _wrapper(part) in _SHELL_WRAPPERS or _ASSIGNMENT.match(part) for part in prefix
    ):
        return True
    if not all(_wrapper(part) in _WRAPPERS or _HARMLESS_ASSIGNMENT.fullmatch(part) for part in prefix):
        return False
    if "xargs" in prefix and name not in _AFTER_XARGS:
        return False
    if name in {"command", "type"}:
        return True
    if name == "xargs":
        return names_only_printed(words[1:], _AFTER_XARGS)
    arguments = [*map(_stand_in, words[1:])] if name in _ANY_VARIABLE else words[1:]
    return name in _IN_SHELL or name in _ANY_ARGUMENT or _known_arguments(name, arguments, moved=moved)


def _is_place(word: Word, *, moved: bool) -> bool:
    """Whether an argument of cd is known.

    ``-P`` goes by other names than those that are looked at; ``-`` goes back, but without an earlier move
    to where the shell that started gaff was.
    """
    if word.literal == "-":
        return moved
    return word.literal is not None and (word.literal == "--" or not word.literal.startswith("-"))


def _stand_in(word: Word) -> Word:
    """Return a known word in place of one that is not known."""
    return Word(word.text, f"{word.begins}x") if word.value is None else word


def is_shell_command(name: str) -> bool:
    """Whether bash itself does this, so that no program of the name is looked for."""
    return name in _IN_SHELL or name == "command"


def _wrapper(part: str) -> str:
    return part.split(" ", 1)[0]


def _known_arguments(name: str, arguments: Sequence[Word], *, moved: bool) -> bool:
    values = [word.value for word in arguments if word.value is not None]
    known = len(values) == len(arguments)
    if known and values in _ABOUT and (name in FORMS or name in {"find", "sed"}) and name not in _NO_HELP:
        return True
    globs = any(word.glob for word in arguments)
    if name in FORMS:
        safe = not globs or FORMS[name].globs or _names_no_option(name, arguments)
        if not safe or _reaches_further(name, arguments):
            return False
        if name == "jq":
            return _only_filters(arguments)
        return _sorts_out(name, arguments) or (known and only_shows(name, values))
    if name in AWKS:
        awk = read_awk(arguments)
        return awk is not None and awk.plain
    if name == "sed":
        sed = read_sed(arguments)
        return not globs and sed is not None and sed.plain and not sed.in_place
    if name == "find":
        return not globs and only_finds(arguments)
    if globs or not known:
        return False
    return not moved and only_looks(values) if name == "git" else only_shows(name, values)


def _sorts_out(name: str, arguments: Sequence[Word]) -> bool:
    """Whether all options of a command are known, and all the files it is given."""
    found = sort_arguments(name, arguments)
    if found is None:
        return False
    named = found.operands if FORMS[name].operands == "names" else found.files
    return all(word.value is not None for word in named)


def _names_no_option(name: str, arguments: Sequence[Word]) -> bool:
    """Whether no match of a pattern can be an option, as it begins with a name. ``sort`` asks, as documented."""
    several = FORMS[name].operands in {"files", "pattern", "names"} and name != "sort"
    return several and all(_PLAIN_BEGINNING.match(word.shown) for word in arguments if word.glob)


def _reaches_further(name: str, arguments: Sequence[Word]) -> bool:
    """Whether an argument shows the environment (``ps e``), names a file of arguments or another machine."""
    if name == "ps":
        return any(
            _shows_environment(word, before.value) for before, word in pairwise((_NO_OPTION, *arguments))
        )
    if name == "ss":
        return not all(_SOCKET_FILTER.fullmatch(word.value or "$") for word in arguments)
    return name in _ARGUMENT_FILES and any(word.value is None or "@" in word.value for word in arguments)


def _shows_environment(word: Word, option: str | None) -> bool:
    """Whether an argument of ps, behind another, may ask for the environment."""
    if word.value is None:
        return option not in _PS_SELECTS
    if _PS_VALUED.fullmatch(option or ""):
        return "environ" in word.value
    return "environ" in word.value or ("e" in word.value and word.value[0] != "-")


def _only_filters(arguments: Sequence[Word]) -> bool:
    """Whether jq does no more than filter its input."""
    left = jq_without_arguments(arguments)
    sorted_out = None if left is None else sort_arguments("jq", left)
    if sorted_out is None or not sorted_out.operands or sorted_out.operands[0].glob:
        return False
    if any(word.value is None for word in sorted_out.operands):
        return False
    return not _JQ_BEYOND.search(sorted_out.operands[0].shown)


def only_finds(arguments: Sequence[Word]) -> bool:
    """Whether find, with these arguments, changes nothing."""
    left = list(arguments)
    while left and FIND_OPTION.fullmatch(left[0].shown):
        del left[0]
    while left and not left[0].shown.startswith(("-", "(", ")", "!", ",")):
        if left[0].value is None:
            return False
        del left[0]
    while left:
        first = left[0].value or ""
        count = 2 if _FIND_NEWER.fullmatch(first) else _FIND_PRIMARIES.get(first, -1) + 1
        if not 0 < count <= len(left) or not all(word.is_one for word in left[:count]):
            return False
        del left[:count]
    return True
