"""Writing beside the run: nothing is lost, and nothing waits for a slow reader but the end."""

from __future__ import annotations

import asyncio
import errno
import os
import select

from gaff.plugins.builtin.ui._headless_writer import Writer


def drain(reader: int) -> bytes:
    """Read a pipe to its end."""
    read = bytearray()
    while piece := os.read(reader, 65536):
        read += piece
    os.close(reader)
    return bytes(read)


async def test_end_waits_for_a_slow_reader() -> None:
    """More than a pipe holds does not block the loop, and the end comes once everything is read."""
    reader, writer = os.pipe()
    data = os.urandom(300_000)

    async def write() -> None:
        async with Writer(writer, lambda: None) as out:
            out.write(data)
        os.close(writer)

    writing = asyncio.create_task(write())
    await asyncio.to_thread(select.select, [reader], [], [])
    assert not writing.done()
    assert await asyncio.to_thread(drain, reader) == data
    await writing


async def test_writes_are_gathered() -> None:
    """Many small messages are few writes, in order."""
    reader, writer = os.pipe()
    async with Writer(writer, lambda: None) as out:
        for number in range(1000):
            out.write(f"{number}\n".encode())
    os.close(writer)
    assert drain(reader).split() == [str(number).encode() for number in range(1000)]


async def test_reader_that_left_is_told_once() -> None:
    """Whoever runs learns that nobody reads; what follows is dropped."""
    reader, writer = os.pipe()
    os.close(reader)
    gone = asyncio.Event()
    async with Writer(writer, gone.set) as out:
        out.write(b"x")
        await gone.wait()
        out.write(b"y")
    assert out.fault is not None
    assert out.fault.errno == errno.EPIPE
    os.close(writer)
