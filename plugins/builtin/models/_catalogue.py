"""Claude models as data: windows, prices, short names, and which one is meant.

Sources, read in November 2026: platform.claude.com/docs/en/about-claude/models/overview and
.../pricing, and the model names the ``anthropic`` package knows. Prices are US dollars for a million
tokens. A model that is not listed works all the same, with the limits of ``ModelLimits``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from gaff.hooks import JsonObject, ModelLimits, Price, Usage, object_at, text_at

from ._environment import number_of, switched_on

DEFAULT_MODEL: Final = "claude-opus-5-5"

#: Short names of the documented ``model`` setting. ``ANTHROPIC_DEFAULT_<NAME>_MODEL`` replaces the first five.
ALIASES: Final[Mapping[str, str]] = {
    "opus": "claude-opus-5-5",
    "sonnet": "claude-sonnet-5-5",
    "haiku": "claude-haiku-5-5",
    "fable": "claude-fable-5-2",
    "mythos": "claude-mythos-5-2",
    "best": "claude-fable-5-2",
    "default": DEFAULT_MODEL,
    "opusplan": "claude-opus-5-5",
}

_LONG: Final = 1_000_000
#: Levels of effort. Source: platform.claude.com/docs/en/build-with-claude/effort.
_EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
_WITHOUT_XHIGH: Final = ("low", "medium", "high", "max")
_FIRST_EFFORTS: Final = ("low", "medium", "high")
_SUFFIX: Final = r"(?i)\[(\d{1,3})m\]$"
_DATE: Final = r"[-@]20\d{6}$"


@dataclass(frozen=True)
class PriceByLength(Price):
    """A price that is another one, for all tokens of a request, where its prompt is long."""

    above: int
    long: Price

    def of(self, usage: Usage) -> float:
        """Return the cost of one request in US dollars."""
        prompt = usage.context - usage.output_tokens
        return self.long.of(usage) if prompt > self.above else super().of(usage)


def _price(input: float, output: float, cache_read: float) -> Price:
    """Return a price with the usual surcharge of a quarter for what goes into the cache for five minutes."""
    return Price(input, output, input * 1.25, cache_read)


_FABLE_5_2: Final = _price(8, 40, 0.20)
_FABLE_5_1: Final = _price(10, 50, 0.25)
_FABLE_5: Final = _price(10, 50, 1)
_OPUS: Final = _price(5, 25, 0.50)
_SONNET_4: Final = _price(3, 15, 0.30)
_HAIKU_5_5: Final = PriceByLength(0.10, 0.50, 0.125, 0.01, above=100_000, long=_price(0.50, 2.50, 0.05))

CATALOGUE: Final[Mapping[str, ModelLimits]] = {
    "claude-fable-5-2": ModelLimits(_LONG, 128_000, _FABLE_5_2, _EFFORTS),
    "claude-mythos-5-2": ModelLimits(_LONG, 128_000, _FABLE_5_2, _EFFORTS),
    "claude-fable-5-1": ModelLimits(_LONG, 128_000, _FABLE_5_1, _EFFORTS),
    "claude-mythos-5-1": ModelLimits(_LONG, 128_000, _FABLE_5_1, _EFFORTS),
    "claude-fable-5": ModelLimits(_LONG, 128_000, _FABLE_5, _EFFORTS),
    "claude-mythos-5": ModelLimits(_LONG, 128_000, _FABLE_5, _EFFORTS),
    "claude-opus-5-5": ModelLimits(_LONG, 128_000, _price(4, 20, 0.20), _EFFORTS, "medium"),
    "claude-opus-5": ModelLimits(_LONG, 128_000, _OPUS, _EFFORTS),
    "claude-opus-4-8": ModelLimits(_LONG, 128_000, _OPUS, _EFFORTS),
    "claude-opus-4-7": ModelLimits(_LONG, 128_000, _OPUS, _EFFORTS),
    "claude-opus-4-6": ModelLimits(_LONG, 128_000, _OPUS, _WITHOUT_XHIGH),
    "claude-opus-4-5": ModelLimits(200_000, 64_000, _OPUS, _FIRST_EFFORTS),
    "claude-sonnet-5-5": ModelLimits(_LONG, 128_000, _price(2, 10, 0.10), _EFFORTS),
    "claude-sonnet-5": ModelLimits(_LONG, 128_000, _price(2, 10, 0.20), _EFFORTS),
    "claude-sonnet-4-6": ModelLimits(_LONG, 64_000, _SONNET_4, _WITHOUT_XHIGH),
    "claude-sonnet-4-5": ModelLimits(200_000, 64_000, _SONNET_4),
    "claude-haiku-5-5": ModelLimits(_LONG, 128_000, _HAIKU_5_5, _EFFORTS, "medium"),
    "claude-haiku-4-5": ModelLimits(200_000, 64_000, _price(1, 5, 0.10)),
}


def chosen_name(name: str, environ: Mapping[str, str], settings: JsonObject) -> str:
    """Return the full name of the model that is meant, a ``[1m]`` suffix still on it.

    An empty ``name`` means ``ANTHROPIC_MODEL``, else the ``model`` setting, else
    ``ANTHROPIC_DEFAULT_MODEL``, else ours; aliases are looked up in whichever it is.
    """
    name = (
        name
        or environ.get("ANTHROPIC_MODEL", "")
        or text_at(settings, "model")
        or environ.get("ANTHROPIC_DEFAULT_MODEL", "")
        or DEFAULT_MODEL
    )
    suffix = re.search(_SUFFIX, name)
    short = name[: suffix.start()] if suffix else name
    full = environ.get(f"ANTHROPIC_DEFAULT_{short.upper()}_MODEL") if short in ALIASES else None
    full = full or ALIASES.get(short, short)
    return full + suffix.group() if suffix and not re.search(_SUFFIX, full) else full


def is_claude(name: str) -> bool:
    """Return whether a name means one of Anthropic's models."""
    plain = re.sub(_SUFFIX, "", name)
    return plain in ALIASES or plain.startswith("claude-")


def server_name(name: str, settings: JsonObject) -> str:
    """Return what the server calls this model: without the window suffix, ``modelOverrides`` applied."""
    plain = re.sub(_SUFFIX, "", name)
    return text_at(object_at(settings, "modelOverrides"), plain, plain)


def limits_of(name: str, environ: Mapping[str, str]) -> ModelLimits:
    """Return the limits of a model by its full name.

    ``[1m]`` widens the window, ``CLAUDE_CODE_DISABLE_1M_CONTEXT`` caps it at 200,000 tokens,
    ``CLAUDE_CODE_MAX_CONTEXT_TOKENS`` sets it; ``CLAUDE_CODE_MAX_OUTPUT_TOKENS`` sets what an answer
    may have, within what a listed model can give. ``CLAUDE_CODE_ALWAYS_ENABLE_EFFORT`` takes any model
    for one that knows levels of effort.
    """
    plain = re.sub(_SUFFIX, "", name)
    known = CATALOGUE.get(plain) or CATALOGUE.get(re.sub(_DATE, "", plain))
    limits = known or ModelLimits()
    if suffix := re.search(_SUFFIX, name):
        limits = replace(limits, context_window=max(limits.context_window, int(suffix.group(1)) * _LONG))
    if switched_on(environ, "CLAUDE_CODE_DISABLE_1M_CONTEXT"):
        limits = replace(limits, context_window=min(limits.context_window, 200_000))
    if not limits.efforts and switched_on(environ, "CLAUDE_CODE_ALWAYS_ENABLE_EFFORT"):
        limits = replace(limits, efforts=_EFFORTS)
    return limits_set_by(limits, environ, most=known.max_output_tokens if known else None)


def limits_set_by(limits: ModelLimits, environ: Mapping[str, str], most: int | None = None) -> ModelLimits:
    """Return the limits as the environment sets them; the answer stays within ``most`` tokens."""
    window = number_of(environ, "CLAUDE_CODE_MAX_CONTEXT_TOKENS") or limits.context_window
    output = number_of(environ, "CLAUDE_CODE_MAX_OUTPUT_TOKENS") or limits.max_output_tokens
    return replace(limits, context_window=window, max_output_tokens=min(output, most or output))


def priced_for_an_hour(limits: ModelLimits) -> ModelLimits:
    """Return the limits with the price of a cache that lasts an hour: writing costs twice the input."""
    price = limits.price
    if price is None:
        return limits
    if isinstance(price, PriceByLength):
        price = replace(price, long=replace(price.long, cache_write=price.long.input * 2))
    return replace(limits, price=replace(price, cache_write=price.input * 2))
