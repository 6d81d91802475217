"""From the path in a call to the path that was judged, and back to one that reads well."""

from __future__ import annotations

import os
from difflib import get_close_matches
from itertools import islice
from typing import Annotated, Final

from pydantic import AfterValidator

from gaff.hooks import Action, Session, StateKey, ToolContext, ToolError

#: How many names of a folder are looked at for one that was meant.
NAMES_COMPARED: Final = 2_000

#: Where each path of a call led when the call was judged, by call and absolute path.
JUDGED: StateKey[dict[tuple[str, str], str]] = StateKey(dict[tuple[str, str], str])


def _usable(path: str) -> str:
    if not path.strip() or any(character < " " or character == "\x7f" for character in path):
        raise ValueError("a path is text without control characters, and not empty")
    try:
        os.fsencode(path)
    except UnicodeEncodeError as error:
        raise ValueError("the path holds characters that no file name can hold") from error
    return path


#: A path as the model writes it.
PathText = Annotated[str, AfterValidator(_usable)]


def absolute(context: ToolContext, path: str) -> str:
    """Return the path a call means: ``~`` expanded, below the current directory, ``..`` worked out.

    ``..`` goes by the text, so that what hooks and rules see is what is used; links are not followed.
    """
    joined = os.path.join(context.cwd, os.path.expanduser(path))
    return "/" + os.path.normpath(joined).lstrip("/")


def judge_read(context: ToolContext, target: str, folder: str) -> Action:
    """Return the reading of ``target``, an absolute path; a saved rule would cover all of ``folder``."""
    return Action("read", target, resolved=_note(context, target), suggestion=subtree_pattern(folder))


def judge_write(context: ToolContext, target: str) -> Action:
    """Return the writing of ``target``, an absolute path."""
    return Action("write", target, resolved=_note(context, target))


def _note(context: ToolContext, target: str) -> str:
    judged = context.session.state[JUDGED]
    return judged.setdefault((context.call.id, target), os.path.realpath(target))


def settle(context: ToolContext, target: str) -> str:
    """Return where ``target`` leads, links followed, which is where it led when the call was judged.

    Raises:
        ToolError: it leads elsewhere now, or into what holds the secrets of running processes.
    """
    resolved = os.path.realpath(target)
    judged = context.session.state[JUDGED].pop((context.call.id, target), resolved)
    if judged != resolved:
        raise ToolError(
            f"{target} led to {judged} when this call was permitted and leads to {resolved} now. "
            "Nothing was done; make the call again if that is meant."
        )
    refuse_processes(resolved, target)
    return resolved


def settle_folder(context: ToolContext, target: str) -> str:
    """Return where ``target`` leads, which must be a folder.

    Raises:
        ToolError: it is not there, is no folder, or leads elsewhere than when it was judged.
    """
    resolved = settle(context, target)
    if os.path.isdir(resolved):
        return resolved
    if not os.path.lexists(resolved):
        raise missing(target)
    raise ToolError(f"{target} is no folder. Read shows files.")


def refuse_processes(resolved: str, target: str) -> None:
    """Refuse what the kernel shows of processes: environments hold keys, and memory is no file.

    Raises:
        ToolError: the path is of that kind.
    """
    parts = resolved.split("/", 3)
    if parts[1] == "proc" and len(parts) > 2 and (parts[2].isdigit() or parts[2] in ("kcore", "kmsg")):
        raise ToolError(f"{target} shows a running process or the kernel's memory, which is never opened.")


def subtree_pattern(folder: str) -> str:
    """Return the rule specifier that covers everything below an absolute folder, as gitignore reads it."""
    escaped = "".join(f"\\{character}" if character in r"\*?[" else character for character in folder)
    return f"/{escaped.rstrip('/')}/**"


def shown(path: str | bytes) -> str:
    """Return a path as text that can be sent anywhere; bytes that are no text become question marks."""
    return os.fsencode(path).decode("utf-8", "replace")


def brief(session: Session, path: str) -> str:
    """Return a path for the model: relative where it lies below the current directory."""
    prefix = f"{session.cwd}/".replace("//", "/")
    return shown(path.removeprefix(prefix))


def missing(target: str) -> ToolError:
    """Return the error for a path that is not there, with the nearest names that are."""
    folder, name = os.path.split(target)
    while not os.path.isdir(folder):
        folder, name = os.path.split(folder)
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in islice(entries, NAMES_COMPARED)]
    except OSError:
        names = []
    near = [os.path.join(folder, match) for match in _nearest(name, names)]
    hint = f" Did you mean {' or '.join(map(shown, near))}?" if near else ""
    there = "" if os.path.join(folder, name) == target else f" {folder} has no {name!r}."
    return ToolError(f"There is no {target}.{there}{hint} Glob finds files by name.")


def _nearest(name: str, names: list[str]) -> list[str]:
    lowered = {other.lower(): other for other in names}
    stem = os.path.splitext(name)[0].lower()
    kin = [other for other in names if os.path.splitext(other)[0].lower() == stem]
    close = [lowered[match] for match in get_close_matches(name.lower(), lowered, n=3, cutoff=0.6)]
    return list(dict.fromkeys([*kin, *close]))[:3]
