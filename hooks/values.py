"""JSON values as they cross the hook boundary: read-only views, so that nobody changes what another sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeGuard

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = Mapping[str, Json]


def is_object(value: object) -> TypeGuard[JsonObject]:
    """Whether a value read from JSON is an object."""
    return isinstance(value, dict)


def text_at(value: JsonObject, key: str, default: str = "") -> str:
    """Return the string at ``key``; ``default`` where it is missing or of another type."""
    found = value.get(key)
    return found if isinstance(found, str) else default


def number_at(value: JsonObject, key: str, default: int = 0) -> int:
    """Return the whole number at ``key``; ``default`` where it is missing or of another type."""
    found = value.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def object_at(value: JsonObject, key: str) -> JsonObject:
    """Return the object at ``key``; an empty one where it is missing or of another type."""
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}


def list_at(value: JsonObject, key: str) -> Sequence[Json]:
    """Return the list at ``key``; an empty one where it is missing or of another type."""
    found = value.get(key)
    return found if isinstance(found, Sequence) and not isinstance(found, str) else ()
