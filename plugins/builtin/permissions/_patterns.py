"""Read and Edit rules: gitignore patterns with the documented anchors.

``//path`` starts at the root of the file system, ``~/path`` at the user's folder, ``/path`` at the folder
of the settings it stands in, everything else at the current directory. A bare name matches at any depth.
``src/**`` allows only ``src`` of the current directory but denies at any depth.
Source: code.claude.com/docs/en/permissions.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ._paths import canonical, spellings

#: How pathspec ends an expression that also matches what lies in a folder of that name.
_BELOW: Final = "(?:(?P<ps_d>/)|$)"
_GLOB: Final = re.compile(r"[*?\[\\]")


class PatternError(ValueError):
    """A pattern that can match nothing; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class PathPattern:
    """One compiled pattern.

    ``anchors`` are the spellings of the folder it starts from; ``None`` for the current directory,
    from which it goes ``ups`` folders up.
    """

    regex: re.Pattern[str]
    anchors: tuple[str, ...] | None
    ups: int = 0
    #: What a path holds that a denial of a mere name covers, so that no expression need be tried.
    part: str = ""

    def anchors_from(self, folders: Sequence[str]) -> Sequence[str]:
        """Return the folders it starts from, ``folders`` being those that count as current."""
        if self.anchors is not None:
            return self.anchors
        if not self.ups:
            return folders
        return [_up(folder, self.ups) for folder in folders]


def _up(folder: str, levels: int) -> str:
    for _ in range(levels):
        folder = os.path.dirname(folder)
    return folder


def compile_pattern(specifier: str, *, allows: bool, base: str, home: str) -> PathPattern:
    """Compile the specifier of a Read or Edit rule.

    ``base`` is the folder of the settings the rule stands in, ``home`` the user's.

    Raises:
        PatternError: it can match nothing.
    """
    if specifier.startswith("!"):
        raise PatternError("a pattern cannot take back another one; a denial has no exceptions")
    anchor, pattern = _anchored(specifier, base, home)
    ups, pattern = _without_parents(pattern)
    if anchor is not None:
        anchor, ups = _up(anchor, ups), 0
    pattern = _depth(pattern, anchor is not None or bool(ups), specifier.startswith("./"), allows)
    anchors = None if anchor is None else spellings(anchor)
    if allows:
        return PathPattern(_allowing(pattern), anchors, ups)
    pattern = canonical(pattern)
    return PathPattern(_regex(pattern), anchors, ups, _part(pattern))


def _part(pattern: str) -> str:
    """Return ``/name/`` where a denial is of a name at any depth, as most are; empty for other patterns."""
    name = pattern.rstrip().removeprefix("**/").removesuffix("/**").removesuffix("/")
    return "" if "/" in name or pattern.startswith("/") or _GLOB.search(name) or not name else f"/{name}/"


def _anchored(specifier: str, base: str, home: str) -> tuple[str | None, str]:
    if specifier.startswith("//"):
        return "/", specifier[1:]
    if specifier == "~" or specifier.startswith("~/"):
        return home, specifier[1:] or "/"
    if specifier.startswith("~"):
        name, _, rest = specifier.partition("/")
        folder = os.path.expanduser(name)
        if folder == name:
            raise PatternError(f"there is no user {name[1:]}")
        return folder, "/" + rest
    if specifier.startswith("/"):
        return base, specifier
    return None, specifier.removeprefix("./")


def _without_parents(pattern: str) -> tuple[int, str]:
    """Resolve ``..`` in a pattern; return how far it leads up from its anchor, and what remains."""
    if ".." not in pattern.split("/"):
        return 0, pattern
    kept: list[str] = []
    ups = 0
    for part in pattern.strip("/").split("/"):
        if part != "..":
            kept.append(part)
        elif not kept:
            ups += 1
        elif kept[-1] == "**":
            raise PatternError("'..' cannot follow '**'")
        else:
            kept.pop()
    tail = "/" if pattern.endswith("/") and kept else ""
    return ups, "/" + "/".join(kept) + tail


def _depth(pattern: str, fixed: bool, dotted: bool, allows: bool) -> str:
    """Return the pattern with its depth spelled out as gitignore would need it."""
    if not pattern.strip("/"):
        if allows:
            raise PatternError("it names no file; write a path, or '**' for everything below")
        return "/**"
    if fixed:
        return pattern if pattern.startswith("/") else "/" + pattern
    first, slash, rest = pattern.partition("/")
    if not allows:
        return f"**/{pattern}" if slash and rest == "**" and first != "**" else pattern
    anchored = (dotted and not slash) or (slash and not rest)
    return "/" + pattern if anchored else pattern


def _regex(pattern: str) -> re.Pattern[str]:
    from pathspec.patterns.gitignore.base import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    if pattern.startswith("#"):
        pattern = "\\" + pattern
    try:
        found, _ = GitIgnoreSpecPattern.pattern_to_regex(pattern)
    except GitIgnorePatternError as fault:
        raise PatternError("it is not a gitignore pattern") from fault
    if found is None:
        raise PatternError("git, whose patterns these are, takes it for nothing")
    # A file name may hold a line break, and no denial may end at it.
    return re.compile(found, re.DOTALL)


def _allowing(pattern: str) -> re.Pattern[str]:
    """Compile the pattern of an allow rule, in which ``*`` stands for one name.

    git takes ``docs/*`` for every folder in ``docs``, too, and so for all below them; a rule that allows is
    documented to need ``**`` for that.
    """
    found = _regex(pattern)
    last = pattern.rpartition("/")[2]
    if "*" not in last.replace("\\*", "") or not found.pattern.endswith(_BELOW):
        return found
    return re.compile(found.pattern.removesuffix(_BELOW) + r"\Z", re.DOTALL)


def escape_path(path: str) -> str:
    """Return a path so that a rule takes it literally, as rules saved from a dialog need it."""
    escaped = re.sub(r"([\\*?\[\]!#])", r"\\\1", path)
    return re.sub(r" +$", lambda spaces: "\\ " * len(spaces.group()), escaped)
