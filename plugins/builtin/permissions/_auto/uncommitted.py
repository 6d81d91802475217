"""Whether there is work that git does not keep yet, for commands that may throw it away.

Only numbers reach the reviewer: names of files are not gaff's words, and may be an attacker's.
Source: code.claude.com/docs/en/permission-modes (the state of the work tree before it is discarded).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from itertools import islice
from pathlib import Path
from typing import Final

from gaff.hooks import PermissionReview, text_at
from gaff.plugins.builtin.shell._repository import runs_programs

from .local import has_own_repository
from .place import Place

_DISCARDS: Final = re.compile(
    r"\bgit\b.*\b(?:reset|checkout|restore|clean|switch|stash|rm|rebase|merge|pull|am|apply)\b|\brm\b",
    re.DOTALL,
)
#: Nothing of the repository's own settings may run, and nothing is written.
_STATUS: Final = (
    *("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-optional-locks"),
    *("status", "--porcelain=v1", "--untracked-files=normal"),
)
_PATIENCE: Final = 5.0


async def uncommitted_work(event: PermissionReview) -> str:
    """Return what would be lost, in numbers; empty for commands that discard nothing, or where it is not known."""
    if not _DISCARDS.search(text_at(event.tool_input, "command")):
        return ""
    place = Place(event.session, event.tool_name, event.tool_input)
    if not has_own_repository(str(event.session.cwd), place) or _runs_programs(event.session.cwd):
        return ""
    status = await _status(event)
    if status is None:
        return ""
    new = sum(row.startswith("??") for row in status)
    changed = len(status) - new
    return f"{changed} changed and {new} new files are not committed" if status else "everything is committed"


def _runs_programs(folder: Path) -> bool:
    """Whether the repository came with settings by which looking runs a program, such as a filter."""
    found = (one / ".git" for one in (folder, *folder.parents) if (one / ".git").exists())
    return any(map(runs_programs, islice(found, 1)))


async def _status(event: PermissionReview) -> list[str] | None:
    try:
        process = await asyncio.create_subprocess_exec(
            *_STATUS,
            cwd=event.session.cwd,
            env=dict(event.session.environ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_PATIENCE):
            out, _ = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return out.decode("utf-8", "replace").splitlines() if process.returncode == 0 else None
