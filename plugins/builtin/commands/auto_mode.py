"""gaff auto-mode: the rules auto mode judges by, built in and as your settings make them.

Source: code.claude.com/docs/en/auto-mode-config (``auto-mode defaults`` and ``auto-mode config``).
"""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from gaff.hooks import Kernel, Subcommand, hookimpl
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
    "check": "tell of settings of auto mode that do not count or take built-in rules away",
}


class AutoMode(Subcommand):
    """Shows what auto mode judges by."""

    name: ClassVar[str] = "auto-mode"
    summary: ClassVar[str] = "the rules auto mode judges by"

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = parser.add_subparsers(dest="word", required=True, metavar="WORD")
        for word, summary in _SUMMARIES.items():
            words.add_parser(word, help=summary, description=summary)

    async def run(self, kernel: Kernel, arguments: Namespace) -> int:
        if arguments.word == "check":
            lines = list(_complaints(kernel))
            print("\n".join(lines or ["The settings of auto mode are fine."]))
            return 1 if lines else 0
        rules = built_in_rules() if arguments.word == "defaults" else prose_rules(kernel.settings)
        print(json.dumps(rules.to_json(), indent=2, ensure_ascii=False))
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
