"""Exchanging a session's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gaff.hooks.errors import UsageError

from .facade import contexts

if TYPE_CHECKING:
    from .facade import Gate, Hooks
    from .session import Session


async def switch_model(session: Session, hooks: Hooks, name: str, source: str = "command") -> None:
    """Have the session use another model from the next request on.

    Raises:
        UsageError: there is no such model, or a hook or the user refused.
    """
    from gaff.hooks.events import PostModelSwitch, PreModelSwitch

    model = session.kernel.open_model(name)
    fields: dict[str, Any] = {
        "context": session.event_context,
        "from_model": session.model.name,
        "to_model": model.name,
        "requested_model": name,
        "source": source,
        "context_tokens": session.context_tokens,
        "pricing": "catalog" if model.limits.price else "default",
    }
    try:
        await _permit(session, await hooks.pre_model_switch(PreModelSwitch(**fields)), model.name)
    except UsageError:
        await model.aclose()
        raise
    session.model = model
    for context in contexts(await hooks.post_model_switch(PostModelSwitch(**fields))):
        session.remind(context)


async def _permit(session: Session, gate: Gate, name: str) -> None:
    from gaff.hooks.interface import Choice, Question

    session.warn(gate.decisions)
    winner = gate.winner
    if winner is None or gate.behavior == "allow":
        return
    if gate.behavior == "ask":
        choices = (Choice("Switch", "yes"), Choice("Keep the model", "no"))
        answer = await session.ask(Question(title=f"Switch to {name}?", text=winner.reason, choices=choices))
        if answer is not None and answer.value == "yes":
            return
    raise UsageError(f"the model stays {session.model.name}: {winner.reason or winner.plugin}")
