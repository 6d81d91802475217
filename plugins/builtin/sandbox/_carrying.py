"""Connections of commands to hosts they may reach, where TLS is ended here or credentials are put in."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from gaff.hooks import Crossing, Session, StateKey

from ._domains import matches
from ._relay import CHUNK, first_of, relay
from ._settings import sandbox_settings
from ._tls import HANDSHAKE, PlainStream, TlsStream
from ._vault import vault_of

if TYPE_CHECKING:
    from ._certificates import Authority


@dataclass
class Inspection:
    """What a session needs to end TLS here."""

    authority: Authority
    #: With what hosts are checked.
    outside: ssl.SSLContext
    #: The file of certificates that commands are to trust.
    bundle: str


@dataclass
class _State:
    inspection: Inspection | None = None
    made: tuple[str, ...] | None = None
    #: Commands begin on threads of their own, and there is one authority.
    turn: threading.Lock = field(default_factory=threading.Lock)


_STATE = StateKey(_State)


@cache
def missing_packages() -> str:
    """Return which packages are missing for ending TLS here and for putting credentials in; empty for none."""
    from importlib.util import find_spec

    missing = [name for name in ("cryptography", "h11") if find_spec(name) is None]
    return f"{' and '.join(missing)} missing: pip install 'gaff[credentials]'" if missing else ""


def inspection_of(session: Session) -> Inspection:
    """Return what the session needs to end TLS here, made when first asked for. Takes some milliseconds."""
    state, more = session.state[_STATE], sandbox_settings(session).trusted_files
    with state.turn:
        if state.inspection is None or state.made != more:
            state.inspection = _inspection(session, more, state.inspection)
            state.made = more
        return state.inspection


def _inspection(session: Session, more: tuple[str, ...], last: Inspection | None) -> Inspection:
    from ._certificates import Authority, towards_hosts, trusted

    authority = last.authority if last is not None else Authority()
    certificates = trusted(session.environ, more)
    file = session.scratch_dir / "certificates.pem"
    file.write_text(f"{certificates}\n{authority.certificate}")
    return Inspection(authority, towards_hosts(certificates), os.path.realpath(file))


def trust_variables(session: Session) -> Mapping[str, str]:
    """Return what makes programs trust the certificates that are shown to them."""
    if not sandbox_settings(session).ends_tls or missing_packages():
        return {}
    from ._certificates import VARIABLES

    return dict.fromkeys(VARIABLES, inspection_of(session).bundle)


@dataclass(frozen=True)
class Carrier:
    """Carries the connections of a session's commands."""

    session: Session
    _missing: str = field(default_factory=lambda: missing_packages())

    async def carry(self, crossing: Crossing) -> None:
        """Pass a connection on, read in between where the settings say so."""
        settings = sandbox_settings(self.session)
        if crossing.head:
            await self._carry_plain(crossing, injects=settings.plaintext and not self._missing)
        elif not settings.ends_tls or self._is_excluded(crossing):
            await _relay(crossing)
        else:
            await self._carry_tunnel(crossing)

    def _is_excluded(self, crossing: Crossing) -> bool:
        patterns = sandbox_settings(self.session).tls_excluded
        return any(matches(pattern, crossing.host, crossing.port) for pattern in patterns)

    def _secrets(self, crossing: Crossing) -> Mapping[str, str]:
        usual = sandbox_settings(self.session).inject_domains
        return vault_of(self.session).secrets_for(crossing.host, crossing.port, usual)

    async def _carry_plain(self, crossing: Crossing, *, injects: bool) -> None:
        secrets: Mapping[str, str] = self._secrets(crossing) if injects else {}
        if not secrets:
            crossing.outside_writer.write(crossing.head)
            await _relay(crossing)
            return
        from ._exchange import Exchange
        from ._rewriting import Rewriter

        inside = PlainStream(crossing.reader, crossing.writer, crossing.head)
        outside = PlainStream(crossing.outside_reader, crossing.outside_writer)
        await Exchange(inside, outside, crossing.host, crossing.port, Rewriter(secrets)).run()

    async def _carry_tunnel(self, crossing: Crossing) -> None:
        """Look what begins: TLS is ended here, all else is passed on, and gets no credentials."""
        first, answer = await first_of(
            lambda: crossing.reader.read(CHUNK), lambda: crossing.outside_reader.read(CHUNK)
        )
        if answer is not None or not (first or b"").startswith(HANDSHAKE):
            crossing.outside_writer.write(first or b"")
            crossing.writer.write(answer or b"")
            await _relay(crossing)
        elif not self._missing:
            await self._carry_tls(crossing, first or b"")

    async def _carry_tls(self, crossing: Crossing, first: bytes) -> None:
        from ._exchange import Exchange
        from ._rewriting import Rewriter

        inspection, host = inspection_of(self.session), crossing.host
        plain = PlainStream(crossing.reader, crossing.writer, first)
        inside = TlsStream(plain, inspection.authority.context_for(host))
        await inside.begin()
        try:
            await crossing.outside_writer.start_tls(inspection.outside, server_hostname=host)
        except OSError as fault:
            await inside.write(_bad_gateway(f"{host} cannot be trusted: {fault}"))
        else:
            outside = PlainStream(crossing.outside_reader, crossing.outside_writer)
            rewriter = Rewriter(self._secrets(crossing))
            await Exchange(inside, outside, host, crossing.port, rewriter).run()
        await inside.end()


def _bad_gateway(text: str) -> bytes:
    body = f"gaff: {text}\n".encode()
    return b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


async def _relay(crossing: Crossing) -> None:
    await relay(crossing.reader, crossing.writer, crossing.outside_reader, crossing.outside_writer)
