"""Commands in the sandbox need no permission: what they may touch is bounded already.

Only where a sandbox really confines them, and not in plan mode. Denials, questions of rules about what a
command does, and critical paths hold all the same.
Source: code.claude.com/docs/en/sandboxing (``autoAllowBashIfSandboxed``).
"""

from __future__ import annotations

from gaff.hooks import PermissionCheck, Vote, hookimpl

from ._settings import sandbox_settings


@hookimpl
def gaff_check_permission(event: PermissionCheck) -> Vote | None:
    """Vote *allow* on every action of a command that runs in the sandbox."""
    if event.tool_name != "Bash" or not sandbox_settings(event.session).enabled:
        return None
    from ._commands import is_spared

    spared = is_spared(event.session, event.tool_name, event.tool_input)
    return Vote("allow", "the command runs in the sandbox") if spared else None
