"""Whether a command runs in the sandbox: what the settings and the call itself say."""

from __future__ import annotations

from gaff.hooks import JsonObject, Session, text_at

from ._choice import chosen
from ._settings import sandbox_settings


def is_spared(session: Session, tool_name: str, tool_input: JsonObject) -> bool:
    """Whether a call needs no permission since it runs in the sandbox (``autoAllowBashIfSandboxed``)."""
    if tool_name != "Bash" or session.mode == "plan":
        return False
    return sandbox_settings(session).auto_allow and is_confined(session, tool_input)


def is_confined(session: Session, tool_input: JsonObject) -> bool:
    """Whether a Bash call runs in a sandbox that really confines it."""
    choice = chosen(session)
    if choice is None or not choice.isolates:
        return False
    wants_out = tool_input.get("dangerouslyDisableSandbox") is True
    return belongs_inside(session, text_at(tool_input, "command"), wants_out=wants_out)


def belongs_inside(session: Session, command: str, *, wants_out: bool) -> bool:
    """Whether a command is meant to run in the sandbox, if there is one."""
    settings = sandbox_settings(session)
    if not settings.enabled or (wants_out and settings.allows_unsandboxed):
        return False
    return not (settings.excluded and is_excluded(session, command))


def is_excluded(session: Session, command: str) -> bool:
    """Whether any part of a command is one that the settings have run outside."""
    from gaff.plugins.builtin.permissions._commands import command_texts, compile_command
    from gaff.plugins.builtin.shell._actions import Situation, actions_of

    patterns = [compile_command(pattern) for pattern in sandbox_settings(session).excluded]
    situation = Situation(session.cwd, session.project_dir, session.environ)
    runs = (action for action in actions_of(command, situation) if action.kind == "run")
    texts = [command_texts(action, command) for action in runs]
    return any(pattern.allows(text) for pattern in patterns for text in texts)
