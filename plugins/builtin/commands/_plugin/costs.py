"""What plugins cost: calls, time and tokens, of this process or of recorded sessions."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gaff.hooks import JsonObject, Kernel, Timing, UsageError, is_object, number_at, object_at

_ENTRY: Final = "gaff-timings"
#: Sessions looked through for ``--since``.
_MOST: Final = 1000
_SECONDS: Final = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass
class Costs:
    """What each plugin cost, and the turns it did so in."""

    plugins: dict[str, Timing] = field(default_factory=dict[str, Timing])
    turns: int = 0
    #: Milliseconds of all turns together.
    turn_ms: int = 0

    def take(self, entry: JsonObject) -> None:
        """Add what a transcript says of one turn."""
        if entry.get("type") != _ENTRY:
            return
        self.turns += 1
        self.turn_ms += number_at(entry, "turnMs")
        for name, value in object_at(entry, "plugins").items():
            if is_object(value):
                self.plugins.setdefault(name, Timing()).merge(Timing.of_json(value))

    def rows(self) -> Sequence[tuple[str, ...]]:
        """Return a row for each plugin that was called or added anything, the dearest first, under a head."""
        dearest = sorted(self.plugins.items(), key=lambda item: (-item[1].ms, -item[1].tokens, item[0]))
        head = ("PLUGIN", "CALLS", "P50 MS", "P95 MS", "TOTAL MS", "OF TURNS", "TOKENS")
        return [head, *(self._row(name, timing) for name, timing in dearest if timing.calls or timing.tokens)]

    def _row(self, name: str, timing: Timing) -> tuple[str, ...]:
        share = f"{timing.ms / self.turn_ms:.1%}" if self.turn_ms else ""
        middle, high = timing.percentile(0.5), timing.percentile(0.95)
        return (
            name,
            f"{timing.calls:,}",
            f"{middle:.2f}",
            f"{high:.2f}",
            f"{timing.ms:.1f}",
            share,
            f"{timing.tokens:,}",
        )

    def to_json(self) -> JsonObject:
        """Return everything, for programs."""
        plugins = {
            name: {
                "calls": timing.calls,
                "ms": round(timing.ms, 3),
                "p50_ms": round(timing.percentile(0.5), 3),
                "p95_ms": round(timing.percentile(0.95), 3),
                "share": round(timing.ms / self.turn_ms, 4) if self.turn_ms else None,
                "tokens": timing.tokens,
            }
            for name, timing in self.plugins.items()
        }
        return {"turns": self.turns, "turn_ms": self.turn_ms, "plugins": plugins}


def recorded_costs(kernel: Kernel, session: str | None, since: str | None) -> Costs:
    """Read the costs of this folder's last session, of one by id, or of all since a time; reads files.

    Raises:
        UsageError: there is no such session.
        SessionError: a transcript cannot be read.
    """
    store = kernel.session_store()
    if session is not None:
        found = store.find(session, kernel.project_dir)
        if found is None:
            raise UsageError(f"there is no session {session}; gaff --resume lists those of this folder")
        chosen = [found]
    elif since is not None:
        begin = time.time() - seconds(since)
        chosen = [one for one in store.list(kernel.project_dir, _MOST) if one.modified >= begin]
    else:
        chosen = list(store.list(kernel.project_dir, 1))
    if not chosen:
        when = f" of the last {since}" if since else ""
        raise UsageError(f"there is no session{when} in {kernel.project_dir}")
    costs = Costs()
    for one in chosen:
        for entry in store.read(one.id, kernel.project_dir):
            costs.take(entry)
    return costs


def costs_of(timings: Mapping[str, Timing], entries: Iterable[JsonObject]) -> Costs:
    """Return what plugins cost in this process, with the turns that a transcript tells of."""
    costs = Costs()
    for entry in entries:
        costs.take(entry)
    costs.plugins = dict(timings)
    return costs


def seconds(text: str) -> float:
    """Read a time span: ``90m``, ``12h``, ``7d``, ``2w``.

    Raises:
        UsageError: it is none.
    """
    found = re.fullmatch(r"(\d{1,6})([mhdw])", text)
    if found is None:
        raise UsageError(f"--since {text}: write a number and m, h, d or w, such as 7d")
    return int(found[1]) * _SECONDS[found[2]]
