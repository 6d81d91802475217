"""What the deterministic stage says of an action, and how a verdict of auto mode reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from gaff.hooks import Behavior, JsonObject

Tier: TypeAlias = Literal["hard_deny", "soft_deny", "allow", "intent", "none"]
Stage: TypeAlias = Literal["rules", "model"]

#: From what nothing clears to what nothing forbids.
TIERS: Final[tuple[Tier, ...]] = ("hard_deny", "soft_deny", "allow", "intent", "none")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a look at an action found without a model.

    ``fine``: nothing speaks against it. ``danger``: it looks like what ``rule`` speaks of. ``unclear``:
    only somebody who understands the task can say.
    """

    sense: Literal["fine", "danger", "unclear"]
    #: For people and for the reviewer: what it is, as a phrase.
    why: str
    tier: Tier = "none"


def fine(why: str) -> Finding:
    """Return a finding that nothing speaks against an action."""
    return Finding("fine", why, "allow")


def danger(why: str, tier: Tier = "soft_deny") -> Finding:
    """Return a finding that an action looks like something that rules speak against."""
    return Finding("danger", why, tier)


def unclear(why: str) -> Finding:
    """Return a finding that an action is left to the reviewer."""
    return Finding("unclear", why)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What auto mode decided about a call, by which stage and tier, and why."""

    behavior: Behavior
    stage: Stage
    tier: Tier
    why: str

    @property
    def reason(self) -> str:
        """The line for the trail of the decision."""
        stage = "without a model" if self.stage == "rules" else "by the reviewer"
        return f"auto mode, {stage}, {self.tier}: {self.why}"

    def to_json(self) -> JsonObject:
        """Return the ruling as the transcript keeps it."""
        return {"behavior": self.behavior, "stage": self.stage, "tier": self.tier, "reason": self.why}
