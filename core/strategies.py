"""Asks the compaction strategies, from cheap to dear; what one of them gets wrong stops no other."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from gaff.hooks.compaction import (
    AskModel,
    CompactionPlan,
    CompactionPreview,
    CompactionStrategy,
    ConversationSnapshot,
    StrategyPreview,
    estimate_tokens,
)
from gaff.hooks.errors import ModelError, UsageError
from gaff.hooks.messages import Message, Usage, content_text, text_block
from gaff.hooks.models import ModelRequest
from gaff.hooks.stream import RetryScheduled

from .assemble import Assembly
from .drafts import Draft
from .retry import RetryPolicy

if TYPE_CHECKING:
    from gaff.hooks.session import Contributed

    from .session import Session

#: Seconds a strategy may take.
_DEADLINE: Final = 300.0

Told = TypeVar("Told", bound=CompactionPreview)


@dataclass(frozen=True)
class Wish:
    """What a compaction is to reach."""

    #: manual or auto
    trigger: str
    #: Tokens of the next request as it is.
    tokens: int
    #: Tokens it should have; with 0 all strategies are carried out that save anything.
    goal: int = 0
    #: Tokens that a strategy must save.
    least: int = 1
    #: What the user wants kept.
    focus: str = ""


class Strategies:
    """The strategies at work on one session's conversation."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def shrink(self, draft: Draft, wish: Wish, ask: AskModel) -> Draft:
        """Return the draft with the plans of as many strategies as it takes to get below the goal.

        Raises:
            UsageError: nothing can be saved; the message says why.
        """
        reasons: list[str] = []
        for one in self._ranked():
            if draft.tokens <= wish.goal:
                break
            refused: list[str] = []
            snapshot = self._snapshot(draft, ask, refused)
            wanted = min(draft.tokens - wish.goal, estimate_tokens(*draft.older))
            plan = await self._call(one, CompactionPlan, "plan", snapshot, wanted, wish.focus)
            draft = _carried_out(draft, one.name, plan, wish.least, refused)
            reasons += [f"{one.name}: {reason}" for reason in refused]
        if not draft.plans:
            raise UsageError("; ".join(reasons) or "no strategy found anything to save")
        return draft

    async def previews(self, draft: Draft, focus: str) -> Sequence[StrategyPreview]:
        """Return what each strategy would do to the conversation as it is."""
        found: list[StrategyPreview] = []
        for one in self._ranked():
            reasons: list[str] = []
            snapshot = self._snapshot(draft, _refuse, reasons)
            wanted = estimate_tokens(*draft.older)
            told = await self._call(one, CompactionPreview, "preview", snapshot, wanted, focus)
            found.append(StrategyPreview(one.name, told, "; ".join(reasons)))
        return found

    def _ranked(self) -> Sequence[Contributed]:
        found = self._session.kernel.contributed("gaff_register_compaction_strategies")
        return sorted(found, key=lambda one: cast("float", one.facts["rank"]))

    def _snapshot(self, draft: Draft, ask: AskModel, reasons: list[str]) -> ConversationSnapshot:
        path = self._session.transcript_path
        return ConversationSnapshot(
            older=draft.older,
            recent=draft.recent,
            before=draft.before,
            tokens=draft.tokens,
            model=self._session.model,
            ask=ask,
            transcript=path if path.exists() else None,
            decline=reasons.append,
        )

    async def _call(
        self,
        contributed: Contributed,
        kind: type[Told],
        method: str,
        snapshot: ConversationSnapshot,
        wanted: int,
        focus: str,
    ) -> Told | None:
        """Return what a strategy answers; ``None`` too where it fails."""
        kernel = self._session.kernel
        try:
            strategy = cast("CompactionStrategy", kernel.load(contributed))
            async with asyncio.timeout(_DEADLINE):
                made = await _asked(strategy, method, snapshot, wanted, focus)
            if made is not None and not isinstance(made, kind):
                raise TypeError(f"{method} returned {type(made).__name__}, not {kind.__name__}")
        except ModelError as fault:
            snapshot.decline(f"the model could not be asked: {fault.message}")
            return None
        except TimeoutError:
            snapshot.decline(f"it took longer than {_DEADLINE:g} s")
            return None
        except (Exception, SystemExit) as fault:  # isolation boundary: the next strategy may do
            kernel.left_out(contributed, fault)
            snapshot.decline(f"it failed: {type(fault).__name__}: {fault}")
            return None
        return made


async def _asked(
    strategy: CompactionStrategy, method: str, snapshot: ConversationSnapshot, wanted: int, focus: str
) -> Any:
    """Call a strategy's method: in a worker thread, unless its plan is made by a coroutine function."""
    function: Callable[[ConversationSnapshot, int, str], Any] = getattr(strategy, method)
    if not inspect.iscoroutinefunction(strategy.plan):
        return await asyncio.to_thread(function, snapshot, wanted, focus)
    made = function(snapshot, wanted, focus)
    return await made if inspect.isawaitable(made) else made


def _carried_out(
    draft: Draft, name: str, plan: CompactionPlan | None, least: int, reasons: list[str]
) -> Draft:
    """Return the draft after a plan; as it was, with the reason added, where it cannot be used."""
    if plan is None:
        return draft
    try:
        shrunk = draft.after(name, plan)
    except ValueError as fault:
        reasons.append(str(fault))
        return draft
    if draft.tokens - shrunk.tokens < least:
        reasons.append("it would save less than the prompt cache it breaks is worth")
        return draft
    return shrunk


async def _refuse(prompt: str, *, system: str = "", max_tokens: int = 8_192) -> str:
    raise ModelError("unknown", "a preview asks no model")


class Aside:
    """Asks the session's model beside the conversation. ``count`` is told the tokens."""

    def __init__(self, session: Session, count: Callable[[Usage], object]) -> None:
        self._session = session
        self._count = count

    async def __call__(self, prompt: str, *, system: str = "", max_tokens: int = 8_192) -> str:
        """Return the text of the answer.

        Raises:
            ModelError: there is none, or it reached ``max_tokens``.
        """
        session, attempt = self._session, 1
        policy = RetryPolicy.of(session.kernel.environ)
        blocks = (text_block(system),) if system else ()
        request = ModelRequest(
            blocks, (), (Message.user(prompt),), max_tokens=min(max_tokens, session.max_tokens)
        )
        while True:
            try:
                return await self._answer(await self._changed(request))
            except ModelError as fault:
                delay = policy.delay(attempt, fault)
                if delay is None:
                    raise
                session.publish(
                    RetryScheduled(attempt, policy.attempts, delay, fault.message, fault.kind, fault.status)
                )
            await asyncio.sleep(delay)
            attempt += 1

    async def _changed(self, request: ModelRequest) -> ModelRequest:
        """Show the request to the hooks that may change any."""
        session = self._session
        if not session.kernel.listens("gaff_model_request"):
            return request
        from gaff.hooks.events import ModelRequested

        event = ModelRequested(
            context=session.event_context,
            session=session,
            provider=session.model.provider,
            model=session.model.name,
            request=request,
        )
        return await session.kernel.hooks.model_request(event, request)

    async def _answer(self, request: ModelRequest) -> str:
        session, assembly = self._session, Assembly(lambda identity: identity)
        try:
            async with aclosing(cast("Any", session.model.stream(request))) as stream:
                async for event in stream:
                    assembly.feed(event)
        finally:
            # Counting takes this request for the conversation's last one, which it is not.
            context = session.context_tokens
            self._count(assembly.usage)
            session.context_tokens = context
        if not assembly.finished:
            raise ModelError("stream_cut", "the server closed the connection before its answer was complete")
        if assembly.stop_reason == "max_tokens":
            raise ModelError("unknown", f"the answer did not fit into {request.max_tokens:,} tokens")
        return content_text(assembly.content()).strip()
