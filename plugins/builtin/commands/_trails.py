"""Reads how tool calls were decided from transcripts, and explains it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gaff.hooks import Behavior, JsonObject, joined, strictest
from gaff.hooks.values import is_object, list_at, number_at, object_at, text_at

_BEFORE: Final = "gaff_pre_tool_use"
_VOTE: Final = "gaff_check_permission"
_AFTER: Final = ("gaff_review_permission", "gaff_permission_request", "gaff_ask_user")
_TITLES: Final = {
    _BEFORE: "PreToolUse hooks",
    "gaff_review_permission": "Reviewers",
    "gaff_permission_request": "PermissionRequest hooks",
    "gaff_ask_user": "The user is asked",
}
_DONE: Final[dict[str, str]] = {"allow": "allowed", "deny": "denied", "ask": "asked about"}


@dataclass(frozen=True)
class Step:
    """What one plugin, or the user, said."""

    plugin: str
    behavior: Behavior | None
    reason: str
    ms: float
    failed: bool


@dataclass(frozen=True)
class Gate:
    """One hook asked about the call, or about one action of it."""

    hook: str
    #: The kind of the action and what it does it to; empty for the call as a whole.
    action: str
    steps: tuple[Step, ...]
    #: Who was asked and said nothing, with the milliseconds.
    silent: tuple[tuple[str, float], ...]

    @property
    def title(self) -> str:
        """What was asked."""
        return f"Policies on {self.action}" if self.action else _TITLES.get(self.hook, self.hook)

    def vote(self, without: str = "") -> Behavior | None:
        """Return the strictest answer, one plugin's left out."""
        said: list[Behavior] = [
            step.behavior for step in self.steps if step.behavior is not None and step.plugin != without
        ]
        return strictest(said) if said else None


@dataclass(frozen=True)
class Trail:
    """How one call was decided."""

    call_id: str
    tool: str
    when: str
    session_id: str
    behavior: str
    reason: str
    gates: tuple[Gate, ...]
    input: JsonObject | None = None

    @property
    def deciders(self) -> Sequence[tuple[str, str]]:
        """Return everybody without whom the call would have ended differently, and how it would have."""
        plugins = dict.fromkeys(step.plugin for gate in self.gates for step in gate.steps)
        outcomes = [(plugin, self.outcome(plugin)) for plugin in plugins]
        return [(plugin, outcome) for plugin, outcome in outcomes if outcome != self.outcome()]

    def outcome(self, without: str = "") -> str:
        """Return how the call ends by what was said, one plugin's word left out; ``unknown`` where nobody knows."""
        before = next((gate for gate in self.gates if gate.hook == _BEFORE), None)
        first = before.vote(without) if before else None
        if first == "deny":
            return "deny"
        votes = [gate for gate in self.gates if gate.hook == _VOTE]
        if not votes:
            return "unknown"
        result = strictest(joined(first, gate.vote(without)) for gate in votes)
        return self._answered(without) if result == "ask" else result

    def _answered(self, without: str) -> str:
        """Return what came of the question: a reviewer, a hook or the user answers, in this order."""
        for hook in _AFTER:
            for gate in self.gates:
                answer = gate.vote(without) if gate.hook == hook else None
                if answer in ("allow", "deny"):
                    return answer
        return "ask"


def read_trails(entries: Iterator[JsonObject], session_id: str) -> Iterator[Trail]:
    """Yield how calls were decided, the last first, from a transcript read backwards."""
    waiting: list[Trail] = []
    for entry in entries:
        if entry.get("type") == "gaff-decision":
            waiting.append(_trail(entry, session_id))
        elif entry.get("type") == "assistant" and waiting:
            for trail in waiting:
                yield _with_input(trail, entry)
            waiting = []
    yield from waiting


def _with_input(trail: Trail, entry: JsonObject) -> Trail:
    for block in list_at(object_at(entry, "message"), "content"):
        if is_object(block) and block.get("id") == trail.call_id:
            return replace(trail, input=object_at(block, "input"))
    return trail


def _trail(entry: JsonObject, session_id: str) -> Trail:
    steps = [one for one in list_at(entry, "trail") if is_object(one)]
    gates = [one for one in list_at(entry, "gates") if is_object(one)]
    return Trail(
        text_at(entry, "toolUseId"),
        text_at(entry, "toolName"),
        text_at(entry, "timestamp"),
        session_id,
        text_at(entry, "behavior"),
        text_at(entry, "reason"),
        tuple(
            _gate(gate, [step for step in steps if number_at(step, "gate", -1) == number])
            for number, gate in enumerate(gates)
        ),
    )


def _gate(gate: JsonObject, steps: Sequence[JsonObject]) -> Gate:
    action = object_at(gate, "action")
    named = " ".join(part for part in (text_at(action, "kind"), text_at(action, "target")) if part)
    silent = tuple((name, _ms(ms)) for name, ms in object_at(gate, "silent").items())
    return Gate(text_at(gate, "hook"), named, tuple(_step(step) for step in steps), silent)


def _step(step: JsonObject) -> Step:
    said = step.get("behavior")
    behavior: Behavior | None = said if said in ("allow", "ask", "deny") else None
    failed = step.get("failed") is True
    return Step(text_at(step, "plugin"), behavior, text_at(step, "reason"), _ms(step.get("ms")), failed)


def _ms(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def explained(trail: Trail) -> list[str]:
    """Return the trail as lines of text."""
    when = trail.when.replace("T", " ").partition(".")[0]
    lines = [f"{trail.tool} {trail.call_id}: {_DONE.get(trail.behavior, trail.behavior)}"]
    lines.append(f"session {trail.session_id[:8]}, {when} UTC")
    lines += [f"  {key}: {_short(value)}" for key, value in (trail.input or {}).items()]
    for gate in trail.gates:
        lines += ["", gate.title, *_table(gate)]
    return [*lines, "", *_conclusion(trail)]


def _table(gate: Gate) -> Iterator[str]:
    width = max((len(step.plugin) for step in gate.steps), default=0)
    for step in gate.steps:
        said = step.behavior or "no opinion"
        yield f"  {step.plugin:<{width}}  {said:<5}  {_short(step.reason)}  ({step.ms:.2f} ms)"
    if gate.silent:
        took = sum(ms for _, ms in gate.silent)
        yield f"  asked and silent: {', '.join(name for name, _ in gate.silent)}  ({took:.2f} ms)"
    if not gate.steps and gate.hook == _VOTE:
        yield "  nobody voted, so it is asked"


def _conclusion(trail: Trail) -> Iterator[str]:
    if trail.reason:
        yield f"In the end: {_short(trail.reason)}"
    deciders = trail.deciders
    for plugin, outcome in deciders:
        if plugin == "nobody":
            yield "At a terminal you would have been asked."
            continue
        who = "the user's answer" if plugin == "user" else plugin
        yield f"Without {who} it would {_would(outcome)}."
    if not deciders:
        yield f"No one alone decided: without any of them it would still be {_DONE.get(trail.behavior, trail.behavior)}."


def _would(outcome: str) -> str:
    if outcome == "unknown":
        return "have gone on to the policies, which were not asked"
    return f"have been {_DONE[outcome]}"


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 160 else f"{text[:159]}…"
