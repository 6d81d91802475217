"""The reviewer's answer, read strictly: anything but one object of the known form is no verdict."""

from __future__ import annotations

import json
from typing import Final, cast

from .finding import Ruling, Tier

_TIERS: Final[tuple[Tier, ...]] = ("hard_deny", "soft_deny", "allow", "intent")
_KEYS: Final = frozenset({"tier", "verdict", "reason"})
_LONGEST: Final = 400


class NoVerdictError(Exception):
    """The reviewer gave no verdict; the message says why."""


class UnavailableError(NoVerdictError):
    """The reviewer could not be asked, or did not answer in time: the user decides."""


class RestingError(UnavailableError):
    """The reviewer was not asked, since it did not answer before."""


def read_verdict(text: str) -> Ruling:
    """Return the ruling in the reviewer's answer.

    Raises:
        NoVerdictError: the answer is not one object of the known form, or contradicts itself.
    """
    try:
        value: object = json.loads(text.strip(), object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as fault:
        raise NoVerdictError(f"the reviewer's answer is no JSON: {text.strip()[:80]!r}") from fault
    if not isinstance(value, dict) or frozenset(cast("dict[str, object]", value)) != _KEYS:
        raise NoVerdictError("the reviewer's answer has another form")
    answer = cast("dict[str, object]", value)
    tier: Tier | None = next((tier for tier in _TIERS if tier == answer["tier"]), None)
    verdict, reason = answer["verdict"], answer["reason"]
    if tier is None or verdict not in ("allow", "block") or not isinstance(reason, str):
        raise NoVerdictError("the reviewer's answer has another form")
    if (tier == "hard_deny" and verdict == "allow") or (tier == "allow" and verdict == "block"):
        raise NoVerdictError(f"the reviewer contradicts itself: {verdict} by {tier}")
    why = " ".join(reason.split())[:_LONGEST] or "no reason given"
    return Ruling("allow" if verdict == "allow" else "deny", "model", tier, why)


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found
