"""Which hosts a command in the sandbox may reach: lists first, then the user's word."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv6Address

from gaff.hooks import Choice, PermissionUpdate, Question, Rule, Session, StateKey

from ._addresses import is_inside, is_literal
from ._rules_used import rule_paths
from ._settings import sandbox_settings


@dataclass
class _Granted:
    """What the user granted in this session: hosts with their port."""

    hosts: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


_GRANTED = StateKey(_Granted)


def matches(pattern: str, host: str, port: int) -> bool:
    """Whether a pattern covers a host: a name, ``*.name`` for all below it, either with a port, or ``*``.

    IPv6 addresses stand in brackets. Case does not count.
    """
    wanted, rest = pattern.strip().lower(), ""
    if wanted.startswith("["):
        wanted, _, rest = wanted[1:].partition("]")
        with suppress(ValueError):  # what is no address covers none
            wanted = str(IPv6Address(wanted))
    elif ":" in wanted:
        wanted, _, rest = wanted.partition(":")
        rest = ":" + rest
    if rest and rest != f":{port}":
        return False
    wanted = wanted.removesuffix(".")
    if wanted == "*":
        return True
    if wanted.startswith("*."):
        return host.endswith(wanted[1:]) and len(host) >= len(wanted)
    return host == wanted


def _spelt(host: str) -> str:
    """Return a host as it stands before a port, and in rules."""
    return f"[{host}]" if ":" in host else host


class Hosts:
    """Judges the hosts of one command, and remembers those it was refused."""

    def __init__(self, session: Session, command: str) -> None:
        self._session = session
        self._command = command
        self._denied: set[tuple[str, int]] = set()
        #: Hosts that the command wanted and did not get, in order.
        self.refused: dict[str, None] = {}

    async def judge(self, host: str, port: int) -> bool:
        """Say whether the command may reach a host; the user is asked about one nobody spoke of."""
        allowed = self._listed(host, port)
        if allowed is None:
            allowed = await self._asked(host, port)
        if not allowed:
            self.refused[host if port in (80, 443) else f"{_spelt(host)}:{port}"] = None
        return allowed

    def _listed(self, host: str, port: int) -> bool | None:
        settings, rules = sandbox_settings(self._session), rule_paths(self._session)
        denied = (*settings.denied_domains, *rules.denied_domains)
        allowed = settings.allowed_domains
        if not settings.managed_domains_only:
            allowed = (*allowed, *rules.allowed_domains)
        if any(matches(pattern, host, port) for pattern in denied):
            return False
        # Every host is every one out there: this machine is meant only where it is named.
        here = host == "localhost" or (is_literal(host) and is_inside(host))
        if any(matches(pattern, host, port) for pattern in allowed if not (here and pattern[:1] == "*")):
            return True
        return False if settings.strict or self._session.mode == "dontAsk" else None

    async def _asked(self, host: str, port: int) -> bool:
        granted, key = self._session.state[_GRANTED], (host, port)
        async with granted.asking:
            if key in granted.hosts or key in self._denied:
                return key in granted.hosts
            judged = await self._judged(host, port)
            if judged is not None:
                (granted.hosts if judged else self._denied).add(key)
                return judged
            answer = await self._session.ask(self._question(host, port))
            value = answer.value if answer is not None else "no"
            if value not in ("once", "always"):
                self._denied.add(key)
                return False
            granted.hosts.add(key)
        if value == "always":
            rule = Rule("WebFetch", f"domain:{_spelt(host)}")
            await self._session.update_permissions(
                [PermissionUpdate("addRules", "localSettings", (rule,), "allow")]
            )
        return True

    async def _judged(self, host: str, port: int) -> bool | None:
        """Return the verdict of auto mode; ``None`` in other modes, and where it leaves the host to the user."""
        if self._session.mode != "auto":
            return None
        from gaff.plugins.builtin.permissions._auto.network import judge_host

        return await judge_host(self._session, self._command, host, port)

    def _question(self, host: str, port: int) -> Question:
        return Question(
            title=f"Let a command in the sandbox reach {_spelt(host)}:{port}?",
            text=self._command,
            choices=(
                Choice("Yes, in this session", "once"),
                Choice(
                    "Yes, always in this project", "always", f"saves the rule WebFetch(domain:{_spelt(host)})"
                ),
                Choice("No", "no"),
            ),
        )
