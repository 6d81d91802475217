"""The trail of a decision: who was asked about a call, what each said, and how long it took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaff.hooks.permissions import Action, Behavior, Decision, TrailStep
from gaff.hooks.values import Json, JsonObject

if TYPE_CHECKING:
    from .facade import Gate


class Trail:
    """Everything said about one call, in order."""

    def __init__(self) -> None:
        self._gates: list[JsonObject] = []
        self._steps: list[JsonObject] = []

    def add(self, gate: Gate, action: Action | None = None) -> None:
        """Add what was said at a gate: of the call, or of one action of it."""
        facts: dict[str, Json] = {"hook": gate.hook}
        if action is not None:
            facts["action"] = {"kind": action.kind, "target": action.target}
        facts["silent"] = {plugin: round(ms, 3) for plugin, ms in gate.silent.items()}
        self._append(facts, gate.trail)

    def add_answer(self, hook: str, plugin: str, decision: Decision, ms: float) -> None:
        """Add the one answer that a hook took."""
        self._append(
            {"hook": hook, "silent": {}}, (TrailStep(plugin, hook, decision.behavior, decision.reason, ms),)
        )

    def add_user(self, who: str, behavior: Behavior, reason: str, ms: float) -> None:
        """Add what was answered, and how long that took; ``who`` is the user, or nobody."""
        step = TrailStep(who, "gaff_ask_user", behavior, reason, ms)
        self._append({"hook": "gaff_ask_user", "silent": {}}, (step,))

    def _append(self, facts: JsonObject, steps: tuple[TrailStep, ...]) -> None:
        self._steps += [{**step.to_json(), "gate": len(self._gates)} for step in steps]
        self._gates.append(facts)

    def to_json(self) -> JsonObject:
        """Return the trail as the transcript keeps it: the gates, and the steps with their gate's number."""
        return {"gates": self._gates, "trail": self._steps}
