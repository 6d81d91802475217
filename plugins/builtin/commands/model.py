"""/model: which models there are, and use another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, cast

from gaff.hooks import (
    Command,
    CommandResult,
    Contributed,
    JsonObject,
    ModelProvider,
    PluginError,
    Session,
    hookimpl,
)
from gaff.hooks.values import object_at, text_at


class ModelCommand(Command):
    """Without an argument it tells what there is."""

    name: ClassVar[str] = "model"
    summary: ClassVar[str] = "list models, or use another"
    argument_hint: ClassVar[str] = "[provider:name]"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        if arguments:
            await session.set_model(arguments)
            return CommandResult(
                f"Model: `{session.model.provider}:{session.model.name}`, from the next request on."
            )
        return CommandResult("\n".join(await asyncio.to_thread(lambda: list(_listing(session)))))

    def complete(self, arguments: str, session: Session) -> Sequence[str]:
        found: list[str] = []
        for one in session.kernel.contributed("gaff_register_models"):
            found += [f"{one.name}:", *object_at(one.facts, "aliases")]
        return [name for name in found if name.startswith(arguments)]


def _listing(session: Session) -> Iterator[str]:
    yield f"Model: `{session.model.provider}:{session.model.name}`\n"
    yield "## Providers\n"
    for one in session.kernel.contributed("gaff_register_models"):
        yield f"- **{one.name}** ({_state(one, session)}): {text_at(one.facts, 'summary')}"
        for alias, name in object_at(one.facts, "aliases").items():
            yield f"    - `{alias}`: {name}"
    yield "\n`/model NAME` or `/model PROVIDER:NAME` uses another, `gaff --model` starts with it."


def _state(contributed: Contributed, session: Session) -> str:
    """Return whether the provider could answer now."""
    try:
        provider = cast("ModelProvider", session.kernel.load(contributed))
        settings = session.settings.get()
        merged: JsonObject = settings if isinstance(settings, Mapping) else {}
        return "ready" if provider.is_available(session.kernel.environ, merged) else "not set up"
    except PluginError as fault:
        return f"cannot be loaded: {fault.reason}"


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /model."""
    return [ModelCommand()]
