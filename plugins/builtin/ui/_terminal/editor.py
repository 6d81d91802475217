"""Writing a prompt in the user's editor."""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
from collections.abc import Mapping
from pathlib import Path


async def edited(text: str, environ: Mapping[str, str]) -> str | None:
    """Return ``text`` as the user left it in ``$VISUAL`` or ``$EDITOR``; ``None`` where that failed."""
    path = await asyncio.to_thread(_file_with, text)
    try:
        command = shlex.split(environ.get("VISUAL") or environ.get("EDITOR") or "vi")
        process = await asyncio.create_subprocess_exec(*command, str(path), env=dict(environ))
        if await process.wait() != 0:
            return None
        written = await asyncio.to_thread(path.read_bytes)
        return written.decode("utf-8", "replace").rstrip("\n")
    except (OSError, ValueError):
        return None
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _file_with(text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix="gaff-prompt-", suffix=".md")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
