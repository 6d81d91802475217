"""Credentials of a session and what stands in for them, in memory alone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from gaff.hooks import Session, StateKey

from ._domains import matches


@dataclass(frozen=True)
class Secret:
    """A credential, and where it may go; ``None`` for the allowed domains."""

    real: str
    hosts: tuple[str, ...] | None


def random_stand_in() -> str:
    """Return what no credential is, in characters that need no quoting anywhere."""
    return f"masked_by_gaff_{secrets.token_hex(16)}"


@dataclass
class Vault:
    """What stands in for what. A credential keeps its stand-in: a command may run on while others start."""

    _secrets: dict[str, Secret] = field(default_factory=dict[str, Secret])
    _stand_ins: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def stand_in(
        self,
        source: str,
        real: str,
        hosts: tuple[str, ...] | None,
        make: Callable[[], str] = random_stand_in,
    ) -> str:
        """Return what stands in for a credential of this file or variable."""
        key = (source, real)
        if key not in self._stand_ins:
            self._stand_ins[key] = make()
        self._secrets[self._stand_ins[key]] = Secret(real, hosts)
        return self._stand_ins[key]

    def secrets_for(self, host: str, port: int, allowed: Iterable[str]) -> Mapping[str, str]:
        """Return what may be put into requests to a host, by what stands in for it.

        The pattern for every host is none for this: a credential is meant for somebody.
        """
        domains = tuple(allowed)
        return {
            stand_in: secret.real
            for stand_in, secret in self._secrets.items()
            if any(
                pattern.strip() != "*" and matches(pattern, host, port)
                for pattern in (domains if secret.hosts is None else secret.hosts)
            )
        }


_VAULT = StateKey(Vault)


def vault_of(session: Session) -> Vault:
    """Return the session's."""
    return session.state[_VAULT]
