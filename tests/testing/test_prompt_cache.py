"""The prompt cache of the fake server."""

import pytest

from gaff.hooks import JsonObject, Usage
from gaff.testing.prompt_cache import PromptCache, prompt_tokens


def conversation(*words: str, marks: tuple[int, ...] = (-1,), model: str = "m") -> JsonObject:
    """Return a request of these user texts, with breakpoints at some of them."""
    places = {mark % len(words) for mark in marks}
    blocks: list[JsonObject] = [
        {"type": "text", "text": text} | ({"cache_control": {"type": "ephemeral"}} if index in places else {})
        for index, text in enumerate(words)
    ]
    return {"model": model, "messages": [{"role": "user", "content": blocks}]}


def test_without_breakpoints_nothing_is_cached() -> None:
    """A request that marks nothing pays for everything."""
    cache = PromptCache()
    asked = conversation("one", "two", marks=())
    assert cache.use(asked, ()) == cache.use(asked, ()) == Usage(prompt_tokens(asked), 1)


def test_the_second_request_reads_what_the_first_wrote() -> None:
    """The prefix up to the earlier breakpoint is read, the new part written."""
    cache = PromptCache()
    first = cache.use(conversation("one", "two"), ())
    second = cache.use(conversation("one", "two", "three"), ())
    assert first.cache_read_input_tokens == 0
    assert second.cache_read_input_tokens == first.cache_creation_input_tokens
    assert second.cache_creation_input_tokens > 0
    assert second.input_tokens == 0


def test_what_follows_the_breakpoint_is_paid_for() -> None:
    """Only what a breakpoint covers is written."""
    usage = PromptCache().use(conversation("one", "two", "three", marks=(0,)), ())
    assert usage.input_tokens > usage.cache_creation_input_tokens > 0


@pytest.mark.parametrize("changed", [conversation("ONE", "two"), conversation("one", "two", model="other")])
def test_a_changed_prefix_or_model_misses(changed: JsonObject) -> None:
    """Another prefix, or another model, finds nothing."""
    cache = PromptCache()
    cache.use(conversation("one", "two"), ())
    assert cache.use(changed, ()).cache_read_input_tokens == 0


@pytest.mark.parametrize(("more", "found"), [(19, True), (20, False)])
def test_the_server_looks_back_twenty_blocks(more: int, found: bool) -> None:
    """An entry too far before the breakpoint is not found."""
    cache = PromptCache()
    cache.use(conversation("one"), ())
    usage = cache.use(conversation("one", *map(str, range(more))), ())
    assert (usage.cache_read_input_tokens > 0) == found


def test_the_automatic_breakpoint_is_the_tail() -> None:
    """``cache_control`` of the request itself marks its last block."""
    cache = PromptCache()
    automatic = {**conversation("one", "two", marks=()), "cache_control": {"type": "ephemeral"}}
    assert cache.use(automatic, ()).cache_creation_input_tokens == prompt_tokens(automatic)
