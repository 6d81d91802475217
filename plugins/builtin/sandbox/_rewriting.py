"""Putting credentials into requests in place of what stands in for them, each in the spelling of its place."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_BASIC: Final = re.compile(rb"\s*Basic\s+([A-Za-z0-9+/=]+)\s*", re.IGNORECASE)

Header = tuple[bytes, bytes]


@dataclass(frozen=True)
class Rewriter:
    """Rewrites requests to one host. ``secrets`` has what is to be put in, by what stands in for it."""

    secrets: Mapping[str, str]

    def target(self, target: bytes) -> bytes:
        """Rewrite the address of a request."""
        for stand_in, real in self.secrets.items():
            target = target.replace(stand_in.encode(), quote(bytes_of(real), safe="").encode())
        return target

    def headers(self, headers: Sequence[Header]) -> list[Header]:
        """Rewrite the headers of a request."""
        return [(name, self._header(name.lower(), value)) for name, value in headers]

    def _header(self, name: bytes, value: bytes) -> bytes:
        if name in (b"authorization", b"proxy-authorization") and (found := _BASIC.fullmatch(value)):
            try:
                inner = base64.b64decode(found[1], validate=True)
            except binascii.Error:
                return value
            return b"Basic " + base64.b64encode(self._put_in(inner))
        return self._put_in(value)

    def _put_in(self, value: bytes) -> bytes:
        for stand_in, real in self.secrets.items():
            if not _CONTROL.search(real):  # a line end would begin another header
                value = value.replace(stand_in.encode(), bytes_of(real))
        return value

    def body(self, body: bytes, kind: bytes) -> bytes:
        """Rewrite the body of a request, of this content type."""
        kind = kind.partition(b";")[0].strip().lower()
        for stand_in, real in self.secrets.items():
            spelt = bytes_of(real)
            if kind.endswith(b"json"):
                spelt = json.dumps(real)[1:-1].encode()
            elif kind == b"application/x-www-form-urlencoded":
                spelt = quote(spelt, safe="").encode()
            body = body.replace(stand_in.encode(), spelt)
        return body


def bytes_of(real: str) -> bytes:
    """Return a credential as it was in its file."""
    return real.encode("utf-8", "surrogateescape")
