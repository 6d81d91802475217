"""Whether git, merely looking, would run programs that a repository's own settings name.

A repository that came with its ``.git`` folder may name a file system monitor, a filter, a text converter
or a hook that even ``git status`` runs. Settings that are not known to be harmless count as such.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_LARGEST: Final = 1_000_000
_SECTION: Final = re.compile(r"\[([A-Za-z0-9-]+)(?:\.[A-Za-z0-9.-]+|[ \t]+\"(?:[^\"\\]|\\.)*\")?\][ \t]*")
_ENTRY: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*)[ \t]*(?:=[ \t]*(.*))?")
#: Sections whose settings run nothing while git looks at commits and files, but for the settings below.
_SECTIONS: Final = frozenset(
    "core remote branch user author committer submodule pull push fetch init merge rebase color column extensions lfs "
    "http https url gc maintenance status advice stash tag commit rerere index feature pack worktree safe gui credential "
    "diff log blame format help pager alias github gitlab mergetool difftool sendemail checkout clone receive transfer "
    "protocol am apply grep versionsort filter".split()
)
_RUNS: Final = frozenset(
    {
        *((("core", key)) for key in "sshcommand gitproxy alternaterefscommand askpass worktree".split()),
        *(("remote", key) for key in "uploadpack receivepack vcs promisor partialclonefilter".split()),
        *(("diff", key) for key in "external command textconv".split()),
        *(("lfs", key) for key in "clean smudge path args standalonetransferagent".split()),
        ("diff", "submodule"),
        ("extensions", "partialclone"),
        ("log", "showsignature"),
    }
)
_SWITCH: Final = re.compile(r"(?:true|false|yes|no|on|off|0|1|)", re.IGNORECASE)
_LFS: Final = re.compile(
    r"git-lfs (?:clean|smudge)(?: --skip)? -- %f|git-lfs filter-process(?: --skip)?|true"
)
#: How the index marks a repository within, which ``git status`` looks into with settings of its own.
_REPOSITORY_WITHIN: Final = b"\x00\x00\xe0\x00"
_LARGEST_INDEX: Final = 100_000_000
#: The hook that runs when git writes its index anew, as ``git status`` does.
_HOOK: Final = "post-index-change"
#: A path that git takes as it is: no comment, quote or escape in it, no blank around it.
_PLAIN_PATH: Final = re.compile(r"[\w.~@+/-]*(?: +[\w.~@+/-]+)*", re.ASCII)
_GIT_FILE: Final = re.compile(r"gitdir: (\S(?:[^\r\n]*\S)?)\n?")
_COMMON_FOLDER: Final = re.compile(r"(\S(?:[^\r\n]*\S)?)\n?")


def is_repository(git: Path) -> bool:
    """Whether git looks no further than this ``.git``. From a folder without ``HEAD`` it goes on."""
    return not git.is_dir() or os.path.lexists(git / "HEAD")


def may_be_repository(folder: Path) -> bool:
    """Whether git may take the folder itself for a repository without a work tree.

    ``HEAD`` may be a link that leads nowhere, and what is missing may lie in a common folder.
    """
    names = (folder / "objects", folder / "commondir")
    return os.path.lexists(folder / "HEAD") and any(map(os.path.lexists, names))


def runs_programs(git: Path) -> bool:
    """Whether the repository behind this ``.git``, a folder or a file that names one, may run programs."""
    try:
        return any(_runs(folder, git.parent) for folder in _folders(git))
    except (OSError, ValueError):
        return True


def _folders(git: Path) -> Iterator[Path]:
    """Yield the repository's folder, and the one it shares with other work trees.

    Raises:
        ValueError: it is not certain which folder is meant.
    """
    if git.is_file():
        git = Path(os.path.normpath(git.parent / _named(git, _GIT_FILE)))
    yield git
    if os.path.lexists(git / "commondir"):
        yield git / _named(git / "commondir", _COMMON_FOLDER)


def _named(path: Path, form: re.Pattern[str]) -> str:
    """Return the folder that a file names; git takes off no more than the end of the line."""
    found = form.fullmatch(path.read_bytes().decode("utf-8"))
    if found is None:
        raise ValueError("not certain which folder is named")
    return found.group(1)


def _runs(folder: Path, root: Path) -> bool:
    if any(map(_has_repository_within, folder.glob("*index*"))):
        return True
    # which of several settings holds depends on further ones
    hooks = [folder / "hooks"]
    for name in ("config", "config.worktree"):
        if (folder / name).is_file():
            for section, key, value in _settings(folder / name):
                if (section, key) == ("core", "hookspath"):
                    hooks.append(root / os.path.expanduser(_plain(value)))
                elif _is_harmful(section, key, value):
                    return True
    return any(os.path.lexists(one / _HOOK) for one in hooks)


def _plain(value: str) -> str:
    if _PLAIN_PATH.fullmatch(value) is None:
        raise ValueError("not certain which folder is named")
    return value


def _has_repository_within(index: Path) -> bool:
    if not index.is_file():
        return False
    return index.stat().st_size > _LARGEST_INDEX or _REPOSITORY_WITHIN in index.read_bytes()


def _settings(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield section, key and value of each setting, names in lower case.

    Raises:
        ValueError: a line is not one that could be read for certain.
    """
    if path.stat().st_size > _LARGEST:
        raise ValueError("too large")
    section = ""
    for line in path.read_text(encoding="utf-8").split("\n"):
        left = line.strip(" \t\r")
        while header := _SECTION.match(left):
            section, left = header.group(1).lower(), left[header.end() :]
        if not left or left[0] in "#;":
            continue
        entry = _ENTRY.fullmatch(left)
        if entry is None or left.endswith("\\"):
            raise ValueError("not a plain setting")
        yield section, entry.group(1).lower(), (entry.group(2) or "").strip().strip('"')


def _is_harmful(section: str, key: str, value: str) -> bool:
    if section not in _SECTIONS or (section, key) in _RUNS:
        return True
    if (section, key) == ("core", "fsmonitor"):
        return not _SWITCH.fullmatch(value)
    return section == "filter" and not _LFS.fullmatch(value)
