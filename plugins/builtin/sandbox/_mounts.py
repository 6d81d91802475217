"""The arguments that make bubblewrap show a command the files of a policy."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gaff.hooks import SandboxPolicy

#: Where services have their sockets, and what there is needed all the same.
_SERVICES: Final = "/run"
_NEEDED: Final = ("/run/current-system", "/run/wrappers", "/run/systemd/resolve")
_TEMPORARY: Final = "/tmp"
#: Where git finds its settings elsewhere; it takes an empty one for broken, so nothing can stand in for it.
_NOT_TAKEN: Final = "/.git/commondir"


@dataclass
class Mounts:
    """Arguments, and what they alone do not do."""

    arguments: list[str] = field(default_factory=list[str])
    #: Names to be taken while the command runs.
    placeholders: list[str] = field(default_factory=list[str])
    #: Paths that nothing can be mounted on, to be put back afterwards.
    guarded: list[str] = field(default_factory=list[str])
    #: Where something is mounted to protect it, or what is below.
    points: set[str] = field(default_factory=set[str])

    def mount(self, how: str, source: str, path: str) -> None:
        """Mount something, once a path."""
        if path not in self.points:
            self.points.add(path)
            self.arguments += (how, source, path)


def mounts_of(policy: SandboxPolicy, environ: Mapping[str, str]) -> Mounts:
    """Return what shows a command the files of a policy."""
    mounts = Mounts()
    proc = () if policy.weaker else ("--proc", "/proc")
    if not policy.guards_files:
        mounts.arguments += ("--dev-bind", "/", "/", *proc)
        return mounts
    base = "--bind" if "/" in policy.writable else "--ro-bind"
    mounts.arguments += (base, "/", "/", "--dev", "/dev", *proc)
    mounts.arguments += _without_services(policy, environ)
    if policy.temporary:
        mounts.arguments += ("--bind", policy.temporary, _TEMPORARY)
    mounts.arguments += _views(policy)
    for path in _shallow_first(policy.protected):
        _protect(path, policy, mounts)
    for path in _shallow_first(policy.writable):
        if _is_below(path, policy.protected):
            mounts.arguments += ("--bind-try", path, path)
    return mounts


def _without_services(policy: SandboxPolicy, environ: Mapping[str, str]) -> Iterator[str]:
    """Hide the sockets of services: a read-only file system does not keep a command from connecting."""
    runtime = os.path.realpath(environ.get("XDG_RUNTIME_DIR", "") or _SERVICES)
    for path in dict.fromkeys((_SERVICES, os.path.realpath("/var/run"), runtime)):
        if os.path.isdir(path) and (path == _SERVICES or not path.startswith(_SERVICES + "/")):
            yield from ("--tmpfs", path)
    for path in _NEEDED:
        yield from ("--ro-bind-try", path, path)
    for path in policy.unix_sockets:
        yield from ("--bind-try", path, path)


def _views(policy: SandboxPolicy) -> Iterator[str]:
    """Mount what may be written and what is hidden; of two paths that cover a file the longer one holds."""
    hidden, folders = set(policy.hidden), list[str]()
    for path in _shallow_first((*policy.writable, *policy.shown, *policy.hidden)):
        if path not in hidden:
            if path != "/":
                how = "--bind-try" if _is_below(path, policy.writable) else "--ro-bind-try"
                yield from (how, path, path)
        elif os.path.isdir(path):
            folders.append(path)
            yield from ("--tmpfs", path)
        elif os.path.lexists(path):
            yield from ("--ro-bind", "/dev/null", path)
    for path in folders:
        yield from ("--remount-ro", path)


def _protect(path: str, policy: SandboxPolicy, mounts: Mounts) -> None:
    """Protect a path below a writable one, and each folder between from being moved away with it."""
    root = min((one for one in policy.writable if _is_below(path, (one,))), key=len, default=None)
    if root is None or path == root or _is_below(path, policy.hidden):
        return
    way = root.rstrip("/")
    for part in os.path.relpath(path, root).split("/"):
        way = f"{way}/{part}"
        kind = _kind(way)
        if kind == "link" or (kind == "missing" and path.endswith(_NOT_TAKEN)):
            mounts.guarded.append(way)
            return
        if kind == "missing" or (way == path and _is_empty_folder(way)):
            if way not in mounts.points:
                mounts.placeholders.append(way)
            mounts.mount("--ro-bind", way, way)
            return
        if way != path:
            mounts.mount("--bind", way, way)
    mounts.mount("--ro-bind", path, path)


def _is_empty_folder(path: str) -> bool:
    """Whether a path may be a name that another command has taken, and will give back."""
    try:
        with os.scandir(path) as entries:
            return next(entries, None) is None
    except OSError:
        return False


def _kind(path: str) -> str:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return "missing"
    return "link" if stat.S_ISLNK(mode) else "there"


def _is_below(path: str, folders: Sequence[str]) -> bool:
    return any(path == one or path.startswith(one.rstrip("/") + "/") for one in folders)


def _shallow_first(paths: Sequence[str]) -> Sequence[str]:
    return sorted(dict.fromkeys(paths), key=lambda path: (path.count("/"), path))
