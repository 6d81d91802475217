"""The status line: model, permission mode, folder and branch, how full the context is, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gaff.hooks import Session, StatusItem, hookimpl

from ._terminal.words import short_path

_MODES = {
    "acceptEdits": "accepts edits",
    "plan": "plan mode",
    "auto": "auto mode",
    "dontAsk": "never asks",
    "bypassPermissions": "ALL PERMISSIONS",
}


def model(session: Session) -> str:
    """Return the model's name."""
    return session.model.name


def mode(session: Session) -> str:
    """Return the permission mode; nothing for the usual one."""
    return _MODES.get(session.mode, "")


def folder(session: Session) -> str:
    """Return the current folder and the branch checked out there."""
    branch = git_branch(session.cwd)
    return short_path(session.cwd) + (f" ({branch})" if branch else "")


def context(session: Session) -> str:
    """Return how much of the model's window the conversation takes."""
    window = session.model.limits.context_window
    return (
        f"{round(100 * session.context_tokens / window)}% context"
        if session.context_tokens and window
        else ""
    )


def cost(session: Session) -> str:
    """Return what the session cost so far."""
    return f"${session.cost_usd:.2f}" if session.cost_usd >= 0.005 else ""


def git_branch(start: Path) -> str:
    """Return the branch or the short commit that is checked out, read from the files of git; else nothing."""
    for parent in (start, *start.parents):
        dot_git = parent / ".git"
        try:
            if dot_git.is_file():  # a worktree's or submodule's points to where its files are
                dot_git = (parent / dot_git.read_text().removeprefix("gitdir:").strip()).resolve()
            head = (dot_git / "HEAD").read_text().strip()
        except (OSError, ValueError):
            continue
        return head.removeprefix("ref: refs/heads/") if head.startswith("ref: ") else head[:8]
    return ""


@hookimpl
def gaff_register_status_items() -> Sequence[StatusItem]:
    """Offer the built-in items."""
    return [
        StatusItem("model", model, 10),
        StatusItem("mode", mode, 20),
        StatusItem("folder", folder, 30),
        StatusItem("context", context, 40),
        StatusItem("cost", cost, 50),
    ]
