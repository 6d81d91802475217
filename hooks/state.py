"""Private state that plugins keep with a session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, cast

Value = TypeVar("Value")


class StateKey(Generic[Value]):
    """A plugin's private, typed place in a session's state.

    ``LEDGER = StateKey(Ledger)``, then ``session.state[LEDGER]`` is this session's ``Ledger``,
    made by the factory when first asked for. Idea: pytest's ``StashKey``.
    """

    def __init__(self, factory: Callable[[], Value]) -> None:
        self.factory = factory


class State:
    """Typed state that plugins keep with a session; gone with the session."""

    def __init__(self) -> None:
        self._values: dict[object, object] = {}

    def __getitem__(self, key: StateKey[Value]) -> Value:
        if key not in self._values:
            self._values[key] = key.factory()
        return cast("Value", self._values[key])

    def forget(self, modules: frozenset[str]) -> None:
        """Drop what belongs to these modules, whose code is no longer used."""
        for key, value in tuple(self._values.items()):
            if modules & {_module(value), _module(getattr(key, "factory", None))}:
                del self._values[key]

    def __setitem__(self, key: StateKey[Value], value: Value) -> None:
        self._values[key] = value


def _module(value: object) -> str:
    return str(getattr(value, "__module__", "") or type(value).__module__)
