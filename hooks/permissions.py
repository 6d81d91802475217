"""The vocabulary of permission: what a call would do, how policies vote, what a person answers.

A call is broken into *actions*. For each, every policy may vote through ``gaff_check_permission``;
the strictest vote holds, and silence means *ask*. The strictest verdict over its actions decides the
call. Source: code.claude.com/docs/en/permissions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast, get_args

from .values import Json, JsonObject, is_object, text_at

PermissionMode: TypeAlias = Literal["default", "acceptEdits", "plan", "auto", "dontAsk", "bypassPermissions"]
PERMISSION_MODES: Final[tuple[PermissionMode, ...]] = get_args(PermissionMode)

Behavior: TypeAlias = Literal["allow", "ask", "defer", "deny"]
#: From lax to strict.
STRICTNESS: Final[dict[Behavior, int]] = {"allow": 0, "ask": 1, "defer": 2, "deny": 3}

Destination: TypeAlias = Literal["session", "localSettings", "projectSettings", "userSettings"]
UpdateType: TypeAlias = Literal[
    "addRules", "replaceRules", "removeRules", "setMode", "addDirectories", "removeDirectories"
]
Scope: TypeAlias = Literal["once", "session", "always"]

ActionKind: TypeAlias = Literal["read", "write", "delete", "run", "fetch", "use"]


@dataclass(frozen=True)
class Action:
    """One thing a call would do.

    ``target`` is what it is done to: an absolute path for ``read``, ``write`` and ``delete``; the
    text of one simple command for ``run``; a URL for ``fetch``; the tool's name for ``use``.
    """

    kind: ActionKind
    target: str
    #: Where the path leads once links are followed; empty for other kinds.
    resolved: str = ""
    #: The words of a ``run`` as bash would pass them, wrappers and assignments in front taken off.
    words: tuple[str, ...] = ()
    #: The words taken off in front, in order: ``NODE_ENV=test``, ``timeout 5``, ``nice``.
    prefix: tuple[str, ...] = ()
    #: False where the tool could not make out all that would happen: then nothing but the user, a hook,
    #: ``bypassPermissions`` or a sandbox that confines the command may allow it, and ``why`` says what
    #: was not understood.
    understood: bool = True
    #: True for a ``run`` that the tool proved to change nothing.
    read_only: bool = False
    #: A sentence for the dialog: what is special about this action, or what was not understood.
    why: str = ""
    #: The specifier of a rule that would allow this and its like again: ``npm test *``; empty for none.
    suggestion: str = ""


@dataclass(frozen=True)
class Rule:
    """A permission rule, ``Tool`` or ``Tool(specifier)``."""

    tool: str
    specifier: str | None = None

    def __str__(self) -> str:
        return self.tool if self.specifier is None else f"{self.tool}({self.specifier})"

    def to_json(self) -> JsonObject:
        """Return the rule as permission updates carry it."""
        if self.specifier is None:
            return {"toolName": self.tool}
        return {"toolName": self.tool, "ruleContent": self.specifier}

    @staticmethod
    def of_json(value: Json) -> Rule:
        """Read a rule out of a permission update.

        Raises:
            ValueError: it has another shape; a specifier that was passed over would widen the rule.
        """
        content = value.get("ruleContent") if is_object(value) else None
        if not is_object(value) or not text_at(value, "toolName") or not isinstance(content, str | None):
            raise ValueError(f"not a permission rule: {value!r}")
        return Rule(text_at(value, "toolName"), content)


@dataclass(frozen=True)
class PermissionUpdate:
    """A change to the permissions, as hooks, dialogs and SDK clients exchange it."""

    type: UpdateType
    destination: Destination = "session"
    rules: tuple[Rule, ...] = ()
    behavior: Literal["allow", "ask", "deny"] = "allow"
    mode: PermissionMode | None = None
    directories: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        """Return the documented object."""
        out: dict[str, Json] = {"type": self.type, "destination": self.destination}
        if self.type.endswith("Rules"):
            out["rules"] = [rule.to_json() for rule in self.rules]
            out["behavior"] = self.behavior
        if self.mode is not None:
            out["mode"] = self.mode
        if self.type.endswith("Directories"):
            out["directories"] = list(self.directories)
        return out

    @staticmethod
    def of_json(value: JsonObject) -> PermissionUpdate:
        """Read the documented object.

        Raises:
            ValueError: it has another shape.
        """
        kind, destination, behavior = value.get("type"), value.get("destination"), value.get("behavior")
        wanted = text_at(value, "mode")
        mode: PermissionMode | None = next((one for one in PERMISSION_MODES if one == wanted), None)
        rules, directories = value.get("rules", ()), value.get("directories", ())
        if (
            kind not in get_args(UpdateType)
            or destination not in get_args(Destination)
            or behavior not in (None, "allow", "ask", "deny")
            or (mode is None and (kind == "setMode" or value.get("mode") is not None))
            or not isinstance(rules, list | tuple)
            or not isinstance(directories, list | tuple)
            or not all(isinstance(one, str) for one in directories)
        ):
            raise ValueError(f"not a permission update: {value!r}")
        return PermissionUpdate(
            cast("UpdateType", kind),
            cast("Destination", destination),
            tuple(Rule.of_json(rule) for rule in rules),
            behavior or "allow",
            mode,
            tuple(cast("Sequence[str]", directories)),
        )


@dataclass(frozen=True)
class Vote:
    """What one policy says of one action. Not voting is returning ``None``."""

    behavior: Behavior
    #: For people: which rule, mode or check, and where it comes from.
    reason: str
    #: What the model reads when the call is denied; the reason where empty.
    message: str = ""


@dataclass(frozen=True)
class Decision:
    """What a hook decides at a gate; without a ``behavior`` it has no opinion and only adds the rest.

    ``allow`` at ``gaff_pre_tool_use`` spares the question but beats no deny or ask vote;
    ``updated_input`` then replaces the whole input of the call. ``additional_context`` reaches the
    model. ``stop`` ends the turn, with ``stop_reason`` for the user. ``system_message`` is a warning
    to the user. ``updates`` are permission changes that go with an ``allow``; ``interrupt`` ends the
    turn together with a deny.
    """

    behavior: Behavior | None = None
    reason: str = ""
    updated_input: JsonObject | None = None
    additional_context: str | None = None
    updates: tuple[PermissionUpdate, ...] = ()
    interrupt: bool = False
    stop: bool = False
    stop_reason: str | None = None
    system_message: str | None = None


@dataclass(frozen=True)
class TrailStep:
    """Who was asked, what it said, how long it took."""

    plugin: str
    hook: str
    behavior: Behavior | None
    reason: str
    ms: float
    failed: bool = False

    def to_json(self) -> JsonObject:
        """Return the step as the transcript keeps it."""
        out: dict[str, Json] = {"plugin": self.plugin, "hook": self.hook, "behavior": self.behavior}
        out |= {"reason": self.reason, "ms": round(self.ms, 3)}
        return {**out, "failed": True} if self.failed else out


@dataclass(frozen=True)
class Verdict:
    """What a gate decided, by whom, and everything that was said on the way."""

    behavior: Behavior
    reason: str
    #: The plugin whose answer won; empty where nobody answered.
    plugin: str = ""
    message: str = ""
    trail: tuple[TrailStep, ...] = ()


def joined(before: Behavior | None, vote: Behavior | None) -> Behavior:
    """Return what becomes of an action, from the PreToolUse hooks' answer and the policies' strictest vote.

    A hook's allow spares a question where no policy votes; it beats no vote.
    """
    if "deny" in (before, vote):
        return "deny"
    if before in ("ask", "defer"):
        return "ask"
    return vote or ("allow" if before == "allow" else "ask")


@dataclass(frozen=True)
class Judged:
    """How a call would be decided; nothing was run and nobody was asked."""

    behavior: Behavior
    reason: str
    #: What the call would do, each with its verdict; empty where it was decided before that was looked at.
    actions: tuple[tuple[Action, Verdict], ...] = ()


def strictest(behaviors: Iterable[Behavior], default: Behavior = "ask") -> Behavior:
    """Return the strictest of these; ``default`` where there is none."""
    found: Behavior | None = None
    for behavior in behaviors:
        if found is None or STRICTNESS[behavior] > STRICTNESS[found]:
            found = behavior
    return found or default
