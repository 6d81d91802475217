"""Which model is meant, what it can take and what it costs."""

from __future__ import annotations

from typing import get_args

import pytest
from anthropic.types import Model

from gaff.hooks import JsonObject, Usage
from gaff.plugins.builtin.models._catalogue import (
    ALIASES,
    CATALOGUE,
    chosen_name,
    is_claude,
    limits_of,
    server_name,
)
from gaff.plugins.builtin.models.messages import MessagesProvider


@pytest.mark.parametrize(
    ("name", "environ", "settings", "expected"),
    [
        ("", {}, {}, "claude-opus-5-5"),
        ("", {"ANTHROPIC_DEFAULT_MODEL": "haiku"}, {}, "claude-haiku-5-5"),
        ("", {"ANTHROPIC_DEFAULT_MODEL": "haiku"}, {"model": "sonnet"}, "claude-sonnet-5-5"),
        ("", {"ANTHROPIC_MODEL": "fable"}, {"model": "sonnet"}, "claude-fable-5-2"),
        ("opus", {"ANTHROPIC_MODEL": "fable"}, {"model": "sonnet"}, "claude-opus-5-5"),
        ("sonnet", {"ANTHROPIC_DEFAULT_SONNET_MODEL": "my-sonnet"}, {}, "my-sonnet"),
        ("sonnet[1m]", {"ANTHROPIC_DEFAULT_SONNET_MODEL": "my-sonnet"}, {}, "my-sonnet[1m]"),
        ("default", {}, {}, "claude-opus-5-5"),
        ("glm-6[1m]", {}, {}, "glm-6[1m]"),
        ("qwen3:8b", {}, {}, "qwen3:8b"),
    ],
)
def test_which_model_is_meant(
    name: str, environ: dict[str, str], settings: JsonObject, expected: str
) -> None:
    """What was asked for goes before variables, those before settings, and aliases are looked up last."""
    assert chosen_name(name, environ, settings) == expected


def test_the_server_sees_its_own_name() -> None:
    """The window suffix stays here, and modelOverrides says what a gateway calls a model."""
    settings: JsonObject = {"modelOverrides": {"claude-opus-5-5": "arn:aws:opus"}}
    model = MessagesProvider().open("opus[1m]", {}, settings)
    assert (model.name, model.limits.context_window) == ("arn:aws:opus", 1_000_000)
    assert server_name("glm-6[1M]", settings) == "glm-6"


@pytest.mark.parametrize(
    ("name", "environ", "window", "output"),
    [
        ("claude-haiku-4-5-20251001", {}, 200_000, 64_000),
        ("claude-haiku-4-5[1m]", {}, 1_000_000, 64_000),
        ("claude-opus-5-5", {"CLAUDE_CODE_DISABLE_1M_CONTEXT": "1"}, 200_000, 128_000),
        ("claude-opus-5-5", {"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "50000"}, 50_000, 128_000),
        ("claude-opus-5-5", {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "1000"}, 1_000_000, 1_000),
        ("claude-opus-5-5", {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "999999"}, 1_000_000, 128_000),
        ("unknown", {}, 200_000, 32_000),
        ("unknown", {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "64000"}, 200_000, 64_000),
    ],
)
def test_limits(name: str, environ: dict[str, str], window: int, output: int) -> None:
    """Known models have their own limits, unknown ones the usual, and variables change them."""
    limits = limits_of(name, environ)
    assert (limits.context_window, limits.max_output_tokens) == (window, output)


def test_unknown_models_have_no_price() -> None:
    """Nobody knows what they cost."""
    assert limits_of("unknown", {}).price is None


def test_prices_count_the_cache() -> None:
    """Each kind of token has its own price."""
    price = limits_of("claude-opus-5-5", {}).price
    assert price is not None
    million = 1_000_000
    assert price.of(Usage(million, million, million, million)) == pytest.approx(4 + 20 + 5 + 0.2)


def test_long_prompts_may_cost_more() -> None:
    """Haiku 5.5 has another price for all tokens of a request with more than 100,000 in the prompt."""
    price = limits_of("haiku", {}).price or limits_of("claude-haiku-5-5", {}).price
    assert price is not None
    assert price.of(Usage(input_tokens=100_000, output_tokens=1000)) == pytest.approx(0.0105)
    assert price.of(Usage(50_000, 1000, cache_read_input_tokens=60_000)) == pytest.approx(0.0305)


def test_the_catalogue_knows_what_the_sdk_knows() -> None:
    """Every model that the SDK names and that can still be used has limits and a price."""
    named = {name for name in get_args(get_args(Model)[0]) if "preview" not in name}
    assert all(limits_of(name, {}).price for name in named)
    assert set(ALIASES.values()) <= set(CATALOGUE)


@pytest.mark.parametrize(
    ("name", "claude"), [("opus", True), ("claude-x", True), ("opus[1m]", True), ("llama", False)]
)
def test_claude_names_are_known(name: str, claude: bool) -> None:
    """Aliases and full names mean Anthropic's models."""
    assert is_claude(name) is claude
