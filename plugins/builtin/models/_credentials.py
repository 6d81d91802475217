"""What proves to a server who asks: keys, tokens and the ``apiKeyHelper`` command.

As documented, ``ANTHROPIC_API_KEY`` goes out as ``X-Api-Key`` and ``ANTHROPIC_AUTH_TOKEN`` as
``Authorization: Bearer``. A key without a token goes out both ways, as the output of ``apiKeyHelper``
does: API version 2026-10-21 and its SDK use Bearer, older gateways look for ``X-Api-Key`` only.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from gaff.hooks import JsonObject, ModelError, UsageError, text_at

from ._environment import number_of
from ._faults import readable

#: Seconds an ``apiKeyHelper`` may take, and for how long its output is used.
_HELPER_TIMEOUT: Final = 30.0
_HELPER_LIFETIME: Final = 300.0


@dataclass(frozen=True)
class Credentials:
    """Headers that prove who asks, and the words in them that nobody may see."""

    headers: Mapping[str, str]
    secrets: tuple[str, ...] = ()


class KeySource:
    """Where the key of a server comes from."""

    #: Name of the variable or setting; empty where there is no key.
    name: str = ""
    #: Whether ``forget`` may lead to another key.
    renewable: bool = False

    async def credentials(self) -> Credentials:
        """Return the headers to send.

        Raises:
            ModelError: there is no key to be had.
        """
        return Credentials({})

    def forget(self) -> None:
        """Ask anew next time: the server refused the key."""


class FixedKey(KeySource):
    """A key or token out of the environment.

    Raises:
        UsageError: it holds characters that no header may hold.
    """

    def __init__(self, name: str, *, key: str = "", token: str = "") -> None:
        if not _is_sendable(key + token):
            raise UsageError(f"{name} holds characters that no key has; was something else copied along?")
        self.name = name
        self._credentials = _headers(key, token)

    async def credentials(self) -> Credentials:
        return self._credentials


class HelperKey(KeySource):
    """The output of the ``apiKeyHelper`` command, kept for five minutes or until the server refuses it.

    ``CLAUDE_CODE_API_KEY_HELPER_TTL_MS`` sets another time.
    """

    name = "apiKeyHelper"
    renewable = True

    def __init__(self, command: str, environ: Mapping[str, str]) -> None:
        self._command = command
        self._environ = environ
        lifetime = number_of(environ, "CLAUDE_CODE_API_KEY_HELPER_TTL_MS")
        self._lifetime = lifetime / 1000 if lifetime else _HELPER_LIFETIME
        self._kept: Credentials | None = None
        self._until = 0.0

    async def credentials(self) -> Credentials:
        if self._kept is None or time.monotonic() >= self._until:
            self._kept = _headers(await self._run(), "")
            self._until = time.monotonic() + self._lifetime
        return self._kept

    def forget(self) -> None:
        self._kept = None

    async def _run(self) -> str:
        """Run the command and return what it prints; nothing it started is left behind.

        Raises:
            ModelError: it failed, took too long, or printed no key.
        """
        starting = asyncio.create_task(self._start())
        try:
            async with asyncio.timeout(_HELPER_TIMEOUT):
                process = await asyncio.shield(starting)
                output, errors = await process.communicate()
        except TimeoutError as fault:
            raise _helper_fault(f"it took longer than {_HELPER_TIMEOUT:g} s") from fault
        finally:
            # Waited for once more: a cancellation may come before the process is known.
            process = await starting
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        if process.returncode != 0:
            said = readable(errors.decode(errors="replace"))
            raise _helper_fault(f"exit code {process.returncode} {said}".rstrip())
        key = output.decode(errors="replace").strip()
        if not key or not _is_sendable(key):
            raise _helper_fault("it printed " + ("characters that no key has" if key else "nothing"))
        return key

    def _start(self) -> Coroutine[Any, Any, asyncio.subprocess.Process]:
        return asyncio.create_subprocess_shell(
            self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(self._environ),
            start_new_session=True,
        )


def key_source(environ: Mapping[str, str], settings: JsonObject) -> KeySource:
    """Return where the key for the Messages API comes from: environment before ``apiKeyHelper``.

    Raises:
        UsageError: a key holds characters that no header may hold.
    """
    key = environ.get("ANTHROPIC_API_KEY", "").strip()
    token = environ.get("ANTHROPIC_AUTH_TOKEN", "").strip()
    if key or token:
        return FixedKey("ANTHROPIC_AUTH_TOKEN" if token else "ANTHROPIC_API_KEY", key=key, token=token)
    if command := text_at(settings, "apiKeyHelper").strip():
        return HelperKey(command, environ)
    return KeySource()


def bearer(name: str, token: str) -> KeySource:
    """Return a token that goes out as ``Authorization: Bearer``; no key where it is empty.

    Raises:
        UsageError: the token holds characters that no header may hold.
    """
    return FixedKey(name, token=token.strip()) if token.strip() else KeySource()


def _headers(key: str, token: str) -> Credentials:
    headers = {"authorization": f"Bearer {token or key}"}
    if key:
        headers["x-api-key"] = key
    # A short word is no secret worth hiding, and hiding it would garble texts.
    return Credentials(headers, tuple(value for value in (key, token) if len(value) >= 8))


def _is_sendable(value: str) -> bool:
    return value.isascii() and value.isprintable()


def _helper_fault(why: str) -> ModelError:
    return ModelError(
        "authentication_failed", f"The apiKeyHelper command gave no key: {why}. Check it in the settings"
    )
