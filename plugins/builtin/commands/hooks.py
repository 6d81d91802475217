"""/hooks and ``gaff hooks``: every configured hook and its state; try them out; what ran lately."""

from __future__ import annotations

import json
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from gaff.hooks import (
    Command,
    CommandResult,
    JsonObject,
    Kernel,
    Session,
    Subcommand,
    UsageError,
    hookimpl,
    is_object,
    text_at,
)
from gaff.plugins.builtin.handlers._book import Book, book_of
from gaff.plugins.builtin.handlers._reading import Listed, states

if TYPE_CHECKING:
    from gaff.plugins.builtin.handlers._engine import Firing

_LINES: Final = 20


class Hooks(Command):
    """Lists the hooks of this session; ``/hooks log`` shows what ran lately."""

    name: ClassVar[str] = "hooks"
    summary: ClassVar[str] = "list configured hooks and their state; log: what ran lately"
    argument_hint: ClassVar[str] = "[log]"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        """List them."""
        if arguments == "log":
            lines = list(_log(session.kernel, _LINES, session.id))
            return CommandResult(
                "\n".join(f"- {line}" for line in lines) or "No hook ran in this session yet."
            )
        if arguments:
            raise UsageError(f"/hooks {arguments}: write /hooks, or /hooks log")
        from ._hooks_lists import listing

        return CommandResult("\n".join(listing(book_of(session), markdown=True)))

    def complete(self, arguments: str, session: Session) -> Sequence[str]:
        """Offer ``log``."""
        return [word for word in ("log",) if word.startswith(arguments)]


class HooksSubcommand(Subcommand):
    """``gaff hooks``."""

    name: ClassVar[str] = "hooks"
    summary: ClassVar[str] = "list configured hooks, try them out, see what ran"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may follow."""
        folders = ArgumentParser(add_help=False, argument_default=SUPPRESS)
        folders.add_argument(
            "--plugin-dir", action="append", metavar="DIR", help="a plugin folder to read, too"
        )
        parser.add_argument("--plugin-dir", action="append", default=[], metavar="DIR", help=SUPPRESS)
        kinds = parser.add_subparsers(dest="what", metavar="list|test|log")
        kinds.add_parser("list", help="every hook and its state; the default", parents=[folders])
        test = kinds.add_parser(
            "test", help="run an event's hooks on a sample and show what each decides", parents=[folders]
        )
        test.add_argument("event", metavar="EVENT")
        test.add_argument("--payload", metavar="FILE|-", help="fields of the event, as JSON")
        test.add_argument("--matcher-value", metavar="VALUE", help="what matchers look at: a tool's name ...")
        log = kinds.add_parser("log", help="the last firings")
        log.add_argument("-n", "--lines", type=int, default=_LINES, metavar="COUNT")

    async def run(self, kernel: Kernel, arguments: Namespace) -> int:
        """Do it."""
        if arguments.what == "log":
            lines = list(_log(kernel, arguments.lines, None))
            print("\n".join(lines) or "No hook ran yet.")
            return 0
        book = Book()
        book.folders = arguments.plugin_dir
        book.read(kernel)
        if arguments.what == "test":
            return await _test(kernel, book, arguments)
        from ._hooks_lists import listing

        for line in listing(book, markdown=False):
            print(line)
        return 0


def _log(kernel: Kernel, count: int, session_id: str | None) -> Iterator[str]:
    from gaff.plugins.builtin.handlers._log import read_log

    from ._hooks_lists import log_line

    found = (line for line in read_log(kernel.home) if session_id in (None, line.get("session")))
    yield from map(log_line, deque(found, maxlen=max(count, 0)))


async def _test(kernel: Kernel, book: Book, arguments: Namespace) -> int:
    """Run the hooks of an event without a session, so that nothing comes of what they say."""
    from gaff.plugins.builtin.handlers._engine import Firing, run_all
    from gaff.plugins.builtin.handlers._events import EVENTS, matched_value

    from ._hooks_lists import one_line
    from ._hooks_samples import sample

    event: str = arguments.event
    if event not in EVENTS:
        raise UsageError(f"there is no event {event}; there are {', '.join(EVENTS)}")
    payload = sample(event, kernel, _given(arguments.payload), arguments.matcher_value)
    firing = Firing(event, payload, kernel, None, matched_value(event, payload))
    listed = [one for one in states(book) if one.entry.event == event]
    if not listed:
        print(f"{event}: no hooks are configured for it")
    judged_in = _judged_in(kernel, payload)
    for one in listed:
        if why := _why_not(one, firing, judged_in):
            print(f"- {one_line(one.entry.title)}: not run: {why}")
            continue
        (said,) = await run_all([one.entry], firing, book)
        print(f"- {one_line(one.entry.title)}: {said.summary} ({said.ms:.1f} ms)")
    return 0


def _judged_in(kernel: Kernel, payload: JsonObject) -> Session:
    """Return what stands in for a session where ``if`` rules are held against a call."""
    from ._policy.session import JudgedSession

    cwd = Path(text_at(payload, "cwd") or kernel.project_dir)
    session = JudgedSession(
        kernel, kernel.project_dir, cwd, kernel.home, kernel.environ, kernel.settings, kernel.options
    )
    return cast("Session", session)


def _why_not(one: Listed, firing: Firing, judged_in: Session) -> str:
    from gaff.plugins.builtin.handlers._engine import fits

    if one.state != "active":
        return f"{one.state}: {one.reason}"
    if not one.entry.matcher.covers(firing.value):
        return f"its matcher {one.entry.matcher.text!r} does not match {firing.value!r}"
    return (
        "" if fits(one.entry, firing, judged_in) else f"its if rule {one.entry.config['if']!r} does not fit"
    )


def _given(source: str | None) -> JsonObject:
    """Return the fields that a file or stdin gives.

    Raises:
        UsageError: they are no JSON object.
    """
    if source is None:
        return {}
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        value: Any = json.loads(text)
    except (OSError, ValueError) as fault:
        raise UsageError(f"--payload {source}: {fault}") from fault
    if not is_object(value):
        raise UsageError(f"--payload {source}: must be a JSON object")
    return value


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /hooks."""
    return (Hooks(),)


@hookimpl
def gaff_register_subcommands() -> Sequence[Subcommand]:
    """Offer ``gaff hooks``."""
    return (HooksSubcommand(),)
