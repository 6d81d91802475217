"""Programs in front of a command that change how it runs, not what it does.

Source of the list: code.claude.com/docs/en/permissions. A wrapper with an option that is not known here
is left in place, so that the command is judged as the wrapper's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from ._words import Word

#: More wrappers in front of a command, and more words of one of them, are not looked at.
_MOST: Final = 10
_LONGEST: Final = 20
_DURATION: Final = re.compile(r"\d+(?:\.\d+)?[smhd]?|infinity")
_TIMEOUT_FLAG: Final = re.compile(
    r"-[vfp]|--(?:verbose|foreground|preserve-status)|--(?:signal|kill-after)=\w+|-[ks]\w+"
)
_TIMEOUT_PAIR: Final = frozenset({"-k", "-s", "--signal", "--kill-after"})
_NICE_FLAG: Final = re.compile(r"-n?-?\d+|--adjustment=-?\d+")
_STDBUF_FLAG: Final = re.compile(r"-[ioe][0L]|-[ioe]\d+[KMG]?|--(?:input|output|error)=\w+")


def _after_timeout(values: Sequence[str]) -> int:
    index = 1
    while index < len(values) and values[index].startswith("-"):
        if values[index] in _TIMEOUT_PAIR:
            index += 2
        elif _TIMEOUT_FLAG.fullmatch(values[index]):
            index += 1
        else:
            return 0
    return index + 1 if index < len(values) and _DURATION.fullmatch(values[index]) else 0


def _after_nice(values: Sequence[str]) -> int:
    if len(values) > 2 and values[1] == "-n" and re.fullmatch(r"-?\d+", values[2]):
        return 3
    return 2 if len(values) > 1 and _NICE_FLAG.fullmatch(values[1]) else _after_bare(values)


def _after_stdbuf(values: Sequence[str]) -> int:
    index = 1
    while index < len(values) and _STDBUF_FLAG.fullmatch(values[index]):
        index += 1
    return index


def _after_time(values: Sequence[str]) -> int:
    return 2 if values[1:2] == ["-p"] else _after_bare(values)


def _after_bare(values: Sequence[str]) -> int:
    return 1 if len(values) > 1 and not values[1].startswith("-") else 0


_AFTER: Final[dict[str, Callable[[Sequence[str]], int]]] = {
    "timeout": _after_timeout,
    "time": _after_time,
    "nice": _after_nice,
    "nohup": _after_bare,
    "stdbuf": _after_stdbuf,
    "command": _after_bare,
    "builtin": _after_bare,
    "noglob": _after_bare,
    "xargs": _after_bare,
}


def unwrap(words: Sequence[Word]) -> tuple[tuple[str, ...], tuple[Word, ...]]:
    """Take the wrappers off: what was taken, one text a wrapper (``timeout 5``), and the words left."""
    taken: list[str] = []
    left = tuple(words)
    while left and left[0].literal in _AFTER and len(taken) < _MOST:
        known = [word.literal or "" for word in left[:_LONGEST]]
        length = _AFTER[known[0]](known)
        if not 0 < length < len(known) or not all(known[:length]) or left[length].shown.startswith("-"):
            break
        taken.append(" ".join(word.text for word in left[:length]))
        left = left[length:]
    return tuple(taken), left
