"""The records a plugin contributes, used the way the shell uses them."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from pydantic import BaseModel, ValidationError

from gaff.hooks import (
    Action,
    Command,
    Completer,
    Completion,
    Frontend,
    GaffError,
    Json,
    ModelProvider,
    PromptSection,
    Renderer,
    Session,
    StatusItem,
    Subcommand,
    Tool,
    ToolCall,
    ToolContext,
    ToolOutcome,
    ToolOutput,
)
from gaff.hooks.markers import record_kind
from gaff.manifest import Manifest

from .calling import Called, call
from .children import Report
from .events import judge
from .samples import least_input

#: Seconds between two looks at what must stay the same: enough for a clock in seconds to move.
_MOMENT: Final = 1.05


async def examine_records(
    report: Report, plugin: object, manifest: Manifest, session: Session, limit: float
) -> None:
    """Use every record once, as far as that has no effect; tools are run with the least input they allow."""
    for hook in manifest.records:
        for record in cast("Sequence[object]", getattr(plugin, hook)() or ()):
            name = str(getattr(record, "name", ""))
            tool = _tool(record)
            if tool is not None:
                await _examine_tool(report, tool, session, limit)
            else:
                await _use(report, hook, name, record, session, limit)
            report.listen(f"when {name} is used")
    report.done("tools")
    await _examine_prompt(report, plugin, manifest, session, limit)


def _tool(record: object) -> Tool[Any] | None:
    return record if isinstance(record, Tool) else None  # pyright: ignore[reportUnknownVariableType]


async def _use(report: Report, hook: str, name: str, record: object, session: Session, limit: float) -> None:
    kind = record_kind(hook)
    for what, kinds, function in _uses(record, session):
        report.begin("blocking", f"{kind} {name}: {what}")
        if isinstance(record, Completer):  # the shell asks these in a thread
            called = await call(asyncio.to_thread, function, limit=limit / 2)
        else:
            called = await call(function, limit=limit / 2)
        if isinstance(called.fault, GaffError):
            continue
        judge(report, "records", f"{kind} {name}: {what}", called)
        if called.fault is None and not called.late and not isinstance(called.value, kinds):
            wanted = " or ".join(one.__name__ for one in kinds)
            report.fault(
                "records", f"{kind} {name}: {what} returns {type(called.value).__name__}", f"return {wanted}"
            )


_Use = tuple[str, tuple[type, ...], Callable[[], object]]


def _uses(record: object, session: Session) -> Sequence[_Use]:
    """Return what may be asked of a record without an effect, and the types of the answers."""
    kernel = session.kernel
    if isinstance(record, Command):
        return [("complete", (Sequence,), lambda: record.complete("", session))]
    if isinstance(record, Completer):
        return [("complete", (Sequence,), lambda: _completions(record, session))]
    if isinstance(record, StatusItem):
        return [("text", (str,), lambda: record.text(session))]
    if isinstance(record, PromptSection):
        return [("text", (str,), lambda: record.text(session))]
    if isinstance(record, Frontend):
        return [("wants", (bool,), lambda: bool(record.wants(kernel.options, False)))]
    if isinstance(record, ModelProvider):
        return [("is_available", (bool,), lambda: bool(record.is_available(kernel.environ, {})))]
    if isinstance(record, Subcommand):
        return [("add_arguments", (type(None),), lambda: record.add_arguments(argparse.ArgumentParser()))]
    return _drawings(record) if isinstance(record, Renderer) else ()


def _completions(completer: Completer, session: Session) -> Sequence[Completion]:
    return [one for before in ("", "/he", "see @REA") for one in completer.complete(before, session)]


def _drawings(renderer: Renderer) -> Sequence[_Use]:
    # What a model calls may lack anything: its renderer must not fall over that.
    asked = ToolCall("toolu_01", renderer.tools[0] if renderer.tools else "Tool", {})
    outcome = ToolOutcome(asked, ToolOutput("one\ntwo\n"), 12)
    return [
        ("call", (str,), lambda: renderer.call(asked, {}, 80)),
        ("result", (str,), lambda: renderer.result(outcome, 80, full=True)),
    ]


async def _examine_tool(report: Report, tool: Tool[Any], session: Session, limit: float) -> None:
    what = f"tool {tool.name}"
    report.begin("tools", what)
    if not _sound_schema(report, tool):
        return
    context = ToolContext(session, ToolCall("toolu_01", tool.name, {}))
    try:
        given: BaseModel = tool.input_model.model_validate(least_input(tool.schema))
    except ValidationError:
        report.note("tools", f"{what}: the schema does not say what input it takes, so it was not run")
        return
    _examine_actions(report, tool, given, context)
    report.begin("blocking", f"{what}: run")
    called = await call(tool.run, given, context, limit=limit / 2)
    if not isinstance(called.fault, GaffError):
        judge(report, "tools", f"{what}, run with {given.model_dump(exclude_unset=True)}", called)
        _judge_output(report, what, called)


def _sound_schema(report: Report, tool: Tool[Any]) -> bool:
    remedy = "the Messages API takes an object with properties at the top"
    schema = tool.schema
    if schema.get("type") != "object" or {"anyOf", "oneOf", "allOf"} & set(schema):
        report.fault("tools", f"tool {tool.name}: its schema is no plain object", remedy)
        return False
    if "\n" in tool.summary or not tool.summary.strip():
        report.fault(
            "tools", f"tool {tool.name}: its summary is not one line", "say in one line what it is for"
        )
    return True


def _examine_actions(report: Report, tool: Tool[Any], given: BaseModel, context: ToolContext) -> None:
    what = f"tool {tool.name}"
    remedy = "it must be pure and quick, and raise nothing but ToolError"
    try:
        actions = tool.actions(given, context)
        same = tuple(actions) == tuple(tool.actions(given, context))
        kinds = {type(action) for action in actions}
        json.dumps(tool.hook_input(given, context))
        tool.is_read_only(given, context)
    except GaffError:
        return
    except (Exception, SystemExit) as fault:  # isolation boundary: code of strangers may raise anything
        report.fault(
            "tools", f"{what}: what is asked before it runs raises {type(fault).__name__}: {fault}", remedy
        )
        return
    if not same or not kinds <= {Action}:
        report.fault(
            "tools", f"{what}: actions returns {'no actions' if same else 'something else each time'}", remedy
        )


def _judge_output(report: Report, what: str, called: Called) -> None:
    if called.fault is not None or called.late:
        return
    if not isinstance(called.value, ToolOutput):
        report.fault("tools", f"{what} returns {type(called.value).__name__}", "return a ToolOutput")
        return
    content = called.value.content
    try:
        sound = isinstance(content, str) or all("type" in one for one in content)
        json.dumps([content if isinstance(content, str) else list(content), called.value.response])
    except (TypeError, ValueError):
        sound = False
    if not sound:
        report.fault(
            "tools", f"{what} returns what is not JSON", "content is text or content blocks, response is JSON"
        )


async def _examine_prompt(
    report: Report, plugin: object, manifest: Manifest, session: Session, limit: float
) -> None:
    """Ask for everything that goes into the prefix of a request twice, and compare."""
    report.begin("prompt", "reading its part of the prompt")
    if {"gaff_register_prompt_sections", "gaff_register_tools"} & set(manifest.records):
        before = _prefix(plugin, manifest, session)
        if "gaff_register_prompt_sections" in manifest.records:
            await asyncio.sleep(_MOMENT)
        after = _prefix(plugin, manifest, session)
        for name in before:
            if before[name] != after.get(name):
                remedy = "it is at the front of every request, and a change costs the whole prompt cache"
                report.fault("prompt", f"{name} is not the same when asked again", remedy)
    report.done("prompt")


def _prefix(plugin: object, manifest: Manifest, session: Session) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for hook in manifest.records:
        for record in cast("Sequence[object]", getattr(plugin, hook)() or ()):
            try:
                if isinstance(record, Tool):
                    found[f"tool {record.name}"] = json.dumps(
                        [record.schema, record.description, record.summary]
                    )
                elif isinstance(record, PromptSection):
                    found[f"prompt section {record.name}"] = record.text(session)
            except (Exception, SystemExit) as fault:  # isolation boundary: told where the record is used
                found[f"{hook}: {type(fault).__name__}"] = None
    return found
