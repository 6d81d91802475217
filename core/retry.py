"""How long to wait before a failed request is tried again, and when to stop trying."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gaff.hooks.errors import ModelError

#: Seconds of ``retry-after`` that are honoured; a longer wait is for the user to decide.
LONGEST_WAIT: Final = 60.0


@dataclass(frozen=True)
class RetryPolicy:
    """Exponential backoff with jitter. ``base`` and ``ceiling`` are seconds."""

    attempts: int = 10
    base: float = 0.5
    ceiling: float = 32.0

    @staticmethod
    def of(environ: Mapping[str, str]) -> RetryPolicy:
        """Read ``CLAUDE_CODE_MAX_RETRIES`` (at most 15) and ``GAFF_RETRY_BASE_MS``."""
        attempts = min(_number(environ.get("CLAUDE_CODE_MAX_RETRIES"), 10), 15)
        return RetryPolicy(attempts, _number(environ.get("GAFF_RETRY_BASE_MS"), 500) / 1000)

    def delay(self, attempt: int, error: ModelError) -> float | None:
        """Return the seconds to wait before attempt ``attempt`` + 1; ``None`` where there is none."""
        if not error.passing or attempt > self.attempts:
            return None
        asked = error.retry_after
        if asked is not None and 0 <= asked <= LONGEST_WAIT:
            return asked
        if asked is not None and asked > LONGEST_WAIT and error.kind == "rate_limit":
            return None
        backoff = min(self.base * 2.0 ** (attempt - 1), self.ceiling)
        return backoff * random.uniform(0.75, 1.25)


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default
