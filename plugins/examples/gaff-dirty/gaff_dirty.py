"""Show in the status line how many files of the work tree are changed, as git sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gaff.hooks import Session, SessionEvent, StateKey, StatusItem, events, hookimpl

SECONDS = 5.0


class Counted(SessionEvent):
    """Another number was counted. Faces draw the status line anew when a session publishes something."""


class Count:
    """What was last counted. The status line is drawn often, so it must not start a program itself."""

    def __init__(self) -> None:
        self.files = 0


COUNT = StateKey(Count)


def text(session: Session) -> str:
    """Return the item; empty where nothing is changed."""
    files = session.state[COUNT].files
    return f"{files} changed" if files else ""


async def count(session: Session) -> None:
    """Ask git once, with its monitors and hooks off; a folder that is no repository has no changes."""
    process = await asyncio.create_subprocess_exec(
        *("git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "status", "--porcelain"),
        cwd=session.cwd,
        env={**session.environ, "GIT_OPTIONAL_LOCKS": "0"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    out, _ = await process.communicate()
    counted, session.state[COUNT].files = session.state[COUNT].files, len(out.splitlines())
    if counted != session.state[COUNT].files:
        session.publish(Counted())


async def watch(session: Session) -> None:
    """Count again and again; the session ends this when it ends itself."""
    while True:
        await count(session)
        await asyncio.sleep(SECONDS)


@hookimpl
def gaff_session_start(event: events.SessionStart) -> None:
    """Begin to count."""
    session = event.context.session
    if session is not None and session.kernel.interactive:
        session.start(watch(session), "count of changed files")


@hookimpl
def gaff_register_status_items() -> Sequence[StatusItem]:
    """Contribute the item, right of the folder."""
    return [StatusItem("dirty", text, order=35)]
