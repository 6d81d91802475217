"""Runs a command the user typed after ``!``."""

from __future__ import annotations

from uuid import uuid4

from gaff.hooks import Session, ToolCall
from gaff.hooks.messages import content_text


async def run_shell_line(command: str, session: Session) -> None:
    """Run a command with the Bash tool and tell the model about it with the next prompt.

    Hooks see it like any call; the user typed it, so nobody is asked.
    Source: code.claude.com/docs/en/interactive-mode.
    """
    call = ToolCall(f"typed-{uuid4().hex[:12]}", "Bash", {"command": command})
    shown = "Interrupted."
    try:
        outcome = await session.run_call(call, typed=True)
        shown = content_text(outcome.output.content)
        for note in outcome.notes:
            session.remind(note)
    finally:
        session.remind(
            "The user ran a command in their shell; this is for you to know, not to act on.\n"
            f"<bash-input>{command}</bash-input>\n<bash-stdout>{shown}</bash-stdout>"
        )
