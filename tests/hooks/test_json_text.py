"""Editing a JSON object's text changes nothing else in it."""

from __future__ import annotations

import json
import string
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given, strategies as st

from gaff.hooks.json_text import edit_json

NAMES = st.text(string.ascii_lowercase + '."\\é', min_size=1, max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
SETTINGS = st.dictionaries(NAMES, VALUES, max_size=4)
LAYOUTS: list[dict[str, Any]] = [
    {},
    {"indent": 2},
    {"indent": "\t"},
    {"separators": (",", ":")},
    {"indent": 0},
]


def alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '{\n  "plugins": {\n    "a.b": false\n  }\n}\n'),
        ("{}\n", '{\n  "plugins": {\n    "a.b": false\n  }\n}\n'),
        ('{"x": 1}', '{"x": 1, "plugins": {"a.b": false}}'),
        ('{\n\t"x": [1,2]\n}', '{\n\t"x": [1,2],\n\t"plugins": {\n\t\t"a.b": false\n\t}\n}'),
        ('{"plugins": {"a.b" : true , "c": 1}}', '{"plugins": {"a.b" : false , "c": 1}}'),
        ('{\n  "plugins": {},\n  "x": 1\n}', '{\n  "plugins": {\n    "a.b": false\n  },\n  "x": 1\n}'),
        ('{\r\n  "x": 1\r\n}\r\n', '{\r\n  "x": 1,\r\n  "plugins": {\r\n    "a.b": false\r\n  }\r\n}\r\n'),
        ('{"a": ["x"]}', '{"a": ["x", "y"]}'),
        ('{\n  "a": ["x"],\n  "b": 1}', '{\n  "a": ["x", "y"],\n  "b": 1}'),
        ('{\n  "a": [\n    "x"\n  ]\n}', '{\n  "a": [\n    "x",\n    "y"\n  ]\n}'),
        ('{ "a":1 }', '{ "a":true }'),
    ],
)
def test_the_text_stays_as_it_was(before: str, after: str) -> None:
    """Indentation, line ends and spacing are the file's own."""
    assert edit_json(before, {**json.loads(before or "{}"), **json.loads(after)}) == after


@given(
    SETTINGS,
    st.dictionaries(NAMES, st.booleans(), max_size=3),
    NAMES,
    st.booleans(),
    st.sampled_from(LAYOUTS),
)
def test_exactly_one_value_changes(
    settings: dict[str, Any], plugins: dict[str, bool], name: str, on: bool, layout: dict[str, Any]
) -> None:
    """Whatever else is in the file, in whatever layout, and every line of it stays."""
    whole = {**settings, "plugins": plugins} if plugins else settings
    text = json.dumps(whole, **layout)
    wanted = {**whole, "plugins": {**plugins, name: on}}
    edited = edit_json(text, wanted)
    assert json.loads(edited) == wanted
    same = alike(text, edited) + alike(text[::-1], edited[::-1])
    assert same >= len(text) - (len("false") if name in plugins else 0)


@given(SETTINGS, SETTINGS, st.sampled_from(LAYOUTS))
def test_the_text_always_holds_what_is_wanted(
    before: dict[str, Any], after: dict[str, Any], layout: dict[str, Any]
) -> None:
    """Whatever is taken out, put in or changed, at any depth."""
    assert json.loads(edit_json(json.dumps(before, **layout), after)) == after


def test_a_key_taken_out_leaves_the_rest() -> None:
    """Only the object that lost it is written anew."""
    text = '{\n  "a": {"x": 1,   "y": 2},\n  "b":   3\n}\n'
    assert edit_json(text, {"a": {"y": 2}, "b": 3}) == '{\n  "a": {"y": 2},\n  "b":   3\n}\n'
