"""The frozen part of every request: tools and system prompt, made once a session."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from gaff.hooks.messages import text_block
from gaff.hooks.values import JsonObject

if TYPE_CHECKING:
    from gaff.hooks.prompts import PromptSection

    from .session import Session

_LAYERS: Final = ("system", "project", "task")
_PROMPT_OPTIONS: Final = (
    "system-prompt",
    "system-prompt-file",
    "append-system-prompt",
    "append-system-prompt-file",
)


@dataclass(frozen=True)
class Prefix:
    """What comes before the conversation in each request."""

    tools: tuple[JsonObject, ...]
    system: tuple[JsonObject, ...]


def make_prefix(session: Session, recorded: tuple[JsonObject, ...] | None) -> Prefix:
    """Ask the plugins for their parts, in an order that does not depend on how they were loaded.

    A session that goes on keeps its recorded system prompt, so that the prompt cache still hits; unless
    the command line asks for another one.
    """
    tools = sorted(session.kernel.contributed("gaff_register_tools"), key=lambda one: one.name)
    always = [one for one in tools if one.facts["always"]]
    schemas = tuple(
        {"name": one.name, "description": one.facts["description"], "input_schema": one.facts["schema"]}
        for one in always
    )
    for one, schema in zip(always, schemas, strict=True):
        session.kernel.health.added(one.plugin, json.dumps(schema))
    if any(session.options.text(name) is not None for name in _PROMPT_OPTIONS):
        recorded = None
    return Prefix(schemas, recorded or _system(session))


def _system(session: Session) -> tuple[JsonObject, ...]:
    options = session.options
    given = _text_option(session, "system-prompt")
    texts = [given] if given is not None else _sections(session)
    appended = options.text("append-system-prompt") or _file_option(session, "append-system-prompt-file")
    return tuple(text_block(text) for text in (*texts, appended) if text)


def _text_option(session: Session, name: str) -> str | None:
    text = session.options.text(name)
    return text if text is not None else _file_option(session, f"{name}-file")


def _file_option(session: Session, name: str) -> str | None:
    from pathlib import Path

    from gaff.hooks.errors import UsageError

    path = session.options.text(name)
    if path is None:
        return None
    try:
        return Path(path).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise UsageError(f"--{name} {path}: {fault}") from fault


def _sections(session: Session) -> Sequence[str]:
    kernel = session.kernel
    parts: list[tuple[int, int, str, str]] = []
    for one in kernel.contributed("gaff_register_prompt_sections"):
        try:
            section = cast("PromptSection", kernel.load(one))
            text = str(section.text(session) or "")
            kernel.health.added(one.plugin, text)
            parts.append((_LAYERS.index(section.layer), section.order, section.name, text))
        except (Exception, SystemExit) as fault:  # isolation boundary: a prompt without a part is still one
            kernel.left_out(one, fault)
    layers: dict[int, list[str]] = {}
    for layer, _, _, text in sorted(parts):
        if text:
            layers.setdefault(layer, []).append(text)
    return ["\n\n".join(texts) for texts in layers.values()]
