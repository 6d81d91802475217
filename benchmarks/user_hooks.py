"""What a user's hook costs on a tool call: as a plain command, warm, and as a function in the process."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter

from gaff.hooks import JsonObject, events
from gaff.start import Start, start

from .measure import Row, run_ms

_TIMES = 100
#: What a guard does: reads the event, looks at it, has no objection.
_SCRIPT = """\
import json, sys
event = json.load(sys.stdin)
if "secret" in json.dumps(event["tool_input"]):
    sys.exit(2)
"""
_FUNCTION = """\
import json
def check(event):
    if "secret" in json.dumps(event["tool_input"]):
        return {"decision": "block", "reason": "no secrets"}
"""


def rows(folder: Path, environ: Mapping[str, str]) -> Iterator[Row]:
    """Measure a hook of each kind on ``PreToolUse``, beside the same script started by hand."""
    script, function = folder / "guard.py", folder / "guard_function.py"
    script.write_text(_SCRIPT)
    function.write_text(_FUNCTION)
    line = f"{sys.executable} {script}"
    bare = statistics.median(_by_hand(script, folder, environ) for _ in range(_TIMES // 5))
    plain = _ours({"type": "command", "command": line}, folder, environ)
    yield Row(
        "user hook, plain command", plain, bare, "ms", "the script by hand", "<= 1.5x", plain <= bare * 1.5
    )
    warm = _ours({"type": "command", "command": line, "warm": True}, folder, environ)
    yield Row("user hook, warm command", warm, bare, "ms", "the script by hand", "<= 3 ms", warm <= 3)
    called = _ours({"type": "function", "function": f"{function}:check"}, folder, environ)
    yield Row("user hook, function", called, bare, "ms", "the script by hand", "<= 0.1 ms", called <= 0.1)


def _by_hand(script: Path, folder: Path, environ: Mapping[str, str]) -> float:
    """Return the milliseconds that an interpreter takes for the script, its event on the command line's side."""
    return run_ms(
        ["sh", "-c", f"echo '{{\"tool_input\": {{}}}}' | {sys.executable} {script}"], environ, folder
    )


def _ours(handler: JsonObject, folder: Path, environ: Mapping[str, str]) -> float:
    """Return the median milliseconds of an event with this handler, its log line included."""
    settings = json.dumps({"hooks": {"PreToolUse": [{"hooks": [handler]}]}})
    return asyncio.run(_measure(Start(("--settings", settings, "--model", "offline:"), environ, folder)))


async def _measure(begin: Start) -> float:
    kernel = start(begin)
    taken: list[float] = []
    async with kernel.open_session() as session:
        event = events.PreToolUse(
            context=session.event_context,
            tool_name="Read",
            tool_input={"file_path": "/note.txt"},
            tool_use_id="toolu_bench",
        )
        for _ in range(_TIMES):
            started = perf_counter()
            await kernel.hooks.pre_tool_use(event)
            taken.append((perf_counter() - started) * 1000)
    return statistics.median(taken)
