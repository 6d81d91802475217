"""Runs the handlers that are configured for an event, side by side, and reads what they say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from gaff.hooks import HookRun, JsonObject, Kernel, Notice, Session, encode, object_at, text_at, text_block

from ._book import SUSPEND_AFTER, Book
from ._entries import Entry
from ._environment import hook_directory, hook_environ
from ._events import EVENTS, matched_value
from ._log import note
from ._output import Said, failed, read_result
from ._texts import bounded, shortened

#: Seconds after which the user is shown what is waited for.
_PATIENCE: Final = 1.0
#: Seconds that all SessionEnd hooks have together, unless one asks for more, and the most they may ask for.
_LAST_SECONDS: Final = 1.5
_MOST_LAST_SECONDS: Final = 60.0
#: Set while an agent hook works, whose own calls must not start it again.
_INSIDE_AGENT: ContextVar[bool] = ContextVar("inside an agent hook", default=False)


@dataclass(frozen=True)
class Firing:
    """One event, about to be told to handlers."""

    event: str
    payload: JsonObject
    kernel: Kernel
    session: Session | None
    #: What matchers are held against; ``None`` for events without matchers.
    value: str | None

    @staticmethod
    def of(event: str, payload: JsonObject, session: Session) -> Firing:
        """Return the firing of an event in a session."""
        # Made only where a handler runs: most sessions need no such folder.
        told = {**payload, "scratchpad_dir": str(session.scratch_dir)}
        return Firing(event, told, session.kernel, session, matched_value(event, payload))


@contextmanager
def inside_agent() -> Generator[None]:
    """Keep judges from running for what is done inside: an agent hook must not call itself."""
    token = _INSIDE_AGENT.set(True)
    try:
        yield
    finally:
        _INSIDE_AGENT.reset(token)


def chosen(entries: Sequence[Entry], firing: Firing, book: Book) -> list[Entry]:
    """Return the entries that are for this firing, each once."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if (
            entry.matcher.covers(firing.value)
            and entry.key not in found
            and entry.key not in book.suspended
            and entry.key not in book.spent
            and not (entry.type in ("agent", "prompt") and _INSIDE_AGENT.get())
            and fits(entry, firing)
        ):
            found[entry.key] = entry
    return list(found.values())


def fits(entry: Entry, firing: Firing, judged_in: Session | None = None) -> bool:
    """Whether the entry's ``if`` rule lets it run; ``judged_in`` stands in for a session where there is none."""
    if entry.condition is None:
        return True
    tool, tool_input = text_at(firing.payload, "tool_name"), object_at(firing.payload, "tool_input")
    return entry.condition.fits(tool, tool_input, firing.session or judged_in)


async def run_all(entries: Sequence[Entry], firing: Firing, book: Book) -> list[Said]:
    """Run these handlers and return what each said, in order. Raises nothing but cancellation."""
    stdin = encode(firing.payload)
    if len(entries) == 1 and firing.event != "SessionEnd":
        return [await _run(entries[0], firing, book, stdin)]
    said: list[Said | None] = [None] * len(entries)

    async def run(number: int, entry: Entry) -> None:
        said[number] = await _run(entry, firing, book, stdin)

    budget = asyncio.timeout(_budget(entries, firing))
    try:
        async with budget, asyncio.TaskGroup() as group:
            for number, entry in enumerate(entries):
                group.create_task(run(number, entry), name=f"hook:{entry.event}")
    except TimeoutError:
        pass  # those that are not through have no answer
    return [one or _late(entry, firing, book) for one, entry in zip(said, entries, strict=True)]


def _late(entry: Entry, firing: Firing, book: Book) -> Said:
    said = failed(entry, "was not through when the session ended", "timeout")
    _settle(said, firing, book)
    return said


def _budget(entries: Sequence[Entry], firing: Firing) -> float | None:
    if firing.event != "SessionEnd":
        return None
    given = firing.kernel.environ.get("CLAUDE_CODE_SESSIONEND_HOOKS_TIMEOUT_MS", "")
    if given.isdecimal() and int(given) > 0:
        return min(int(given) / 1000, _MOST_LAST_SECONDS)
    asked = [
        entry.timeout for entry in entries if "timeout" in entry.config and entry.source.level != "plugin"
    ]
    return min(max([_LAST_SECONDS, *asked]), _MOST_LAST_SECONDS)


async def _run(entry: Entry, firing: Firing, book: Book, stdin: bytes) -> Said:
    """Run one handler, keep its time, and see to what becomes of it."""
    if entry.handler is None or entry.problem:
        return failed(entry, entry.problem or "there is no handler of this type")
    started = perf_counter()
    session = firing.session
    if session is not None and not entry.handler.waits(entry.config):
        session.start(_run_beside(entry, firing, book, stdin), f"gaff hook {entry.title[:60]}")
        said = Said(entry, "started")
    else:
        with _waiting(entry, session), _noted_if_cancelled(entry, firing, started):
            said = await _attempt(entry, _run_of(entry, firing, stdin))
    said.ms = (perf_counter() - started) * 1000
    _settle(said, firing, book)
    return said


async def _attempt(entry: Entry, run: HookRun) -> Said:
    assert entry.handler is not None
    limit = asyncio.timeout(run.timeout)
    try:
        async with limit:
            result = await entry.handler.run(run)
        return read_result(entry, result)
    except TimeoutError as fault:
        if limit.expired():
            return failed(entry, f"took longer than {run.timeout:g} s", "timeout")
        return failed(entry, f"TimeoutError: {fault}".rstrip(": "))
    except Exception as fault:  # isolation boundary: a handler may fail in any way, for this firing alone
        return failed(entry, f"{type(fault).__name__}: {fault}".rstrip(": "))


async def _run_beside(entry: Entry, firing: Firing, book: Book, stdin: bytes) -> None:
    """Run a handler that nobody waits for; what it says reaches the model with the next request."""
    started = perf_counter()
    with _noted_if_cancelled(entry, firing, started):
        said = await _attempt(entry, _run_of(entry, firing, stdin))
    said.ms = (perf_counter() - started) * 1000
    _settle(said, firing, book)
    session = firing.session
    if session is None:
        return
    from ._effects import apply

    apply(session, firing.event, [said])
    for text in (said.context, said.system_message):
        if text:
            session.remind(text)
    if entry.config.get("asyncRewake") is True and said.objection is not None:
        await _wake(session, said.objection)


async def _wake(session: Session, reason: str) -> None:
    text = f"A hook that ran in the background says:\n{reason}"
    if session.busy:
        session.remind(text)
    else:
        told = f"<system-reminder>\n{text}\n</system-reminder>"
        await session.submit([text_block(told)], origin="task-notification")


def _run_of(entry: Entry, firing: Firing, stdin: bytes) -> HookRun:
    return HookRun(
        event=firing.event,
        payload=firing.payload,
        stdin=stdin,
        config=entry.config,
        source=entry.source,
        timeout=entry.timeout,
        kernel=firing.kernel,
        cwd=hook_directory(firing.kernel, firing.session),
        make_environ=_environ_maker(entry, firing),
        session=firing.session,
    )


def _environ_maker(entry: Entry, firing: Firing) -> Callable[[], Mapping[str, str]]:
    return lambda: hook_environ(entry.source, firing.kernel, firing.session, firing.event, entry.key)


@contextmanager
def _waiting(entry: Entry, session: Session | None) -> Generator[None]:
    """Show the entry's status message where its run takes long."""
    message = entry.config.get("statusMessage")
    if session is None or not isinstance(message, str) or not message:
        yield
        return
    timer = asyncio.get_running_loop().call_later(_PATIENCE, session.publish, Notice("info", message))
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _noted_if_cancelled(entry: Entry, firing: Firing, started: float) -> Generator[None]:
    """Keep in the log that a run did not come to its end: the user interrupted, or the session ended."""
    try:
        yield
    except asyncio.CancelledError:
        if firing.event == "SessionEnd" and entry.handler is not None and entry.handler.waits(entry.config):
            raise  # whose time is over; that is noted where it is told
        said = Said(entry, "cancelled", ms=(perf_counter() - started) * 1000)
        note(said, firing.kernel.home, firing.session, firing.value)
        raise


def _settle(said: Said, firing: Firing, book: Book) -> None:
    """Bound what was said, keep it in the log, and tell of a failure."""
    entry = said.entry
    said.context = bounded(said.context, firing.session)
    said.system_message = bounded(said.system_message, firing.session)
    said.objection = bounded(said.objection, firing.session)
    said.reason = bounded(said.reason, firing.session) or ""
    said.stop_reason = bounded(said.stop_reason, firing.session)
    note(said, firing.kernel.home, firing.session, firing.value)
    if said.failure:
        _fail(said, firing, book)
    elif said.status == "done":
        book.failures.pop(entry.key, None)
        if entry.once and said.objection is None:
            book.spent.add(entry.key)


def _fail(said: Said, firing: Firing, book: Book) -> None:
    """Tell of a failure, and suspend what fails again and again; a guard may be wordless as often as it likes."""
    entry, title = said.entry, shortened(said.entry.title)
    where = f"{entry.event} hook {title} ({entry.source.path})"
    line = f"{entry.event} hook error: {title}: {said.failure}"
    if said.wordless and EVENTS[entry.event].objection == "deny":
        times = book.count_wordless(entry)
        if times <= SUSPEND_AFTER:
            _tell(firing.session, line)
        if times == SUSPEND_AFTER:
            text = (
                f'{where} keeps ending with 1 and no word; it runs on, untold from now: let it say "exit 0"'
            )
            _tell(firing.session, text)
        return
    suspended = book.fail(entry)
    _tell(firing.session, line)
    if suspended:
        why = book.suspended[entry.key]
        _tell(
            firing.session,
            f"{where} is suspended for this session: it {why}; mend it, or take it out",
        )


def _tell(session: Session | None, line: str) -> None:
    if session is not None:
        session.publish(Notice("warning", line))
