"""Which sandbox a session uses: the first that holds when tried."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from gaff.hooks import Kernel, PluginError, Sandbox, Session, StateKey

from ._probe import Trial, try_out
from ._settings import SandboxSettings, sandbox_settings

HOOK = "gaff_register_sandboxes"


@dataclass(frozen=True)
class Choice:
    """The sandbox that is used, ``None`` for none, and how all that were tried did."""

    sandbox: Sandbox | None
    trials: tuple[Trial, ...]

    @property
    def isolates(self) -> bool:
        """Whether commands are confined."""
        return self.sandbox is not None and self.sandbox.isolates

    @property
    def masks(self) -> bool:
        """Whether credentials can be masked: other files be shown, and hosts be given the real ones."""
        return self.sandbox is not None and self.sandbox.masks

    @property
    def name(self) -> str:
        """The sandbox for people."""
        return self.sandbox.name if self.sandbox is not None else "none"

    @property
    def reasons(self) -> str:
        """Why those that were tried are not used, in a line."""
        return "; ".join(f"{trial.name}: {trial.reason}" for trial in self.trials if not trial.holds)


@dataclass
class _State:
    choice: Choice | None = None
    #: What the trials depend on.
    given: tuple[bool, str | None] = (False, None)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


_STATE = StateKey(_State)


async def choose(session: Session) -> Choice:
    """Return the sandbox of this session, tried when first asked for."""
    state, settings = session.state[_STATE], sandbox_settings(session)
    async with state.turn:
        given = (settings.weaker, settings.program)
        if state.choice is None or state.given != given:
            state.choice, state.given = await try_all(session.kernel, settings), given
        return state.choice


def chosen(session: Session) -> Choice | None:
    """Return the sandbox of this session, if one was chosen already."""
    return session.state[_STATE].choice


async def try_all(kernel: Kernel, settings: SandboxSettings | None = None, *, each: bool = False) -> Choice:
    """Try sandboxes, the highest rank first; until one holds, or ``each`` of them."""
    settings = settings or SandboxSettings()
    found: Sandbox | None = None
    trials: list[Trial] = []
    for sandbox in _sandboxes(kernel, trials):
        if not sandbox.isolates:
            found = found or sandbox
        elif found is None or each:
            trial = await try_out(sandbox, settings.weaker, settings.program)
            trials.append(trial)
            found = found or (sandbox if trial.holds else None)
    return Choice(found, tuple(trials))


def _sandboxes(kernel: Kernel, trials: list[Trial]) -> Sequence[Sandbox]:
    loaded: list[Sandbox] = []
    for one in kernel.contributed(HOOK):
        try:
            loaded.append(cast("Sandbox", kernel.load(one)))
        except PluginError as fault:
            trials.append(Trial(one.name, False, str(fault)))
    return sorted(loaded, key=lambda sandbox: -sandbox.rank)
