"""What happens in a session, told to every face that listens."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Self

from gaff.hooks.stream import Delta, ModelStreamed, SessionEvent

from .watchdog import PLUGIN

#: Events kept for the first listener.
_EARLY: Final = 100


class Listener:
    """One face's ear. What is not read yet waits here; neighbouring text is joined meanwhile."""

    def __init__(self, broadcast: Broadcast, kinds: tuple[type[SessionEvent], ...]) -> None:
        self._broadcast = broadcast
        self._waiting: deque[SessionEvent] = deque()
        self._news = asyncio.Event()
        self._closed = False
        self._kinds = kinds
        #: The plugin that listens; empty where it is a face or the kernel itself.
        self.plugin = PLUGIN.get()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._broadcast.leave(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionEvent:
        while not self._waiting:
            if self._closed:
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def wants(self, kind: type[SessionEvent]) -> bool:
        """Whether events of this kind are listened to; raw stream events only where they are named."""
        return issubclass(kind, self._kinds) if self._kinds else kind is not ModelStreamed

    def put(self, event: SessionEvent) -> None:
        """Hand over an event."""
        last = self._waiting[-1] if self._waiting else None
        if isinstance(event, Delta) and isinstance(last, Delta) and last.kind == event.kind:
            self._waiting[-1] = Delta(event.kind, last.text + event.text)
        else:
            self._waiting.append(event)
        self._news.set()

    def close(self) -> None:
        """End the iteration once everything is read."""
        self._closed = True
        self._news.set()


class Broadcast:
    """Tells every listener."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        # What happens before anybody listens waits for the first who does.
        self._early: list[SessionEvent] = []

    def subscribe(self, kinds: tuple[type[SessionEvent], ...]) -> Listener:
        """Return a new listener to these kinds; to all but raw stream events where there are none."""
        listener = Listener(self, kinds)
        self._listeners.append(listener)
        early, self._early = self._early, []
        for event in early:
            self.publish(event)
        return listener

    def leave(self, listener: Listener) -> None:
        """Tell this listener nothing more."""
        if listener in self._listeners:
            self._listeners.remove(listener)
        listener.close()

    def leave_all(self, plugin: str) -> None:
        """Tell this plugin nothing more."""
        for listener in [one for one in self._listeners if one.plugin == plugin]:
            self.leave(listener)

    def wants(self, kind: type[SessionEvent]) -> bool:
        """Whether anybody listens to events of this kind."""
        return any(listener.wants(kind) for listener in self._listeners)

    def publish(self, event: SessionEvent) -> None:
        """Tell all."""
        if not self._listeners and len(self._early) < _EARLY:
            self._early.append(event)
        for listener in self._listeners:
            if listener.wants(type(event)):
                listener.put(event)

    def close(self) -> None:
        """End all iterations."""
        for listener in tuple(self._listeners):
            listener.close()
