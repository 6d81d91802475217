"""Starts a task that outlives the session."""

import asyncio

from gaff.hooks import events, hookimpl

TASKS: list[asyncio.Task[None]] = []


@hookimpl
async def gaff_notification(event: events.Notification) -> None:
    """Start it."""
    TASKS.append(asyncio.create_task(asyncio.sleep(3600)))
