"""The next step of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gaff.hooks import JsonObject, ModelRequest, object_at, text_at

from .conversation import Turn, last_turn
from .grammar import parse
from .markdown import paragraphs, quoted
from .plan import Plan, Reply, Step, World
from .plans import plan_for
from .requests import Again, Parsed, Request, Talk, Unknown
from .results import Result

LOST: Final = (
    "I lost the thread: the conversation holds other calls than I would make for this request. "
    "Nothing more was done; please ask again."
)
NOTHING_TO_ADD: Final = "I have nothing to add to that."
STOPPED: Final = "Stopped. What was done before stays done; `undo` takes edits back."


def next_step(request: ModelRequest) -> Step | Reply:
    """Return what to do next, going by the messages and the tools of the request alone."""
    turn = last_turn(request.messages, len(request.messages))
    if turn is None or turn.answered:
        return Reply(NOTHING_TO_ADD)
    world = World(_tools(request.tools), request.messages, turn.start)
    return replay(Work(turn, world).plan(), turn)


def replay(plan: Plan, turn: Turn) -> Step | Reply:
    """Run a plan up to the first step without results; return that step, or the reply at its end."""
    try:
        step = next(plan)
        for exchange in turn.exchanges:
            if [call.name for call in step.calls] != [result.call.name for result in exchange.results]:
                return Reply(LOST)
            step = plan.send(exchange.results)
    except StopIteration as end:
        reply: Reply = end.value
        return reply
    return step


class Work:
    """Does all that was asked for in a turn, one request after the other, and tells all of it at the end.

    At the end, since that is the answer that headless runs print.
    """

    def __init__(self, turn: Turn, world: World) -> None:
        self._turn = turn
        self._world = world
        #: Steps made so far, what is to be told, and the last reply in it.
        self._steps = 0
        self._told: list[str] = []
        self._said = ""
        self._understood = True

    def plan(self) -> Plan:
        """Do what the prompt asks for, and then what was queued in the meantime."""
        first, *queued = (parse(prompt) for prompt in self._turn.prompts)
        if any(Talk("stop") in parsed.requests for parsed in queued):
            return Reply(STOPPED)
        yield from self._prompt(_repeated(first, self._world) if _only_goes_on(first) else first)
        for parsed in queued:
            if not _only_goes_on(parsed):
                yield from self._prompt(parsed)
        return Reply(paragraphs(*self._told), self._understood)

    def _prompt(self, parsed: Parsed) -> Plan:
        """Do the requests of one prompt; after one that failed the rest is left out."""
        self._told += parsed.notes
        reply = Reply("")
        for number, request in enumerate(parsed.requests, 1):
            self._understood = self._understood and not isinstance(request, Unknown)
            reply = yield from self._request(request)
            self._told.append(reply.text)
            self._said = reply.text
            rest = len(parsed.requests) - number
            if not reply.done and rest:
                left = (
                    "what was to follow it was"
                    if rest == 1
                    else f"the {rest} things that were to follow were"
                )
                self._told.append(f"I stopped there: {left} left undone.")
                break
        return reply

    def _request(self, request: Request) -> Plan:
        """Do one request."""
        done = self._turn.exchanges[: self._steps]
        plan = plan_for(request, replace(self._world, said=self._said, done=done))
        sent: tuple[Result, ...] | None = None
        while True:
            try:
                step = next(plan) if sent is None else plan.send(sent)
            except StopIteration as end:
                reply: Reply = end.value
                return reply
            self._steps += 1
            sent = yield step


def _only_goes_on(parsed: Parsed) -> bool:
    """Whether a prompt only asks for the last request once more, or to go on; queued ones are done anyway."""
    return all(isinstance(request, Again) for request in parsed.requests)


def _repeated(parsed: Parsed, world: World) -> Parsed:
    """Return what the newest request before asked for that was not itself a repetition."""
    for turn in world.earlier():
        earlier = parse(turn.prompts[-1])
        if not _only_goes_on(earlier):
            return Parsed(earlier.requests, (f"Once more: {quoted(turn.prompts[-1])}.",))
    return parsed


def _tools(tools: Sequence[JsonObject]) -> dict[str, frozenset[str]]:
    return {
        text_at(tool, "name"): frozenset(object_at(object_at(tool, "input_schema"), "properties"))
        for tool in tools
    }
