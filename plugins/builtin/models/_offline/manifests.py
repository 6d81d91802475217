"""What project manifests hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias, cast

Facts: TypeAlias = Mapping[str, object]


def parse_manifest(name: str, text: str) -> Facts:
    """Return what a TOML or JSON manifest holds; empty for others and for broken ones."""
    try:
        if name.endswith(".toml"):
            import tomllib

            return tomllib.loads(text)
        value: object = json.loads(text) if name.endswith(".json") else {}
    except (ValueError, RecursionError):
        return {}
    return cast("Facts", value) if isinstance(value, dict) else {}


def member(facts: object, *path: str) -> object:
    """Return the value at a path of keys; ``None`` where there is none."""
    for key in path:
        if not isinstance(facts, Mapping):
            return None
        facts = cast("Facts", facts).get(key)
    return facts
