"""Scripts: where the replies of a fake model come from, in code or in a file."""

from __future__ import annotations

import inspect
import json
import runpy
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, cast

from gaff.hooks import JsonObject, UsageError, text_at

from . import replies
from .messages_checks import blocks_of, objects
from .replies import Reply, as_reply

#: Replies in order, or a function that is given the request's body (JSON) and returns the reply.
Script: TypeAlias = Iterable[Reply | str] | Callable[[JsonObject], Reply | str | Awaitable[Reply | str]]


#: The functions of ``gaff.testing.replies`` that a JSON script can name.
BUILDERS = (
    *("block", "bytewise", "call", "calls", "cut", "empty_200", "error_mid_stream", "garbage"),
    *("hang_before_headers", "hold", "html", "http", "line_endings", "malformed", "max_tokens"),
    *("max_tokens_mid_tool", "overloaded_mid_stream", "paced", "pings_forever", "prompt_too_long"),
    *("refuse", "reply", "reset", "say", "stall", "status", "think"),
)


class ScriptEndedError(Exception):
    """More was asked than the script answers."""


class ScriptPlayer:
    """Hands out the replies of a script, one for each request. Safe to use from several threads."""

    def __init__(self, script: Script = (), otherwise: Reply | str | None = None) -> None:
        self._function = script if callable(script) else None
        self._replies = [] if callable(script) else [as_reply(item) for item in script]
        self._otherwise = otherwise
        self._asked = 0
        self._lock = threading.Lock()

    @property
    def remaining(self) -> int:
        """How many replies of the list have not been given yet."""
        return len(self._replies)

    def add(self, *more: Reply | str) -> None:
        """Append replies to the list."""
        with self._lock:
            self._replies += [as_reply(item) for item in more]

    async def next(self, body: JsonObject) -> Reply:
        """Return the reply to a request.

        Raises:
            ScriptEndedError: the list is at its end, and nothing was said for that case.
        """
        with self._lock:
            self._asked += 1
            if self._replies:
                return self._replies.pop(0)
        if self._function is not None:
            answer = self._function(body)
            return as_reply(await answer if inspect.isawaitable(answer) else answer)
        if self._otherwise is not None:
            return as_reply(self._otherwise)
        raise ScriptEndedError(f"the script is at its end: this is request {self._asked}")


def load_script(path: Path) -> Script:
    """Read a script from a file: the variable ``script`` of a ``.py`` file, or a JSON list of replies.

    In JSON a reply is a string (text), or an object with the name of one of the functions of
    ``gaff.testing.replies`` and its arguments: ``{"call": ["Read", {"file_path": "a.txt"}]}``,
    ``{"status": {"code": 429, "retry_after": 2}}``, ``{"cut": {"given": "Half a", "after": 3}}``,
    ``{"reply": [{"think": "..."}, "text"]}``.

    Raises:
        UsageError: the file cannot be read, or is no script.
    """
    try:
        if path.suffix == ".py":
            return cast("Script", runpy.run_path(str(path))["script"])
        return [parse_reply(item) for item in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: not a script: {error}; see docs/testing.md for the form") from error


def parse_reply(value: object) -> Reply:
    """Read one reply of a JSON script.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str):
        return replies.say(value)
    if not isinstance(value, Mapping) or len(cast("Mapping[str, object]", value)) != 1:
        raise ValueError(f"not a reply: {value!r}")
    name, arguments = next(iter(cast("Mapping[str, object]", value).items()))
    if name not in BUILDERS:
        raise ValueError(f"no reply is called {name!r}; there are {', '.join(BUILDERS)}")
    build: Callable[..., Reply] = getattr(replies, name)
    if isinstance(arguments, Mapping):
        return build(
            **{key: _argument(key, item) for key, item in cast("Mapping[str, object]", arguments).items()}
        )
    if isinstance(arguments, Sequence) and not isinstance(arguments, str):
        items = cast("Sequence[object]", arguments)
        return build(*(_joined(item) if name in ("reply", "calls") else item for item in items))
    return build(arguments)


def _argument(key: str, value: object) -> object:
    return parse_reply(value) if key == "given" else value


def _joined(value: object) -> Reply:
    """Read a part of ``reply`` or ``calls``; a list is a tool's name and input."""
    if not isinstance(value, list):
        return parse_reply(value)
    name, given = cast("list[object]", value)
    return replies.call(str(name), cast("JsonObject", given))


def echo(body: JsonObject) -> str:
    """A script that repeats the last thing it is told."""
    last = blocks_of(objects(body.get("messages"))[-1])
    return "You said: " + "".join(text_at(block, "text") for block in last[-1:])
