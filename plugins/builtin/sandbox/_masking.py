"""What a command gets to see of a credential: the text around it, with a stand-in in its place."""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from gaff.hooks import Json, is_object

from ._credentials import Credential
from ._vault import Vault, random_stand_in

#: Claims that only tell when: programs look at them, and they give nothing away.
_TIMES: Final = frozenset({"exp", "iat", "nbf"})
_NAMED_GROUP: Final = re.compile(r"\(\?<(?=[A-Za-z_])")


class Denied(Exception):
    """A credential cannot be masked, so that commands do not get it at all."""


class NotRun(Exception):
    """A credential is not there as the settings want it, and the command is not to be run."""


@dataclass
class Masker:
    """Masks the text of one credential; ``notes`` are for the user."""

    credential: Credential
    vault: Vault
    notes: list[str] = field(default_factory=list[str])

    def mask(self, text: str) -> str:
        """Return the text as commands see it.

        Raises:
            Denied: they must not see it.
            NotRun: no command is to be run.
        """
        if self.credential.extract is None:
            return self._whole(text)
        spans = list(self._spans(text, self.credential.extract))
        if not spans:
            return self._without_match(text)
        masked, end = list[str](), 0
        between = self._duplicates({text[start:stop] for start, stop in spans})
        for start, stop in spans:
            masked += [between(text[end:start]), self._stand_in(text[start:stop])]
            end = stop
        return "".join((*masked, between(text[end:])))

    def _duplicates(self, found: Iterable[str]) -> Callable[[str], str]:
        """Return what masks, in the text around, what was found elsewhere."""
        if not self.credential.duplicates:
            return str
        either = re.compile("|".join(re.escape(one) for one in sorted(found, key=len, reverse=True)))
        return lambda text: either.sub(lambda one: self._stand_in(one[0]), text)

    def _whole(self, text: str) -> str:
        real = text.strip()
        return text.replace(real, self._stand_in(real), 1) if real else text

    def _spans(self, text: str, pattern: str) -> Iterator[tuple[int, int]]:
        try:
            expression = re.compile(_NAMED_GROUP.sub("(?P<", pattern))
        except re.error as fault:
            raise Denied(f"extract cannot be read: {fault}") from None
        if expression.groups == 0:
            raise Denied("extract has no group")
        for found in expression.finditer(text):
            if found[1]:
                yield found.span(1)

    def _without_match(self, text: str) -> str:
        """Do what the entry says. Where it says nothing, all is masked: none may be passed on unawares."""
        told = f"extract finds nothing in {self.credential.name}"
        if self.credential.no_match == "error":
            raise NotRun(told)
        if self.credential.no_match == "deny":
            raise Denied(told)
        if self.credential.no_match == "warn":
            self.notes.append(f"{told}: commands get it as it is (onExtractNoMatch: warn)")
            return text
        self.notes.append(f"{told}: all of it is masked")
        return self._whole(text)

    def _stand_in(self, real: str) -> str:
        one = self.credential
        if one.is_jwt:
            token = read_token(real)
            if token is not None:
                return self.vault.stand_in(one.name, real, one.hosts, lambda: _fake(token, one.claims))
            self.notes.append(f"{one.name} holds no JWT: what is there is masked as it is")
        return self.vault.stand_in(one.name, real, one.hosts, random_stand_in)


@dataclass(frozen=True)
class Token:
    """A JWT, as far as it matters here."""

    header: str
    payload: Mapping[str, Json]


def read_token(text: str) -> Token | None:
    """Read a JWT: header, payload and signature, the first two JSON objects; ``None`` for anything else."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    try:
        header, payload = (
            json.loads(base64.b64decode(_padded(part), b"-_", validate=True)) for part in parts[:2]
        )
    except (ValueError, RecursionError):
        return None
    if not is_object(header) or "alg" not in header or not is_object(payload):
        return None
    return Token(parts[0], payload)


def _padded(part: str) -> str:
    return part + "=" * (-len(part) % 4)


def _fake(token: Token, claims: tuple[str, ...] | None) -> str:
    """Return a token of the same form, that nobody signed."""
    payload = {
        name: _masked(value) if (name not in _TIMES if claims is None else name in claims) else value
        for name, value in token.payload.items()
    }
    told = json.dumps(payload, separators=(",", ":")).encode()
    return ".".join((token.header, _encoded(told), _encoded(secrets.token_bytes(32))))


def _masked(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {name: _masked(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    return random_stand_in() if isinstance(value, str) else 0


def _encoded(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_URL_SAFE).decode()


_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
