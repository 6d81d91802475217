"""Runs event hooks: in order, named, timed, isolated and cancellable.

pluggy's own call loop knows no ``await``, does not say who answered, and ends at the first exception.
So pluggy registers, validates and orders, and this runs what it registered. A failing plugin never
takes the shell down: its failure is a value with its name on it, and at a gate it counts as a deny.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from types import TracebackType
from typing import Generic, Protocol, TypeVar, cast

from gaff.hooks.errors import PluginError, RefusedError
from gaff.hooks.markers import Kind
from gaff.hooks.specs import EVENT_HOOKS

from .watchdog import WATCHDOG, HeldUp

Value = TypeVar("Value")
Told_co = TypeVar("Told_co", covariant=True)


@dataclass(frozen=True)
class Implementation:
    """One plugin's function for one hook."""

    plugin: str
    function: Callable[..., object]
    arguments: tuple[str, ...]
    #: The plugin failed so often that it is no longer called.
    suspended: bool = False
    #: The plugin sees to deadlines itself: those of what it runs are longer than the hook's.
    keeps_time: bool = False


@dataclass(frozen=True)
class Answer(Generic[Told_co]):
    """What one plugin answered, and the milliseconds it took."""

    plugin: str
    value: Told_co
    ms: float


@dataclass(frozen=True)
class Failure:
    """How one plugin failed at one hook."""

    plugin: str
    hook: str
    reason: str
    ms: float


class Health(Protocol):
    """Who hears how the plugins do."""

    def failed(self, failure: Failure) -> None:
        """Hear of a failure."""
        ...

    def slow(self, failure: Failure) -> None:
        """Hear of plugin code that held up the loop."""
        ...

    def succeeded(self, plugin: str, ms: float) -> None:
        """Hear of a call that went well."""
        ...

    def added(self, plugin: str, text: str) -> None:
        """Hear of text for the model."""
        ...


class Dispatcher:
    """Calls event hooks by kind; ``implementations`` returns a hook's functions in the order they run."""

    def __init__(self, implementations: Callable[[str], Sequence[Implementation]], health: Health) -> None:
        self._implementations = implementations
        self._health = health

    async def notify(self, hook: str, arguments: Mapping[str, object]) -> None:
        """Tell every plugin; those that wait, wait side by side."""
        await self.notify_these(hook, self._implementations(hook), arguments)

    async def notify_these(
        self, hook: str, chosen: Sequence[Implementation], arguments: Mapping[str, object]
    ) -> None:
        """Tell these plugins; those that wait, wait side by side."""
        implementations = [one for one in chosen if not one.suspended]
        if not implementations:
            return
        async with asyncio.TaskGroup() as group:
            for one in implementations:
                name = f"{hook}:{one.plugin}"
                group.create_task(self._call(hook, one, arguments, (type(None),)), name=name)

    async def collect(
        self, hook: str, expected: type[Value], arguments: Mapping[str, object]
    ) -> list[Answer[Value]]:
        """Return every answer in order; failures are reported and left out."""
        answers: list[Answer[Value]] = []
        for one in self._implementations(hook):
            if not one.suspended:
                answer = await self._call(hook, one, arguments, (expected,))
                if isinstance(answer, Answer) and answer.value is not None:
                    answers.append(cast("Answer[Value]", answer))
        return answers

    async def first(
        self, hook: str, expected: type[Value], arguments: Mapping[str, object]
    ) -> Answer[Value] | None:
        """Return the first answer; after a failure the next plugin is asked.

        Raises:
            RefusedError: a plugin refused, before anybody answered.
        """
        for one in self._implementations(hook):
            if not one.suspended:
                answer = await self._call(hook, one, arguments, (expected,))
                if isinstance(answer, Answer) and answer.value is not None:
                    return cast("Answer[Value]", answer)
        return None

    async def fold(
        self, hook: str, name: str, value: Value, arguments: Mapping[str, object]
    ) -> tuple[Value, list[Answer[Value]]]:
        """Hand ``value`` from plugin to plugin as the argument ``name``; return the last and who changed it."""
        changes: list[Answer[Value]] = []
        for one in self._implementations(hook):
            if one.suspended:
                continue
            answer = await self._call(hook, one, {**arguments, name: value}, (type(value),))
            if isinstance(answer, Answer) and answer.value is not None:
                value = cast("Value", answer.value)
                changes.append(cast("Answer[Value]", answer))
        return value, changes

    async def decide(
        self,
        hook: str,
        expected: type[Value],
        is_deny: Callable[[Value], bool],
        arguments: Mapping[str, object],
    ) -> list[Answer[Value | None] | Failure]:
        """Return answers, silences and failures in order, up to the first deny; a failure is one.

        At a hook that asks all, a deny does not keep the rest from being asked.
        ``is_deny`` raises ``ValueError`` for an answer that makes no sense, which is a failure too.
        """
        answers: list[Answer[Value | None] | Failure] = []
        for one in self._implementations(hook):
            answer = await self._decide(hook, one, expected, is_deny, arguments)
            answers.append(answer)
            denied = isinstance(answer, Failure) or (answer.value is not None and is_deny(answer.value))
            if denied and not EVENT_HOOKS[hook].asks_all:
                break
        return answers

    async def _decide(
        self,
        hook: str,
        one: Implementation,
        expected: type[Value],
        is_deny: Callable[[Value], bool],
        arguments: Mapping[str, object],
    ) -> Answer[Value | None] | Failure:
        if one.suspended:
            return Failure(one.plugin, hook, "suspended after repeated failures", 0.0)
        answer = await self._call(hook, one, arguments, (expected,))
        if isinstance(answer, Answer) and answer.value is not None:
            try:
                is_deny(cast("Value", answer.value))
            except ValueError as fault:
                return self._note(Failure(one.plugin, hook, str(fault), answer.ms))
        return cast("Answer[Value | None] | Failure", answer)

    @asynccontextmanager
    async def around(self, hook: str, arguments: Mapping[str, object]) -> AsyncGenerator[None]:
        """Enter every plugin's context manager in order and leave them in reverse.

        Raises:
            PluginError: a wrapper failed; what was entered before is left again.
        """
        async with AsyncExitStack() as stack:
            for one in self._implementations(hook):
                if one.suspended:
                    raise PluginError(one.plugin, f"{hook}: suspended after repeated failures")
                answer = await self._call(hook, one, arguments, (AbstractAsyncContextManager,))
                if isinstance(answer, Failure):
                    raise PluginError(one.plugin, f"{hook}: {answer.reason}")
                if answer.value is not None:
                    manager = cast("AbstractAsyncContextManager[None]", answer.value)
                    await stack.enter_async_context(_Named(one.plugin, hook, manager, self._note))
            yield

    async def _call(
        self, hook: str, one: Implementation, arguments: Mapping[str, object], expected: tuple[type, ...]
    ) -> Answer[object] | Failure:
        def slow(ms: float) -> None:
            self._health.slow(Failure(one.plugin, hook, f"held up the shell for {ms:.0f} ms", ms))

        started = perf_counter()
        deadline = None if one.keeps_time else EVENT_HOOKS[hook].deadline
        try:
            given = [arguments[name] for name in one.arguments]
            value = WATCHDOG.call(one.plugin, one.function, *given, slow=slow)
            if isinstance(value, Awaitable):
                async with asyncio.timeout(deadline):
                    value = await WATCHDOG.drive(one.plugin, cast("Awaitable[object]", value), slow)
        except RefusedError as refusal:
            if EVENT_HOOKS[hook].kind is not Kind.FIRST:
                return self._failed(hook, one, refusal, deadline, started)
            self._health.succeeded(one.plugin, (perf_counter() - started) * 1000)
            raise RefusedError(str(refusal), one.plugin) from refusal
        # The isolation boundary: whatever a plugin raises, sys.exit() included, is that plugin's failure.
        except (Exception, SystemExit, HeldUp) as fault:
            return self._failed(hook, one, fault, deadline, started)
        ms = (perf_counter() - started) * 1000
        if value is not None and not isinstance(value, expected):
            wanted = " or ".join(kind.__name__ for kind in expected)
            return self._note(Failure(one.plugin, hook, f"returned {type(value).__name__}, not {wanted}", ms))
        self._health.succeeded(one.plugin, ms)
        added: object = getattr(value, "additional_context", None)
        if isinstance(added, str):
            self._health.added(one.plugin, added)
        return Answer(one.plugin, value, ms)

    def _failed(
        self, hook: str, one: Implementation, fault: BaseException, deadline: float | None, started: float
    ) -> Failure:
        ms = (perf_counter() - started) * 1000
        if isinstance(fault, TimeoutError) and deadline is not None and ms >= deadline * 1000:
            reason = f"took longer than {deadline:g} s"
        elif isinstance(fault, HeldUp):
            reason = str(fault)
        else:
            reason = f"{type(fault).__name__}: {fault}"
        return self._note(Failure(one.plugin, hook, reason, ms))

    def _note(self, failure: Failure) -> Failure:
        self._health.failed(failure)
        return failure


class _Named(AbstractAsyncContextManager[None]):
    """A plugin's context manager whose own faults carry the plugin's name."""

    def __init__(
        self,
        plugin: str,
        hook: str,
        manager: AbstractAsyncContextManager[None],
        note: Callable[[Failure], Failure],
    ) -> None:
        self._note = note
        self._plugin = plugin
        self._hook = hook
        self._manager = manager

    async def __aenter__(self) -> None:
        try:
            await WATCHDOG.drive(self._plugin, self._manager.__aenter__())
        except (Exception, HeldUp) as fault:  # isolation boundary: named and raised again
            raise self._named(fault) from fault

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        try:
            return await WATCHDOG.drive(self._plugin, self._manager.__aexit__(kind, fault, trace))
        except (Exception, HeldUp) as own:  # isolation boundary: named and raised again
            if own is fault:
                raise
            raise self._named(own) from own

    def _named(self, fault: BaseException) -> PluginError:
        reason = f"{type(fault).__name__}: {fault}"
        self._note(Failure(self._plugin, self._hook, reason, 0.0))
        return PluginError(self._plugin, f"{self._hook}: {reason}")
