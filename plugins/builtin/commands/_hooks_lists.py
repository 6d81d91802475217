"""What lists of hooks say: every handler with where it comes from, and its state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from gaff.hooks import JsonObject, text_at
from gaff.hooks.values import number_at
from gaff.plugins.builtin.handlers._book import Book
from gaff.plugins.builtin.handlers._reading import Listed, states

_LONGEST = 100


def one_line(text: str) -> str:
    """Return a text short enough for a list, without what a terminal would act on."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def listing(book: Book, *, markdown: bool) -> Iterator[str]:
    """Yield the lines of a list."""
    bold = "**" if markdown else ""
    events: dict[str, list[Listed]] = {}
    for one in states(book):
        events.setdefault(one.entry.event, []).append(one)
    if not events:
        yield "No hooks are configured. They go into `hooks` of a settings file; see docs/user-hooks.md."
    for event in sorted(events):
        yield f"{bold}{event}{bold}"
        yield from (f"- {entry_line(one)}" for one in events[event])
        yield ""
    yield from (f"- {bold}mind{bold}: {problem}" for problem in book.problems)


def entry_line(one: Listed) -> str:
    """Return one handler's line: state, matcher, type, what it runs, source, and why it does not run."""
    entry = one.entry
    matcher = entry.matcher.text or "*"
    rule = f" if {entry.config['if']}" if entry.condition is not None else ""
    why = f" ({one.reason})" if one.reason else ""
    where = f"{entry.source.label}, {entry.source.path}"
    return f"{one.state}{why}: `{matcher}`{rule} [{entry.type or '?'}] {one_line(entry.title)}: {where}"


def log_line(line: JsonObject) -> str:
    """Return one firing's line."""
    stamp = line.get("time")
    when = datetime.fromtimestamp(stamp).isoformat(" ", "seconds") if isinstance(stamp, int | float) else "?"
    value = text_at(line, "value")
    event = f"{text_at(line, 'event')}({value})" if value else text_at(line, "event")
    taken = line.get("ms")
    ms = f"{taken:.1f} ms" if isinstance(taken, int | float) else "?"
    said = one_line(text_at(line, "said"))
    code = f" exit {number_at(line, 'exit')}" if number_at(line, "exit") else ""
    hook = one_line(text_at(line, "hook"))
    return f"{when}  {event}  [{text_at(line, 'type')}] {hook}  {ms}{code}  {said}"
