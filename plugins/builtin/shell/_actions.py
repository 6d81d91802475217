"""What a shell text would do, as actions for the permission check."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from gaff.hooks import Action

from ._changes import Step, judged
from ._environment import OWN_VARIABLES
from ._files import files_used
from ._paths import file_actions, path_action, redirection_actions
from ._places import MOVERS
from ._read_only import is_read_only_command, is_shell_command
from ._reader import Command, read_commands
from ._second_reader import names_anywhere
from ._suggestions import MULTI_COMMAND, suggestion
from ._tokens import Redirection
from ._words import Refused, Word
from ._wrappers import unwrap

_WITHOUT_FILE: Final = frozenset({"<<", "<<-", "<<<", "<&"})
_DESCRIPTOR: Final = re.compile(r"\d+-?|-")
_DELETERS: Final = frozenset({"rm", "rmdir"})
_PLAIN_TARGET: Final = re.compile(r">[>|&]?[ \t]*(?:'([^']+)'|\"([^\"$`\\]+)\"|([\w./~+@%,:-]+))")


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a text is about to be run."""

    cwd: Path
    project_dir: Path
    #: The environment of the command.
    environ: Mapping[str, str]

    @property
    def home(self) -> str | None:
        """What ``~`` stands for."""
        return self.environ.get("HOME")

    def read(self, text: str) -> tuple[Command, ...]:
        """Read a text that is run here.

        Raises:
            Refused: the text holds something the reader does not know.
        """
        exported = None if self.environ.get("CLAUDE_ENV_FILE") else {*self.environ, *OWN_VARIABLES}
        return read_commands(text, str(self.cwd), self.home, exported)

    @property
    def has_own_repository(self) -> bool:
        """Whether git would use the project's repository here, and not one that came with the files."""
        for folder in (self.cwd, *self.cwd.parents):
            if (folder / ".git").exists():
                return folder == self.project_dir or folder in self.project_dir.parents
            if (folder / "HEAD").exists() and (folder / "objects").exists():
                return False
        return True

    def finds_outside_project(self, name: str) -> bool:
        """Whether the program of this name is not one that the project brings along."""
        search_path = self.environ.get("PATH", "")
        folders = search_path.split(os.pathsep)
        if not all(os.path.isabs(folder) for folder in folders):
            return False
        found = shutil.which(name, path=search_path)
        return found is None or not Path(os.path.realpath(found)).is_relative_to(self.project_dir)


def actions_of(text: str, situation: Situation) -> tuple[Action, ...]:
    """Return what the text would do; a text that cannot be read is one action that is not understood."""
    try:
        commands = situation.read(text)
    except Refused as refusal:
        return tuple(dict.fromkeys(_refused(text, refusal, situation)))
    steps = [_step(command, situation) for command in commands]
    return tuple(dict.fromkeys(judged(steps, text)))


def _step(command: Command, situation: Situation) -> Step:
    """Return what a command runs and which files it uses. Files named by its words carry these."""
    wrappers, words = unwrap(command.words)
    run = _run(command, wrappers, words, situation)
    actions = [run] if words or command.assignments else []
    for redirection in command.redirections:
        actions += _redirected(redirection, command)
    for use in files_used(words, wrappers) if words else ():
        found = file_actions(use, command.places)
        actions += (replace(action, words=run.words, prefix=run.prefix) for action in found)
    names = (*words, *(redirection.target for redirection in command.redirections))
    return Step(words, wrappers, names, actions)


def _run(command: Command, wrappers: Sequence[str], words: Sequence[Word], situation: Situation) -> Action:
    prefix = (*command.inherited, *command.assignments, *wrappers)
    moved = command.places != frozenset({str(situation.cwd)})
    why = _unclear(words)
    read_only = (
        not why and is_read_only_command(words, prefix, moved=moved) and _is_what_it_seems(words, situation)
    )
    return Action(
        "run",
        " ".join((*prefix, *(word.text for word in words))),
        words=tuple(word.shown for word in words),
        prefix=prefix,
        understood=not why,
        read_only=read_only,
        why=why,
        suggestion="" if why or read_only or not words else suggestion(words),
    )


def _unclear(words: Sequence[Word]) -> str:
    """Return why a denial might not see what the command does; empty where it does."""
    name = os.path.basename(words[0].shown) if words else ""
    if name in MULTI_COMMAND and len(words) > 1 and words[1].literal is None:
        return f"what {name} is told to do is known only when the command runs"
    return ""


def _is_what_it_seems(words: Sequence[Word], situation: Situation) -> bool:
    """Whether the name means the usual program, and git the project's own repository."""
    if not words or is_shell_command(words[0].shown):
        return True
    name = words[0].shown
    return situation.finds_outside_project(name) and (name != "git" or situation.has_own_repository)


def _redirected(redirection: Redirection, command: Command) -> Iterator[Action]:
    operator, target = redirection.operator, redirection.target
    if operator not in _WITHOUT_FILE and not (operator == ">&" and _DESCRIPTOR.fullmatch(target.text)):
        yield from redirection_actions("read" if operator == "<" else "write", target, command.places)


def _refused(text: str, refusal: Refused, situation: Situation) -> Iterator[Action]:
    """Yield the whole, not understood, and whatever in it a denial may be held against."""
    why = f"{refusal.reason} (character {refusal.position + 1})"
    whole = Action("run", text, understood=False, why=why)
    yield whole
    text = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    for name in names_anywhere(text):
        words = tuple(name.split())
        yield replace(whole, target=name, words=words)
        if os.path.basename(words[0]) in _DELETERS:
            yield from (_guess("delete", word, situation) for word in words[1:] if not word.startswith("-"))
    for found in _PLAIN_TARGET.finditer(text):
        yield _guess("write", next(group for group in found.groups() if group), situation)


def _guess(kind: str, text: str, situation: Situation) -> Action:
    """Return an action on a file that a text that could not be read may touch."""
    expanded = text
    if situation.home and (text == "~" or text.startswith("~/")):
        expanded = situation.home + text[1:]
    why = "found in a command that could not be read"
    path = os.path.join(situation.cwd, expanded)
    return path_action("delete" if kind == "delete" else "write", path, understood=False, why=why)


def moves_about(text: str, situation: Situation) -> bool:
    """Whether running the text may leave the shell in another directory."""
    commands = situation.read(text)
    return any(command.words and unwrap(command.words)[1][0].shown in MOVERS for command in commands)
