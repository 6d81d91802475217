"""The connection to a model's server: one HTTP client, made at the first request and kept open.

Nothing here imports httpx2 before that: it costs 50 ms, a TLS context another 15.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from gaff.hooks import ModelError, UsageError

from ._environment import Deadlines
from ._faults import LONGEST_ERROR, Target, answer_fault, connection_fault

if TYPE_CHECKING:
    import httpx2

#: How gaff names itself to servers.
USER_AGENT: Final = "gaff"


def checked_address(address: str, variable: str) -> str:
    """Return the base URL without a trailing slash.

    Raises:
        UsageError: it is no http or https URL; ``variable`` is named.
    """
    address = address.strip()
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not address.isprintable():
        raise UsageError(f"{variable} is {address!r}: give a URL such as http://127.0.0.1:11434")
    return address.rstrip("/")


def is_loopback(address: str) -> bool:
    """Return whether a URL means this machine."""
    host = urlsplit(address).hostname or ""
    return host in ("localhost", "::1") or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))


def proxy_for(address: str, environ: Mapping[str, str]) -> str | None:
    """Return the proxy that the usual variables name for this URL; this machine itself needs none."""
    if is_loopback(address):
        return None
    parts = urlsplit(address)
    host = parts.hostname or ""

    def value(name: str) -> str:
        return environ.get(name, "") or environ.get(name.upper(), "")

    proxy = value(f"{parts.scheme}_proxy") or value("all_proxy")
    exempt = value("no_proxy")
    if (
        not proxy
        or exempt.strip() == "*"
        or any(_is_meant(host, parts.port, entry) for entry in exempt.split(","))
    ):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_meant(host: str, port: int | None, entry: str) -> bool:
    """Return whether an entry of ``NO_PROXY`` means this host: a name, its domain, an address or a network."""
    entry = entry.strip().lower().removeprefix("*").removeprefix(".")
    if "/" in entry:
        from ipaddress import ip_address, ip_network

        try:
            return ip_address(host) in ip_network(entry, strict=False)
        except ValueError:
            return False
    return entry in (host, f"{host}:{port}") or (bool(entry) and host.endswith(f".{entry}"))


def tls_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context that trusts what the system trusts, plus what the variables add.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` replace the system's certificates, ``NODE_EXTRA_CA_CERTS``
    adds to them, ``CLAUDE_CODE_CLIENT_CERT`` and ``CLAUDE_CODE_CLIENT_KEY`` identify the client.

    Raises:
        ModelError: a file cannot be used.
    """
    import httpx2

    names = (
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "NODE_EXTRA_CA_CERTS",
        "CLAUDE_CODE_CLIENT_CERT",
        "CLAUDE_CODE_CLIENT_KEY",
    )
    file, folder, extra, certificate, key = (environ.get(name) or None for name in names)
    try:
        if file or folder:
            context = ssl.create_default_context(cafile=file, capath=folder)
        else:
            context = httpx2.create_ssl_context(trust_env=False)
        if extra:
            context.load_verify_locations(cafile=extra)
        if certificate:
            context.load_cert_chain(certificate, key, environ.get("CLAUDE_CODE_CLIENT_KEY_PASSPHRASE"))
    except (OSError, ValueError) as fault:
        used = ", ".join(name for name in names if environ.get(name))
        text = f"The certificates that {used} name cannot be used: {fault}"
        raise ModelError("unknown", text) from fault
    return context


def open_client(address: str, environ: Mapping[str, str], deadlines: Deadlines) -> httpx2.AsyncClient:
    """Return an HTTP client for one server. It follows no redirect, so the key goes nowhere else.

    Raises:
        ModelError: the proxy or a certificate cannot be used.
    """
    import httpx2

    proxy = proxy_for(address, environ)
    secure = address.startswith("https:") or (proxy or "").startswith("https:")
    try:
        return httpx2.AsyncClient(
            # Without https nothing is to be verified, and an empty context would verify nothing.
            verify=tls_context(environ) if secure else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=False,  # the environment that counts is the one handed in
            proxy=proxy,
            follow_redirects=False,
            timeout=httpx2.Timeout(deadlines.silence, connect=deadlines.connect, pool=None),
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=300),
        )
    except (ValueError, ImportError, httpx2.InvalidURL) as fault:
        where = (proxy or "").rpartition("@")[2]
        text = f"The proxy {where!r} of the environment cannot be used: {fault}"
        raise ModelError("unknown", text) from fault


class Connection:
    """The way to one server."""

    def __init__(self, address: str, environ: Mapping[str, str], deadlines: Deadlines) -> None:
        self.address = address
        self.deadlines = deadlines
        self._environ = environ
        self._client: httpx2.AsyncClient | None = None

    @property
    def client(self) -> httpx2.AsyncClient:
        """The HTTP client, made when first asked for."""
        if self._client is None:
            self._client = open_client(self.address, self._environ, self.deadlines)
        return self._client

    @asynccontextmanager
    async def post(
        self,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        target: Target,
        secrets: tuple[str, ...] = (),
    ) -> AsyncGenerator[httpx2.Response]:
        """Send a request and yield the answer, its body unread; leaving closes it.

        Raises:
            ModelError: no connection, no answer in time, or an answer other than 200.
        """
        import httpx2

        client = self.client
        request = client.build_request("POST", self.address + path, content=body, headers=dict(headers))
        try:
            async with asyncio.timeout(self.deadlines.progress):
                response = await client.send(request, stream=True)
        except (TimeoutError, httpx2.ReadTimeout) as fault:
            raise no_answer(target, self.deadlines) from fault
        except httpx2.HTTPError as fault:
            raise connection_fault(fault, target) from fault
        try:
            if response.status_code != 200:
                text = await start_of(response, self.deadlines)
                raise answer_fault(response.status_code, response.headers, text, target, secrets)
            yield response
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close the connections; the next request would open new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def no_answer(target: Target, deadlines: Deadlines) -> ModelError:
    """Return the error that a server means which takes a request and does not answer."""
    name = "API_TIMEOUT_MS" if deadlines.progress <= deadlines.silence else "CLAUDE_STREAM_IDLE_TIMEOUT_MS"
    waited = f"{min(deadlines.progress, deadlines.silence):g} s ({name})"
    return ModelError("stream_stalled", f"{target.host} took the request and did not answer within {waited}")


async def start_of(response: httpx2.Response, deadlines: Deadlines) -> bytes:
    """Return the first bytes of an error answer: as much as comes in reasonable time and size."""
    import httpx2

    found = bytearray()
    try:
        async with asyncio.timeout(min(5.0, deadlines.progress)), aclosing(response.aiter_bytes()) as pieces:
            async for piece in pieces:
                found += piece
                if len(found) >= LONGEST_ERROR:
                    break
    except (TimeoutError, httpx2.HTTPError):
        pass  # the status alone says enough
    return bytes(found[:LONGEST_ERROR])
