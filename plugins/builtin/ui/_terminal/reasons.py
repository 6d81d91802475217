"""Why a call needs the user's word, part by part, and which parts no offered rule would spare the next time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from gaff.hooks import Action, PermissionQuestion, PermissionUpdate, Verdict

from .escape import visible

_DOES: Final = {"read": "reads", "write": "writes", "delete": "deletes"}


@dataclass
class _Part:
    """A part of a call that needs the user's word, with the files it touches."""

    action: Action
    why: str
    effects: list[str] = field(default_factory=list[str])

    @property
    def line(self) -> str:
        """The part as it is told."""
        effects = f" ({', '.join(self.effects)})" if self.effects else ""
        return f"{self.action.kind} {visible(self.action.target)}{effects}: {self.why}"


def reasons(question: PermissionQuestion) -> Iterator[str]:
    """Yield why the user is asked; which part of the call it is about where there are several."""
    parts = _parts(question.actions)
    if len(parts) == 1 and not parts[0].effects:
        yield f"  {parts[0].why}".rstrip()
    else:
        yield from (f"  {line}" for line in dict.fromkeys(part.line for part in parts))


def _parts(actions: Sequence[tuple[Action, Verdict]]) -> list[_Part]:
    """Return the parts, what a command does to files told with the command."""
    parts: list[_Part] = []
    for action, verdict in actions:
        why = visible("; ".join(filter(None, (verdict.reason, action.why))))
        command = next((part for part in parts if _comes_from(action, part.action)), None)
        if command is not None and command.why == why:
            command.effects.append(f"{_DOES[action.kind]} {visible(action.target)}")
        else:
            parts.append(_Part(action, why))
    return parts


def _comes_from(action: Action, command: Action) -> bool:
    """Whether a file is touched by this very command."""
    own = (action.words, action.prefix) == (command.words, command.prefix)
    return own and bool(action.words) and command.kind == "run" and action.kind in _DOES


def asked_again(question: PermissionQuestion, updates: Sequence[PermissionUpdate]) -> list[str]:
    """Return the parts that would need the user's word again, these updates saved."""
    spared = [action for action, verdict in question.actions if _is_spared(action, verdict, updates)]
    left = [action for action, _ in question.actions if action not in spared]
    own = [
        action for action in left if not any(_comes_from(action, command) for command in _commands(question))
    ]
    return list(dict.fromkeys(f"{action.kind} {visible(action.target)}" for action in own))


def useful(question: PermissionQuestion) -> tuple[PermissionUpdate, ...]:
    """Return the suggestions, without those for parts that a policy asks for whatever rules and modes say."""
    left_open = {action.suggestion or None for action, verdict in question.actions if not verdict.plugin}
    found: list[PermissionUpdate] = []
    for update in question.suggestions:
        rules = tuple(rule for rule in update.rules if rule.specifier in left_open)
        if rules or (left_open and not update.rules):
            found.append(replace(update, rules=rules))
    return tuple(found)


def _commands(question: PermissionQuestion) -> list[Action]:
    """Return the commands among the parts."""
    return [action for action, _ in question.actions if action.kind == "run"]


def _is_spared(action: Action, verdict: Verdict, updates: Sequence[PermissionUpdate]) -> bool:
    """Whether an update lets the like pass. What a policy asks for, and did not merely leave open, it asks again."""
    if verdict.plugin or not action.understood:
        return False
    if action.kind in ("write", "delete") and any(update.mode == "acceptEdits" for update in updates):
        return True
    saved = {rule.specifier for update in updates for rule in update.rules}
    return (action.suggestion or None) in saved and bool(action.suggestion or action.kind == "use")
