"""How a request is worked on: steps that call tools, then a reply.

A plan is a generator. It yields a ``Step`` and is sent the results of its calls; what it returns is
the ``Reply``. Nothing is kept between two requests to the model: the plan is run again from its
start, fed with the results that the conversation holds, up to the step that has none yet. So a plan
must ask for the same again when it is told the same: it goes by its request, the results, and the
conversation before its turn, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias

from gaff.hooks import JsonObject, Message

from .conversation import Exchange, Turn, earlier_turns
from .results import Result

#: How the ids of calls begin, and of those that take earlier changes back.
CALL: Final = "toolu_offline_"
REVERSING: Final = f"{CALL}undo_"
#: Calls of one step; more are made in several steps.
CALLS_AT_ONCE: Final = 10


@dataclass(frozen=True)
class Call:
    """A tool call to make."""

    name: str
    input: JsonObject


@dataclass(frozen=True)
class Step:
    """Calls to make at once, and what to say with them."""

    calls: tuple[Call, ...]
    say: str = ""
    #: Whether the calls take earlier changes back; their ids say so for good.
    reverses: bool = False

    @property
    def words(self) -> str:
        """What the user reads of it."""
        return self.say


@dataclass(frozen=True)
class Reply:
    """The answer to a request. ``done`` is false where it failed, so that what was to follow is left out."""

    text: str
    done: bool = True

    @property
    def words(self) -> str:
        """What the user reads of it."""
        return self.text or "Done."

    @property
    def calls(self) -> tuple[Call, ...]:
        """None: it ends the turn."""
        return ()


Plan: TypeAlias = Generator[Step, tuple[Result, ...], Reply]
#: A part of a plan that has a value of its own.
Results: TypeAlias = Generator[Step, tuple[Result, ...], tuple[Result, ...]]


@dataclass(frozen=True)
class World:
    """What a plan may look at beside its request: the tools there are, and the conversation before its turn."""

    #: Names of the tools, with the names of their parameters.
    tools: dict[str, frozenset[str]]
    messages: Sequence[Message] = field(repr=False)
    #: Index of the message that began the turn.
    start: int = 0
    #: The reply to the request before this one in its turn, and the calls made in this turn so far.
    said: str = ""
    done: tuple[Exchange, ...] = ()

    def earlier(self) -> Iterator[Turn]:
        """Yield the turns before this one, the newest first."""
        return earlier_turns(self.messages, self.start)

    def missing(self, *names: str) -> str:
        """Return the first of these tools that is not there; empty where all are."""
        return next((name for name in names if name not in self.tools), "")

    def takes(self, tool: str, parameter: str) -> bool:
        """Whether a tool has a parameter of this name."""
        return parameter in self.tools.get(tool, ())

    @cached_property
    def last_answer(self) -> str:
        """What was said last, in this turn or the one before; empty where nothing was."""
        if self.said:
            return self.said
        turn = next(self.earlier(), None)
        return turn.answer if turn else ""


def call(*calls: Call, say: str = "", reverses: bool = False) -> Results:
    """Make the calls, ten at a time, and return their results in order."""
    results: list[Result] = []
    for start in range(0, len(calls), CALLS_AT_ONCE):
        batch = calls[start : start + CALLS_AT_ONCE]
        results += yield Step(batch, "" if start else say, reverses)
    return tuple(results)


def one(single: Call, say: str = "") -> Generator[Step, tuple[Result, ...], Result]:
    """Make one call and return its result."""
    results = yield Step((single,), say)
    return results[0]
