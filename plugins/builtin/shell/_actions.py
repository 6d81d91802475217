"""What a shell text would do, as actions for the permission check."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Final

from gaff.hooks import Action

from ._changes import Step, judged
from ._environment import OWN_VARIABLES
from ._files import files_used, other_patterns
from ._paths import file_actions, path_action, redirection_actions
from ._patterns import are_split, match_options, settled
from ._places import MOVERS
from ._read_only import is_read_only_command, is_shell_command
from ._reader import Command, Redirection, read_commands
from ._repository import is_repository, may_be_repository, runs_programs
from ._second_reader import names_anywhere, words_anywhere
from ._suggestions import MULTI_COMMAND, suggestion
from ._uses import FileKind, FileUse
from ._words import Refused, Word
from ._wrappers import unwrap
from ._xargs import Fed, fed_by_source, only_looks_at_names, stay_whole

_WITHOUT_FILE: Final = frozenset({"<<", "<<-", "<<<", "<&"})
_DESCRIPTOR: Final = re.compile(r"\d+-?|-")
#: The files of one command are judged one by one up to so many.
_MOST_FILES: Final = 300
_TOO_MANY_FILES: Final = f"the command names more than {_MOST_FILES} files"
_OTHER_REPOSITORY: Final = "git runs in another folder, whose repository may make it run programs"
_DELETERS: Final = frozenset({"rm", "rmdir"})
_PLAIN_TARGET: Final = re.compile(r">[>|&]?[ \t]*(?:'([^']+)'|\"([^\"$`\\]+)\"|([\w./~+@%,:-]+))")


@dataclass(frozen=True)
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

    @cached_property
    def has_own_repository(self) -> bool:
        """Whether git would use the project's repository here, and run nothing that its settings name.

        A repository further down came with the files.
        """
        for folder in (self.cwd, *self.cwd.parents):
            git = folder / ".git"
            if os.path.lexists(git):
                own = folder == self.project_dir or folder in self.project_dir.parents
                if not own or runs_programs(git):
                    return False
                if is_repository(git):
                    return True
            if may_be_repository(folder):
                return False
        return True

    def finds_outside_project(self, name: str) -> bool:
        """Whether the program of this name is not one that the project brings along."""
        search_path = self.environ.get("PATH", "")
        folders = search_path.split(os.pathsep)
        if not all(os.path.isabs(folder) for folder in folders):
            return False
        found = shutil.which(name, path=search_path)
        if found is None:
            return True
        real = Path(os.path.realpath(found))
        if real.is_relative_to(self.project_dir):
            return False
        # A virtual environment links ``python`` to ``python3.11``; ``ls`` may be linked to anything.
        return not Path(found).is_relative_to(self.project_dir) or real.name.startswith(name)


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
    wrappers, words = unwrap(settled(command.words))
    fed = _fed(command, situation)
    run = _run(command, wrappers, words, situation)
    run = replace(run, read_only=True, suggestion="") if fed and run.understood else run
    given = fed.words if fed else words
    uses = dict.fromkeys(files_used(given, () if fed else wrappers) if words else ())
    if run.read_only and words:
        uses |= dict.fromkeys(other_patterns(given, uses))
    if run.read_only and any(use.word.value is None for use in uses):
        # a variable may hold ``../..``, however the word begins
        run = replace(run, read_only=False, suggestion=suggestion(words))
    actions = [run] if words or command.assignments else []
    for redirection in command.redirections:
        actions += _redirected(redirection, command)
    if len(uses) > _MOST_FILES:
        actions[0] = replace(run, understood=False, read_only=False, suggestion="", why=_TOO_MANY_FILES)
    for use in islice(uses, _MOST_FILES):
        found = file_actions(use, command.places)
        actions += (replace(action, words=run.words, prefix=run.prefix) for action in found)
    for folder in fed.folders if fed else ():
        found = file_actions(FileUse("read", folder, follows=True), command.places)
        actions += (replace(action, words=tuple(word.shown for word in command.words)) for action in found)
    names = (*words, *(redirection.target for redirection in command.redirections))
    return Step(words, wrappers, names, actions, are_split(command.words) or fed is not None)


def _fed(command: Command, situation: Situation) -> Fed | None:
    """Return what ``xargs`` runs, where it only looks at files that are known."""
    fed = fed_by_source(command)
    if fed is None or not only_looks_at_names(fed) or command.places is None or command.inherited:
        return None
    if not all(map(situation.finds_outside_project, ("xargs", fed.words[0].shown))):
        return None
    folders = [os.path.join(place, word.shown) for word in fed.folders for place in command.places]
    return fed if fed.null or stay_whole(folders, below=fed.below) else None


def _run(command: Command, wrappers: Sequence[str], words: Sequence[Word], situation: Situation) -> Action:
    prefix = (*command.inherited, *command.assignments, *wrappers)
    moved = command.places != frozenset({str(situation.cwd)})
    unclear = _unclear(words)
    read_only = (
        not unclear
        and is_read_only_command(words, prefix, moved=moved)
        and _is_what_it_seems(words, situation)
        and all(situation.finds_outside_project(part.partition(" ")[0]) for part in wrappers)
        and (not words or is_shell_command(words[0].shown) or not match_options(words, command.places))
    )
    return Action(
        "run",
        " ".join((*prefix, *(word.text for word in words))),
        words=tuple(word.shown for word in words),
        prefix=prefix,
        understood=not unclear,
        read_only=read_only,
        why=unclear or (_OTHER_REPOSITORY if moved and words and words[0].shown == "git" else ""),
        suggestion="" if unclear or read_only or not words else suggestion(words),
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
    yield from (_guess("read", word, situation) for word in words_anywhere(text))
    for found in _PLAIN_TARGET.finditer(text):
        yield _guess("write", next(group for group in found.groups() if group), situation)


def _guess(kind: FileKind, text: str, situation: Situation) -> Action:
    """Return an action on a file that a text that could not be read may touch."""
    expanded = text
    if situation.home and (text == "~" or text.startswith("~/")):
        expanded = situation.home + text[1:]
    why = "found in a command that could not be read"
    path = os.path.join(situation.cwd, expanded)
    return path_action(kind, path, understood=False, why=why)


def moves_about(text: str, situation: Situation) -> bool:
    """Whether running the text may leave the shell in another directory."""
    commands = situation.read(text)
    return any(command.words and unwrap(command.words)[1][0].shown in MOVERS for command in commands)
