"""What is judged: one action of a call, with what rules need of it worked out once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Final

from gaff.hooks import Action, JsonObject, Session, StateKey, text_at

from ._commands import CommandTexts, command_texts
from ._folders import working_folders
from ._moves import is_in_repository_within, runs_git_elsewhere
from ._paths import (
    all_names,
    canonical,
    has_control_characters,
    normal,
    real,
    spellings,
    stays_within,
    windows_names,
    within,
)
from ._patterns import PathPattern

_FILE_KINDS: Final = frozenset({"read", "write", "delete"})
#: The session's folders with their links followed: asked for with every file of a search.
_SPELLINGS: StateKey[dict[str, Sequence[str]]] = StateKey(dict[str, Sequence[str]])


class Call:
    """One action of a call, as rules look at it."""

    def __init__(self, session: Session, tool: str, tool_input: JsonObject, action: Action) -> None:
        self.session = session
        self.tool = tool
        self.input = tool_input
        self.action = action
        self._below: dict[str, tuple[str, ...]] = {}

    @cached_property
    def target(self) -> str:
        """The path as the call named it, normal."""
        return normal(self.action.target)

    @cached_property
    def resolved(self) -> str:
        """The path with its links followed."""
        return normal(self.action.resolved or real(self.action.target))

    @cached_property
    def command(self) -> CommandTexts:
        """The ways to read the command of a ``run``, or of the file access that comes from one."""
        return command_texts(self.action, text_at(self.input, "command"))

    @cached_property
    def runs_git_elsewhere(self) -> bool:
        """Whether this is git after a move to another folder: documented to be asked for.

        The move may have been made by an earlier call.
        """
        words = self.action.words
        if self.action.kind != "run" or not words or os.path.basename(words[0]) != "git":
            return False
        cwd = str(self.session.cwd)
        return runs_git_elsewhere(text_at(self.input, "command"), cwd) or is_in_repository_within(
            cwd, working_folders(self.session)
        )

    @cached_property
    def is_at_home(self) -> bool:
        """Whether the file is inside the working directories, however its path is read."""
        folders = working_folders(self.session)
        return stays_within(self.target, self.resolved, folders, follows=self.action.kind == "read")

    @cached_property
    def is_file(self) -> bool:
        """Whether the action is about a file."""
        return self.action.kind in _FILE_KINDS

    @cached_property
    def _honest(self) -> bool:
        return not has_control_characters(self.target + self.resolved)

    @cached_property
    def _start(self) -> Sequence[str]:
        return self._spelled(str(self.session.project_dir))

    @cached_property
    def _here(self) -> Sequence[str]:
        """Allowances hold from where the session started: moving must not stretch one."""
        return self._spelled(str(self.session.start_dir))

    @cached_property
    def _current(self) -> Sequence[str]:
        """Denials hold where the session started and where it is now: moving must not lift one."""
        return tuple(dict.fromkeys((*self._start, *self._spelled(str(self.session.cwd)))))

    def _spelled(self, folder: str) -> Sequence[str]:
        known = self.session.state[_SPELLINGS]
        if folder not in known:
            known[folder] = spellings(folder)
        return known[folder]

    @cached_property
    def _names(self) -> Sequence[str]:
        names = [canonical(name) for name in all_names(self.target, self.resolved)]
        return (*names, *(name for found in names for name in windows_names(found)))

    @cached_property
    def _is_folder(self) -> bool:
        return self.action.kind == "read" and os.path.isdir(self.resolved)

    @cached_property
    def _ends(self) -> Sequence[str]:
        return tuple(dict.fromkeys((self.target, self.resolved)))

    def at_each_end(self) -> Iterator[Call]:
        """Yield the call as if it named nothing but the link, and nothing but what that leads to."""
        for path in self._ends:
            yield Call(self.session, self.tool, self.input, replace(self.action, target=path, resolved=path))

    def is_allowed_by(self, pattern: PathPattern) -> bool:
        """Whether an allow rule covers the file, both as it is named and where it leads to."""
        anchors = pattern.anchors_from(self._here)
        # Loops, not generators: this runs for every rule of every action.
        for path in self._ends:
            for anchor in anchors:
                if self._matches(pattern, path, anchor):
                    break
            else:
                return False
        return self._honest

    def _matches(self, pattern: PathPattern, path: str, anchor: str) -> bool:
        if not within(path, anchor):
            return False
        rest = path[len(anchor) :].lstrip("/")
        if rest and pattern.regex.search(rest):
            return True
        return self._is_folder and pattern.regex.search(rest + "/") is not None

    def is_named_by(self, pattern: PathPattern) -> bool:
        """Whether a deny or ask rule covers the file: any name on the way to it matches."""
        for anchor in pattern.anchors_from(self._current):
            for rest in self._rests_below(anchor):
                if pattern.part in rest if pattern.part else pattern.regex.search(rest[1:]):
                    return True
        return False

    def _rests_below(self, anchor: str) -> tuple[str, ...]:
        found = self._below.get(anchor)
        if found is None:
            folder = canonical(anchor)
            cut = 0 if folder == "/" else len(folder)
            found = tuple(f"/{name[cut:].lstrip('/')}/" for name in self._names if within(name, folder))
            self._below[anchor] = found
        return found
