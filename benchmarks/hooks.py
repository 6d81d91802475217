"""What a hook costs, beside pluggy alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace

import pluggy

from gaff.hooks import Decision, events, hookimpl
from gaff.start import Start, start

from .measure import Row

_TIMES = 2000


class _Spec:
    @pluggy.HookspecMarker("bench")
    def observe(self, event: object) -> object:
        """Observe."""


def rows(folder: Path, environ: Mapping[str, str]) -> Iterator[Row]:
    """Measure event hooks."""
    one, hundred = asyncio.run(_ours(1, folder, environ)), asyncio.run(_ours(100, folder, environ))
    yield Row("no-op event hook", one, _pluggy(1), "us", "pluggy alone", "<= 10 us", one <= 10)
    yield Row(
        "100 plugins on PreToolUse",
        hundred,
        _pluggy(100),
        "us",
        "pluggy alone",
        "<= 1000 us",
        hundred <= 1000,
    )


async def _ours(plugins: int, folder: Path, environ: Mapping[str, str]) -> float:
    kernel = start(Start(("--plugin", "no:*"), environ, folder))
    for number in range(plugins):
        kernel.register(_plugin(), f"bench{number}")
    context = events.EventContext(session_id="s", transcript_path="/t", cwd="/")
    event = events.PreToolUse(context=context, tool_name="Read", tool_input={}, tool_use_id="t")
    await kernel.hooks.pre_tool_use(event)
    started = perf_counter()
    for _ in range(_TIMES // plugins):
        await kernel.hooks.pre_tool_use(event)
    return (perf_counter() - started) / (_TIMES // plugins) * 1_000_000


def _plugin() -> object:
    @hookimpl
    def gaff_pre_tool_use(event: events.PreToolUse) -> Decision | None:
        return None

    return SimpleNamespace(gaff_pre_tool_use=gaff_pre_tool_use)


def _pluggy(plugins: int) -> float:
    manager = pluggy.PluginManager("bench")
    manager.add_hookspecs(_Spec)
    implementation = pluggy.HookimplMarker("bench")
    for number in range(plugins):

        @implementation
        def observe(event: object) -> object:
            return None

        manager.register(SimpleNamespace(observe=observe), f"bench{number}")
    started = perf_counter()
    for _ in range(_TIMES // plugins):
        manager.hook.observe(event=1)
    return (perf_counter() - started) / (_TIMES // plugins) * 1_000_000
