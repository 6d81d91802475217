"""Programs for the fault tests, run in processes of their own: ``python writers.py PROGRAM FOLDER [COUNT]``."""

from __future__ import annotations

import json
import os
import random
import resource
import select
import signal
import struct
import sys
from pathlib import Path

from gaff.hooks import SessionError
from gaff.hooks.values import Json
from gaff.plugins.builtin.sessions.jsonl import JsonlStore

SESSION = "s"
#: One acknowledgement: which writer, which of its records. Below PIPE_BUF, so never torn.
ACK = struct.Struct("=II")


def write_until_killed(store: JsonlStore, project: Path, writer_id: int, acks: int) -> None:
    """Append records for ever, taking turns with other writers, and acknowledge each."""
    chance = random.Random(writer_id)
    number = 0
    while True:
        try:
            writer = store.open(SESSION, project)
            for _ in range(chance.randrange(1, 8)):
                number += 1
                size = chance.choice((10, 1_000, 200_000))
                writer.append({"w": writer_id, "n": number, "pad": "ä" * size})
                os.write(acks, ACK.pack(writer_id, number))
            writer.close()
        except SessionError:
            os.sched_yield()


def fork_writer(store: JsonlStore, project: Path, writer_id: int, acks: int) -> int:
    """Start a writer and return its process id."""
    process = os.fork()
    if process == 0:
        write_until_killed(store, project, writer_id, acks)
    return process


def kill(folder: Path, kills: int) -> dict[str, int]:
    """Kill writers at random points; count what was acknowledged, what is missing and what is unreadable."""
    store, chance = JsonlStore(folder / "home"), random.Random(kills)
    heard, acks = os.pipe()
    writers = [fork_writer(store, folder, number, acks) for number in range(3)]
    acknowledged: set[tuple[int, int]] = set()
    for number in range(kills + 3):
        for _ in range(chance.randrange(1, 12)):
            select.select([heard], [], [], 0.02)
            acknowledged |= set(ACK.iter_unpack(os.read(heard, ACK.size * 64)))
        victim = writers.pop(chance.randrange(len(writers)))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        if number < kills:
            writers.append(fork_writer(store, folder, number + 3, acks))
    os.close(acks)
    while rest := os.read(heard, ACK.size * 64):
        acknowledged |= set(ACK.iter_unpack(rest))
    found = {(entry["w"], entry["n"]) for entry in store.read(SESSION, folder)}
    lost = len(acknowledged - found)
    return {
        "acknowledged": len(acknowledged),
        "lost": lost,
        "unreadable": store.unreadable(SESSION, folder),
    }


def fill(folder: Path, _: int) -> dict[str, Json]:
    """Append until the disk is full, make room, go on; say what was acknowledged and what is there."""
    store = JsonlStore(folder / "home")
    ballast = folder / "ballast"
    ballast.write_bytes(b"x" * 100_000)
    writer, acknowledged, errors = store.open(SESSION, folder), list[Json](), list[Json]()
    for number in range(400):
        try:
            writer.append({"n": number, "pad": "x" * 10_000})
            acknowledged.append(number)
        except SessionError as error:
            errors.append(str(error))
            if len(errors) == 3:
                ballast.unlink()
            if len(errors) == 20:
                break
    found: list[Json] = [entry["n"] for entry in store.read(SESSION, folder)]
    unreadable = store.unreadable(SESSION, folder)
    return {
        "acknowledged": acknowledged,
        "found": found[::-1],
        "errors": errors,
        "unreadable": unreadable,
    }


def limit(folder: Path, limit: int) -> dict[str, Json]:
    """The same with a limited file size in place of a small disk; the limit is then raised."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    store = JsonlStore(folder / "home")
    writer, sizes, errors = store.open(SESSION, folder), list[Json](), list[Json]()
    for number in range(6):
        try:
            writer.append({"n": number, "pad": "x" * (limit // 3)})
        except SessionError as error:
            errors.append(str(error))
        sizes.append(writer.path.stat().st_size)
        if len(errors) == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    found: list[Json] = [entry["n"] for entry in store.read(SESSION, folder)]
    return {"sizes": sizes, "errors": errors, "found": found[::-1]}


if __name__ == "__main__":
    program = {"kill": kill, "fill": fill, "limit": limit}[sys.argv[1]]
    print(json.dumps(program(Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)))
