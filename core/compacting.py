"""Compaction: when a conversation is made smaller, and how that is told, written and taken back.

Documented at code.claude.com/docs/en/settings and /env-vars: ``autoCompactEnabled``,
``autoCompactWindow``, ``CLAUDE_CODE_AUTO_COMPACT_WINDOW``, ``CLAUDE_AUTOCOMPACT_PCT_OVERRIDE``,
``DISABLE_AUTO_COMPACT``, ``DISABLE_COMPACT``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gaff.hooks.compaction import StrategyPreview, estimate_tokens
from gaff.hooks.errors import ModelError, UsageError
from gaff.hooks.messages import Message, Usage
from gaff.hooks.stream import CompactionFinished, CompactionStarted, Notice
from gaff.hooks.values import JsonObject, number_at, object_at, text_at

from .conversation import Restored, copied, is_boundary, restore
from .drafts import Draft
from .strategies import Aside, Strategies, Wish

if TYPE_CHECKING:
    from .session import Session

_TRUE: Final = ("1", "true", "yes", "on")
#: The window that users may set, in tokens.
_WINDOWS: Final = (100_000, 1_000_000)
#: What happens by itself must save more than the prompt cache it breaks: this part of the request.
_WORTH: Final = 10
_ALL_RECENT: Final = "all of it is recent, and what is recent is kept"


class Compacting:
    """Compacts the conversation of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._strategies = Strategies(session)
        #: Tokens below which it is not tried again: after an attempt the conversation has to grow first.
        self._next_try = 0
        #: Messages that the session's ``context_tokens`` cover, where that is not what was sent last.
        self._counted = 0
        #: Whether the user took a compaction back.
        self._held = False

    @property
    def threshold(self) -> int | None:
        """Tokens from which on the conversation is compacted by itself: the window less room for an answer."""
        session, environ = self._session, self._session.kernel.environ
        enabled = session.settings.get("autoCompactEnabled") is not False
        if not enabled or self._is_set("DISABLE_COMPACT") or self._is_set("DISABLE_AUTO_COMPACT"):
            return None
        limits = session.model.limits
        window = self._window(limits.context_window)
        limit = window - min(limits.max_output_tokens, window // 5)
        percent = environ.get("CLAUDE_AUTOCOMPACT_PCT_OVERRIDE", "")
        # Documented: it only lowers.
        return min(limit, window * int(percent) // 100) if percent.isdigit() and int(percent) else limit

    @property
    def tokens(self) -> int:
        """Tokens that the next request will take, as far as known."""
        session, messages = self._session, self._session.messages
        if session.context_tokens:
            # The last request and its answer were counted; what came after is estimated.
            known = max(session.conversation.sent + 1, self._counted)
            return session.context_tokens + estimate_tokens(*messages[known:])
        prefix = Message("user", (*session.prefix.system, *session.prefix.tools))
        return estimate_tokens(prefix, *messages)

    def _window(self, window: int) -> int:
        own = self._session.kernel.environ.get("CLAUDE_CODE_AUTO_COMPACT_WINDOW", "")
        wanted = int(own) if own.isdigit() else self._session.settings.get("autoCompactWindow")
        if not isinstance(wanted, int) or isinstance(wanted, bool):
            return window
        least, most = _WINDOWS
        return min(window, max(least, min(wanted, most)))

    def _is_set(self, name: str) -> bool:
        return self._session.kernel.environ.get(name, "").lower() in _TRUE

    # For the turn. ``count`` is told the tokens that strategies use.

    async def before_request(self, count: Callable[[Usage], object]) -> bool:
        """Compact where the next request would fill the window too much; say whether it was."""
        limit = self.threshold
        if limit is None or self._held:
            return False
        tokens = self.tokens
        if tokens < max(limit, self._next_try):
            return False
        done = await self._by_itself(Wish("auto", tokens, _below(limit), tokens // _WORTH), count)
        # Where little or nothing comes of it, the conversation has to grow before it is tried again.
        after = tokens if done is None else done.after
        self._next_try = after + self._session.model.limits.context_window // _WORTH
        return done is not None

    async def after_refusal(self, fault: ModelError, count: Callable[[Usage], object]) -> bool:
        """Compact where the server refused a request as too long; say whether it was."""
        limit = self.threshold
        if fault.kind != "prompt_too_long" or limit is None:
            return False
        told = re.search(r"(\d+) tokens", fault.message)
        window = self._session.model.limits.context_window
        tokens = max(self.tokens, int(told[1]) if told else window)
        return await self._by_itself(Wish("auto", tokens, _below(limit)), count) is not None

    async def _by_itself(self, wish: Wish, count: Callable[[Usage], object]) -> CompactionFinished | None:
        """Compact; where it cannot be done, tell the user why and return ``None``."""
        try:
            done = await self._compact(wish, count)
        except UsageError as reason:
            text = f"{reason}; about {wish.tokens:,} tokens are in use"
            self._session.publish(Notice("warning", text))
            return None
        self._held = False
        return done

    # For commands.

    async def run(self, focus: str = "") -> CompactionFinished:
        """Compact the conversation now."""
        self._check_idle()
        if self._is_set("DISABLE_COMPACT"):
            raise UsageError("compaction is turned off by DISABLE_COMPACT")
        done = await self._compact(Wish("manual", self.tokens, focus=focus), self._session.add_usage)
        self._held, self._next_try = False, 0
        await self._session.sync()
        return done

    async def preview(self, focus: str = "") -> Sequence[StrategyPreview]:
        """Return what each strategy would do to the conversation as it is."""
        draft = self._draft(self.tokens)
        if not draft.older:
            raise UsageError(f"There is nothing to compact: {_ALL_RECENT}")
        return await self._strategies.previews(draft, focus)

    async def undo(self) -> int:
        """Take the newest compaction back, and keep what was said since."""
        self._check_idle()
        now = await self._read(None)
        boundary = next((entry for entry in now.entries if is_boundary(entry)), None)
        if boundary is None:
            raise UsageError("there is nothing to undo: this conversation was not compacted")
        leaf = text_at(boundary, "logicalParentUuid")
        before = await self._read(leaf)
        if not leaf or before.leaf != leaf:
            raise UsageError("what was there before the compaction is not in this transcript")
        session, since = self._session, now.messages[copied(boundary) :]
        session.conversation.go_back(before, since)
        self._held = True
        was = number_at(object_at(boundary, "compactMetadata"), "preTokens")
        session.context_tokens = was + estimate_tokens(*since)
        await session.sync()
        return len(session.messages)

    async def _read(self, leaf: str | None) -> Restored:
        session = self._session
        if not session.transcript_path.exists():
            raise UsageError("this session keeps no transcript, so there is nothing to go back to")
        store = session.kernel.session_store()
        return await asyncio.to_thread(restore, store.read(session.id, session.project_dir), leaf)

    def _check_idle(self) -> None:
        if self._session.busy:
            raise UsageError("a turn is running; interrupt it first, or wait for its end")
        if self._session.deferred is not None:
            raise UsageError(f"the call of {self._session.deferred.name} waits; go on with it first")

    # How it is done.

    def _draft(self, tokens: int) -> Draft:
        session = self._session
        return Draft.of(session.messages, tokens, session.model.limits.context_window)

    async def _compact(self, wish: Wish, count: Callable[[Usage], object]) -> CompactionFinished:
        """Compact, tell everybody, and return what was done.

        Raises:
            UsageError: a hook refused, or nothing can be saved.
            SessionError: the transcript cannot be written.
        """
        session, finished = self._session, CompactionFinished(wish.trigger)
        session.publish(CompactionStarted(wish.trigger))
        try:
            draft = await self._smaller(wish, Aside(session, count))
            finished = self._apply(wish, draft)
            await self._tell_hooks(wish.trigger, draft)
        except UsageError as reason:
            raise UsageError(f"The conversation was not compacted: {reason}") from reason
        finally:
            session.publish(finished)
        return finished

    async def _smaller(self, wish: Wish, ask: Aside) -> Draft:
        draft = self._draft(wish.tokens)
        if not draft.older:
            raise UsageError(_ALL_RECENT)
        shrunk = await self._strategies.shrink(draft, await self._permitted(wish), ask)
        if self._session.messages != draft.messages:
            raise UsageError("it went on in the meantime")
        return shrunk

    async def _permitted(self, wish: Wish) -> Wish:
        """Ask the hooks; return the wish, with what they add to its focus."""
        from gaff.hooks.events import PreCompact

        session = self._session
        context = session.event_context
        event = PreCompact(context=context, trigger=wish.trigger, custom_instructions=wish.focus)
        gate = await session.kernel.hooks.pre_compact(event)
        session.warn(gate.decisions)
        if gate.behavior == "deny" and gate.winner is not None:
            raise UsageError(gate.winner.reason or f"{gate.winner.plugin} refused")
        if gate.stopping is not None:
            raise UsageError(gate.stopping.stop_reason or "a hook ended it")
        added = [one.additional_context for one in gate.decisions if one.additional_context]
        return replace(wish, focus="\n".join(part for part in (wish.focus, *added) if part))

    def _apply(self, wish: Wish, draft: Draft) -> CompactionFinished:
        """Write the compaction, and go on with it."""
        session = self._session
        names = tuple(name for name, _ in draft.plans)
        drops = tuple(plan.drops for _, plan in draft.plans)
        metadata: JsonObject = {
            "trigger": wish.trigger,
            "preTokens": wish.tokens,
            "postTokens": draft.tokens,
            "strategies": names,
            "drops": drops,
        }
        boundary = session.conversation.compact(draft.messages, metadata)
        session.context_tokens, self._counted = draft.tokens, len(session.messages)
        return CompactionFinished(wish.trigger, names, wish.tokens, draft.tokens, drops, boundary)

    async def _tell_hooks(self, trigger: str, draft: Draft) -> None:
        from gaff.hooks.events import PostCompact

        session = self._session
        summary = "\n".join(plan.summary or plan.drops for _, plan in draft.plans)
        event = PostCompact(context=session.event_context, trigger=trigger, compact_summary=summary)
        await session.kernel.hooks.post_compact(event)
        try:
            await session.begin("compact")
        except UsageError as refusal:
            session.publish(Notice("warning", f"after the compaction: {refusal}"))


def _below(limit: int) -> int:
    """Return what to get below: a fifth is left free, so that what follows does not fill it at once."""
    return limit * 4 // 5
