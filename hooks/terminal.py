"""Signals to the user's terminal: its title, a notification, the bell, and nothing else.

What a terminal is sent can move its cursor, change its colours or type into it. So a face sends only what
stands on this list: OSC 0, 1 and 2 (titles), 9, 99 and 777 (notifications), and BEL.
Source: code.claude.com/docs/en/hooks, ``terminalSequence``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from .stream import SessionEvent

#: Characters that all sequences of one event may have together.
LONGEST_SEQUENCE: Final = 4_000

#: No control character of either set, no half of a surrogate pair, nothing that breaks or turns a line.
_TEXT: Final = r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]*"
#: OSC 9 is also how one terminal takes orders by number; only the one that draws progress is let through.
_NOTE: Final = rf"9;(?:4;[0-9;]*|(?!\d+(?:;|[\x07\x1b])){_TEXT})"
_SEQUENCES: Final = re.compile(rf"(?:\x07|\x1b\](?:(?:0|1|2|99|777);{_TEXT}|{_NOTE})(?:\x07|\x1b\\))+")


@dataclass(frozen=True)
class TerminalSequence(SessionEvent):
    """Something for the terminal itself; faces without one pass over it.

    Raises:
        ValueError: the sequence holds anything that is not allowed, or is too long.
    """

    sequence: str

    def __post_init__(self) -> None:
        if len(self.sequence) > LONGEST_SEQUENCE:
            raise ValueError(f"has more than {LONGEST_SEQUENCE:,} characters")
        if not _SEQUENCES.fullmatch(self.sequence):
            raise ValueError("may hold OSC 0, 1, 2, 9, 99 and 777, each ended by BEL or ESC \\, and BEL only")
