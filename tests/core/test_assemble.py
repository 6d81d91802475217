"""Putting an answer together from stream events that may be anything."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from gaff.assemble import Assembly, parse_input
from gaff.hooks.errors import ModelError
from gaff.hooks.values import JsonObject


def start(index: int, **block: Any) -> JsonObject:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, **fields: Any) -> JsonObject:
    return {"type": "content_block_delta", "index": index, "delta": fields}


def stop(index: int) -> JsonObject:
    return {"type": "content_block_stop", "index": index}


BEGIN: JsonObject = {
    "type": "message_start",
    "message": {"id": "m", "model": "x", "usage": {"input_tokens": 2}},
}
TOOL = start(0, type="tool_use", id="t", name="Read", input={})


def assemble(events: Iterable[JsonObject]) -> Assembly:
    assembly = Assembly(lambda identity: identity)
    for event in events:
        assembly.feed(event)
    return assembly


def test_text_thinking_and_calls() -> None:
    """Blocks come out as the API's content blocks."""
    assembly = assemble(
        [
            BEGIN,
            start(0, type="thinking", thinking="", signature=""),
            delta(0, type="thinking_delta", thinking="hm"),
            delta(0, type="signature_delta", signature="s"),
            stop(0),
            start(1, type="text", text=""),
            delta(1, type="text_delta", text="a"),
            delta(1, type="text_delta", text="b"),
            stop(1),
            start(2, type="tool_use", id="t", name="Read", input={}),
            delta(2, type="input_json_delta", partial_json='{"file_'),
            delta(2, type="input_json_delta", partial_json='path":"x"}'),
            stop(2),
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 7}},
            {"type": "message_stop"},
        ]
    )

    assert assembly.content() == (
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "ab"},
        {"type": "tool_use", "id": "t", "name": "Read", "input": {"file_path": "x"}},
    )
    assert (assembly.finished, assembly.stop_reason, assembly.usage.context) == (True, "tool_use", 9)


def test_an_open_call_does_not_count() -> None:
    """A call whose block was never closed is not run, and is named as cut."""
    assembly = assemble([BEGIN, TOOL, delta(0, type="input_json_delta", partial_json='{"file_path":"x"}')])

    assert (assembly.calls, assembly.content(), assembly.cut_call) == ((), (), "Read")


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        ('{"a":1,"a":2}', "twice"),
        ("[1]", "must be a JSON object"),
        ('{"a":', "not valid JSON"),
        ('{"a":NaN}', "NaN"),
        ('{"a":"\\ud800"}', "surrogate"),
        ('{"a":' * 80 + "1" + "}" * 80, "too deep"),
        ("[" * 100_000, "too deep"),
    ],
)
def test_doubtful_inputs_are_faults(encoded: str, reason: str) -> None:
    """What two readers may read differently is not run; the model is told why."""
    events = [BEGIN, TOOL, delta(0, type="input_json_delta", partial_json=encoded), stop(0)]

    (call,) = assemble(events).calls

    assert call.fault is not None
    assert reason in call.fault
    assert call.input == {}


@pytest.mark.parametrize(
    "events",
    [
        [TOOL],
        [BEGIN, BEGIN],
        [BEGIN, stop(0)],
        [BEGIN, delta(0, type="text_delta", text="x")],
        [BEGIN, TOOL, stop(0), stop(0)],
        [BEGIN, TOOL, TOOL],
        [BEGIN, TOOL, {"type": "message_stop"}],
        [{"type": "message_stop"}],
    ],
)
def test_impossible_orders_end_the_stream(events: list[JsonObject]) -> None:
    """An order that no server may send is a fault, not a guess."""
    with pytest.raises(ModelError) as caught:
        assemble(events)

    assert caught.value.kind == "malformed_stream"


def test_unknown_events_and_deltas_are_passed_over() -> None:
    """A newer server may send more than is known here."""
    events = [BEGIN, {"type": "news"}, start(0, type="text", text=""), delta(0, type="shiny_delta"), stop(0)]

    assert assemble(events).content() == ()


KEYS = st.sampled_from(["type", "index", "content_block", "delta", "message", "usage", "text", "id"])
LEAVES = (
    st.none()
    | st.integers(-1, 2)
    | st.sampled_from(["text", "tool_use", "message_start", "content_block_start"])
)
EVENTS = st.dictionaries(KEYS, LEAVES | st.dictionaries(KEYS, LEAVES, max_size=3), max_size=4)


@given(st.lists(EVENTS, max_size=6))
def test_nothing_but_model_errors(events: list[Any]) -> None:
    """No stream of objects whatever raises anything else."""
    with contextlib.suppress(ModelError):
        assemble(events)


VALUES = st.integers() | st.text(max_size=8) | st.lists(st.booleans(), max_size=3)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=5))
def test_plain_objects_are_read_as_they_are(value: dict[str, Any]) -> None:
    """Reading an encoded object gives the object."""
    assert parse_input(json.dumps(value)) == value
