"""The exceptions of gaff, all on one page.

    GaffError
      UsageError             the user's fault: one line, no traceback, exit code 2
        SettingsError          a settings file or value that cannot be used
      PluginError            a plugin's fault: always names the plugin
      ToolError              a tool could not do what was asked; the model reads the message
      ModelError             the model's server failed; says how, and whether to try again
      SessionError           a session cannot be opened, or its transcript cannot be written
      RefusedError           a plugin says no where the first answer holds; nobody else is asked

Catch broad, recover narrow. ``asyncio.CancelledError`` is never wrapped.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

ModelErrorKind: TypeAlias = Literal[
    "rate_limit",
    "overloaded",
    "authentication_failed",
    "billing_error",
    "invalid_request",
    "model_not_found",
    "prompt_too_long",
    "server_error",
    "connection_failed",
    "stream_cut",
    "stream_stalled",
    "malformed_stream",
    "unknown",
]

#: Kinds that another attempt may cure.
PASSING: frozenset[ModelErrorKind] = frozenset(
    {
        "rate_limit",
        "overloaded",
        "server_error",
        "connection_failed",
        "stream_cut",
        "stream_stalled",
        "malformed_stream",
    }
)


class GaffError(Exception):
    """Anything gaff reports by itself."""


class UsageError(GaffError):
    """The user asked for something that cannot be: the message says what, where and what to do."""


class SettingsError(UsageError):
    """A settings file or value cannot be used."""


class PluginError(GaffError):
    """A plugin could not be loaded or broke its contract."""

    def __init__(self, plugin: str, reason: str) -> None:
        super().__init__(f"plugin {plugin}: {reason}")
        self.plugin = plugin
        self.reason = reason


class ToolError(GaffError):
    """A tool could not do what was asked. The message goes to the model: say what to do next."""


class SessionError(GaffError):
    """A session cannot be opened, or its transcript cannot be written."""


class RefusedError(GaffError):
    """Raised by an implementation of a ``first`` hook: no, and nobody else is asked.

    Any other exception is a failure, after which the next is asked. Who asked gets it with the name of
    the ``plugin``; at hooks of other kinds it is a failure as any.
    """

    def __init__(self, reason: str, plugin: str = "") -> None:
        super().__init__(reason)
        self.plugin = plugin


class ModelError(GaffError):
    """A model request failed.

    ``kind`` names the fault, ``status`` is the HTTP status where there was one, ``retry_after`` the
    seconds the server asked to wait. ``message`` is for people and holds no markup.
    """

    def __init__(
        self,
        kind: ModelErrorKind,
        message: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind: ModelErrorKind = kind
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.request_id = request_id

    @property
    def passing(self) -> bool:
        """Whether another attempt may cure it."""
        return self.kind in PASSING
