"""Telling the model that the sandbox may have stopped what failed, and how to go on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gaff.hooks import Json

from ._settings import SandboxSettings

#: What programs print when they are stopped.
_SIGNS: Final = re.compile(
    r"read-only file system|permission denied|operation not permitted|\berofs\b|\beacces\b|\beperm\b"
    r"|device or resource busy|address family not supported|network is unreachable|could not resolve"
    r"|invalid cross-device link|the sandbox does not let this command reach|^bwrap: ",
    re.IGNORECASE | re.MULTILINE,
)
_MOST_LINES: Final = 5
_LONGEST_LINE: Final = 300


def signs_in(output: str, command: str, ignored: Mapping[str, Json] | None = None) -> Sequence[str]:
    """Return the lines of an output that look like the work of a sandbox, at most five."""
    left_out = [
        text
        for key, texts in (ignored or {}).items()
        if key == "*" or key in command
        for text in (texts if isinstance(texts, (list, tuple)) else ())
    ]
    found = (line.strip() for line in output.splitlines() if _SIGNS.search(line))
    kept = [line[:_LONGEST_LINE] for line in found if not any(str(text) in line for text in left_out)]
    return list(dict.fromkeys(kept))[:_MOST_LINES]


def report(
    name: str, signs: Iterable[str], refused: Iterable[str], notes: Iterable[str], settings: SandboxSettings
) -> Iterator[str]:
    """Yield the lines for the model; none where there is nothing to tell."""
    signs, refused, notes = list(signs), list(refused), list(notes)
    if not (signs or refused or notes):
        return
    yield "<sandbox_violations>"
    yield f"The command ran in a sandbox ({name}), which may be why it failed."
    yield from (f"- {line}" for line in signs)
    if refused:
        yield f"- hosts not reached: {', '.join(refused)}"
    yield from (f"- {note}" for note in notes)
    if (signs or refused) and settings.allows_unsandboxed:
        yield (
            "If the command needs what was stopped, call Bash again with dangerouslyDisableSandbox: true; "
            "the user may then be asked."
        )
    yield "</sandbox_violations>"
