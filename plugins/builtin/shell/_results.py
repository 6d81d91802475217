"""How the outcome of a command is told: to the model as text, to hooks and renderers in the documented shape.

Source of the shape: code.claude.com/docs/en/agent-sdk/typescript, "Bash".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gaff.hooks import Json, ToolOutput

from ._tasks import ShellTask

#: Characters of a failed command's output that are told.
_FAILURE: Final = 10_000
#: Characters of output that is too long to tell in full.
_PREVIEW: Final = 4_000
_NOTHING: Final = "(no output)"


def duration_text(seconds: float) -> str:
    """Return a duration for people: ``2m 5s``, ``0.5s``."""
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}m {rest:g}s" if minutes else f"{rest:g}s"


def size_text(size: int) -> str:
    """Return a size for people."""
    for unit, factor in (("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


def ended(task: ShellTask, window: int, meaning: str, notices: Sequence[str]) -> ToolOutput:
    """Tell of a command that ended by itself; ``meaning`` is that of an exit code that is no failure."""
    code = task.exit_code or 0
    failed = code != 0 and not meaning
    persisted = not task.output.fits(window)
    if failed:
        text = task.output.excerpt(_FAILURE)
    elif persisted:
        text = task.output.excerpt(_PREVIEW)
    else:
        text = task.output.text
    text = text.strip("\n").rstrip()
    lines = [f"Exit code {code}"] if failed else []
    if persisted:
        lines.append(
            f"The output is long ({size_text(task.output.size)}); all of it is in {task.output.keep()}"
        )
    lines += [text or (_NOTHING if not failed else ""), *(f"[{meaning}]" if meaning else "",), *notices]
    response = _response(text, notices)
    if meaning:
        response["returnCodeInterpretation"] = meaning
    if persisted:
        response |= {"persistedOutputPath": str(task.output.keep()), "persistedOutputSize": task.output.size}
    return ToolOutput("\n".join(line for line in lines if line), response, is_error=failed)


def timed_out(task: ShellTask, timeout: float, notices: Sequence[str]) -> ToolOutput:
    """Tell of a command that was ended because it took too long."""
    text = task.output.excerpt(_FAILURE).strip("\n").rstrip()
    lines = [f"The command took longer than {duration_text(timeout)} and was stopped.", text, *notices]
    response = _response(text, notices) | {"interrupted": True, "timedOutAfterMs": int(timeout * 1000)}
    return ToolOutput("\n".join(line for line in lines if line), response, is_error=True)


def in_background(task: ShellTask, timeout: float | None, notices: Sequence[str]) -> ToolOutput:
    """Tell of a command that goes on in the background: started there, or moved after ``timeout`` seconds."""
    text = "" if timeout is None else task.output.excerpt(_PREVIEW).strip("\n").rstrip()
    how = "runs in the background" if timeout is None else _moved(timeout)
    where = f"its output goes to {task.output.path}" if task.output.path else task.output.fault
    lines = [
        f"The command {how}, as task {task.id}; {where}. You are told when it ends.",
        f"Output so far:\n{text}" if text else "",
        *notices,
    ]
    response = _response(text, notices) | {
        "backgroundTaskId": task.id,
        "rawOutputPath": str(task.output.path),
    }
    if timeout is not None:
        response["timedOutAfterMs"] = int(timeout * 1000)
    return ToolOutput("\n".join(line for line in lines if line), response)


def _moved(timeout: float) -> str:
    return f"did not end within {duration_text(timeout)} and goes on in the background"


def announcement(task: ShellTask) -> str:
    """Tell the model that a background task has ended."""
    return (
        f"Background task {task.id} ({task.title}) {task.status} with exit code {task.exit_code}. "
        f"Its output is in {task.output.path}."
    )


def _response(stdout: str, notices: Sequence[str]) -> dict[str, Json]:
    return {"stdout": stdout, "stderr": "\n".join(notices), "interrupted": False, "isImage": False}
