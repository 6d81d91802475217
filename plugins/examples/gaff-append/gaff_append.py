"""A kind of hook for settings files: append what happened to a file of JSON lines, with no process started."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from gaff.hooks import FieldType, HookHandler, HookResult, HookRun, JsonObject, hookimpl, list_at


class Append(HookHandler):
    """``{"type": "append", "file": "audit.jsonl", "keep": ["tool_name", "tool_input"]}``."""

    name = "append"
    summary = "append the event to a file of JSON lines"
    fields: ClassVar[Mapping[str, FieldType]] = {"file": "string", "keep": "array"}
    required = ("file",)
    timeout = 5.0

    async def run(self, run: HookRun) -> HookResult:
        """Append a line: the time, the event's name, and the members named by ``keep``, or all."""
        wanted = list_at(run.config, "keep") or list(run.payload)
        kept = {str(key): run.payload[str(key)] for key in wanted if key in run.payload}
        line = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "event": run.event, **kept}
        await asyncio.to_thread(_append, run.cwd, run.text("file"), line)
        return HookResult()


def _append(cwd: Path, name: str, line: JsonObject) -> None:
    path = cwd / Path(name).expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


@hookimpl
def gaff_register_hook_handlers() -> Sequence[HookHandler]:
    """Contribute the kind of handler."""
    return [Append()]
