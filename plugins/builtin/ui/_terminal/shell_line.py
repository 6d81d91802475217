"""Runs a command the user typed after ``!``."""

from __future__ import annotations

import time
from uuid import uuid4

from gaff.hooks import (
    GaffError,
    Session,
    ToolCall,
    ToolContext,
    ToolFinished,
    ToolOutcome,
    ToolOutput,
    ToolStarted,
)
from gaff.hooks.messages import content_text


async def run_shell_line(command: str, session: Session) -> None:
    """Run a command with the Bash tool and tell the model about it with the next prompt.

    The user typed it, so nobody is asked. Source: code.claude.com/docs/en/interactive-mode.
    """
    call = ToolCall(f"typed-{uuid4().hex[:12]}", "Bash", {"command": command})
    session.publish(ToolStarted(call, call.input))
    started = time.perf_counter()
    status, output = "interrupted", ToolOutput("Interrupted.", None, is_error=True)
    try:
        status, output = await _run(call, session)
    finally:
        milliseconds = round((time.perf_counter() - started) * 1000)
        session.publish(ToolFinished(ToolOutcome(call, output, milliseconds, status)))
        shown = content_text(output.content)
        session.remind(
            "The user ran a command in their shell; this is for you to know, not to act on.\n"
            f"<bash-input>{command}</bash-input>\n<bash-stdout>{shown}</bash-stdout>"
        )


async def _run(call: ToolCall, session: Session) -> tuple[str, ToolOutput]:
    try:
        tool = session.kernel.tool("Bash")
        if tool is None:
            return "failed", ToolOutput("The Bash tool is switched off.", None, is_error=True)
        parsed = tool.input_model.model_validate(call.input)
        return "done", await tool.run(parsed, ToolContext(session, call))
    except GaffError as fault:
        return "failed", ToolOutput(str(fault), None, is_error=True)
    except Exception as fault:  # isolation boundary: a tool's own code may fail in any way
        return "failed", ToolOutput(f"Bash failed: {type(fault).__name__}: {fault}", None, is_error=True)
