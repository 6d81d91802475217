"""Whether bubblewrap mounted what it was told to: looked at before the command begins.

Between the judging of a path and its mounting, another command may put a link where a folder was. Then
something else would be mounted, or elsewhere, and the command could change what it must not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

#: Where bubblewrap puts the view together.
_NEW: Final = "/newroot"
#: How many words follow each argument; the last one is the place.
_WORDS: Final = {
    **dict.fromkeys(("--bind", "--bind-try", "--ro-bind", "--ro-bind-try", "--dev-bind"), 2),
    **dict.fromkeys(("--tmpfs", "--dev", "--proc", "--remount-ro"), 1),
}
_ESCAPE: Final = re.compile(rb"\\([0-7]{3})")
#: What the program fills with mounts of its own.
_FILLED: Final = ("/dev/", "/proc/")
#: File systems of another user, which the program cannot make read-only, nor a command reach.
_NOT_REMOUNTED: Final = ("fuse", "autofs")


@dataclass(frozen=True)
class _Mount:
    """A line of a table of mounts: which file system, from where in it, and whether it may be written."""

    kind: str
    system: str
    root: str
    read_only: bool


def refuse_others(process: int, arguments: Sequence[str]) -> None:
    """Compare the mounts of a process with the arguments that asked for them.

    Raises:
        OSError: they differ.
    """
    there = {
        path.removeprefix(_NEW) or "/": mount
        for path, mount in _table(f"/proc/{process}/mountinfo").items()
        if path == _NEW or path.startswith(f"{_NEW}/")
    }
    here = _table("/proc/self/mountinfo")
    wanted = dict(_wanted(arguments))
    for path, source in wanted.items():
        if path not in there or (source is not None and not _is_same(there[path], source, here)):
            raise OSError(_differs(path))
    for path, mount in there.items():
        is_left = mount == here.get(path) and mount.kind.startswith(_NOT_REMOUNTED)
        if not (mount.read_only or is_left or path in wanted or path.startswith(_FILLED)):
            raise OSError(_differs(path))


def _differs(path: str) -> str:
    return f"{path} was moved or replaced while the sandbox was being set up; run the command again"


def _wanted(arguments: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Yield where something is to be mounted, and the file or folder; ``None`` where it is a new one."""
    at = 0
    while at < len(arguments):
        how = arguments[at]
        count = _WORDS[how]
        source, path = arguments[at + 1], arguments[at + count]
        at += count + 1
        if how == "--remount-ro" or (how.endswith("-try") and not os.path.lexists(source)):
            continue
        yield path, source if count == 2 else None


def _is_same(mount: _Mount, source: str, table: Mapping[str, _Mount]) -> bool:
    above = max((path for path in table if _is_below(source, path)), key=len)
    rest = os.path.relpath(source, above)
    root = table[above].root if rest == "." else os.path.join(table[above].root, rest)
    return mount.system == table[above].system and mount.root == root


def _is_below(path: str, folder: str) -> bool:
    return folder == "/" or path == folder or path.startswith(f"{folder}/")


def _table(path: str) -> Mapping[str, _Mount]:
    return _parsed(Path(path).read_bytes())


@lru_cache(maxsize=2)  # our own is the same for one command after the other
def _parsed(table: bytes) -> Mapping[str, _Mount]:
    """Read a table; of several mounts at a path the last one counts. Format: proc_pid_mountinfo(5)."""
    found: dict[str, _Mount] = {}
    for line in table.splitlines():
        fields = line.split(b" ")
        system, root, point, options = fields[2:6]
        kind = fields[fields.index(b"-", 6) + 1].decode()
        found[_decoded(point)] = _Mount(kind, system.decode(), _decoded(root), b"ro" in options.split(b","))
    return found


def _decoded(field: bytes) -> str:
    if b"\\" in field:
        field = _ESCAPE.sub(lambda found: bytes((int(found[1], 8),)), field)
    return os.fsdecode(field)
