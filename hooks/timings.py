"""What plugins cost: calls, time, and the tokens they added."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .values import Json, JsonObject, object_at

#: Bounds of the buckets in milliseconds are this number's powers: a percentile is known to some 20 %.
_BASE: Final = math.sqrt(2)
_LOG_BASE: Final = math.log(_BASE)
_SHORTEST: Final = 0.0005


@dataclass
class Timing:
    """The calls of one plugin, or of one of its functions: a histogram that can be added to another."""

    calls: int = 0
    #: Milliseconds, all calls together.
    ms: float = 0.0
    #: Tokens added to the context, estimated.
    tokens: int = 0
    #: Calls by bucket; bucket *n* holds those of up to ``sqrt(2) ** n`` milliseconds.
    buckets: dict[int, int] = field(default_factory=dict[int, int])

    def add(self, ms: float) -> None:
        """Count a call that took this many milliseconds."""
        self.calls += 1
        self.ms += ms
        bucket = math.ceil(math.log(max(ms, _SHORTEST)) / _LOG_BASE)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def merge(self, other: Timing) -> None:
        """Add another's calls to these."""
        self.calls += other.calls
        self.ms += other.ms
        self.tokens += other.tokens
        for bucket, calls in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + calls

    def percentile(self, share: float) -> float:
        """Return the milliseconds that this share (0 to 1) of the calls did not exceed; 0 without calls."""
        wanted = share * self.calls
        seen = 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= wanted:
                return float(_BASE**bucket)
        return 0.0

    def to_json(self) -> JsonObject:
        """Return it as the transcript keeps it."""
        buckets: dict[str, Json] = {str(bucket): calls for bucket, calls in sorted(self.buckets.items())}
        return {"calls": self.calls, "ms": round(self.ms, 3), "tokens": self.tokens, "buckets": buckets}

    @staticmethod
    def of_json(value: Mapping[str, Json]) -> Timing:
        """Read it out of a transcript; what makes no sense there counts as nothing."""
        buckets = {
            int(bucket): calls
            for bucket, calls in object_at(value, "buckets").items()
            if isinstance(calls, int) and bucket.lstrip("-").isdigit()
        }
        return Timing(_whole(value, "calls"), _number(value, "ms"), _whole(value, "tokens"), buckets)


def _whole(value: Mapping[str, Json], key: str) -> int:
    found = value.get(key)
    return found if isinstance(found, int) else 0


def _number(value: Mapping[str, Json], key: str) -> float:
    found = value.get(key)
    return float(found) if isinstance(found, int | float) else 0.0
