"""Fills a book: which of the configured hooks are in force, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gaff.hooks import HookHandler, HookSource, Json, JsonObject, Kernel, SettingValue
from gaff.plugins.builtin.permissions._syntax import DOCUMENTED_TOOLS

from ._book import Book, handler_for, label, switched_off, values_of
from ._entries import Entry, Reader

_UNTRUSTED = "this folder is not trusted; start with --trust, or say /trust"


@dataclass
class Listed:
    """One entry and its state: ``active``, ``skipped``, ``suspended``, ``unusable`` or ``off``."""

    entry: Entry
    state: str
    reason: str = ""


def states(book: Book) -> Sequence[Listed]:
    """Return every entry with its state now."""
    return [
        Listed(one.entry, "suspended", reason)
        if one.state == "active" and (reason := book.suspended.get(one.entry.key, ""))
        else one
        for one in book.listed
    ]


def read_all(
    book: Book, kernel: Kernel, levels: Sequence[SettingValue], extras: Sequence[tuple[Json, HookSource]]
) -> None:
    """Read the hooks of these levels and of what brings hooks beside them."""
    reader = _reader(kernel)
    for level in levels:
        if "hooks" in (values := values_of(level)):
            source = HookSource(label(level.level), level.level, level.path, level.base, level.trusted)
            reader.read(values["hooks"], source)
    for hooks, source in extras:
        reader.read(hooks, source)
    reading = reader.reading
    off = _bare(kernel) or switched_off(levels)
    book.problems = reading.problems
    book.held_back = tuple(
        dict.fromkeys(entry.source.path for entry in reading.entries if not entry.source.trusted)
    )
    book.listed = _listed(reading.entries, off)
    active: dict[str, list[Entry]] = {}
    for one in book.listed:
        # An unusable gate stays in force: it must not be opened by a slip.
        if one.state == "active" or (one.state == "unusable" and one.entry.blocks_on_failure):
            active.setdefault(one.entry.event, []).append(one.entry)
    book.active = active


def _reader(kernel: Kernel) -> Reader:
    handlers: dict[str, HookHandler | None] = {}

    def handler_of(kind: str) -> HookHandler | None:
        if kind not in handlers:
            handlers[kind] = handler_for(kernel, kind)
        return handlers[kind]

    def check(handler: HookHandler, config: JsonObject, source: HookSource) -> str | None:
        try:
            return handler.check(config, source, kernel)
        except Exception as fault:  # isolation boundary: a handler's own check may fail in any way
            return f"could not be checked: {type(fault).__name__}: {fault}"

    types = tuple(one.name for one in kernel.contributed("gaff_register_hook_handlers"))
    tools = {one.name for one in kernel.contributed("gaff_register_tools")} | DOCUMENTED_TOOLS
    return Reader(handler_of, check, types, tuple(sorted(tools)))


def _bare(kernel: Kernel) -> str:
    return "--bare" if kernel.options.flag("bare") else ""


def _listed(entries: Sequence[Entry], off: str) -> list[Listed]:
    listed: list[Listed] = []
    first: dict[str, Entry] = {}
    for entry in entries:
        managed = entry.source.level == "managed" and off != "disableAllHooks in managed settings"
        if not entry.source.trusted:
            listed.append(Listed(entry, "skipped", _UNTRUSTED))
        elif off and not managed:
            listed.append(Listed(entry, "off", f"switched off by {off}"))
        elif entry.problem:
            listed.append(Listed(entry, "unusable", entry.problem))
        elif entry.key in first and first[entry.key].matcher.text == entry.matcher.text:
            listed.append(Listed(entry, "skipped", f"the same stands in {first[entry.key].source.path}"))
        else:
            first.setdefault(entry.key, entry)
            listed.append(Listed(entry, "active"))
    return listed
