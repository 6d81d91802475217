"""The memory files that the reviewer reads beside its rules: those that the session began with.

Kept as they were when they were loaded, so that what the session itself writes into one later does not
change the rules it is judged by. A project's files count only in a folder the user trusts.
Source: code.claude.com/docs/en/auto-mode-config (the classifier reads CLAUDE.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gaff.hooks import InstructionsLoaded, Session, StateKey

from .reading import text_of

#: Characters of one file that are kept.
_LONGEST: Final = 20_000
_AT_START: Final = frozenset({"session_start", "include"})


@dataclass
class Memory:
    """What was read of the memory files, by path."""

    texts: dict[str, str] = field(default_factory=dict[str, str])


MEMORY = StateKey(Memory)


def remember_file(session: Session, event: InstructionsLoaded) -> None:
    """Keep a file's text. Blocks: reads the file."""
    memory = session.state[MEMORY].texts
    if event.load_reason not in _AT_START or event.file_path in memory:
        return
    if event.memory_type in ("Project", "Local") and not session.kernel.trusted:
        return
    text = text_of(event.file_path)
    if text:
        memory[event.file_path] = text[:_LONGEST]
