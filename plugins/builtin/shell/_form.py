"""How the options and operands of a command are described."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Operands: TypeAlias = Literal["files", "pattern", "names", "one file", "none", "format"]


@dataclass(frozen=True, slots=True)
class Form:
    """A command's options and operands.

    ``operands``: ``files`` are read; ``pattern`` is one pattern, then files; ``names`` are looked at but not
    read, or are mere text; ``one file`` is at most one; ``format`` are texts that begin with a plus sign.
    """

    operands: Operands
    #: Letters of options without and with a value.
    flags: str = ""
    valued: str = ""
    #: Letters of options that may have a value, right behind them.
    optional: str = ""
    #: Long options; ``=`` takes a value, ``?`` may take one behind an equals sign.
    long: frozenset[str] = frozenset()
    #: Whether ``-5`` is an option.
    numeric: bool = False
    #: Whether a pattern that the shell expands may stand among the arguments: no file name is a harmful option.
    globs: bool = True


def form(
    operands: Operands,
    flags: str = "",
    valued: str = "",
    long: str = "",
    *,
    optional: str = "",
    **marks: bool,
) -> Form:
    """Return a form; the names of long options are separated by blanks."""
    return Form(operands, flags, valued, optional, frozenset(long.split()), **marks)
