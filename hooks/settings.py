"""Settings keys and command line options, as plugins declare them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Setting:
    """A settings key a plugin reads. Keys that nobody declares are reported at start."""

    #: Dotted: ``permissions.defaultMode``.
    name: str
    summary: str
    type: Literal["string", "boolean", "number", "array", "object", "any"] = "any"
    #: The values a string may have; empty for any.
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Option:
    """A command line option. ``name`` is how plugins ask for it: the first long flag without dashes."""

    flags: tuple[str, ...]
    summary: str
    #: ``flag``: no value. ``text``: one. ``optional``: one may follow. ``list``: one or more, taken whole.
    #: ``texts``: one or more, split at commas and blanks outside parentheses. The last two may be
    #: repeated, and a prompt after them needs ``--``, unless they take ``one`` value each time.
    kind: Literal["flag", "text", "texts", "list", "optional"] = "text"
    metavar: str = ""
    choices: tuple[str, ...] = ()
    one: bool = False
    #: Title of the help section.
    group: str = "options"

    @property
    def name(self) -> str:
        """The name options are asked for by."""
        return next(flag for flag in self.flags if flag.startswith("--")).removeprefix("--")
