"""How a hook is declared and implemented.

Contribution hooks are plain pluggy hooks. Event hooks carry a *kind*, which fixes in what order the
implementations run, what the failure of one means, and what the caller gets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

import pluggy

#: Version of the hook contract: (major, minor). A new hook or argument raises minor; a removed or
#: changed one raises major, and plugins made for another major are refused.
API: Final = (0, 1)

PROJECT: Final = "gaff"

hookspec = pluggy.HookspecMarker(PROJECT)
#: Marks a function of a plugin as the implementation of the hook of the same name.
hookimpl = pluggy.HookimplMarker(PROJECT)

Spec = TypeVar("Spec", bound=Callable[..., Any])


class Kind(Enum):
    """How the answers of an event hook's implementations become one."""

    #: All at once; nobody answers; a failure is reported.
    NOTIFY = "notify"
    #: In order; every answer is kept with its plugin; a failure is reported and skipped.
    COLLECT = "collect"
    #: In order; the first answer wins; after a failure the next is asked, after a ``RefusedError`` nobody.
    FIRST = "first"
    #: In order; a value is handed on; ``None`` leaves it unchanged, and so does a failure.
    FOLD = "fold"
    #: In order; the strictest answer wins, a deny stops; a failure **counts as deny**.
    DECIDE = "decide"
    #: Async context managers, entered in order, left in reverse.
    AROUND = "around"


@dataclass(frozen=True)
class EventSpec:
    """What the dispatcher must know of an event hook."""

    name: str
    kind: Kind
    #: Seconds an implementation may take; ``None`` where a person is waited for.
    deadline: float | None
    #: At a gate: a deny does not keep the others from being asked, so that the trail tells what each says.
    asks_all: bool = False


#: Every event hook by name, filled as the specs are read.
EVENT_HOOKS: Final[dict[str, EventSpec]] = {}


def event_hook(
    kind: Kind,
    *,
    deadline: float | None = 60.0,
    asks_all: bool = False,
    deprecated: str | None = None,
    deprecated_arguments: Mapping[str, str] | None = None,
) -> Callable[[Spec], Spec]:
    """Declare an event hook of this kind; ``deadline`` is in seconds for each implementation.

    ``deprecated`` says what to use in the hook's place, ``deprecated_arguments`` in an argument's; the
    author of an implementation is told with the line of the function.
    """

    def declare(spec: Spec) -> Spec:
        EVENT_HOOKS[spec.__name__] = EventSpec(spec.__name__, kind, deadline, asks_all)
        name = spec.__name__
        instead = (deprecated_arguments or {}).items()
        return hookspec(
            spec,
            warn_on_impl=DeprecationWarning(f"{name} is deprecated: {deprecated}") if deprecated else None,
            warn_on_impl_args={
                argument: DeprecationWarning(f"the argument {argument} of {name} is deprecated: {text}")
                for argument, text in instead
            }
            or None,
        )

    return declare


_CONTRIBUTION: Final = "gaff_register_"


def record_kind(hook: str, count: int = 1) -> str:
    """Return what the records of a contribution hook are called: ``tool``, ``compaction strategies``."""
    kind = hook.removeprefix(_CONTRIBUTION).replace("_", " ")
    if count != 1:
        return kind
    for many, one in (("ies", "y"), ("xes", "x"), ("s", "")):
        if kind.endswith(many):
            return kind.removesuffix(many) + one
    return kind
