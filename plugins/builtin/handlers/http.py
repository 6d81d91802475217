"""The hook handler ``http``: the event is posted to a server, whose answer is read as JSON output.

Source: code.claude.com/docs/en/hooks, "HTTP hook fields".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from fnmatch import translate
from typing import Any, ClassVar, Final

from gaff.hooks import (
    FieldType,
    HookHandler,
    HookResult,
    HookRun,
    HookSource,
    JsonObject,
    Kernel,
    hookimpl,
    is_object,
    list_at,
    object_at,
)

from ._book import merged_list

#: Bytes of an answer that are read.
_LONGEST: Final = 1_000_000
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_FORBIDDEN: Final = re.compile(r"[\r\n\0]")


class HttpHandler(HookHandler):
    """Posts the event."""

    name: ClassVar[str] = "http"
    summary: ClassVar[str] = "post the event to a server"
    fields: ClassVar[Mapping[str, FieldType]] = {
        "url": "string",
        "headers": "object",
        "allowedEnvVars": "array",
    }
    required: ClassVar[tuple[str, ...]] = ("url",)

    def check(self, config: JsonObject, source: HookSource, kernel: Kernel) -> str | None:
        url = str(config.get("url"))
        if not url.startswith(("http://", "https://")):
            return f"url must begin with http:// or https://, not {url!r}"
        allowed = merged_list(kernel, "allowedHttpHookUrls")
        if allowed is not None and not any(_matches(pattern, url) for pattern in allowed):
            return f"allowedHttpHookUrls does not list {url}"
        if not all(isinstance(value, str) for value in object_at(config, "headers").values()):
            return "headers must be texts"
        return None

    async def run(self, run: HookRun) -> HookResult:
        import httpx2

        headers = {"Content-Type": "application/json", **_headers(run)}
        try:
            async with (
                httpx2.AsyncClient(timeout=None, follow_redirects=False) as client,
                client.stream("POST", run.text("url"), content=run.stdin, headers=headers) as response,
            ):
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part[: _LONGEST - len(body)]
                return _result(response.status_code, bytes(body))
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as fault:
            return HookResult(failure=f"{type(fault).__name__}: {fault}".rstrip(": "))


def _matches(pattern: str, url: str) -> bool:
    escaped = pattern.replace("[", "[[]").replace("?", "[?]")
    return re.match(translate(escaped), url) is not None


def _headers(run: HookRun) -> dict[str, str]:
    """Return the headers, with the values of variables that both the entry and the settings let through."""
    names = {name for name in list_at(run.config, "allowedEnvVars") if isinstance(name, str)}
    allowed = merged_list(run.kernel, "httpHookAllowedEnvVars")
    if allowed is not None:
        names &= set(allowed)

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        return run.kernel.environ.get(name, "") if name in names else ""

    headers = object_at(run.config, "headers")
    return {name: _FORBIDDEN.sub("", _VARIABLE.sub(value, str(text))) for name, text in headers.items()}


def _result(status: int, body: bytes) -> HookResult:
    if not 200 <= status < 300:
        return HookResult(failure=f"the server answered {status}")
    if not body.strip():
        return HookResult()
    try:
        output: Any = json.loads(body)
    except (ValueError, RecursionError):
        output = None
    if not is_object(output):
        return HookResult(failure="the server's answer is no JSON object")
    return HookResult(output=output)


@hookimpl
def gaff_register_hook_handlers() -> Sequence[HookHandler]:
    """Offer ``http``."""
    return (HttpHandler(),)
