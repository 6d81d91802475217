"""The options that say which session to open: resume, continue, fork."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from gaff.hooks import SessionError, UsageError, hookimpl
from gaff.hooks.session import Kernel
from gaff.hooks.settings import Option

_GROUP = "sessions"


@dataclass(frozen=True)
class Opening:
    """Which session the command line means, as ``Kernel.open_session`` takes it."""

    resume: str | None = None
    fork: bool = False
    session_id: str | None = None
    #: The user wants to pick the session to resume from a list.
    choose: bool = False


def opening(kernel: Kernel) -> Opening:
    """Return which session the command line means.

    Raises:
        UsageError: the options contradict each other.
        SessionError: there is no such session, or more than one.
    """
    options = kernel.options
    wanted, session_id = options.text("resume"), options.text("session-id")
    fork, latest = options.flag("fork-session"), options.flag("continue")
    if latest and wanted is not None:
        raise UsageError("--continue and --resume name two sessions; give one of them")
    goes_on = latest or wanted is not None
    if fork and not goes_on:
        raise UsageError("--fork-session needs the session to fork: add --continue or --resume ID")
    if session_id is not None and goes_on and not fork:
        raise UsageError(
            "--session-id names a new session; to go on with another under it add --fork-session"
        )
    if session_id is not None and kernel.session_store().path(session_id, kernel.project_dir).exists():
        raise UsageError(f"--session-id {session_id}: there is such a session; use --resume {session_id}")
    if wanted == "":
        return Opening(fork=fork, session_id=session_id, choose=True)
    resume = _latest(kernel) if latest else _named(kernel, wanted) if wanted else None
    return Opening(resume, fork, session_id)


def _latest(kernel: Kernel) -> str:
    sessions = kernel.session_store().list(kernel.project_dir, 1)
    if not sessions:
        raise SessionError(
            f"there is no session of {kernel.project_dir} to continue; start one without --continue"
        )
    return sessions[0].id


def _named(kernel: Kernel, name: str) -> str:
    """Return the id of the session with this id, beginning of an id, or title."""
    store = kernel.session_store()
    found = store.find(name, kernel.project_dir) or store.find(_canonical(name), kernel.project_dir)
    if found is not None:
        return found.id
    titled = [summary.id for summary in store.list(kernel.project_dir, 1000) if summary.title == name]
    if len(titled) > 1:
        raise SessionError(f"{len(titled)} sessions are called {name!r}: {', '.join(titled[:5])}; give an id")
    if not titled:
        raise SessionError(f"there is no session {name!r}; start gaff with --resume alone to pick one")
    return titled[0]


def _canonical(name: str) -> str:
    """Return a UUID as transcripts are named by it, however it is written; any other name as it is."""
    try:
        return str(UUID(name))
    except ValueError:
        return name


@hookimpl
def gaff_register_options() -> Sequence[Option]:
    """The documented options about sessions. Source: code.claude.com/docs/en/cli-reference."""
    return (
        Option(("--continue", "-c"), "go on with the latest session of this folder", "flag", group=_GROUP),
        Option(
            ("--resume", "-r"),
            "go on with a session: its id, the beginning of it, or its title; alone: pick one",
            "optional",
            "SESSION",
            group=_GROUP,
        ),
        Option(
            ("--fork-session",), "go on under a new id, the old session kept as it is", "flag", group=_GROUP
        ),
        Option(("--session-id",), "id of the new session, a UUID", metavar="UUID", group=_GROUP),
        Option(("--no-session-persistence",), "keep no transcript", "flag", group=_GROUP),
    )
