"""The arguments that make bubblewrap show a command the files of a policy."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from gaff.hooks import SandboxPolicy

from ._placeholders import may_be_placeholder

#: Where services have their sockets, and what there is needed all the same.
_SERVICES: Final = "/run"
_NEEDED: Final = ("/run/current-system", "/run/wrappers", "/run/systemd/resolve")
_TEMPORARY: Final = "/tmp"


@dataclass
class Mounts:
    """Arguments, and what they alone do not do."""

    arguments: list[str] = field(default_factory=list[str])
    #: Names to be taken while the command runs.
    placeholders: list[str] = field(default_factory=list[str])
    #: Paths that nothing can be mounted on, to be put back afterwards.
    guarded: list[str] = field(default_factory=list[str])
    #: What protects a path: how it is mounted on itself.
    points: dict[str, str] = field(default_factory=dict[str, str])
    #: Whether they keep anything from being changed.
    guards: bool = True


def mounts_of(policy: SandboxPolicy, environ: Mapping[str, str]) -> Mounts:
    """Return what shows a command the files of a policy."""
    mounts = Mounts()
    proc = () if policy.weaker else ("--proc", "/proc")
    if not policy.guards_files:
        free = replace(policy, writable=("/",), protected=())
        mounts.arguments += ("--dev-bind", "/", "/", *proc, *_views(free, {}))
        mounts.guards = False
        return mounts
    mounts.guards = "/" not in policy.writable
    mounts.arguments += ("--ro-bind" if mounts.guards else "--bind", "/", "/", "--dev", "/dev", *proc)
    if proc and os.geteuid() == 0:
        # The settings of the kernel are root's by name, whatever rights it gave up.
        mounts.arguments += ("--remount-ro", "/proc")
    if not policy.all_unix_sockets:
        mounts.arguments += _without_services(environ)
    if policy.temporary:
        mounts.arguments += ("--bind", policy.temporary, _TEMPORARY)
    for path in _shallow_first(policy.protected):
        _protect(path, policy, mounts)
    for path in (*policy.hidden, *policy.masked):
        _keep_way_to(path, policy, mounts)
    mounts.arguments += _views(policy, mounts.points)
    return mounts


def _without_services(environ: Mapping[str, str]) -> Iterator[str]:
    """Hide the sockets of services: a read-only file system does not keep a command from connecting."""
    runtime = os.path.realpath(environ.get("XDG_RUNTIME_DIR", "") or _SERVICES)
    for path in dict.fromkeys((_SERVICES, os.path.realpath("/var/run"), runtime)):
        if os.path.isdir(path) and (path == _SERVICES or not path.startswith(_SERVICES + "/")):
            yield from ("--tmpfs", path)
    for path in _NEEDED:
        yield from ("--ro-bind-try", path, path)


def _views(policy: SandboxPolicy, points: Mapping[str, str]) -> Iterator[str]:
    """Mount everything, the shallow first: a mount covers all that was mounted below it before.

    So of two that cover a file the longer one holds, and what is hidden stays hidden in what is protected.
    """
    hidden, folders = set(policy.hidden), list[str]()
    for path in _shallow_first((*_named(policy), *points)):
        if path in hidden and os.path.isdir(path):
            folders.append(path)
            yield from ("--tmpfs", path)
        elif path in hidden:
            yield from _covered(path, os.devnull)
        elif path in policy.masked:
            yield from _covered(path, policy.masked[path])
        elif path in points and path not in policy.writable:
            yield from (points[path], path, path)
        elif path in policy.unix_sockets:
            yield from ("--bind-try", path, path)
        elif path != "/":
            yield from ("--bind-try" if _is_writable(path, policy) else "--ro-bind-try", path, path)
    for path in folders:
        yield from ("--remount-ro", path)


def _named(policy: SandboxPolicy) -> Iterator[str]:
    yield from (*policy.writable, *policy.shown, *policy.masked, *policy.hidden, *policy.unix_sockets)


def _covered(path: str, by: str) -> Iterator[str]:
    if os.path.lexists(path):
        yield from ("--ro-bind", by, path)


def _is_writable(path: str, policy: SandboxPolicy) -> bool:
    """Whether the longest that covers a path lets it be changed; of two alike, ``writable`` does."""
    return _longest(path, policy.writable) >= max(1, _longest(path, policy.protected))


def _is_hidden(path: str, policy: SandboxPolicy) -> bool:
    """Whether the longest that covers a path hides it."""
    return _longest(path, policy.hidden) > _longest(path, (*policy.writable, *policy.shown))


def _longest(path: str, folders: Iterable[str]) -> int:
    """Return the length of the longest of the folders that hold a path; 0 where none does."""
    return max((len(one) for one in folders if _is_below(path, (one,))), default=0)


def _keep_way_to(path: str, policy: SandboxPolicy, mounts: Mounts) -> None:
    """Keep the folders around a path from being moved: the next command would find it elsewhere, as it is."""
    root = _root_of(path, policy)
    if root is None or not os.path.lexists(path):
        return
    way = root.rstrip("/")
    for part in os.path.relpath(path, root).split("/")[:-1]:
        way = f"{way}/{part}"
        if _kind(way) != "there" or _is_below(way, (*policy.hidden, *policy.protected)):
            return
        mounts.points.setdefault(way, "--bind")


def _root_of(path: str, policy: SandboxPolicy) -> str | None:
    """Return the outermost writable folder that holds a path."""
    return min((one for one in policy.writable if _is_below(path, (one,))), key=len, default=None)


def _protect(path: str, policy: SandboxPolicy, mounts: Mounts) -> None:
    """Protect a path below a writable one, and each folder between from being moved away with it."""
    root = _root_of(path, policy)
    if root is None or path == root or _is_hidden(path, policy):
        return
    way = root.rstrip("/")
    for part in os.path.relpath(path, root).split("/"):
        way = f"{way}/{part}"
        kind = _kind(way)
        if kind == "link":
            mounts.guarded.append(way)
            return
        if kind == "missing" or (way == path and may_be_placeholder(way)):
            if way not in mounts.points:
                mounts.placeholders.append(way)
            mounts.points.setdefault(way, "--ro-bind")
            return
        if way != path:
            mounts.points.setdefault(way, "--bind")
    mounts.points.setdefault(path, "--ro-bind")


def _kind(path: str) -> str:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return "missing"
    return "link" if stat.S_ISLNK(mode) else "there"


def _is_below(path: str, folders: Sequence[str]) -> bool:
    return any(path == one or path.startswith(one.rstrip("/") + "/") for one in folders)


def _shallow_first(paths: Iterable[str]) -> Sequence[str]:
    return sorted(dict.fromkeys(paths), key=lambda path: (path.count("/"), path))
