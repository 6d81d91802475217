"""A reviewer that does not answer: after some failures in a row it is left alone for a while.

Until then each call that is not settled without a model would wait for an answer that does not come.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: Failures in a row after which the reviewer is not asked for a while.
MOST_FAILURES: Final = 2
#: Seconds of the first rest; each further one is twice as long, up to the longest.
FIRST_REST: Final = 60.0
LONGEST_REST: Final = 600.0


@dataclass
class Outage:
    """How often in a row the reviewer gave no verdict, and until when it is not asked."""

    failures: int = 0
    rests: int = 0
    until: float = 0.0
    clock: Callable[[], float] = time.monotonic

    @property
    def left(self) -> float:
        """Seconds for which the reviewer is not to be asked; 0 where it may be."""
        return max(0.0, self.until - self.clock())

    @property
    def rest(self) -> float:
        """Seconds of the next rest."""
        return LONGEST_REST if self.rests > 3 else FIRST_REST * (1 << self.rests)

    def failed(self) -> None:
        """Count a failure; from the second in a row on, each begins a rest."""
        self.failures += 1
        if self.failures >= MOST_FAILURES:
            self.until, self.rests = self.clock() + self.rest, self.rests + 1

    def answered(self) -> None:
        """Count a verdict: whatever was wrong is over."""
        self.failures, self.rests, self.until = 0, 0, 0.0
