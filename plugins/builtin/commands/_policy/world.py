"""A world of made-up paths, in place of the disk.

Policies and tools, a stranger's too, find out where a path leads by the ordinary functions of ``os``. So
that a case may speak of folders and links that are nowhere on this machine, and of none that are, these
functions are exchanged while it is judged. Nothing is made on the disk, and nothing of the user's is looked at.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal, Self, TypeAlias

Node: TypeAlias = Literal["folder", "file", "link"]
_Path: TypeAlias = "int | str | bytes | os.PathLike[str]"

#: What belongs to the system and not to anybody: programs are looked for there.
_SYSTEM: Final = tuple("/bin /dev /etc /lib /lib64 /nix /opt /proc /sbin /sys /usr /Library /System".split())
_LONGEST_CHAIN: Final = 40
_MODES: Final[Mapping[Node, int]] = {
    "folder": stat.S_IFDIR | 0o755,
    "file": stat.S_IFREG | 0o644,
    "link": stat.S_IFLNK | 0o777,
}
_REAL: Final[Mapping[str, Any]] = {
    name: getattr(os, name) for name in ("stat", "lstat", "readlink", "scandir", "listdir", "access")
}


class World:
    """Folders, files and links. Below the folders given, nothing else is there."""

    def __init__(self, folders: Sequence[str], links: Mapping[str, str], files: Sequence[str] = ()) -> None:
        """All paths are absolute; a link's target may be relative to the link."""
        self._roots = tuple(folders)
        self._nodes: dict[str, Node] = {"/": "folder"}
        self._targets = dict(links)
        for path in (*folders, *links, *files):
            self._add_parents(path)
        self._nodes |= dict.fromkeys(folders, "folder")
        self._nodes |= dict.fromkeys(files, "file")
        self._nodes |= dict.fromkeys(links, "link")
        self._system = (*_SYSTEM, sys.prefix, sys.base_prefix)

    def _add_parents(self, path: str) -> None:
        parent = os.path.dirname(path)
        while parent not in self._nodes:
            self._nodes[parent] = "folder"
            parent = os.path.dirname(parent)

    def find(self, path: str, *, follows: bool) -> str:
        """Return where a path leads; ``follows``: through a link at its end, too.

        Raises:
            OSError: links lead in a circle.
        """
        found, hops = "/", 0
        pending = path.split("/")[::-1]
        while pending:
            name = pending.pop()
            if name == "..":
                found = os.path.dirname(found)
            if name in ("", ".", ".."):
                continue
            found = os.path.join(found, name)
            if self._nodes.get(found) == "link" and (follows or any(pending)):
                hops += 1
                if hops > _LONGEST_CHAIN:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
                pending += self._targets[found].split("/")[::-1]
                found = "/" if self._targets[found].startswith("/") else os.path.dirname(found)
        return found

    def is_real(self, path: str) -> bool:
        """Whether the disk answers for a path that was found: it is the system's, and no part of this world."""
        if path in self._nodes or any(_within(path, root) for root in self._roots):
            return False
        return any(_within(path, folder) for folder in self._system)

    def node(self, path: str) -> Node:
        """Return what is at a path that was found.

        Raises:
            FileNotFoundError: nothing is there.
        """
        node = self._nodes.get(path)
        if node is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return node

    def target(self, path: str) -> str:
        """Return what the link at a path that was found holds.

        Raises:
            OSError: there is no link.
        """
        if self.node(path) != "link":
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        return self._targets[path]

    def names(self, path: str) -> list[str]:
        """Return what is in a folder that was found.

        Raises:
            OSError: there is no folder.
        """
        if self.node(path) != "folder":
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        return [os.path.basename(one) for one in self._nodes if one != "/" and os.path.dirname(one) == path]


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _status(node: Node) -> os.stat_result:
    return os.stat_result((_MODES[node], 1, 1, 1, 1000, 1000, 0, 0, 0, 0))


class _Entry:
    """A name in a folder, as ``os.scandir`` gives it."""

    def __init__(self, folder: str, name: str) -> None:
        self.name = name
        self.path = os.path.join(folder, name)

    def __fspath__(self) -> str:
        return self.path

    def is_symlink(self) -> bool:
        return os.path.islink(self.path)

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return os.path.isdir(self.path) and (follow_symlinks or not self.is_symlink())

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return os.path.isfile(self.path) and (follow_symlinks or not self.is_symlink())

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return os.stat(self.path, follow_symlinks=follow_symlinks)


class _Entries:
    """The names in a folder, to be iterated over and closed."""

    def __init__(self, folder: str, names: Sequence[str]) -> None:
        self._entries: Iterator[_Entry] = iter([_Entry(folder, name) for name in names])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _Entry:
        return next(self._entries)

    def close(self) -> None:
        self._entries = iter(())


class _Functions:
    """The functions of ``os`` that look at the disk, looking at a world instead."""

    def __init__(self, world: World) -> None:
        self._world = world

    def _find(self, path: _Path, *, follows: bool, dir_fd: int | None = None) -> tuple[Any, bool]:
        """Return where a path leads, and whether the disk is to answer for it."""
        name = path if isinstance(path, int) else os.fspath(path)
        if not isinstance(name, str) or "\0" in name or dir_fd is not None:
            return path, True
        if not name.startswith("/"):
            name = os.path.join(os.getcwd(), name)
        found = self._world.find(name, follows=follows)
        return found, self._world.is_real(found)

    def stat(self, path: _Path, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
        found, is_real = self._find(path, follows=follow_symlinks, dir_fd=dir_fd)
        if is_real:
            real: os.stat_result = _REAL["stat"](found, dir_fd=dir_fd, follow_symlinks=follow_symlinks)
            return real
        return _status(self._world.node(found))

    def lstat(self, path: _Path, *, dir_fd: int | None = None) -> os.stat_result:
        return self.stat(path, dir_fd=dir_fd, follow_symlinks=False)

    def readlink(self, path: _Path, *, dir_fd: int | None = None) -> Any:
        found, is_real = self._find(path, follows=False, dir_fd=dir_fd)
        return _REAL["readlink"](found, dir_fd=dir_fd) if is_real else self._world.target(found)

    def scandir(self, path: _Path = ".") -> Any:
        found, is_real = self._find(path, follows=True)
        if is_real:
            return _REAL["scandir"](found)
        return _Entries(path if isinstance(path, str) else found, self._world.names(found))

    def listdir(self, path: _Path = ".") -> Any:
        found, is_real = self._find(path, follows=True)
        return _REAL["listdir"](found) if is_real else self._world.names(found)

    def access(self, path: _Path, mode: int, **more: Any) -> bool:
        try:
            found, is_real = self._find(path, follows=True)
            return bool(_REAL["access"](found, mode, **more) if is_real else self._world.node(found))
        except OSError:
            return False


@contextmanager
def inhabited(world: World, variables: Mapping[str, str]) -> Generator[None]:
    """Let this process see a world in place of the disk, and these environment variables."""
    functions = _Functions(world)
    former = {name: os.environ.get(name) for name in variables}
    try:
        for name in _REAL:
            setattr(os, name, getattr(functions, name))
        os.environ.update(variables)
        yield
    finally:
        for name, function in _REAL.items():
            setattr(os, name, function)
        for name, value in former.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
