"""/permissions: the mode and the rules in force, where each comes from, and changes for this session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal, TypeAlias

from gaff.hooks import (
    PERMISSION_MODES,
    Command,
    CommandResult,
    PermissionMode,
    PermissionUpdate,
    Rule,
    Session,
    UsageError,
    hookimpl,
)
from gaff.plugins.builtin.permissions._auto.availability import auto_refusal
from gaff.plugins.builtin.permissions._book import rule_book
from gaff.plugins.builtin.permissions._bypass import bypass_refusal
from gaff.plugins.builtin.permissions._levels import GRANTS, levels, texts_of

from ._denied import denied_list, retry

_Behavior: TypeAlias = Literal["deny", "ask", "allow"]
_BEHAVIORS: Final[tuple[_Behavior, ...]] = ("deny", "ask", "allow")
_MODES: Final = {
    "default": "asks before whatever is no read",
    "acceptEdits": "edits in the working folders need no question",
    "plan": "reads only, until the plan is approved",
    "auto": "a classifier judges each action",
    "dontAsk": "what would be asked is denied",
    "bypassPermissions": "hardly anything is asked; deny rules hold",
}
#: Tools whose rules name files, as patterns.
_FILE_TOOLS: Final = frozenset({"Read", "Edit"})


class Permissions(Command):
    """Shows everything; ``/permissions MODE`` and ``/permissions allow RULE`` change this session."""

    name: ClassVar[str] = "permissions"
    summary: ClassVar[str] = "show permission mode and rules, or change them for this session"
    argument_hint: ClassVar[str] = "[mode | allow|ask|deny RULE | denied | retry NUMBER]"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        word, _, rest = arguments.partition(" ")
        if not arguments:
            parts = (_mode_lines(session), _rule_lines(session), _folder_lines(session))
            return CommandResult("\n\n".join("\n".join(lines) for lines in parts))
        if arguments == "denied":
            return denied_list(session)
        if word == "retry":
            return retry(rest.strip(), session)
        for behavior in _BEHAVIORS:
            if word == behavior and rest.strip():
                return await _add(behavior, rest.strip(), session)
        session.set_mode(_mode(rest.strip() if word == "mode" else arguments, session))
        return CommandResult(f"Permission mode: **{session.mode}** ({_MODES[session.mode]}).")

    def complete(self, arguments: str, session: Session) -> Sequence[str]:
        words = (*offered_modes(session), *_BEHAVIORS, "denied", "retry")
        return [word for word in words if word.startswith(arguments)]


def offered_modes(session: Session) -> list[PermissionMode]:
    """Return the modes that can be switched to in this session."""
    judged = any(
        report.name == "permissions.auto" and report.state == "active" for report in session.kernel.reports
    )
    unavailable = set[PermissionMode]() if judged and auto_refusal(session) is None else {"auto"}
    if bypass_refusal(session) is not None:
        unavailable.add("bypassPermissions")
    return [mode for mode in PERMISSION_MODES if mode not in unavailable or mode == session.mode]


def _mode(name: str, session: Session) -> PermissionMode:
    wanted = "default" if name == "manual" else name
    offered = offered_modes(session)
    for mode in offered:
        if mode == wanted:
            return mode
    if wanted == "bypassPermissions":
        raise UsageError(f"bypassPermissions is not available: {bypass_refusal(session)}")
    raise UsageError(
        f"/permissions {name}: there is no such mode here; there are {', '.join(offered)}; "
        "or write allow, ask or deny and a rule"
    )


async def _add(behavior: _Behavior, text: str, session: Session) -> CommandResult:
    tool, parenthesis, specifier = text.partition("(")
    if not tool.strip() or (parenthesis and not text.endswith(")")):
        raise UsageError(f"{text!r} is no rule; write Tool or Tool(specifier), such as Bash(npm test *)")
    rule = Rule(tool.strip(), specifier[:-1] if parenthesis else None)
    await session.update_permissions([PermissionUpdate("addRules", "session", (rule,), behavior)])
    return CommandResult(f"For this session: {behavior} `{rule}`. Settings files keep rules for good.")


def _mode_lines(session: Session) -> Iterator[str]:
    yield f"Permission mode: **{session.mode}** ({_MODES[session.mode]})\n"
    others = ", ".join(f"`{mode}`" for mode in offered_modes(session) if mode != session.mode)
    yield f"`/permissions MODE` or Shift+Tab changes it; the others are {others}."


@dataclass(frozen=True)
class _Listed:
    """A rule as it was written, and where."""

    behavior: _Behavior
    text: str
    where: str
    base: Path
    counts: bool = True


def _rules(session: Session) -> Iterator[_Listed]:
    for level in levels(session):
        for behavior in _BEHAVIORS:
            for text in texts_of(level, behavior):
                counts = level.trusted or behavior != "allow"
                yield _Listed(behavior, text, f"{level.name}, {level.path}", Path(level.base), counts)
    options: tuple[tuple[_Behavior, str], ...] = (("deny", "disallowedTools"), ("allow", "allowedTools"))
    for behavior, option in options:
        for text in session.options.texts(option):
            yield _Listed(behavior, text, f"command line, --{option}", session.project_dir)
    for behavior, rules in session.state[GRANTS].rules.items():
        for rule in rules:
            yield _Listed(behavior, str(rule), "this session", session.project_dir)


def _rule_lines(session: Session) -> Iterator[str]:
    rules = list(_rules(session))
    yield "## Rules\n"
    yield "A deny of any level holds, then ask, then allow.\n" if rules else "There are none."
    for where in dict.fromkeys(rule.where for rule in rules):
        own = [rule for rule in rules if rule.where == where]
        yield f"\n### {where}\n"
        yield from (_rule_line(rule, session) for rule in sorted(own, key=_strictness))
    warnings = rule_book(session).warnings
    if warnings:
        yield "\n### To be mended\n"
    yield from (f"- {warning}" for warning in warnings)


def _rule_line(rule: _Listed, session: Session) -> str:
    note = "" if rule.counts else "; does not count, since this folder is not trusted (/trust)"
    return f"- **{rule.behavior}** `{rule.text}`{_meaning(rule, session.cwd)}{note}"


def _strictness(rule: _Listed) -> int:
    return _BEHAVIORS.index(rule.behavior)


def _meaning(rule: _Listed, cwd: Path) -> str:
    """Return what a file pattern means here, from the root on."""
    tool, parenthesis, pattern = rule.text.partition("(")
    if tool not in _FILE_TOOLS or not parenthesis or not pattern.endswith(")"):
        return ""
    return f", that is `{resolved_pattern(pattern[:-1], rule.base, cwd)}`"


def resolved_pattern(pattern: str, base: Path, cwd: Path) -> str:
    """Return a file pattern from the root on.

    ``//path`` starts at the root, ``~/path`` at home, ``/path`` at the folder of its settings and
    anything else at the current folder, a bare name at any depth below.
    Source: code.claude.com/docs/en/permissions.
    """
    if pattern.startswith("//"):
        return pattern[1:]
    if pattern == "~" or pattern.startswith("~/"):
        return str(Path.home()) + pattern[1:]
    if pattern.startswith("/"):
        return str(base).rstrip("/") + pattern
    bare = pattern.removeprefix("./")
    anywhere = "/" not in bare.rstrip("/") and bare == pattern
    return str(cwd).rstrip("/") + ("/**/" if anywhere else "/") + bare


def _folder_lines(session: Session) -> Iterator[str]:
    yield "## Working folders\n"
    yield from (f"- {directory}" for directory in session.directories)


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /permissions."""
    return [Permissions()]
