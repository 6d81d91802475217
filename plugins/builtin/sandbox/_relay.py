"""Passing on what two ends of a connection say, until one of them is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

CHUNK: Final = 64 * 1024


async def relay(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    outside_reader: asyncio.StreamReader,
    outside_writer: asyncio.StreamWriter,
) -> None:
    """Pass on everything in both directions; the outer end is closed in the end."""
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_pump(reader, outside_writer))
            group.create_task(_pump(outside_reader, writer))
    except* OSError:
        pass  # one end is gone, and with it the connection
    finally:
        await close(outside_writer)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        with suppress(OSError):
            writer.write_eof()


async def close(writer: asyncio.StreamWriter) -> None:
    """Close one end."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def first_of(
    one: Callable[[], Awaitable[bytes]], other: Callable[[], Awaitable[bytes]]
) -> tuple[bytes | None, bytes | None]:
    """Return what comes first, from the one or from the other; ``None`` for that from which nothing came."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_read(read)) for read in (one, other)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
    first, second = (None if task.cancelled() else task.result() for task in tasks)
    return first, second


async def _read(read: Callable[[], Awaitable[bytes]]) -> bytes:
    try:
        return await read()
    except OSError:
        return b""  # as where the connection ends
