"""/permissions: the mode and the rules in force, where each comes from, and changes for this session."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar, Final, Literal

from gaff.hooks import (
    PERMISSION_MODES,
    Command,
    CommandResult,
    PermissionMode,
    PermissionUpdate,
    Rule,
    Session,
    SettingValue,
    UsageError,
    hookimpl,
)

_LISTS: Final[tuple[Literal["deny", "ask", "allow"], ...]] = ("deny", "ask", "allow")
_MODES: Final = {
    "default": "asks before whatever is no read",
    "acceptEdits": "edits in the working folders need no question",
    "plan": "reads only, until the plan is approved",
    "auto": "a classifier judges each action",
    "dontAsk": "what would be asked is denied",
    "bypassPermissions": "hardly anything is asked; deny rules hold",
}
#: Tools whose rules name files, as patterns.
_FILE_TOOLS: Final = frozenset({"Read", "Edit", "Write", "MultiEdit", "NotebookEdit", "Glob", "Grep"})


class Permissions(Command):
    """Shows everything; ``/permissions MODE`` and ``/permissions allow RULE`` change this session."""

    name: ClassVar[str] = "permissions"
    summary: ClassVar[str] = "show permission mode and rules, or change them for this session"
    argument_hint: ClassVar[str] = "[mode | allow|ask|deny RULE]"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        word, _, rest = arguments.partition(" ")
        if not arguments:
            return CommandResult(
                "\n".join((*_mode_lines(session), "", *_rule_lines(session), "", *_folders(session)))
            )
        if word in _LISTS and rest.strip():
            return await _add(word, rest.strip(), session)
        session.set_mode(_mode(rest.strip() if word == "mode" else arguments))
        return CommandResult(f"Permission mode: **{session.mode}** ({_MODES[session.mode]}).")

    def complete(self, arguments: str, session: Session) -> Sequence[str]:
        return [word for word in (*_offered(session), *_LISTS) if word.startswith(arguments)]


def _offered(session: Session) -> list[PermissionMode]:
    """Return the modes that may be switched to: no questions at all only where gaff was started so."""
    return [mode for mode in PERMISSION_MODES if mode != "bypassPermissions" or session.mode == mode]


def _mode(name: str) -> PermissionMode:
    wanted = "default" if name == "manual" else name
    for mode in PERMISSION_MODES:
        if mode == wanted:
            if mode == "bypassPermissions":
                raise UsageError("bypassPermissions needs a start with --dangerously-skip-permissions")
            return mode
    modes = ", ".join(mode for mode in PERMISSION_MODES if mode != "bypassPermissions")
    raise UsageError(
        f"/permissions {name}: there is no such mode; there are {modes}; or allow, ask, deny and a rule"
    )


async def _add(behavior: str, text: str, session: Session) -> CommandResult:
    tool, parenthesis, specifier = text.partition("(")
    if not tool.strip() or (parenthesis and not text.endswith(")")):
        raise UsageError(f"{text!r} is no rule; write Tool or Tool(specifier), such as Bash(npm test *)")
    rule = Rule(tool.strip(), specifier[:-1] if parenthesis else None)
    kind: Literal["allow", "ask", "deny"] = (
        "deny" if behavior == "deny" else "ask" if behavior == "ask" else "allow"
    )
    await session.update_permissions([PermissionUpdate("addRules", "session", (rule,), kind)])
    return CommandResult(f"For this session: {behavior} `{rule}`. Settings files keep rules for good.")


def _mode_lines(session: Session) -> Iterator[str]:
    yield f"Permission mode: **{session.mode}** ({_MODES[session.mode]})\n"
    others = ", ".join(f"`{mode}`" for mode in _offered(session) if mode != session.mode)
    yield f"`/permissions MODE` or Shift+Tab changes it; the others are {others}."


def _rule_lines(session: Session) -> Iterator[str]:
    yield "## Rules\n"
    yield "A deny of any level holds, then ask, then allow.\n"
    found = False
    for behavior in _LISTS:
        for value in session.settings.by_level("permissions", behavior):
            for text in value.value if isinstance(value.value, Sequence) else ():
                found = True
                yield f"- **{behavior}** `{text}`: {value.level}, {value.path}{_meaning(str(text), value, session)}"
    if not found:
        yield "No settings file has rules."


def _meaning(text: str, value: SettingValue, session: Session) -> str:
    """Return what a file pattern means here, where it is not the pattern itself."""
    tool, parenthesis, pattern = text.partition("(")
    if tool not in _FILE_TOOLS or not parenthesis or not pattern.endswith(")"):
        return ""
    return f", that is `{resolved_pattern(pattern[:-1], value.base, session.cwd)}`"


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
    return str(cwd).rstrip("/") + ("/**/" if "/" not in bare.rstrip("/") and bare == pattern else "/") + bare


def _folders(session: Session) -> Iterator[str]:
    yield "## Working folders\n"
    yield from (f"- {directory}" for directory in session.directories)


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /permissions."""
    return [Permissions()]
