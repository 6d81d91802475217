"""How much effort the model is asked for, and who is told of it."""

from __future__ import annotations

import pytest

from gaff.hooks import Decision, JsonObject, ModelLimits, Notice, events, hookimpl
from gaff.plugins.builtin.models._catalogue import limits_of
from gaff.plugins.builtin.models.effort import level_for
from gaff.testing import Shell, call, say

ALL = ("low", "medium", "high", "xhigh", "max")


@pytest.mark.parametrize(
    ("model", "wish", "level"),
    [
        ("claude-opus-5-5", None, "medium"),
        ("claude-opus-5-5", "max", "max"),
        ("claude-sonnet-5-5", None, "high"),
        ("claude-opus-4-6", "xhigh", "high"),
        ("claude-opus-4-5", "max", "high"),
        ("claude-haiku-4-5", "low", None),
        ("some-other-model", "low", None),
    ],
)
def test_a_level_is_one_that_the_model_knows(model: str, wish: str | None, level: str | None) -> None:
    """Otherwise the highest below it; without a wish the model's own."""
    assert level_for(limits_of(model, {}), wish) == level


def test_any_model_can_be_taken_for_one_that_knows_levels() -> None:
    """CLAUDE_CODE_ALWAYS_ENABLE_EFFORT, for names behind a gateway."""
    assert level_for(limits_of("ours", {"CLAUDE_CODE_ALWAYS_ENABLE_EFFORT": "1"}), "max") == "max"


@pytest.mark.parametrize(
    ("variable", "option", "setting", "sent"),
    [
        ("", "", "", None),
        ("", "", "low", {"effort": "low"}),
        ("", "", "max", None),
        ("", "medium", "low", {"effort": "medium"}),
        ("xhigh", "medium", "low", {"effort": "xhigh"}),
        ("auto", "medium", "low", None),
        ("loud", "medium", "low", {"effort": "medium"}),
    ],
)
async def test_the_wish_reaches_the_model(
    shell: Shell, variable: str, option: str, setting: str, sent: JsonObject | None
) -> None:
    """The variable goes before the option, the option before the setting; max is no setting."""
    shell.model.limits = ModelLimits(efforts=ALL)
    shell.workspace.variables["CLAUDE_CODE_EFFORT_LEVEL"] = variable
    shell.options(*(["--effort", option] if option else []))
    shell.workspace.settings({"effortLevel": setting} if setting else {})
    shell.add("ok")

    await shell.submit("go")

    assert shell.requests[0].get("output_config") == sent
    assert ("which is no level of effort" in str(shell.events)) == (variable == "loud")


class Told:
    """Keeps the objects that command hooks would read."""

    def __init__(self) -> None:
        self.events: list[JsonObject] = []

    @hookimpl
    def gaff_user_prompt_submit(self, event: events.UserPromptSubmit) -> None:
        self.events.append(event.to_json())

    @hookimpl
    def gaff_pre_tool_use(self, event: events.PreToolUse) -> Decision:
        self.events.append(event.to_json())
        return Decision("allow")

    @hookimpl
    def gaff_stop(self, event: events.Stop) -> None:
        self.events.append(event.to_json())


async def test_hooks_and_commands_are_told(shell: Shell) -> None:
    """Events around tool calls have it, others do not; commands have CLAUDE_EFFORT."""
    told = Told()
    shell.plugin(told, "told")
    shell.model.limits = ModelLimits(efforts=ALL, default_effort="medium")
    shell.add(call("Bash", {"command": "echo effort:$CLAUDE_EFFORT"}), say("ok"))

    await shell.submit("go")

    assert [event.get("effort") for event in told.events] == [None, {"level": "medium"}, {"level": "medium"}]
    assert "effort:medium" in str(shell.outcomes[0].output.content)


async def test_a_model_that_knows_no_levels_is_asked_for_none(shell: Shell) -> None:
    """Nothing is sent or told to hooks, and the user reads that the option does nothing."""
    told = Told()
    shell.plugin(told, "told")
    shell.options("--effort", "low")
    shell.add("ok")

    await shell.submit("go")

    assert "output_config" not in shell.requests[0]
    assert not any("effort" in event for event in told.events)
    assert any(isinstance(one, Notice) and "--effort does nothing" in one.text for one in shell.events)


async def test_another_model_has_its_own_level(shell: Shell) -> None:
    """After a switch hooks are told what the new model works at."""
    shell.options("--effort", "max")
    session = await shell.start()
    assert session.effort is None

    shell.model.limits = ModelLimits(efforts=("low", "high"))
    await session.set_model("scripted:other")

    assert session.effort == "high"
