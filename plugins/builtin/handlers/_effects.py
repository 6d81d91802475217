"""What answers ask for that no return value carries: variables for commands, files to watch, a title, a signal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gaff.hooks import Notice, Session, SessionError, StateKey, TerminalSequence

from . import _answers
from ._environment import apply_env_files
from ._events import WITH_ENV_FILE
from ._output import Said
from ._watching import watch_more


class _Title:
    """The title that a hook gave before there was a prompt."""

    def __init__(self) -> None:
        self.text = ""


_TITLE: Final = StateKey(_Title)


def apply(session: Session, event: str, said: Sequence[Said]) -> None:
    """Do what handlers of an event asked for."""
    if event in WITH_ENV_FILE:
        try:
            apply_env_files(session)
        except OSError as fault:
            text = f"what {event} hooks set for commands is lost: {fault.strerror}"
            session.publish(Notice("warning", text))
    if paths := _answers.watch_paths(said):
        watch_more(session, paths)
    if title := _answers.title(said):
        session.state[_TITLE].text = title
    for one in said:
        if one.terminal_sequence:
            _signal(session, one)


def _signal(session: Session, said: Said) -> None:
    """Send the terminal what a handler wants it to be sent, if that is harmless."""
    try:
        session.publish(TerminalSequence(said.terminal_sequence))
    except ValueError as fault:
        text = f"{said.entry.event} hook {said.entry.title}: terminalSequence was not sent: it {fault}"
        session.publish(Notice("warning", text))


def record_title(session: Session) -> None:
    """Write the title down, now that there is a prompt."""
    kept = session.state[_TITLE]
    if not kept.text:
        return
    try:
        session.record({"type": "custom-title", "customTitle": kept.text})
    except SessionError:
        return  # the turn tells it, as it writes the prompt itself
    kept.text = ""
