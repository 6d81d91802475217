"""The offline model itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from gaff.hooks import JsonObject, Model, ModelLimits, ModelRequest, Usage

from .engine import next_step
from .events import Estimator, stream_events

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
        step = await asyncio.to_thread(next_step, request)
        usage = Usage(self._estimator.input_tokens(request), self._estimator.output_tokens(step))
        for event in stream_events(step, request, self.name, usage):
            yield event
