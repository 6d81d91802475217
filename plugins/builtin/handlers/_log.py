"""The log of firings, for ``gaff hooks log``: a line each, in two files of bounded size."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Final

from gaff.hooks import Json, JsonObject, Session, is_object

from ._output import Said

#: Bytes after which the file becomes the old one, in place of that of before.
_LONGEST: Final = 1_000_000
#: Characters kept of what a handler said.
_MOST: Final = 200
#: Neither a link nor a pipe in its place is written to, or waited for.
_APPENDING: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
#: Fired too often to be worth a line.
_UNNOTED: Final = frozenset({"MessageDisplay"})


def log_path(home: Path) -> Path:
    """Return where the log is."""
    return home / "hooks.jsonl"


def note(said: Said, home: Path, session: Session | None, value: str | None) -> None:
    """Keep that a handler ran. A log that cannot be written is no reason to stop."""
    if session is None or said.entry.event in _UNNOTED:
        return
    line: dict[str, Json] = {
        "time": round(time(), 3),
        "session": session.id,
        "event": said.entry.event,
        "value": value,
        "type": said.entry.type,
        "hook": said.entry.title[:_MOST],
        "source": said.entry.source.label,
        "status": said.status,
        "exit": said.exit_code,
        "said": said.summary[:_MOST],
        "ms": round(said.ms, 2),
    }
    path = log_path(home)
    try:
        handle = os.open(path, _APPENDING, 0o600)
        try:
            os.write(handle, json.dumps(line).encode() + b"\n")
            full = os.fstat(handle).st_size > _LONGEST
        finally:
            os.close(handle)
        if full:
            os.replace(path, path.with_suffix(".old.jsonl"))
    except OSError:
        return


def read_log(home: Path) -> Iterator[JsonObject]:
    """Yield the lines kept, the oldest first; what is no line of the log is passed over."""
    path = log_path(home)
    for file in (path.with_suffix(".old.jsonl"), path):
        try:
            lines = file.read_bytes().splitlines() if file.is_file() else []
        except OSError:
            continue
        for line in lines:
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if is_object(found):
                yield found
