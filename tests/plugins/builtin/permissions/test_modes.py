"""Modes: when bypassPermissions may be used, what dontAsk and plan tell, and the options."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from gaff.hooks import Action, PermissionMode, PermissionRequest, Session, UserPromptSubmit
from gaff.plugins.builtin.permissions import bypass, dont_ask, options, plan

if TYPE_CHECKING:
    from .conftest import House

from .conftest import FakeKernel, FakeOptions


def prompt(house: House) -> UserPromptSubmit:
    """Return the event of a prompt."""
    return UserPromptSubmit(context=house.session.event_context, prompt="x")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"dangerously-skip-permissions": ()}, "allow"),
        ({"allow-dangerously-skip-permissions": ()}, "allow"),
        ({"permission-mode": ("bypassPermissions",)}, "allow"),
        ({"permission-mode": ("plan",)}, "ask"),
        ({}, "ask"),
    ],
)
def test_bypass_must_be_available_at_launch(
    house: House, given: dict[str, tuple[str, ...]], expected: str
) -> None:
    """The mode allows nothing unless the command line made it available."""
    house.session.options, house.session.mode = FakeOptions(given), "bypassPermissions"
    assert house.verdict(house.run("npm test")) == expected


@pytest.mark.parametrize(
    ("level", "expected"), [("user", "allow"), ("managed", "allow"), ("project", "ask"), ("local", "ask")]
)
def test_no_project_makes_bypass_available(house: House, level: str, expected: str) -> None:
    """defaultMode of a project's files does not make the mode available."""
    house.settings(level=level, defaultMode="bypassPermissions")
    house.session.mode = "bypassPermissions"
    assert house.verdict(house.run("npm test")) == expected


@pytest.mark.parametrize("level", ["managed", "project", "user"])
def test_any_level_takes_bypass_away(house: House, level: str) -> None:
    """disableBypassPermissionsMode holds from every level, over every option."""
    house.session.options, house.session.mode = (
        FakeOptions({"dangerously-skip-permissions": ()}),
        "bypassPermissions",
    )
    house.settings(level=level, path="/the/file", disableBypassPermissionsMode="disable")
    assert house.verdict(house.run("npm test")) == "ask"
    assert any("/the/file" in vote.reason for _, vote in house.votes(house.run("npm test")))


def test_bypass_refuses_to_begin_as_root(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root is told why, and nothing is allowed; inside a declared sandbox it works."""
    house.session.options, house.session.mode = (
        FakeOptions({"dangerously-skip-permissions": ()}),
        "bypassPermissions",
    )
    assert bypass.gaff_user_prompt_submit(prompt(house)) is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv("IS_SANDBOX", raising=False)
    refused = bypass.gaff_user_prompt_submit(prompt(house))
    assert refused is not None
    assert refused.behavior == "deny"
    assert "root" in refused.reason
    assert house.verdict(house.run("npm test")) == "ask"
    monkeypatch.setenv("IS_SANDBOX", "1")
    assert bypass.gaff_user_prompt_submit(prompt(house)) is None
    assert house.verdict(house.run("npm test")) == "allow"


def test_root_may_work_in_other_modes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only bypassPermissions minds who runs it."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert bypass.gaff_user_prompt_submit(prompt(house)) is None


@pytest.mark.parametrize("offered", [True, False])
def test_plan_mode_tells_the_model(house: House, offered: bool) -> None:
    """The model reads that it is plan mode and what ends it: the tool only where there is one."""
    house.session.mode = "plan"
    house.session.kernel = FakeKernel((*FakeKernel().tools, *(["ExitPlanMode"] if offered else [])))
    message = next(vote.message for _, vote in house.votes(house.file("write", "a"), "Write"))
    assert "Plan mode is on" in message
    assert ("ExitPlanMode" in message) is offered


def test_plan_mode_is_told_once_for_each_entering(house: House) -> None:
    """The first prompt in the mode goes with what the mode means, and says nothing about the prompt itself."""
    told: list[bool] = []
    modes: tuple[PermissionMode, ...] = ("default", "plan", "plan", "acceptEdits", "plan")
    for house.session.mode in modes:
        context = replace(house.session.event_context, session=cast("Session", house.session))
        decision = plan.gaff_user_prompt_submit(UserPromptSubmit(context=context, prompt="x"))
        assert decision is None or (
            decision.behavior is None and "Plan mode is on" in (decision.additional_context or "")
        )
        told.append(decision is not None)
    assert told == [False, True, False, False, True]


@pytest.mark.parametrize("command", ["mv d e", "cp -a d e"])
def test_accept_edits_moves_no_links_that_lead_out(house: House, command: str) -> None:
    """A folder is moved or copied unasked only where its links stay inside and off protected paths."""
    house.session.mode = "acceptEdits"
    (house.project / "d").mkdir()
    (house.project / "d/inside").symlink_to("../x")
    assert house.verdict(house.run(command)) == "allow"
    link = house.project / "d/link"
    for target in ("/etc", "../.git/hooks"):
        link.symlink_to(target)
        assert house.verdict(house.run(command)) == "ask"
        link.unlink()


def test_a_tool_that_only_reads_may_be_allowed_in_plan_mode(house: House) -> None:
    """An allow rule counts in plan mode for a tool that says it only reads."""
    house.settings(allow=["mcp__docs"])
    house.session.mode = "plan"
    action = Action("use", "mcp__docs__search")
    assert house.verdict(action, "mcp__docs__search", read_only=True) == "allow"
    assert house.verdict(action, "mcp__docs__search") == "ask"


def test_dont_ask_answers_only_in_its_mode(house: House) -> None:
    """In other modes the user is asked."""
    request = PermissionRequest(context=house.session.event_context, tool_name="Bash", tool_input={})
    assert dont_ask.gaff_permission_request(request) is None


def test_an_mcp_tool_is_not_believed_to_read_only(house: House) -> None:
    """What a server says of its own tool allows nothing; a built-in tool's word does."""
    assert house.verdict(Action("use", "mcp__x__y"), "mcp__x__y", read_only=True) == "ask"
    assert house.verdict(Action("use", "GitStatus"), "GitStatus", read_only=True) == "allow"
    assert house.verdict(Action("use", "WebSearch"), "WebSearch", read_only=True) == "ask"


def test_the_documented_options() -> None:
    """Every documented option is declared under both of its spellings."""
    flags = {flag for option in options.gaff_register_options() for flag in option.flags}
    assert flags == {
        "--permission-mode",
        "--allowedTools",
        "--allowed-tools",
        "--disallowedTools",
        "--disallowed-tools",
        "--add-dir",
        "--dangerously-skip-permissions",
        "--allow-dangerously-skip-permissions",
    }
    assert {option.name for option in options.gaff_register_options()} >= {
        "allowedTools",
        "disallowedTools",
        "add-dir",
    }
