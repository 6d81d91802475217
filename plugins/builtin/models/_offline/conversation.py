"""The conversation read from its end: what is asked now, what was done for it, what came before.

Everything the offline model knows is in the messages, so a session that is resumed, forked or was
killed in the middle of a turn goes on where it stood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gaff.hooks import JsonObject, Message, ToolCall, content_text, list_at, text_at

from .results import Result

#: Text in user messages that no user typed: gaff's own, and that of slash and shell commands.
SYNTHETIC: Final = re.compile(
    r"\s*(?:<(?:system-reminder|command-\w+|local-command-\w+|bash-\w+|session-start-hook|tick|goal|"
    r"ide_\w+|task-notification|user-prompt-submit-hook)\b|\[Request interrupted by user)"
)
INTERRUPTED: Final = re.compile(r"\s*\[Request interrupted by user")
#: Results after which the next words of the user begin something new, though they share a message.
STOPPED: Final = re.compile(r"Not run: |Interrupted|The user does not want this \w+ call\.$")


@dataclass(frozen=True)
class Exchange:
    """Calls of one answer and their results, in order."""

    results: tuple[Result, ...]


@dataclass(frozen=True)
class Turn:
    """What was asked, and what was done since."""

    #: The request, and what was queued while it was worked on.
    prompts: tuple[str, ...]
    exchanges: tuple[Exchange, ...]
    #: Index of the message that holds the request.
    start: int
    #: What was said for it so far, and whether that was the whole answer.
    answer: str
    answered: bool

    @property
    def results(self) -> Iterator[Result]:
        """All results of the turn, in order."""
        return (result for exchange in self.exchanges for result in exchange.results)


def typed_texts(message: Message) -> tuple[str, ...]:
    """Return the text blocks that the user typed."""
    if message.role != "user":
        return ()
    texts = (text_at(block, "text") for block in message.content if block.get("type") == "text")
    return tuple(text for text in texts if text.strip() and not SYNTHETIC.match(text))


def last_turn(messages: Sequence[Message], end: int, *, words: bool = True) -> Turn | None:
    """Return the turn that ends before message ``end``, looking no further back than it began.

    ``words=False`` takes the words in the very last message for the next turn's: those that
    follow a stopped turn share a message with its results.
    """
    queued: tuple[str, ...] = ()
    exchanges: list[Exchange] = []
    said: list[str] = []
    answered = False
    for index in range(end - 1, -1, -1):
        message = messages[index]
        if message.role == "assistant":
            calls = message.tool_calls
            exchanges += [Exchange(_results(calls, messages[index + 1 : index + 2]))] if calls else []
            answered = answered or not calls
            said.append(message.text)
        elif typed := typed_texts(message) if words or index < end - 1 else ():
            if not _has_results(message) or _was_stopped(message):
                answer = "\n\n".join(reversed(said))
                return Turn((typed[-1], *queued), tuple(reversed(exchanges)), index, answer, answered)
            queued = typed + queued
    return None


def earlier_turns(messages: Sequence[Message], before: int) -> Iterator[Turn]:
    """Yield the turns before the one that began with message ``before``, the newest first."""
    while before < len(messages):
        shared = _has_results(messages[before])
        turn = last_turn(messages, before + shared, words=not shared)
        if turn is None:
            return
        yield turn
        before = turn.start


def last_results(messages: Sequence[Message], *, before: str = "") -> Iterator[Result]:
    """Yield the results in the conversation, the newest first; only those older than the call ``before``, if given."""
    reached = not before
    for index in range(len(messages) - 1, -1, -1):
        calls = messages[index].tool_calls if messages[index].role == "assistant" else ()
        if calls and reached:
            yield from reversed(_results(calls, messages[index + 1 : index + 2]))
        reached = reached or any(call.id == before for call in calls)


def _results(calls: Sequence[ToolCall], following: Sequence[Message]) -> tuple[Result, ...]:
    blocks = [
        block for message in following for block in message.content if block.get("type") == "tool_result"
    ]
    by_id = {text_at(block, "tool_use_id"): block for block in blocks}
    return tuple(_result(call, by_id.get(call.id)) for call in calls)


def _result(call: ToolCall, block: JsonObject | None) -> Result:
    if block is None:
        return Result(call, "Interrupted: no result was kept.", is_error=True)
    text = text_at(block, "content")
    blocks = [item for item in list_at(block, "content") if isinstance(item, dict)]
    pictures = any(item.get("type") != "text" for item in blocks)
    return Result(call, text or content_text(blocks), block.get("is_error") is True, pictures)


def _has_results(message: Message) -> bool:
    return any(block.get("type") == "tool_result" for block in message.content)


def _was_stopped(message: Message) -> bool:
    """Whether the user stopped the turn whose results these are."""
    for block in message.content:
        if block.get("type") == "text" and INTERRUPTED.match(text_at(block, "text")):
            return True
        if block.get("is_error") and STOPPED.match(text_at(block, "content")):
            return True
    return False
