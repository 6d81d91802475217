"""Chooses the sandbox of a session by trying, and tells of it: at the start, in the status line, to the model.

Settings ``sandbox.*`` as documented. Where no sandbox holds, commands run as without one, need permission
as without one, and the user is told loudly; with ``sandbox.failIfUnavailable`` the session does not start.
Source: code.claude.com/docs/en/sandboxing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from gaff.hooks import (
    Notice,
    PromptSection,
    Session,
    SessionEnd,
    SessionStart,
    SessionStartAnswer,
    Setting,
    StatusItem,
    hookimpl,
)

if TYPE_CHECKING:
    from ._choice import Choice

#: Needed only where commands were confined.
_NAMESPACE: Final = f"{__package__}._namespace"
_INSTALL: Final = "install bubblewrap, or see gaff doctor"

_WRITING: Final = (
    "Bash commands run in a sandbox. They may write in the working directories and in $TMPDIR ({}), nowhere else; "
    "use $TMPDIR for temporary files. Settings and hooks of git, editors and agents stay as they are."
)
_NETWORK: Final = (
    "/tmp is the same folder as $TMPDIR. The network is reached by host name, and the user decides on new hosts. "
    "What a command leaves running ends with it: use run_in_background for servers."
)
_NO_NETWORK: Final = "They have no network, unless the user allowed all of it."
_WAY_OUT: Final = (
    "Where a command fails because of the sandbox, and only then, call Bash again with "
    "dangerouslyDisableSandbox: true; the user is asked as usual."
)


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the keys."""
    from ._settings import KEYS

    return KEYS


def is_wanted(session: Session) -> bool:
    """Whether commands are to be confined. Where no file speaks of it, nothing is imported to find out."""
    if not session.settings.by_level("sandbox"):
        return False
    from ._settings import sandbox_settings

    return sandbox_settings(session).enabled


@hookimpl
async def gaff_session_start(event: SessionStart) -> SessionStartAnswer | None:
    """Choose the sandbox, and refuse to start where one is required and none holds."""
    session = event.context.session
    if session is None or not is_wanted(session):
        return None
    from ._choice import choose
    from ._settings import sandbox_settings

    choice = await choose(session)
    tried = [trial.to_json() for trial in choice.trials]
    session.record({"type": "gaff-sandbox", "sandbox": choice.name, "tried": tried})
    _tell(session, choice)
    if choice.isolates:
        if choice.name == "bubblewrap":
            from ._namespace import HELPER

            HELPER.use(session.id)
        return None
    if sandbox_settings(session).required:
        reason = f"no sandbox holds here, and sandbox.failIfUnavailable is set ({choice.reasons}); {_INSTALL}"
        return SessionStartAnswer(stop=True, stop_reason=reason)
    why = choice.reasons or "no plugin offers one"
    text = f"NO SANDBOX: commands run unconfined, and each needs permission ({why}); {_INSTALL}"
    session.publish(Notice("error", text))
    return None


def _tell(session: Session, choice: Choice) -> None:
    from ._notices import notices

    for line in notices(session, choice):
        session.publish(Notice("warning", line))


@hookimpl
def gaff_session_end(event: SessionEnd) -> None:
    """Let go of what the session's sandbox needed."""
    if (namespace := sys.modules.get(_NAMESPACE)) is not None:
        namespace.HELPER.release(event.context.session_id)


def status(session: Session) -> str:
    """Return which sandbox is in use, for the status line; nothing where none is wanted."""
    if not is_wanted(session):
        return ""
    from ._choice import chosen

    choice = chosen(session)
    return f"sandbox: {choice.name}" if choice is not None and choice.isolates else "NO SANDBOX"


@hookimpl
def gaff_register_status_items() -> Sequence[StatusItem]:
    """Offer the part of the status line."""
    return (StatusItem("sandbox", status, 25),)


def describe(session: Session) -> str:
    """Return what the model must know of the sandbox; nothing where there is none."""
    if not is_wanted(session):
        return ""
    from ._choice import chosen
    from ._policy import temporary_folder
    from ._settings import sandbox_settings

    choice = chosen(session)
    if choice is None or not choice.isolates:
        return ""
    lines = ["# Sandbox", _WRITING.format(temporary_folder(session))]
    lines.append(_NETWORK if choice.name == "bubblewrap" else _NO_NETWORK)
    if sandbox_settings(session).allows_unsandboxed:
        lines.append(_WAY_OUT)
    return "\n".join(lines)


@hookimpl
def gaff_register_prompt_sections() -> Sequence[PromptSection]:
    """Offer the section."""
    return (PromptSection("sandbox", describe, "project", 60),)
