"""What was typed before, kept for each folder in a file that several shells may share."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from prompt_toolkit.history import History

#: Bytes of the file's end that are read: some milliseconds' worth, right after the prompt is first drawn.
_READ: Final = 256 * 1024
#: Longer prompts, in characters, are not kept.
_LONGEST: Final = 100_000


def history_path(home: Path, folder: Path) -> Path:
    """Return the history file of a folder."""
    name = re.sub(r"[^a-zA-Z0-9]", "-", str(folder))[-200:]
    return home / "history" / f"{name}.jsonl"


class FileHistory(History):
    """One JSON object a line, appended under a lock; a file that cannot be used is only a lost memory."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def load_history_strings(self) -> Iterable[str]:
        """Yield prompts from the newest to the oldest, each once."""
        try:
            with self._path.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _READ))
                lines = file.read().split(b"\n")
        except OSError:
            return
        seen: set[str] = set()
        for line in reversed(lines):
            text = _prompt_of(line)
            if text and text not in seen:
                seen.add(text)
                yield text

    def store_string(self, string: str) -> None:
        """Append a prompt."""
        if not string.strip() or len(string) > _LONGEST:
            return
        line = json.dumps({"text": string, "time": round(time.time())}, ensure_ascii=True) + "\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "r+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                torn = file.seek(0, os.SEEK_END) > 0 and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n"
                file.write((b"\n" if torn else b"") + line.encode("ascii"))
        except OSError:
            return


def _prompt_of(line: bytes) -> str | None:
    try:
        text = json.loads(line)["text"]
    except (ValueError, KeyError, TypeError):
        return None
    return text if isinstance(text, str) else None
