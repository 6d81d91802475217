"""/why and gaff why: who decided about a tool call, and what would have happened without them."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import ClassVar

from gaff.hooks import (
    Command,
    CommandResult,
    Kernel,
    Session,
    SessionStore,
    Subcommand,
    UsageError,
    hookimpl,
)

from ._sessions import find_session
from ._trails import Trail, explained, read_trails

#: Sessions of a folder that are looked through for a call.
_SEARCHED = 200


class Why(Command):
    """Explains a decision of this session."""

    name: ClassVar[str] = "why"
    summary: ClassVar[str] = "who decided about a tool call, and what would have happened without them"
    argument_hint: ClassVar[str] = "[CALL]"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        store, folder = session.kernel.session_store(), session.project_dir
        found = _find(_of_session(store, session.id, folder), arguments)
        if found is None and arguments:
            found = _find(_of_folder(store, folder), arguments)
        if found is None:
            raise UsageError(
                f"no call {arguments} was decided here" if arguments else "no call was decided yet"
            )
        return CommandResult("\n".join(["```text", *explained(found), "```"]))


class WhySubcommand(Subcommand):
    """Explains a decision of any session of this folder."""

    name: ClassVar[str] = "why"
    summary: ClassVar[str] = "who decided about a tool call, and what would have happened without them"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "call", nargs="?", default="", help="the call's id, or how it begins; the last one"
        )
        parser.add_argument("--session", metavar="ID", help="the session's id or title")
        parser.add_argument("--list", action="store_true", help="list the last calls with their ids")
        parser.add_argument("--json", action="store_true", help="print the trail as JSON")

    async def run(self, kernel: Kernel, arguments: Namespace) -> int:
        store, folder = kernel.session_store(), kernel.project_dir
        if arguments.session:
            trails = _of_session(store, find_session(store, arguments.session, folder).id, folder)
        else:
            trails = _of_folder(store, folder)
        if arguments.list:
            return _list(trails)
        found = _find(trails, arguments.call)
        if found is None:
            what = f"no call {arguments.call}" if arguments.call else "no tool call"
            raise UsageError(f"{what} was decided in the sessions of this folder; --session ID names another")
        if arguments.json:
            print(json.dumps({**asdict(found), "deciders": dict(found.deciders)}, indent=2, default=str))
        else:
            print("\n".join(explained(found)))
        return 0


def _list(trails: Iterator[Trail]) -> int:
    for trail, _ in zip(trails, range(20), strict=False):
        said = next(iter((trail.input or {}).values()), "")
        print(f"{trail.call_id}  {trail.behavior:<5}  {trail.tool}  {' '.join(str(said).split())[:60]}")
    return 0


def _of_session(store: SessionStore, session_id: str, folder: Path) -> Iterator[Trail]:
    if store.find(session_id, folder) is not None:
        yield from read_trails(store.read(session_id, folder), session_id)


def _of_folder(store: SessionStore, folder: Path) -> Iterator[Trail]:
    for one in store.list(folder, _SEARCHED):
        yield from _of_session(store, one.id, folder)


def _find(trails: Iterator[Trail], call: str) -> Trail | None:
    return next((trail for trail in trails if trail.call_id.startswith(call)), None)


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /why."""
    return [Why()]


@hookimpl
def gaff_register_subcommands() -> Sequence[Subcommand]:
    """Offer gaff why."""
    return [WhySubcommand()]
