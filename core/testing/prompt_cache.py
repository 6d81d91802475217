"""The prompt cache of a fake server: what a request would read from it and write to it.

Tokens are estimated at four bytes each, so that the figures are plausible and always the same.
Source: platform.claude.com/docs/en/build-with-claude/prompt-caching.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import accumulate

from gaff.hooks import JsonObject, Usage, text_at

from .messages_checks import encoded, prompt_blocks
from .replies import Call, Other, Part, Text, Thinking

#: Blocks before a breakpoint in which the server looks for an earlier entry.
LOOK_BACK = 20


def tokens(text: str) -> int:
    """Estimate the tokens of a text."""
    return len(text.encode("utf-8", "surrogatepass")) // 4 + 1


def output_tokens(parts: Iterable[Part]) -> int:
    """Estimate the tokens of an answer."""
    total = 0
    for part in parts:
        match part:
            case Text(text) | Thinking(text) | Call(input_json=text):
                total += tokens(text)
            case Other(block):
                total += tokens(encoded(block))
    return max(total, 1)


@dataclass
class PromptCache:
    """What earlier requests left in the cache."""

    _entries: set[str] = field(default_factory=set[str])

    def use(self, body: JsonObject, parts: Iterable[Part]) -> Usage:
        """Answer a request: return its usage, and keep what it marks."""
        prompt = list(prompt_blocks(body))
        texts = [encoded(block) for _, block in prompt]
        marked = [index for index, (_, block) in enumerate(prompt) if "cache_control" in block]
        if "cache_control" in body and prompt:
            marked.append(len(prompt) - 1)
        keys = _prefix_keys(text_at(body, "model"), [place for place, _ in prompt], texts)
        ends = list(accumulate(map(tokens, texts), initial=0))
        read = max((self._found(index, keys) for index in marked), default=0)
        written = marked[-1] + 1 if marked else 0
        self._entries |= {keys[index] for index in marked}
        return Usage(
            input_tokens=ends[-1] - ends[max(read, written)],
            output_tokens=output_tokens(parts),
            cache_creation_input_tokens=ends[max(read, written)] - ends[read],
            cache_read_input_tokens=ends[read],
        )

    def _found(self, breakpoint: int, keys: list[str]) -> int:
        """Return how many blocks an entry at this breakpoint, or up to 20 blocks before it, holds."""
        for index in range(breakpoint, max(-1, breakpoint - LOOK_BACK), -1):
            if keys[index] in self._entries:
                return index + 1
        return 0


def _prefix_keys(model: str, places: list[str], texts: list[str]) -> list[str]:
    keys: list[str] = []
    digest = hashlib.sha256(model.encode())
    for place, text in zip(places, texts, strict=True):
        digest.update(f"{place} {text}\0".encode("utf-8", "surrogatepass"))
        keys.append(digest.hexdigest())
    return keys


def prompt_tokens(body: JsonObject) -> int:
    """Estimate the tokens of a request's whole prompt."""
    return sum(tokens(encoded(block)) for _, block in prompt_blocks(body))
