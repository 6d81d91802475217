"""What the session list says of a transcript, from its first and last 64 KiB alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from gaff.hooks import SessionSummary
from gaff.hooks.values import Json, JsonObject, list_at, object_at, text_at

from ._reader import decode

_WINDOW: Final = 64 * 1024
_TITLE_LENGTH: Final = 200
#: Where a title may stand, the best first. Source: claude-agent-sdk, ``_internal/sessions.py``.
_TITLE_KEYS: Final = ("customTitle", "aiTitle", "lastPrompt", "summary")
#: Texts in user entries that the user did not say.
_MARKERS: Final = re.compile(
    r"<(local-command-stdout|session-start-hook|tick|goal|ide_opened_file|ide_selection|system-reminder)>"
    r"|\[Request interrupted by user"
)
_USER: Final = (b'"type":"user"', b'"type": "user"')
_UNSAID: Final = (b'"tool_result"', b'"isMeta":true', b'"isCompactSummary":true')
_COMMAND: Final = re.compile(r"<command-name>(.*?)</command-name>")
#: The text of a prompt that is longer than what is read of the file.
_CUT_PROMPT: Final = re.compile(
    rb'"(?:content|text)":\s*"((?:[^"\\]|\\[^u]|\\u[0-9a-fA-F]{4}){1,2000})',
)


def summarize(path: Path) -> SessionSummary | None:
    """Return the list entry of a transcript; ``None`` where it is empty, unreadable or a sub-agent's.

    The title is empty where nobody said anything yet.
    """
    try:
        with path.open("rb", buffering=0) as file:
            state = os.fstat(file.fileno())
            head = file.read(_WINDOW)
            tail = os.pread(file.fileno(), _WINDOW, max(0, state.st_size - _WINDOW))
    except OSError:
        return None
    opening, closing = head.split(b"\n"), tail.split(b"\n")
    if not head or is_sidechain(opening[0]):
        return None
    return SessionSummary(
        id=path.stem,
        title=_title(opening, closing),
        modified=state.st_mtime,
        size=state.st_size,
        cwd=next(_texts(opening, "cwd"), ""),
        path=path,
    )


def is_sidechain(line: bytes) -> bool:
    """Whether a transcript that begins with this line is that of a sub-agent."""
    return b'"isSidechain":true' in line or b'"isSidechain": true' in line


def _title(opening: Sequence[bytes], closing: Sequence[bytes]) -> str:
    for key in _TITLE_KEYS:
        for lines in (closing, opening):
            found = next(_texts(tuple(reversed(lines)), key), "")
            if found:
                return _short(found)
    return _short(_first_prompt(opening))


def _texts(lines: Sequence[bytes], key: str) -> Iterator[str]:
    """Yield what the entries in these lines have under ``key``."""
    quoted = f'"{key}"'.encode()
    for line in lines:
        if quoted in line:
            found = text_at(decode(line) or {}, key)
            if found:
                yield found


def _first_prompt(lines: Sequence[bytes]) -> str:
    command = ""
    for line in lines:
        if not any(mark in line for mark in _USER):
            continue
        entry = decode(line)
        for text in _said(entry) if entry is not None else _cut(line):
            named = _COMMAND.search(text)
            if named:
                command = command or named[1]
            elif text.strip() and not _MARKERS.match(text.strip()):
                return text
    return command


def _said(entry: JsonObject) -> Iterator[str]:
    """Yield the texts of an entry that may be a prompt of the user's."""
    if text_at(entry, "type") != "user" or entry.get("isMeta") or entry.get("isCompactSummary"):
        return
    message = object_at(entry, "message")
    content: Json = message.get("content")
    if isinstance(content, str):
        yield content
        return
    blocks = [block for block in list_at(message, "content") if isinstance(block, dict)]
    if not any(block.get("type") == "tool_result" for block in blocks):
        yield from (text_at(block, "text") for block in blocks if block.get("type") == "text")


def _cut(line: bytes) -> Iterator[str]:
    """Yield the beginning of a prompt whose line goes on beyond what was read."""
    found = None if any(mark in line for mark in _UNSAID) else _CUT_PROMPT.search(line)
    if found:
        whole = decode(b'{"text":"' + found[1] + b'"}')
        yield text_at(whole or {}, "text")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TITLE_LENGTH else line[:_TITLE_LENGTH].rstrip() + "…"
