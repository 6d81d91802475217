"""Asks the model: one request, tried again while the fault may pass, assembled event by event."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, cast

from gaff.hooks.errors import ModelError
from gaff.hooks.messages import text_block
from gaff.hooks.models import ModelRequest
from gaff.hooks.stream import ModelStreamed, Notice, RetryScheduled
from gaff.hooks.values import JsonObject

from .assemble import Assembly
from .display import Display
from .retry import RetryPolicy

if TYPE_CHECKING:
    from gaff.hooks.events import ModelStreamBatch

    from .facade import Hooks
    from .session import Session

#: Stream events that plugins are told at once.
_BATCH: Final = 64


class Asking:
    """The requests of one turn."""

    def __init__(self, session: Session, hooks: Hooks) -> None:
        self._session = session
        self._hooks = hooks
        self._policy = RetryPolicy.of(session.kernel.environ)
        self._batch: list[JsonObject] = []
        #: The answer under way, or the one that broke off last.
        self.partial: Assembly | None = None
        #: Seconds spent waiting for the model's server.
        self.seconds = 0.0
        self.first_token_ms: int | None = None

    async def ask(self) -> Assembly:
        """Send the conversation and return the answer.

        Raises:
            ModelError: the fault does not pass, or all attempts failed.
        """
        attempt, mended = 1, False
        while True:
            started = perf_counter()
            try:
                return await self._attempt(await self._request())
            except asyncio.CancelledError:
                # An interrupt must not wait for observers: they are told beside what follows.
                if self._batch:
                    self._session.start(self._flush(None), "model events")
                raise
            except ModelError as fault:
                await self._flush(fault)
                if not mended and self._mend(fault):
                    mended = True
                    continue
                delay = self._policy.delay(attempt, fault)
                if delay is None:
                    raise
                self._session.publish(
                    RetryScheduled(
                        attempt, self._policy.attempts, delay, fault.message, fault.kind, fault.status
                    )
                )
            finally:
                self.seconds += perf_counter() - started
            await asyncio.sleep(delay)
            attempt += 1

    async def _request(self) -> ModelRequest:
        session = self._session
        conversation = session.conversation
        prefix = session.prefix
        request = ModelRequest(
            system=prefix.system,
            tools=prefix.tools,
            messages=tuple(conversation.messages),
            max_tokens=session.max_tokens,
            previous=min(conversation.sent, len(conversation.messages) - 1),
            thinking=session.thinking,
        )
        conversation.sent = max(conversation.sent, len(conversation.messages))
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
        return await self._hooks.model_request(event, request)

    async def _attempt(self, request: ModelRequest) -> Assembly:
        session = self._session
        assembly = self.partial = Assembly(session.conversation.unique)
        display = Display(session, self._hooks, assembly)
        listens = session.kernel.listens("gaff_model_event")
        raw = session.wants(ModelStreamed)
        stream = cast("Any", session.model.stream(request))
        async with aclosing(stream):
            async for event in stream:
                delta = assembly.feed(event)
                if raw:
                    session.publish(ModelStreamed(event))
                if delta is not None:
                    self._note_first(session.turn_started)
                    await display.show(delta)
                elif event.get("type") == "content_block_start":
                    session.kernel.expect_tool(event)
                if listens:
                    self._batch.append(event)
                    if len(self._batch) >= _BATCH:
                        await self._flush(None)
        await display.finish()
        await self._flush(None)
        if not assembly.finished:
            raise ModelError("stream_cut", "the server closed the connection before its answer was complete")
        self.partial = None
        return assembly

    def _note_first(self, started: float) -> None:
        if self.first_token_ms is None:
            self.first_token_ms = round((perf_counter() - started) * 1000)

    async def _flush(self, error: ModelError | None) -> None:
        if not self._session.kernel.listens("gaff_model_event") or not (self._batch or error):
            return
        from gaff.hooks.events import ModelStreamBatch

        events, self._batch = tuple(self._batch), []
        event: ModelStreamBatch = ModelStreamBatch(
            context=self._session.event_context, session=self._session, events=events, error=error
        )
        await self._hooks.model_event(event)

    def _mend(self, fault: ModelError) -> bool:
        """Take out the content block that the server refuses by name; say whether there was one."""
        found = re.search(r"messages\.(\d+)\.content\.(\d+)", fault.message)
        if fault.kind != "invalid_request" or found is None:
            return False
        index, number = int(found[1]), int(found[2])
        messages = self._session.conversation.messages
        if index >= len(messages) or number >= len(messages[index].content):
            return False
        content = list(messages[index].content)
        content[number] = _without(content[number], fault.message)
        self._session.conversation.replace(index, replace(messages[index], content=tuple(content)))
        self._session.publish(
            Notice(
                "warning", f"the server refused part of the conversation; it was taken out: {fault.message}"
            )
        )
        return True


def _without(block: JsonObject, reason: str) -> JsonObject:
    text = f"[removed, since the server refused it: {reason[:200]}]"
    if block.get("type") == "tool_result":
        return {**block, "content": text}
    if block.get("type") == "tool_use":
        return {**block, "input": {}}
    return text_block(text)
