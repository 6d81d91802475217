"""What the Messages API demands of a request, and what keeps its prompt cache warm.

``rejections`` are the demands the real server enforces with a 400; the texts are shaped like its own,
so that a client which reads the place out of them (``messages.3.content.0``) can be tested.
``cache_faults`` and ``PrefixGuard`` find what the real server takes, at a price.
Source: platform.claude.com/docs/en/api/messages, .../build-with-claude/prompt-caching.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias, cast

from gaff.hooks import Json, JsonObject, list_at, object_at, text_at

from .replies import signature_of

CheckName: TypeAlias = Literal[
    "shape",
    "sampling",
    "roles",
    "empty",
    "pairs",
    "ids",
    "thinking",
    "tools",
    "breakpoints",
    "cache",
    "prefix",
]
#: The most breakpoints a request may have.
MOST_BREAKPOINTS = 4
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_CALL_ID = re.compile(r"[a-zA-Z0-9_-]+")


@dataclass(frozen=True)
class Violation:
    """Something a request did wrong. ``request`` is its number, from 1."""

    check: CheckName
    message: str
    request: int = 0

    def __str__(self) -> str:
        return f"request {self.request}: [{self.check}] {self.message}"


def blocks_of(message: JsonObject) -> Sequence[JsonObject]:
    """Return the content blocks of a message; a string is one text block."""
    content = message.get("content")
    if isinstance(content, str):
        return ({"type": "text", "text": content},)
    return objects(content)


def objects(value: Json) -> Sequence[JsonObject]:
    """Return the objects of a JSON list; none where it is no list."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(item for item in value if isinstance(item, Mapping))


def system_blocks(body: JsonObject) -> Sequence[JsonObject]:
    """Return the system prompt as blocks."""
    system = body.get("system")
    return ({"type": "text", "text": system},) if isinstance(system, str) else objects(system)


def rejections(body: JsonObject) -> Iterator[Violation]:
    """Yield what the real server would refuse the request for, the worst first."""
    yield from _shape(body)
    messages = objects(body.get("messages"))
    yield from _roles(messages)
    yield from _empty(messages)
    yield from _pairs(messages)
    yield from _thinking(messages)
    yield from _tools(objects(body.get("tools")))
    marked = sum(1 for block in _cacheable(body) if "cache_control" in block) + ("cache_control" in body)
    if marked > MOST_BREAKPOINTS:
        text = f"A maximum of {MOST_BREAKPOINTS} blocks with cache_control may be provided. Found {marked}."
        yield Violation("breakpoints", text)


def _shape(body: JsonObject) -> Iterator[Violation]:
    for name, kind in (("model", str), ("max_tokens", int), ("messages", list)):
        if name not in body:
            yield Violation("shape", f"{name}: Field required")
        elif not isinstance(body[name], kind):
            yield Violation("shape", f"{name}: Input should be a valid {kind.__name__}")
    if body.get("messages") == []:
        yield Violation("shape", "messages: at least one message is required")
    for name in ("temperature", "top_p", "top_k"):
        if name in body:
            yield Violation("sampling", f"{name}: Extra inputs are not permitted")


def _roles(messages: Sequence[JsonObject]) -> Iterator[Violation]:
    previous: Json = "assistant"
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in ("user", "assistant"):
            yield Violation("roles", f"messages.{index}.role: Input should be 'user' or 'assistant'")
        elif role == previous:
            where = (
                'first message must use the "user" role'
                if index == 0
                else f"found multiple {role!r} in a row"
            )
            yield Violation(
                "roles", f'messages.{index}: roles must alternate between "user" and "assistant", {where}'
            )
        previous = role
    if messages and previous == "assistant":
        yield Violation(
            "roles", "messages: the final message must use the 'user' role: prefill is not supported"
        )


def _empty(messages: Sequence[JsonObject]) -> Iterator[Violation]:
    for index, message in enumerate(messages):
        if not blocks_of(message):
            yield Violation("empty", f"messages.{index}: all messages must have non-empty content")
        for place, block in enumerate(blocks_of(message)):
            where = f"messages.{index}.content.{place}"
            if block.get("type") == "text" and not text_at(block, "text"):
                yield Violation("empty", f"{where}: text content blocks must be non-empty")
            elif block.get("type") == "text" and not text_at(block, "text").strip():
                yield Violation("empty", f"{where}: text content blocks must contain non-whitespace text")
            elif block.get("type") == "tool_result":
                yield from _empty_result(block, where)


def _empty_result(block: JsonObject, where: str) -> Iterator[Violation]:
    content = block.get("content")
    for place, item in enumerate(objects(content)):
        if item.get("type") == "text" and not text_at(item, "text"):
            text = f"{where}.tool_result.content.{place}: text content blocks must be non-empty"
            yield Violation("empty", text)


def _ids(message: JsonObject, kind: str, key: str) -> list[str]:
    return [text_at(block, key) for block in blocks_of(message) if block.get("type") == kind]


def _pairs(messages: Sequence[JsonObject]) -> Iterator[Violation]:
    seen: set[str] = set()
    for index, message in enumerate(messages):
        before: JsonObject = messages[index - 1] if index else {}
        after: JsonObject = messages[index + 1] if index + 1 < len(messages) else {}
        if message.get("role") == "assistant":
            yield from _calls_answered(index, message, after, seen)
        else:
            yield from _results_asked_for(index, message, before)


def _calls_answered(
    index: int, message: JsonObject, after: JsonObject, seen: set[str]
) -> Iterator[Violation]:
    asked = _ids(message, "tool_use", "id")
    for name in asked:
        if name in seen:
            yield Violation("ids", f"messages.{index}: `tool_use` ids must be unique: {name}")
        if not _CALL_ID.fullmatch(name):
            text = f"messages.{index}: `tool_use` ids must match '{_CALL_ID.pattern}': {name!r}"
            yield Violation("ids", text)
        seen.add(name)
    answered = _ids(after, "tool_result", "tool_use_id")
    if missing := [name for name in asked if name not in answered]:
        text = (
            f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            f"{', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the "
            "next message."
        )
        yield Violation("pairs", text)


def _results_asked_for(index: int, message: JsonObject, before: JsonObject) -> Iterator[Violation]:
    asked = _ids(before, "tool_use", "id")
    results_over, answered = False, set[str]()
    for place, block in enumerate(blocks_of(message)):
        where = f"messages.{index}.content.{place}"
        if block.get("type") != "tool_result":
            results_over = True
            continue
        name = text_at(block, "tool_use_id")
        if name not in asked:
            text = (
                f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {name}. Each `tool_result` "
                "block must have a corresponding `tool_use` block in the previous message."
            )
            yield Violation("pairs", text)
        if name in answered:
            yield Violation(
                "pairs", f"{where}: each tool_use must have a single result. Found multiple: {name}"
            )
        if results_over:
            yield Violation("pairs", f"{where}: `tool_result` blocks must come first in the message")
        answered.add(name)


def _thinking(messages: Sequence[JsonObject]) -> Iterator[Violation]:
    for index, message in enumerate(messages):
        for place, block in enumerate(blocks_of(message)):
            if block.get("type") == "thinking" and block.get("signature") != signature_of(
                text_at(block, "thinking")
            ):
                text = f"messages.{index}.content.{place}: Invalid `signature` in `thinking` block"
                yield Violation("thinking", text)


def _tools(tools: Sequence[JsonObject]) -> Iterator[Violation]:
    names = [text_at(tool, "name") for tool in tools]
    for index, (tool, name) in enumerate(zip(tools, names, strict=True)):
        if name in names[:index]:
            yield Violation("tools", f"tools: Tool names must be unique: {name}")
        if not _TOOL_NAME.fullmatch(name):
            yield Violation(
                "tools", f"tools.{index}.custom.name: String should match pattern '{_TOOL_NAME.pattern}'"
            )
        if tool.get("type", "custom") == "custom" and object_at(tool, "input_schema").get("type") != "object":
            yield Violation("tools", f"tools.{index}.custom.input_schema.type: Input should be 'object'")


# The prompt cache.


def prompt_blocks(body: JsonObject) -> Iterator[tuple[str, JsonObject]]:
    """Yield every block of the prompt with its place, in the order of the prompt: tools, system, messages."""
    for index, tool in enumerate(objects(body.get("tools"))):
        yield f"tools.{index} ({text_at(tool, 'name')})", tool
    for index, block in enumerate(system_blocks(body)):
        yield f"system.{index}", block
    for index, message in enumerate(objects(body.get("messages"))):
        for place, block in enumerate(blocks_of(message)):
            yield f"messages.{index}.content.{place}", block


def _cacheable(body: JsonObject) -> Iterable[JsonObject]:
    for _, block in prompt_blocks(body):
        yield block
        if block.get("type") == "tool_result":
            yield from objects(block.get("content"))


def cache_faults(body: JsonObject) -> Iterator[Violation]:
    """Yield the places without the breakpoint they should have, where the request has breakpoints at all."""
    if not any("cache_control" in block for block in _cacheable(body)):
        return
    messages = objects(body.get("messages"))
    tail: Sequence[JsonObject] = blocks_of(messages[-1]) if messages else ()
    parts = {"tool": objects(body.get("tools")), "system block": system_blocks(body)}
    if "cache_control" not in body:
        parts["block of the last message"] = tail
    for what, blocks in parts.items():
        if blocks and "cache_control" not in blocks[-1]:
            yield Violation(
                "cache", f"the last {what} has no cache_control, so what precedes it is not cached"
            )


def bare(value: object) -> object:
    """Return the value without any ``cache_control``, the order of its members kept."""
    if isinstance(value, Mapping):
        members = cast("Mapping[str, object]", value)
        return {key: bare(item) for key, item in members.items() if key != "cache_control"}
    if isinstance(value, list):
        return [bare(item) for item in cast("list[object]", value)]
    return value


def encoded(block: JsonObject) -> str:
    """Return a block as JSON, without ``cache_control``: equal texts mean equal bytes on the wire."""
    return json.dumps(bare(block), ensure_ascii=False)


#: A prompt as places and encoded blocks.
_Prompt: TypeAlias = list[tuple[str, str]]


@dataclass
class PrefixGuard:
    """Says when a request does not extend the last one of its conversation, and what differs.

    A request goes on with a conversation where it has the same model and first message, or where it
    holds the answer that was given to the last request. All others begin conversations of their own:
    those of sub-agents, and what a compaction leaves.
    """

    _last: dict[str, _Prompt] = field(default_factory=dict[str, _Prompt])
    _answered: dict[str, list[_Prompt]] = field(default_factory=dict[str, list[_Prompt]])

    def check(self, body: JsonObject) -> Iterator[Violation]:
        """Compare with the last request of the same conversation, and remember this one."""
        messages = list_at(body, "messages")
        key = _key(body, messages[:1])
        prompt = [(place, encoded(block)) for place, block in prompt_blocks(body)]
        earlier = [self._last[key]] if key in self._last else []
        for index, message in enumerate(messages):
            earlier += self._answered.get(_key(body, index, message), [])
        self._last[key] = prompt
        found = [_first_difference(before, prompt) for before in earlier]
        if found and all(found):
            yield Violation("prefix", found[0] or "")

    def answered(self, body: JsonObject, content: Sequence[Json]) -> None:
        """Remember what a request was answered."""
        message: JsonObject = {"role": "assistant", "content": content}
        key = _key(body, len(list_at(body, "messages")), message)
        prompt = [(place, encoded(block)) for place, block in prompt_blocks(body)]
        self._answered.setdefault(key, []).append(prompt)


def _key(body: JsonObject, *parts: object) -> str:
    return json.dumps([body.get("model"), *(bare(part) for part in parts)])


def _first_difference(before: _Prompt, prompt: _Prompt) -> str | None:
    for index, (place, text) in enumerate(before):
        now = prompt[index] if index < len(prompt) else ("", "")
        if now != (place, text):
            return _difference(place, text, now)
    return None


def _difference(place: str, text: str, now: tuple[str, str]) -> str:
    if now[0] != place:
        return f"{place} of the last request is gone; in its place is {now[0] or 'the end'}"
    at = next(
        (i for i, (a, b) in enumerate(zip(text, now[1], strict=False)) if a != b), min(len(text), len(now[1]))
    )
    start = max(0, at - 20)
    return f"{place} differs from the last request: was ...{text[start : at + 40]!r}, is ...{now[1][start : at + 40]!r}"


@dataclass
class Inspector:
    """Holds each request of a fake model against all checks but the allowed ones, and keeps what it finds."""

    strict: bool = True
    allow: set[CheckName] = field(default_factory=set[CheckName])
    violations: list[Violation] = field(default_factory=list[Violation])
    _guard: PrefixGuard = field(default_factory=PrefixGuard)

    def inspect(self, body: JsonObject, number: int) -> str | None:
        """Check a request; return what the real server would refuse it for."""
        if not self.strict:
            return None
        refused = [found for found in rejections(body) if found.check not in self.allow]
        costly = [*cache_faults(body), *self._guard.check(body)]
        kept = refused + [found for found in costly if found.check not in self.allow]
        self.violations += [replace(found, request=number) for found in kept]
        return refused[0].message if refused else None

    def answered(self, body: JsonObject, content: Sequence[Json]) -> None:
        """Remember the content a request was answered with, to know its conversation again."""
        if self.strict:
            self._guard.answered(body, content)

    def check(self) -> None:
        """Raise ``AssertionError`` with everything that was found."""
        if self.violations:
            raise AssertionError("\n".join(str(violation) for violation in self.violations))
