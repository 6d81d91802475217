"""Which simple commands change nothing. Whatever is not known here is taken to change something.

Source of the set: code.claude.com/docs/en/permissions, "Read-only commands".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ._forms import FORMS, sort_arguments
from ._git import only_looks
from ._sed import read_sed
from ._words import Word

#: Commands of the shell itself that reach no further than the shell. Their risky uses the reader refuses.
_IN_SHELL: Final = frozenset(
    ": true false echo printf test [ pwd cd exit return break continue shift wait jobs set read export type times "
    "umask".split()
)
#: Commands whose every argument is harmless, so that it need not be known.
_ANY_ARGUMENT: Final = frozenset({"basename", "dirname", "sleep", "seq"})
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
        "-mount -noleaf -readable -writable -executable -nouser -nogroup -d -warn -nowarn".split(),
        0,
    ),
    **dict.fromkeys(
        "-name -iname -path -ipath -wholename -iwholename -regex -iregex -regextype -lname -ilname -type -xtype -maxdepth "
        "-mindepth -size -mtime -mmin -atime -amin -ctime -cmin -newer -anewer -cnewer -newermt -newerct -perm -user "
        "-group -uid -gid -links -inum -samefile -fstype -used -printf".split(),
        1,
    ),
}
_DOCKER_LOOKS: Final = frozenset(
    {"ps", "images", "version", "info", "inspect", "logs", "history", "port", "top"}
)
_DOCKER_OPTION: Final = re.compile(
    r"-[aqslnft]+|--(?:all|quiet|no-trunc|size|digests|follow|timestamps)|--(?:last|filter|format|tail|since|until|type)=.*",
    re.DOTALL,
)


def is_read_only_command(words: Sequence[Word], prefix: Sequence[str], *, moved: bool = False) -> bool:
    """Whether a simple command changes nothing.

    ``words`` are those of the command itself, ``prefix`` what stood in front of it: assignments and wrappers.
    ``moved`` tells that the command may run in another directory than the session's.
    """
    if not words:
        return True
    name = words[0].literal or ""
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
    return name in _IN_SHELL or name in _ANY_ARGUMENT or _known_arguments(name, words[1:], moved=moved)


def is_shell_command(name: str) -> bool:
    """Whether bash itself does this, so that no program of the name is looked for."""
    return name in _IN_SHELL or name == "command"


def _wrapper(part: str) -> str:
    return part.split(" ", 1)[0]


def _known_arguments(name: str, arguments: Sequence[Word], *, moved: bool) -> bool:
    values = [word.value for word in arguments if word.value is not None]
    if len(values) < len(arguments):
        return False
    globs = any(word.glob for word in arguments)
    if name in FORMS:
        shows_environment = name == "ps" and any("e" in value and value[0] != "-" for value in values)
        allowed = not shows_environment and not (globs and not FORMS[name].globs)
        return allowed and sort_arguments(name, arguments) is not None
    if globs:
        return False
    if name == "git":
        return not moved and only_looks(values)
    if name == "sed":
        sed = read_sed(arguments)
        return sed is not None and sed.plain and not sed.in_place
    return (name == "find" and _only_finds(values)) or (name == "docker" and _only_shows(values))


def _only_finds(values: Sequence[str]) -> bool:
    left = list(values)
    while left and left[0] in {"-H", "-L", "-P"}:
        del left[0]
    while left and not left[0].startswith(("-", "(", ")", "!", ",")):
        del left[0]
    while left:
        count = _FIND_PRIMARIES.get(left[0])
        if count is None or len(left) <= count:
            return False
        del left[: count + 1]
    return True


def _only_shows(values: Sequence[str]) -> bool:
    options = [value for value in values[1:] if value.startswith("-")]
    return (
        bool(values) and values[0] in _DOCKER_LOOKS and all(_DOCKER_OPTION.fullmatch(one) for one in options)
    )
