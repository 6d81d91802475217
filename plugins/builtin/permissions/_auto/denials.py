"""What auto mode denied in a session, and when it gives way to the user.

Source: code.claude.com/docs/en/permission-modes (fallback: 3 blocks in a row or 20 in all; "Recently denied").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gaff.hooks import JsonObject, StateKey, encode

from .finding import Ruling

IN_A_ROW: Final = 3
IN_ALL: Final = 20
_KEPT: Final = 100


@dataclass(frozen=True)
class Denied:
    """A call that auto mode denied."""

    tool: str
    #: What it would have done, for lists.
    target: str
    ruling: Ruling
    call_id: str
    input: JsonObject


@dataclass
class Denials:
    """The denials of a session, and the counters of the fallback."""

    listed: list[Denied] = field(default_factory=list[Denied])
    in_a_row: int = 0
    in_all: int = 0
    paused: bool = False
    #: Calls about which the user is asked, by id.
    left_to_user: set[str] = field(default_factory=set[str])
    #: Calls that the user approved after they were denied; each holds once.
    approved: list[bytes] = field(default_factory=list[bytes])

    def keep(self, denied: Denied) -> None:
        """Keep a denial for the list."""
        self.listed = [*self.listed[-(_KEPT - 1) :], denied]

    def count(self) -> bool:
        """Count a denial; return whether it is the one after which the user is asked again."""
        self.in_a_row += 1
        self.in_all += 1
        pauses = not self.paused and (self.in_a_row >= IN_A_ROW or self.in_all >= IN_ALL)
        self.paused = self.paused or pauses
        return pauses

    def allowed(self) -> None:
        """Count a call that was allowed: the row of denials ends."""
        self.in_a_row = 0

    def resume(self) -> None:
        """Let auto mode decide again; the count in all starts anew where it was what paused it."""
        self.in_a_row, self.paused = 0, False
        if self.in_all >= IN_ALL:
            self.in_all = 0

    def approve(self, number: int) -> Denied:
        """Approve the denial of this number, counted from the newest, 1; the same call may then run once.

        Raises:
            IndexError: there is no such denial.
        """
        if not 1 <= number <= len(self.listed):
            raise IndexError(number)
        denied = self.listed[-number]
        self.approved.append(_key(denied.tool, denied.input))
        return denied

    def take_approval(self, tool: str, tool_input: JsonObject) -> bool:
        """Whether the user approved exactly this call; the approval is used up."""
        key = _key(tool, tool_input)
        if key not in self.approved:
            return False
        self.approved.remove(key)
        return True


DENIALS = StateKey(Denials)


def _key(tool: str, tool_input: JsonObject) -> bytes:
    return encode([tool, {name: tool_input[name] for name in sorted(tool_input) if name != "description"}])
