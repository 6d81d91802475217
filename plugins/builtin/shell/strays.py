"""Ends what commands left running outside their process group when the session ends.

The Bash tool ends the groups of its commands itself; this finds what left them (``setsid``, daemons) by the
marker in its environment, on Linux. Leave it out (``--plugin no:shell.strays``) to let daemons live on.
"""

from __future__ import annotations

import asyncio

from gaff.hooks import hookimpl
from gaff.hooks.events import SessionEnd

from ._processes import SESSIONS, kill_marked


@hookimpl
async def gaff_session_end(event: SessionEnd) -> None:
    session_id = event.context.session_id
    if session_id in SESSIONS:
        await asyncio.to_thread(kill_marked, session_id)
