"""The offline model itself. What answers is imported when it is first asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from gaff.hooks import JsonObject, Model, ModelLimits, ModelRequest

from .tokens import Estimator

PROVIDER: Final = "offline"
NAME: Final = "offline"
#: It reads the conversation from its end, so the window is as good as endless.
CONTEXT_WINDOW: Final = 1_000_000


class OfflineModel(Model):
    """Answers plain requests by fixed plans. Keeps nothing of the conversation: the messages hold all of it."""

    provider = PROVIDER
    name = NAME
    limits = ModelLimits(context_window=CONTEXT_WINDOW, max_output_tokens=32_000)

    def __init__(self) -> None:
        self._estimator = Estimator()

    async def stream(self, request: ModelRequest) -> AsyncIterator[JsonObject]:
        """Yield the next step of the conversation, word by word, without any delay of its own."""
        for event in await asyncio.to_thread(self._events, request):
            yield event

    def _events(self, request: ModelRequest) -> list[JsonObject]:
        from .engine import next_step
        from .events import stream_events

        step = next_step(request)
        usage = self._estimator.usage(request, step)
        return list(stream_events(step, request, self.name, usage))
