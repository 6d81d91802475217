"""JSON: one object with the documented fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

from gaff.hooks import ModelLimits, Usage
from gaff.hooks.models import Price
from gaff.hooks.stream import TurnResult
from gaff.plugins.builtin.ui._headless_messages import Messages
from gaff.testing.replies import call, reply, say, status
from gaff.testing.scripted_model import ScriptedModel

Run = Callable[..., Awaitable[Any]]
FIELDS = {
    "type",
    "subtype",
    "is_error",
    "duration_ms",
    "duration_api_ms",
    "num_turns",
    "result",
    "stop_reason",
    "session_id",
    "total_cost_usd",
    "usage",
    "modelUsage",
    "permission_denials",
    "terminal_reason",
    "ttft_ms",
    "uuid",
}


async def test_result_has_the_documented_fields(run: Run, model: ScriptedModel) -> None:
    """Scripts find what the reference names."""
    model.add(say("Hi."))
    outcome = await run("-p", "hi", "--output-format", "json")
    result = outcome.result
    assert set(result) == FIELDS
    assert (result["type"], result["subtype"], result["is_error"]) == ("result", "success", False)
    assert (result["result"], result["num_turns"]) == ("Hi.", 1)
    assert (result["terminal_reason"], result["stop_reason"]) == ("completed", "end_turn")
    assert outcome.code == 0


async def test_usage_is_told_in_all_and_by_model(run: Run, model: ScriptedModel) -> None:
    """Tokens and dollars add up."""
    model.limits = ModelLimits(1000, 100, Price(1.0, 2.0, 0.0, 0.0))
    model.add(reply("Hi.", usage={"input_tokens": 1_000_000, "output_tokens": 500_000}))
    result = (await run("-p", "hi", "--output-format", "json")).result
    assert result["total_cost_usd"] == 2.0
    assert result["usage"]["input_tokens"] == 1_000_000
    (used,) = result["modelUsage"].items()
    created = result["usage"]["cache_creation_input_tokens"]
    assert used[0] == "scripted"
    assert used[1] == {
        "inputTokens": 1_000_000,
        "outputTokens": 500_000,
        "cacheReadInputTokens": 0,
        "cacheCreationInputTokens": created,
        "webSearchRequests": 0,
        "costUSD": 2.0,
        "contextWindow": 1000,
        "maxOutputTokens": 100,
    }


def test_each_model_has_its_own_cost() -> None:
    """Where the model was changed in the middle of a turn, each is told what it cost."""
    session: Any = SimpleNamespace(id="s", model=SimpleNamespace(name="large", limits=ModelLimits(1000, 100)))
    used = (("small", Usage(1, 1)), ("large", Usage(2, 2)))
    costs = (("small", 0.25), ("large", 0.5))
    end = TurnResult("success", "completed", False, "Hi.", 2, 1, 1, Usage(3, 3), used, costs, cost_usd=0.75)
    told: Any = Messages(session).result(end)["modelUsage"]
    assert {name: one["costUSD"] for name, one in told.items()} == dict(costs)


async def test_failed_request_is_a_success_that_is_an_error(run: Run, model: ScriptedModel) -> None:
    """As documented: the subtype is that of a finished turn, ``is_error`` and the status tell."""
    model.add(status(401))
    outcome = await run("-p", "hi", "--output-format", "json")
    result = outcome.result
    assert (result["subtype"], result["is_error"], result["api_error_status"]) == ("success", True, 401)
    assert result["terminal_reason"] == "api_error"
    assert outcome.code == 1


async def test_stopped_run_has_errors_in_place_of_a_result(run: Run, model: ScriptedModel) -> None:
    """Where there is no result there is no field of that name."""
    model.add(call("Read", {"file_path": "missing"}))
    outcome = await run("-p", "hi", "--output-format", "json", "--max-turns", "1")
    result = outcome.result
    assert (result["subtype"], result["terminal_reason"]) == ("error_max_turns", "max_turns")
    assert result["errors"] == ["Reached the maximum number of turns (1)."]
    assert "result" not in result
    assert outcome.code == 1


async def test_denied_calls_are_listed(run: Run, model: ScriptedModel) -> None:
    """What nobody could be asked about was denied, and is told with its input."""
    wanted = {"file_path": "/etc/motd", "content": "hi"}
    model.add(call("Write", wanted), say("I could not."))
    result = (await run("-p", "hi", "--output-format", "json")).result
    (denial,) = result["permission_denials"]
    assert (denial["tool_name"], denial["tool_input"]["content"]) == ("Write", "hi")
    assert denial["tool_use_id"]
