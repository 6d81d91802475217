"""Never answers."""

import asyncio

from gaff.hooks import events, hookimpl


@hookimpl
async def gaff_stop(event: events.Stop) -> None:
    """Wait for nothing."""
    await asyncio.Event().wait()
