"""Anthropic's SDK as what carries requests: the only module that imports it, at the first request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from gaff.hooks import ModelError

from ._credentials import KeySource
from ._environment import Deadlines
from ._faults import Target, answer_fault, connection_fault, readable
from ._http import no_answer, open_client, start_of

if TYPE_CHECKING:
    import anthropic
    import httpx2


class ProfileKey(KeySource):
    """A profile of Anthropic's own tools, which the SDK turns into tokens."""

    name = "ANTHROPIC_PROFILE"


class SdkWire:
    """The SDK's client as the way to one server. It tries once: retries are the kernel's."""

    def __init__(
        self, address: str, environ: Mapping[str, str], deadlines: Deadlines, *, profile: str = ""
    ) -> None:
        self._address = address
        self._environ = environ
        self._deadlines = deadlines
        self._profile = profile
        self._client: anthropic.AsyncAnthropic | None = None

    @asynccontextmanager
    async def post(
        self,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        target: Target,
        secrets: tuple[str, ...] = (),
    ) -> AsyncGenerator[httpx2.Response]:
        import anthropic

        try:
            async with asyncio.timeout(self._deadlines.progress):
                stream = await self._sdk().post(
                    path,
                    content=body,
                    options={"headers": self._with_authorization(headers)},
                    cast_to=object,
                    stream=True,
                    stream_cls=anthropic.AsyncStream[object],
                )
        except (TimeoutError, anthropic.AnthropicError) as error:
            raise self._fault(error, target, secrets) from error
        try:
            yield stream.response
        finally:
            await stream.close()

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _sdk(self) -> anthropic.AsyncAnthropic:
        """Return the SDK's client, made when first asked for."""
        if self._client is None:
            import anthropic

            http = open_client(self._address, self._environ, self._deadlines)
            http.event_hooks = {"response": [self._stop_at_refusal]}
            self._client = anthropic.AsyncAnthropic(
                # The key goes with each request, as it may be renewed; a key here keeps the SDK from looking for one.
                api_key=None if self._profile else "none",
                profile=self._profile or None,
                base_url=self._address,
                max_retries=0,
                http_client=http,
            )
        return self._client

    def _fault(self, error: Exception, target: Target, secrets: tuple[str, ...]) -> ModelError:
        import anthropic
        import httpx2

        cause = error.__cause__
        if isinstance(cause, _Refusal):
            return answer_fault(cause.status, cause.headers, cause.body, target, secrets)
        if isinstance(error, TimeoutError) or isinstance(cause, httpx2.ReadTimeout):
            return no_answer(target, self._deadlines)
        if isinstance(error, anthropic.APIConnectionError):
            return connection_fault(cause if isinstance(cause, Exception) else error, target)
        text = f"The profile {self._profile!r} gives no access: {readable(str(error), secrets)}"
        return ModelError("authentication_failed", text)

    def _with_authorization(self, headers: Mapping[str, str]) -> Mapping[str, str | anthropic.Omit]:
        import anthropic

        if self._profile or "authorization" in headers:
            return headers
        return {**headers, "authorization": anthropic.omit}

    async def _stop_at_refusal(self, response: httpx2.Response) -> None:
        """Keep the SDK from reading an error answer of any length."""
        if response.status_code != 200:
            raise _Refusal(response.status_code, response.headers, await start_of(response, self._deadlines))


class _Refusal(Exception):
    """The server answered something other than 200."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.headers = headers
        self.body = body
