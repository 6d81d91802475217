"""Where a turn ends even if the model would go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gaff.hooks.errors import UsageError

if TYPE_CHECKING:
    from gaff.hooks.session import Options, Session


@dataclass(frozen=True)
class Excess:
    """A limit that was reached: how the result calls it."""

    reason: str
    text: str
    subtype: Literal["error_max_turns", "error_max_budget_usd"]


@dataclass(frozen=True)
class Limits:
    """What a turn may use; ``None`` for no limit."""

    turns: int | None = None
    cost_usd: float | None = None
    tokens: int | None = None

    @staticmethod
    def of(options: Options, environ: Mapping[str, str]) -> Limits:
        """Return what the command line and the environment say.

        Raises:
            UsageError: a limit is no number.
        """
        turns = options.text("max-turns") or environ.get("CLAUDE_CODE_MAX_TURNS")
        return Limits(
            turns=_count(turns, "--max-turns"),
            cost_usd=_amount(options.text("max-budget-usd"), "--max-budget-usd"),
            tokens=_count(options.text("max-tokens"), "--max-tokens"),
        )

    def reached(self, session: Session, turns: int) -> Excess | None:
        """Return the limit that a session is at after so many turns."""
        if self.turns is not None and turns >= self.turns:
            text = f"Reached the maximum number of turns ({self.turns})."
            return Excess("max_turns", text, "error_max_turns")
        if self.cost_usd is not None and session.cost_usd >= self.cost_usd:
            return Excess(
                "budget_exhausted", f"Reached the budget of ${self.cost_usd:g}.", "error_max_budget_usd"
            )
        if self.tokens is not None and session.usage.context >= self.tokens:
            return Excess(
                "budget_exhausted", f"Reached the budget of {self.tokens} tokens.", "error_max_budget_usd"
            )
        return None


def _count(text: str | None, where: str) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or int(text) < 1:
        raise UsageError(f"{where} {text}: must be a whole number above 0")
    return int(text)


def _amount(text: str | None, where: str) -> float | None:
    if text is None:
        return None
    try:
        amount = float(text)
    except ValueError as fault:
        raise UsageError(f"{where} {text}: must be a number") from fault
    if not amount > 0:
        raise UsageError(f"{where} {text}: must be above 0")
    return amount
