"""Which git commands keep their work on this machine and lose nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Final

from .finding import Finding, danger, fine, unclear
from .place import Place
from .secrets import is_secret

_NAME: Final = re.compile(r"(?!-)[\w./@#-]+")
_REMOTE: Final = re.compile(r"(?!-)[\w./-]+")
_COMMIT_FLAGS: Final = re.compile(
    r"-[amqvs]+|--(?:all|message|quiet|verbose|signoff|allow-empty|no-edit|dry-run|only)"
)
_MESSAGE: Final = re.compile(r"--message=.*|-m.+", re.DOTALL)
_FETCH: Final = frozenset(
    {"--all", "--prune", "-p", "--tags", "-t", "--quiet", "-q", "--depth=1", "--verbose", "-v"}
)
_PULL: Final = frozenset(
    {
        "--rebase",
        "--no-rebase",
        "--ff-only",
        "--no-ff",
        "--autostash",
        "--quiet",
        "-q",
        "-r",
        "--tags",
        "--prune",
    }
)


def judge_git(words: Sequence[str], place: Place) -> Finding:
    """Say what a git command (without the word ``git``) does; paths in it stay inside the folders."""
    left = list(words)
    while left and left[0] in ("--no-pager", "-P", "--no-optional-locks"):
        del left[0]
    if len(left) > 2 and left[0] == "-C" and place.holds(os.path.join(str(place.session.cwd), left[1])):
        del left[:2]
    if not left or left[0].startswith("-"):
        return unclear("git with settings of its own")
    command, arguments = left[0], left[1:]
    if command == "push":
        return _push(arguments)
    judge = _JUDGES.get(command)
    if judge is None:
        return unclear(f"git {command}")
    return judge(arguments, place)


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    options = [word for word in arguments if word.startswith("-") and word not in ("-", "--")]
    return options, [word for word in arguments if not word.startswith("-")]


def _push(arguments: Sequence[str]) -> Finding:
    options, operands = _split(arguments)
    forced = any(
        re.match(r"--force|--mirror|--delete|--prune|-\w*[fd]", option) for option in options
    ) or any(operand.startswith(("+", ":")) for operand in operands)
    if forced:
        return danger("git push that rewrites or deletes what others have")
    if "--no-verify" in options:
        return danger("git push past the hooks")
    return unclear("git push sends commits to a remote")


def _add(arguments: Sequence[str], place: Place) -> Finding:
    options, operands = _split(arguments)
    if any(
        option not in ("-A", "--all", "-u", "--update", "-p", "--patch", "-v", "-N", "-n")
        for option in options
    ):
        return unclear("git add with an option that may add ignored files")
    if any(is_secret(os.path.join(str(place.session.cwd), operand)) for operand in operands):
        return danger("git add of a file that usually holds credentials")
    return fine("git add keeps to the repository")


def _commit(arguments: Sequence[str], place: Place) -> Finding:
    left = list(arguments)
    while left:
        word = left.pop(0)
        if word in ("--amend", "--no-verify", "-n") or re.fullmatch(r"-[a-z]*n[a-z]*", word):
            return danger("git commit that amends, or skips the hooks")
        if word in ("-m", "--message") or re.fullmatch(r"-[aqvs]*m", word):
            left = left[1:]
        elif word == "--":
            break
        elif word.startswith("-") and not (_COMMIT_FLAGS.fullmatch(word) or _MESSAGE.fullmatch(word)):
            return unclear("git commit with an option of its own")
    return fine("a commit stays on this machine")


def _checkout(arguments: Sequence[str], place: Place) -> Finding:
    options, operands = _split(arguments)
    if "--" in arguments or any(
        option in ("-f", "--force", "--ours", "--theirs", "-p") for option in options
    ):
        return danger("git checkout that discards changes")
    if options and options != ["-b"] and options != ["--quiet"] and options != ["-q"]:
        return unclear("git checkout with an option of its own")
    if options == ["-b"] and 1 <= len(operands) <= 2 and all(map(_NAME.fullmatch, operands)):
        return fine("a new branch loses nothing")
    if len(operands) != 1 or not _NAME.fullmatch(operands[0]) or _is_file(operands[0], place):
        return danger("git checkout that may discard changes of files")
    return fine("switching branches keeps changes or refuses")


def _is_file(name: str, place: Place) -> bool:
    return name in (".", "..") or any(
        os.path.lexists(os.path.join(folder, name)) for folder in place.moves or ("/",)
    )


def _switch(arguments: Sequence[str], place: Place) -> Finding:
    options, operands = _split(arguments)
    if any(option not in ("-c", "--create", "-q", "--quiet", "-") for option in options):
        return danger("git switch that may discard changes or move a branch")
    return (
        fine("switching branches keeps changes or refuses") if len(operands) <= 2 else unclear("git switch")
    )


def _branch(arguments: Sequence[str], place: Place) -> Finding:
    options, operands = _split(arguments)
    if any(re.match(r"-\w*[DMCf]|--force|--delete", option) for option in options):
        return danger("git branch that deletes or moves a branch")
    if options or not 1 <= len(operands) <= 2:
        return unclear("git branch with an option of its own")
    return fine("a new branch loses nothing")


def _stash(arguments: Sequence[str], place: Place) -> Finding:
    command = arguments[0] if arguments else "push"
    if command in ("drop", "clear"):
        return danger(f"git stash {command} loses work")
    if command in ("push", "pop", "apply", "list", "show", "-u", "--include-untracked", "save"):
        return fine("a stash keeps the work")
    return unclear(f"git stash {command}")


def _tag(arguments: Sequence[str], place: Place) -> Finding:
    options, _ = _split(arguments)
    if any(
        option not in ("-a", "-m", "--annotate", "--message") and not option.startswith("--message=")
        for option in options
    ):
        return unclear("git tag with an option that may move or delete a tag")
    return fine("a tag stays on this machine")


def _fetch(arguments: Sequence[str], place: Place) -> Finding:
    options, operands = _split(arguments)
    if all(option in _FETCH for option in options) and all(
        _REMOTE.fullmatch(operand) for operand in operands
    ):
        return fine("git fetch only brings in")
    return unclear("git fetch from a place or into a branch of its own")


def _pull(arguments: Sequence[str], place: Place) -> Finding:
    options, operands = _split(arguments)
    if all(option in _PULL for option in options) and all(_REMOTE.fullmatch(operand) for operand in operands):
        return fine("git pull brings in what the configured remote has")
    return unclear("git pull from a place or into a branch of its own")


def _restore(arguments: Sequence[str], place: Place) -> Finding:
    options, _ = _split(arguments)
    if options and all(option in ("--staged", "-S", "-q", "--quiet") for option in options):
        return fine("unstaging keeps the files as they are")
    return danger("git restore discards changes of files")


def _reset(arguments: Sequence[str], place: Place) -> Finding:
    options, operands = _split(arguments)
    if any(option in ("--hard", "--merge", "--keep") for option in options):
        return danger("git reset that discards changes")
    if all(option in ("-q", "--quiet", "--mixed") for option in options) and all(
        operand == "HEAD" or (not re.search(r"[~^]|@\{", operand) and _is_file(operand, place))
        for operand in operands
    ):
        return fine("unstaging keeps the files as they are")
    return unclear("git reset moves the branch")


def _clean(arguments: Sequence[str], place: Place) -> Finding:
    options, _ = _split(arguments)
    if (
        options
        and all(option in ("-n", "--dry-run", "-nd", "-dn", "-d") for option in options)
        and "-n" in "".join(options)
    ):
        return fine("git clean that only says what it would do")
    return danger("git clean deletes files that git does not know")


def _move(arguments: Sequence[str], place: Place) -> Finding:
    options, operands = _split(arguments)
    if options or len(operands) != 2:
        return unclear("git mv with an option of its own")
    return (
        fine("git mv keeps the file")
        if place.names_lasting(operands) is None
        else unclear("git mv of a lasting file")
    )


_JUDGES: Final[dict[str, Callable[[Sequence[str], Place], Finding]]] = {
    "add": _add,
    "commit": _commit,
    "checkout": _checkout,
    "switch": _switch,
    "branch": _branch,
    "stash": _stash,
    "tag": _tag,
    "fetch": _fetch,
    "pull": _pull,
    "restore": _restore,
    "reset": _reset,
    "clean": _clean,
    "mv": _move,
}
