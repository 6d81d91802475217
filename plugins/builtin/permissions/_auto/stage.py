"""The deterministic stage: settles what needs no understanding of the task, and leaves the rest.

It allows a call only where every action of it is of a form known to be harmless, nothing in its texts is
suspect, and nothing the user said may speak against it. It blocks only what no task justifies. It never
guesses: whatever it does not know goes to the reviewer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gaff.hooks import Action, JsonObject, PermissionReview, text_at

from .availability import SHELLS
from .boundaries import boundaries, names_in
from .fetching import judge_fetch
from .files import judge_file
from .finding import Finding, danger, fine, unclear
from .history import HISTORY
from .place import Place
from .running import judge_run
from .suspicion import never, new_texts, suspect

_LONGEST_QUERY: Final = 200
_LONGEST_COMMAND: Final = 10_000
#: Tools whose bare use does no more than their name says.
_HARMLESS: Final = frozenset(
    {"GitStatus", "GitDiff", "GitLog", "Diagnostics", "LSP", "CodeOutline", "AstSearch", "ToolSearch"}
)


def settle(event: PermissionReview, *, every_shell: bool = False, has_bans: bool = True) -> Finding:
    """Say what a call does, as far as that needs no model: the strictest finding about its actions and texts.

    ``every_shell``: no command is settled here. ``has_bans``: the built-in unconditional bans are in force.
    """
    place = Place(event.session, event.tool_name, event.tool_input)
    text = _text(event)
    if event.tool_name in SHELLS and len(text) > _LONGEST_COMMAND:
        return unclear("the command is too long to be settled")
    banned = never(text) if event.tool_name in SHELLS else None
    findings = [banned] if banned else []
    findings += [_judge(action, place) for action, _ in event.asked]
    worst = _strictest(findings) if has_bans else _strictest([_softened(finding) for finding in findings])
    if worst.sense != "fine":
        return worst
    if every_shell and event.tool_name in SHELLS:
        return unclear("autoMode.classifyAllShell sends every command to the reviewer")
    return _held_back(event, text) or worst


def _judge(action: Action, place: Place) -> Finding:
    if action.kind in ("read", "write", "delete"):
        return judge_file(action, place)
    if action.kind == "run":
        return judge_run(action, place)
    if action.kind == "fetch":
        if place.tool != "WebFetch":
            return unclear("a request that may change something")
        return judge_fetch(action.target, place.session.state[HISTORY].words)
    return _use(place)


def _use(place: Place) -> Finding:
    if place.tool in _HARMLESS:
        return fine("it only looks")
    if place.tool == "WebSearch":
        plain = len(text_at(place.input, "query")) <= _LONGEST_QUERY
        return fine("a search for public pages") if plain else unclear("a long search text")
    return unclear(f"what {place.tool} does is for the reviewer to say")


def _held_back(event: PermissionReview, text: str) -> Finding | None:
    """Return why a call that is harmless by its form is not settled all the same."""
    if event.tool_input.get("dangerouslyDisableSandbox") is True:
        return unclear("the command asks to run outside of the sandbox")
    changes = [action for action, _ in event.asked if action.kind != "read"]
    if not changes and event.tool_name not in SHELLS:
        return None
    found = suspect(text, becomes_code=any(action.kind == "write" for action in changes))
    if found is not None:
        return found
    named = names_in(_names(event.tool_name, event.tool_input, changes, event))
    for boundary in boundaries(event.session.state[HISTORY].words):
        if boundary.touches(named):
            return unclear(f"the user said: {boundary.sentence[:200]}")
    return None


def _names(
    tool: str, tool_input: JsonObject, changes: list[Action], event: PermissionReview
) -> Iterator[str]:
    yield tool
    yield text_at(tool_input, "command")
    project = str(event.session.project_dir)
    for action in changes:
        yield action.target.removeprefix(project)
        yield action.kind


def _text(event: PermissionReview) -> str:
    if event.tool_name in SHELLS:
        return text_at(event.tool_input, "command")
    return "\n".join(new_texts(event.tool_input))


def _strictest(findings: list[Finding]) -> Finding:
    order = {"fine": 0, "unclear": 1, "danger": 2}
    ranked = sorted(findings, key=lambda one: (one.tier == "hard_deny", order[one.sense]), reverse=True)
    return ranked[0] if ranked else unclear("nothing is known of what it does")


def _softened(finding: Finding) -> Finding:
    return danger(finding.why) if finding.tier == "hard_deny" else finding
