"""Tell the model how long slow calls took, so that it stops running the whole test suite after every line."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from time import perf_counter

from gaff.hooks import Setting, ToolRun, hookimpl, text_block

SECONDS = 30.0


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the setting."""
    return [Setting("stopwatch.seconds", "from how many seconds on a call is slow; 30 by default", "number")]


@hookimpl
@asynccontextmanager
async def gaff_tool_call(run: ToolRun) -> AsyncGenerator[None]:
    """Take the time of the call, and add it to the result of a slow one."""
    started = perf_counter()
    yield
    seconds = perf_counter() - started
    limit = run.context.session.settings.get("stopwatch", "seconds")
    if run.output is None or seconds < (limit if isinstance(limit, int | float) else SECONDS):
        return
    note = f"[This took {seconds:.0f} s. If you need it again, look for a way that takes less.]"
    content = run.output.content
    added = f"{content}\n{note}" if isinstance(content, str) else (*content, text_block(note))
    run.output = replace(run.output, content=added)
