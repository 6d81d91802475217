"""Never answers, and does not let itself be cancelled."""

import asyncio
from contextlib import suppress

from gaff.hooks import events, hookimpl


@hookimpl
async def gaff_stop(event: events.Stop) -> None:
    """Wait for nothing, again and again."""
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
