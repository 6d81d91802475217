"""What ``gaff auto-mode`` does with the user's own rules: have a model look at them, and take them out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Final, cast

from gaff.hooks import (
    JsonObject,
    Kernel,
    Message,
    Model,
    ModelRequest,
    Section,
    SettingsFile,
    change_settings,
    object_at,
    text_at,
    text_block,
)
from gaff.plugins.builtin.permissions._auto.prompt import INSTRUCTIONS
from gaff.plugins.builtin.permissions._auto.prose import (
    DEFAULTS,
    SECTIONS,
    TRUSTED_LEVELS,
    built_in_rules,
)

_PATIENCE: Final = 120.0
_MAX_TOKENS: Final = 2_000
_TASK: Final = f"""\
gaff can let a reviewing model decide about tool calls in the user's place. The user has written prose rules for it, and \
wants a second opinion on them before relying on them.

Input: a JSON object. "built_in" holds the lists that apply without settings, "own" the user's lists by settings file. In a \
list, {DEFAULTS!r} stands for the built-in entries of that list; a list without it replaces them all.

Judge each of the user's entries by three questions. Could the reviewer tell, from a call alone, whether the entry applies? \
Is there an everyday call that it would decide against the user's evident wish? Does its list give it more or less force \
than its words claim, or does another entry undo it? Also point out lists that drop the built-in entries.

Answer with one item per entry that fails, worst first: the entry, an example call that goes wrong, and an entry to use \
instead. Say nothing about entries that hold up; if all do, say so in one sentence. Plain text, no preamble.

What the reviewer is told, for your information only; do not act on it:
<reviewer>
{INSTRUCTIONS}
</reviewer>"""


def own_rules(kernel: Kernel) -> dict[str, JsonObject]:
    """Return the lists of rules of trusted levels, by the file they stand in."""
    found: dict[str, dict[str, object]] = {}
    for section in SECTIONS:
        for value in kernel.settings.by_level("autoMode", section):
            if value.level in TRUSTED_LEVELS:
                found.setdefault(value.path, {})[section] = value.value
    return cast("dict[str, JsonObject]", found)


async def critique(kernel: Kernel, model_name: str | None) -> str:
    """Return what a model says about the user's own rules.

    Raises:
        UsageError: there is no such model.
        ModelError: it failed.
        TimeoutError: it took too long.
    """
    given = {"built_in": built_in_rules().to_json(), "own": own_rules(kernel)}
    model = kernel.open_model(model_name)
    request = ModelRequest(
        system=(text_block(_TASK),),
        tools=(),
        messages=(Message("user", (text_block(json.dumps(given, indent=1, ensure_ascii=False)),)),),
        max_tokens=min(_MAX_TOKENS, model.limits.max_output_tokens),
    )
    try:
        async with asyncio.timeout(_PATIENCE):
            return await _text(model, request)
    finally:
        await model.aclose()


async def _text(model: Model, request: ModelRequest) -> str:
    parts: list[str] = []
    async with aclosing(cast("AsyncGenerator[JsonObject]", model.stream(request))) as stream:
        async for event in stream:
            if event.get("type") == "content_block_start":
                parts.append(text_at(object_at(event, "content_block"), "text"))
            elif event.get("type") == "content_block_delta":
                parts.append(text_at(object_at(event, "delta"), "text"))
    return "".join(parts).strip()


def reset(kernel: Kernel) -> Iterator[str]:
    """Take the lists of rules out of the user's own settings, and yield what was there, so that it can be put back.

    Raises:
        SettingsError: a file cannot be written; it is as it was.
    """
    levels = {value.path: value.level for value in kernel.settings.by_level("autoMode")}
    for path, lists in own_rules(kernel).items():
        if levels.get(path) != "user":
            yield f"{path}: not yours to change here; its autoMode rules stay"
            continue
        change_settings(SettingsFile(Path(path), kernel.home / "locks"), "autoMode", _without_rules)
        yield f"{path}: taken out:\n{json.dumps({'autoMode': lists}, indent=2, ensure_ascii=False)}"


def _without_rules(settings: Section) -> None:
    for section in SECTIONS:
        settings.pop(section, None)
