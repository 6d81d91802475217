"""The model stage: asks a model about a call, in a conversation of its own that only grows.

Each question extends the last request byte for byte, so the prompt cache of the server holds. Requests have
no tools: the reviewer can do nothing but answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, cast

from gaff.hooks import (
    JsonObject,
    Message,
    Model,
    ModelError,
    ModelRequest,
    PermissionReview,
    Session,
    StateKey,
    Usage,
    UsageError,
    number_at,
    object_at,
    text_at,
    text_block,
)

from .availability import ENTERED
from .finding import Finding, Ruling
from .history import HISTORY, line
from .memory import MEMORY
from .outage import Outage
from .prompt import instructions, judged_line
from .prose import TRUSTED_LEVELS, ProseRules
from .uncommitted import uncommitted_work
from .verdict import NoVerdictError, RestingError, UnavailableError, read_verdict

#: Seconds an answer may take, a provider's own attempts included.
PATIENCE: Final = 20.0
_MAX_TOKENS: Final = 512
#: Characters of a conversation after which it begins anew with the user's words and the newest calls.
_LONGEST: Final = 240_000
_KEPT_CALLS: Final = 40


@dataclass
class Review:
    """The conversation with the reviewer in one session."""

    messages: list[Message] = field(default_factory=list[Message])
    system: str = ""
    #: Lines of the history that the reviewer has been shown.
    shown: int = 0
    model: Model | None = None
    model_name: str = ""
    requests: int = 0
    usage: Usage = field(default_factory=Usage)
    outage: Outage = field(default_factory=Outage)


REVIEW = StateKey(Review)


async def ask_reviewer(event: PermissionReview, found: Finding, rules: ProseRules) -> Ruling:
    """Ask the model about a call.

    Raises:
        NoVerdictError: its answer is none.
        UnavailableError: there is no model, it failed, took too long, or rests after it did.
    """
    session = event.session
    review = session.state[REVIEW]
    if review.outage.left:
        raise RestingError("the reviewer is not asked for a while, since it did not answer")
    session.state[ENTERED].ever = True
    judged = judged_line(event, found, await uncommitted_work(event))
    if judged is None:
        raise UnavailableError("the call is too long to be shown to the reviewer")
    _begin_anew_where_needed(session, instructions(rules, _memory(session)))
    new = session.state[HISTORY].lines[review.shown :]
    messages = [*review.messages, Message("user", tuple(text_block(one) for one in (*new, judged)))]
    try:
        answer = await _answer(session, review, messages)
        ruling = read_verdict(answer)
    except NoVerdictError:
        review.outage.failed()
        raise
    # Kept only now: a question without a verdict is asked in full again.
    review.messages = [*messages, Message("assistant", (text_block(answer),))]
    review.shown += len(new)
    review.outage.answered()
    return ruling


def _begin_anew_where_needed(session: Session, system: str) -> None:
    """Empty a conversation whose instructions changed, or that became too long; no word of the user is lost."""
    review, history = session.state[REVIEW], session.state[HISTORY]
    length = sum(len(message.encoded) for message in review.messages)
    if review.system != system or length > _LONGEST:
        review.system, review.messages, review.shown = system, [], 0
        if length > _LONGEST:
            history.lines = [
                *(line({"user": words}) for words in history.words),
                *_newest_calls(history.lines),
            ]


def _newest_calls(lines: Sequence[str]) -> list[str]:
    return [one for one in lines if one.startswith('{"call"')][-_KEPT_CALLS:]


def _memory(session: Session) -> list[str]:
    return [f"### {path}\n{text}" for path, text in session.state[MEMORY].texts.items()]


async def _answer(session: Session, review: Review, messages: Sequence[Message]) -> str:
    model = reviewing_model(session)
    request = ModelRequest(
        system=(text_block(review.system),),
        tools=(),
        messages=tuple(messages),
        max_tokens=min(_MAX_TOKENS, model.limits.max_output_tokens),
        previous=len(review.messages),
    )
    try:
        async with asyncio.timeout(PATIENCE):
            return await _read(session, model, request)
    except TimeoutError as fault:
        raise UnavailableError(f"the reviewer did not answer within {PATIENCE:g} s") from fault
    except ModelError as fault:
        raise UnavailableError(f"the reviewer could not be asked: {fault.message}") from fault


async def _read(session: Session, model: Model, request: ModelRequest) -> str:
    review = session.state[REVIEW]
    review.requests += 1
    texts, stop, usage = list[str](), "", Usage()
    stream = cast("AsyncGenerator[JsonObject]", model.stream(request))
    async with aclosing(stream):
        async for event in stream:
            kind = event.get("type")
            if kind == "message_start":
                usage += _usage(object_at(object_at(event, "message"), "usage"))
            elif kind == "content_block_start":
                texts.append(text_at(object_at(event, "content_block"), "text"))
            elif kind == "content_block_delta":
                texts.append(text_at(object_at(event, "delta"), "text"))
            elif kind == "message_delta":
                stop = text_at(object_at(event, "delta"), "stop_reason")
                usage += Usage(output_tokens=number_at(object_at(event, "usage"), "output_tokens"))
    session.count(usage, model)
    review.usage += usage
    if stop != "end_turn":
        raise NoVerdictError(f"the reviewer's answer was not finished ({stop or 'cut'})")
    return "".join(texts)


def _usage(usage: JsonObject) -> Usage:
    return Usage(
        number_at(usage, "input_tokens"),
        0,
        number_at(usage, "cache_creation_input_tokens"),
        number_at(usage, "cache_read_input_tokens"),
    )


def reviewing_model(session: Session) -> Model:
    """Return the model that reviews: the one ``autoMode.model`` names, else the session's own.

    Raises:
        NoVerdictError: the model that is named cannot be used.
    """
    review, name = session.state[REVIEW], _model_name(session)
    if not name:
        return session.model
    if review.model is None or review.model_name != name:
        try:
            review.model, review.model_name = session.kernel.open_model(name), name
        except UsageError as fault:
            raise UnavailableError(f"autoMode.model {name}: {fault}") from fault
    return review.model


def _model_name(session: Session) -> str:
    for value in session.settings.by_level("autoMode", "model"):
        if value.level in TRUSTED_LEVELS and isinstance(value.value, str):
            return value.value.strip()
    return ""
