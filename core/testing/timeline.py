"""A reply as a sequence of steps: what is sent, where it waits, how it ends.

The steps are the same for a server, which turns each into bytes, and for a model in the same process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gaff.hooks import JsonObject

from .replies import Reply, StreamFault


@dataclass(frozen=True)
class Send:
    """Send one event."""

    event: JsonObject


@dataclass(frozen=True)
class SendRaw:
    """Send bytes that are no event."""

    data: bytes


@dataclass(frozen=True)
class Fail:
    """Send an error as the protocol does in mid-stream."""

    error_type: str
    message: str


@dataclass(frozen=True)
class Repeat:
    """Send something again and again, without end."""

    step: Send | SendRaw
    seconds: float = 0.02


@dataclass(frozen=True)
class Pause:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Wait:
    """Wait: for ``release()``, or for ever."""

    released: bool


@dataclass(frozen=True)
class End:
    """End here: the connection in mid-body, the body too early, or by a reset."""

    how: Literal["cut", "end", "reset"]


Step: TypeAlias = Send | SendRaw | Fail | Repeat | Pause | Wait | End


def timeline(steps: Sequence[Step], reply: Reply, ping: Send | SendRaw) -> list[Step]:
    """Return the steps with the reply's fault and pace in them; ``ping`` is what a server sends when idle."""
    played = list(steps)
    if isinstance(reply.fault, StreamFault):
        after = reply.fault.after
        played = played[:after] + _break(reply.fault, played[after:], ping)
    if reply.pace:
        played = [item for step in played for item in (step, Pause(reply.pace))]
    return played


def _break(fault: StreamFault, rest: list[Step], ping: Send | SendRaw) -> list[Step]:
    match fault.how:
        case "hold":
            return [Wait(released=True), *rest]
        case "stall":
            return [Wait(released=False)]
        case "pings":
            return [Repeat(ping)]
        case "error":
            return [Fail(fault.error_type, fault.message)]
        case "cut" | "end" | "reset":
            return [End(fault.how)]


def in_bytes(steps: Sequence[Step], encode: Callable[[Send | Fail], bytes]) -> list[Step]:
    """Return the steps with every event encoded, as a server sends them."""

    def encoded(step: Step) -> Step:
        match step:
            case Send() | Fail():
                return SendRaw(encode(step))
            case Repeat(Send() as inner, seconds):
                return Repeat(SendRaw(encode(inner)), seconds)
            case _:
                return step

    return [encoded(step) for step in steps]


#: Lengths of the pieces text is streamed in, over and over: uneven, as tokens are.
_PIECES = (3, 7, 4, 11, 5, 2, 9, 6)


def pieces(text: str) -> list[str]:
    """Split a text as a stream of tokens would be split; always the same way."""
    found: list[str] = []
    start = 0
    while start < len(text):
        size = _PIECES[len(found) % len(_PIECES)]
        found.append(text[start : start + size])
        start += size
    return found
