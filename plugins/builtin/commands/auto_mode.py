"""gaff auto-mode: the rules auto mode judges by, built in and as your settings make them.

Source: code.claude.com/docs/en/auto-mode-config (``auto-mode defaults``, ``config``, ``critique`` and ``reset``).
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from gaff.hooks import Kernel, ModelError, Subcommand, hookimpl
from gaff.plugins.builtin.permissions._auto.prose import (
    DEFAULTS,
    SECTIONS,
    TRUSTED_LEVELS,
    built_in_rules,
    prose_rules,
)

_SUMMARIES: Final = {
    "defaults": "print the built-in rules as JSON",
    "config": "print the rules in force as JSON, your settings and the built-in ones together",
    "critique": "have a model say what is unclear or missing in your own rules",
    "reset": "take your own rules out of your settings, so that the built-in ones hold; prints what was there",
    "check": "tell of settings of auto mode that do not count or take built-in rules away",
}


class AutoMode(Subcommand):
    """Shows what auto mode judges by."""

    name: ClassVar[str] = "auto-mode"
    summary: ClassVar[str] = "the rules auto mode judges by"

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
        parsers: dict[str, ArgumentParser] = {}
        for word, summary in _SUMMARIES.items():
            parsers[word] = words.add_parser(word, help=summary, description=summary)
        parsers["critique"].add_argument(
            "--with", dest="critic", metavar="MODEL", help="the model that is asked"
        )

    async def run(self, kernel: Kernel, arguments: Namespace) -> int:
        if arguments.word == "check":
            lines = list(_complaints(kernel))
            print("\n".join(lines or ["The settings of auto mode are fine."]))
            return 1 if lines else 0
        if arguments.word in ("critique", "reset"):
            return await self._own(kernel, arguments)
        rules = built_in_rules() if arguments.word == "defaults" else prose_rules(kernel.settings)
        print(json.dumps(rules.to_json(), indent=2, ensure_ascii=False))
        return 0

    async def _own(self, kernel: Kernel, arguments: Namespace) -> int:
        """Have a look taken at the user's own rules, or take them out."""
        from ._auto_rules import critique, own_rules, reset

        if not own_rules(kernel):
            print("There are no auto mode rules of your own; the built-in ones hold.")
            return 0
        if arguments.word == "reset":
            print("\n".join(reset(kernel)))
            return 0
        try:
            print(await critique(kernel, arguments.critic))
        except (ModelError, TimeoutError) as fault:
            why = fault.message if isinstance(fault, ModelError) else "it did not answer in time"
            print(f"gaff auto-mode critique: the model could not be asked: {why}", file=sys.stderr)
            return 1
        return 0


def _complaints(kernel: Kernel) -> Iterator[str]:
    """Yield a line for each setting of auto mode that is not what it may be taken for."""
    for value in kernel.settings.by_level("autoMode"):
        if value.level not in TRUSTED_LEVELS:
            yield f"{value.path}: autoMode does not count here, since a repository must not write its own rules"
    for section in SECTIONS:
        for value in kernel.settings.by_level("autoMode", section):
            if value.level not in TRUSTED_LEVELS:
                continue
            entries = value.value
            if not isinstance(entries, (list, tuple)) or not all(isinstance(entry, str) for entry in entries):
                yield f"{value.path}: autoMode.{section} is not a list of sentences"
            elif section in ("soft_deny", "hard_deny") and DEFAULTS not in entries:
                yield (
                    f'{value.path}: autoMode.{section} takes the built-in rules away; add "{DEFAULTS}" to keep them'
                )


@hookimpl
def gaff_register_subcommands() -> Sequence[Subcommand]:
    """Offer gaff auto-mode."""
    return [AutoMode()]
