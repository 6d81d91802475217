"""One run: the prompt or slash command carried out, and its one result printed."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from time import perf_counter
from typing import Final

from gaff.hooks import Command, CommandResult, GaffError, UsageError
from gaff.hooks.session import Session
from gaff.hooks.stream import TurnResult

from ._headless_printers import Printer
from ._headless_signals import Signals

#: A path such as ``/etc/hosts`` is no command.
_COMMAND: Final = re.compile(r"/([A-Za-z][\w:-]*)(?:\s+(.*))?", re.DOTALL)


class Run:
    """Carries out one prompt in a session."""

    def __init__(self, session: Session, printer: Printer, signals: Signals) -> None:
        self._session = session
        self._printer = printer
        self._signals = signals
        self._started = perf_counter()

    async def answer(self, prompt: str) -> bool:
        """Print the run, with exactly one result at its end; return whether it failed."""
        self._printer.begin()
        try:
            result = await self._carry_out(prompt)
        except asyncio.CancelledError:
            self._printer.end(self._result(f"Ended by signal {self._signals.number}.", "aborted_streaming"))
            raise
        except GaffError as fault:
            result = self._result(str(fault), "turn_setup_failed")
        if self._is_lost(result):
            result = replace(result, is_error=True)
        self._printer.end(result)
        return result.is_error

    def _is_lost(self, result: TurnResult) -> bool:
        """Whether the offline stand-in did not understand the prompt, which no script must take for done."""
        return self._session.model.provider == "offline" and result.stop_reason == "refusal"

    async def _carry_out(self, prompt: str) -> TurnResult:
        """Run a slash command, or send the prompt to the model, or the one and then the other.

        Raises:
            GaffError: it cannot be done.
        """
        command = _COMMAND.fullmatch(prompt.strip())
        if command is None:
            return await self._turn(prompt)
        found = self._session.kernel.command(command[1])
        if found is None:
            missing = self._session.kernel.missing("gaff_register_commands", command[1])
            raise UsageError(f"there is no command /{command[1]}; {missing or '/help lists them'}")
        if not found.headless:
            raise UsageError(f"/{found.name} needs a terminal; start gaff without -p for it")
        arguments = (command[2] or "").strip()
        said = await self._command(found, arguments)
        if said.prompt is None:
            return self._result(said.text, "completed", failed=said.is_error)
        if said.text:
            self._printer.output(said.text)
        return await self._turn(await self._session.expand(found.name, arguments, said.prompt))

    async def _command(self, command: Command, arguments: str) -> CommandResult:
        """Run a slash command, and print what happens in the session meanwhile."""
        with self._session.subscribe(*self._printer.kinds) as events:
            kernel = self._session.kernel
            plugin = kernel.plugin_of("gaff_register_commands", command.name)
            said = await kernel.drive(plugin, command.run(arguments, self._session))
        async for event in events:
            self._printer.show(event)
        return said

    async def _turn(self, prompt: str) -> TurnResult:
        with self._session.subscribe(*self._printer.kinds) as events:
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(self._printer.listen(events))
                try:
                    outcome: TurnResult | GaffError = await self._session.submit(prompt or ())
                except GaffError as fault:  # carried out of the group, which would wrap it
                    outcome = fault
                    listening.cancel()  # a turn that did not finish does not tell its end
        if isinstance(outcome, GaffError):
            raise outcome
        return outcome

    def _result(self, text: str, reason: str, *, failed: bool = True) -> TurnResult:
        """Return the result of a run that did not end with the model's word."""
        return TurnResult(
            subtype="error_during_execution" if failed else "success",
            terminal_reason=reason,
            is_error=failed,
            text=text,
            turns=0,
            duration_ms=round((perf_counter() - self._started) * 1000),
            api_ms=0,
            usage=self._session.usage,
            cost_usd=self._session.cost_usd,
        )
