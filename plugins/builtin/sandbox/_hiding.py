"""Keeping what was put into a request from coming back in the answer: hosts that repeat it must not tell it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from ._rewriting import Header, bytes_of

#: Shorter ones are found everywhere; longer ones are files, which nobody repeats.
_SHORTEST: Final = 8
_LONGEST: Final = 4096


class Hider:
    """Puts what stands in for credentials in their place, in an answer that comes piece by piece."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._stand_ins: dict[bytes, bytes] = {}
        self._found = re.compile(b"(?!)")
        self._longest = 0
        self._kept = b""
        self._add(
            {spelt: stand_in.encode() for stand_in, real in secrets.items() for spelt in _spellings(real)}
        )

    def learn(self, asked: Sequence[Header], sent: Sequence[Header]) -> None:
        """Take note of what headers became: a password is in there in a spelling of its own."""
        changed = [(old, new) for (_, old), (_, new) in zip(asked, sent, strict=True) if old != new]
        self._add({new.split()[-1]: old.split()[-1] for old, new in changed})

    def _add(self, more: Mapping[bytes, bytes]) -> None:
        self._stand_ins |= {spelt: other for spelt, other in more.items() if _is_told_apart(spelt)}
        if self._stand_ins:
            ordered = sorted(self._stand_ins, key=len, reverse=True)
            self._found, self._longest = re.compile(b"|".join(map(re.escape, ordered))), len(ordered[0])

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to hide."""
        return bool(self._stand_ins)

    def headers(self, headers: Sequence[Header]) -> list[Header]:
        """Hide it in headers."""
        return [(name, self._found.sub(self._stand_in, value)) for name, value in headers]

    def feed(self, data: bytes) -> bytes:
        """Return what can be told so far: the beginning of a credential waits for the rest of it."""
        data, self._kept = self._kept + data, b""
        end = max((found.end() for found in self._found.finditer(data)), default=0)
        rest = data[end:]
        begun = next((at for at in self._beginnings(rest)), len(rest))
        self._kept = rest[begun:]
        return self._found.sub(self._stand_in, data[: end + begun])

    def end(self) -> bytes:
        """Return what has waited for more in vain."""
        kept, self._kept = self._kept, b""
        return kept

    def _beginnings(self, rest: bytes) -> Sequence[int]:
        """Return where the rest may be the beginning of a credential."""
        places = range(max(0, len(rest) - self._longest + 1), len(rest))
        return [at for at in places if any(spelt.startswith(rest[at:]) for spelt in self._stand_ins)]

    def _stand_in(self, found: re.Match[bytes]) -> bytes:
        return self._stand_ins[found[0]]


def _spellings(real: str) -> set[bytes]:
    """Return how a host may repeat a credential."""
    raw = bytes_of(real)
    return {raw, quote(raw, safe="").encode(), json.dumps(real)[1:-1].encode()}


def _is_told_apart(spelt: bytes) -> bool:
    return _SHORTEST <= len(spelt) <= _LONGEST
