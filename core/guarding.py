"""A plugin that guards tool calls and cannot be used: calls are refused rather than let through unguarded."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final, NoReturn

from gaff.hooks.errors import PluginError

from .manifest import HookFacts, Manifest
from .sources import Candidate

#: The gates before a tool call. Code that cannot be imported can still be read.
_GUARDS: Final = re.compile(
    rb"^[ \t]*(?:async[ \t]+)?def[ \t]+(gaff_pre_tool_use|gaff_check_permission)\b", re.MULTILINE
)
_LONGEST: Final = 2 * 1024 * 1024


class Refusal:
    """Stands for a plugin that cannot be used. Whatever is asked of it fails, and a gate that fails denies."""

    def __init__(self, candidate: Candidate, reason: str) -> None:
        self._fault = PluginError(
            candidate.name,
            f"it guards tool calls and cannot be used ({reason}), so none is let through; "
            f"mend it, or start with --plugin no:{candidate.name}",
        )
        hooks = {hook: HookFacts(("event",)) for hook in sorted(_guarded(candidate))}
        self.manifest = Manifest(candidate.name, hooks=hooks)

    def __bool__(self) -> bool:
        return bool(self.manifest.hooks)

    def load(self) -> NoReturn:
        """Fail, as the plugin did.

        Raises:
            PluginError: always.
        """
        raise self._fault


def _guarded(candidate: Candidate) -> Iterator[str]:
    """Yield the gates that the plugin's file has functions for."""
    paths = {candidate.target} if candidate.is_file else {stamp[0] for stamp in candidate.stamps}
    for path in paths:
        if path.endswith(".py") and os.path.isfile(path):
            try:
                with open(path, "rb") as file:
                    text = file.read(_LONGEST)
            except OSError:
                continue
            yield from {found.decode() for found in _GUARDS.findall(text)}
