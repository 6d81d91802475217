"""Where rules come from, what is told about them, and what they take away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, cast

import pytest

from gaff.hooks import Action, JsonObject, ModelRequest, ModelRequested, Notice, Session, SessionStart
from gaff.plugins.builtin.permissions import rules
from gaff.plugins.builtin.permissions._book import read_denial, rule_book

if TYPE_CHECKING:
    from .conftest import House

from .conftest import FakeOptions, FakeProblem, FakeSettings, FakeValue


def session_of(house: House) -> Session:
    """Return the house's session as plugins get it."""
    return cast("Session", house.session)


def request(house: House, *tools: str) -> tuple[ModelRequested, ModelRequest]:
    """Return a request with these tools, and its event."""
    made = ModelRequest(system=(), tools=tuple({"name": tool} for tool in tools), messages=(), max_tokens=1)
    event = ModelRequested(
        context=house.session.event_context, session=session_of(house), provider="p", model="m", request=made
    )
    return event, made


def tools_left(house: House, *tools: str) -> list[object]:
    """Return the tools that the rules leave in a request."""
    event, made = request(house, *tools)
    changed = rules.gaff_model_request(event, made)
    return [tool["name"] for tool in (changed or made).tools]


def told(house: House) -> list[str]:
    """Return what the user is told when a session starts."""
    context = replace(house.session.event_context, session=session_of(house))
    event = SessionStart(context=context, source="startup")
    rules.gaff_session_start(event)
    return [event.text for event in house.session.published if isinstance(event, Notice)]


def reason(house: House, action: Action, tool: str = "Bash") -> str:
    """Return the reason of the rules' vote."""
    return next(vote.reason for name, vote in house.votes(action, tool) if name == "rules")


# Levels.


def test_a_denial_of_any_level_wins(house: House) -> None:
    """The lowest level's denial beats the highest level's allowance."""
    house.settings(level="managed", path="/etc/gaff/managed-settings.json", allow=["Bash(rm *)"])
    house.settings(level="user", deny=["Bash(rm *)"])
    assert house.verdict(house.run("rm x")) == "deny"


def test_the_reason_names_rule_level_and_file(house: House) -> None:
    """Every rule's vote says which rule it is and where it stands."""
    house.settings(deny=["Bash(rm *)"], allow=["Bash(ls *)"])
    assert reason(house, house.run("rm x")) == "deny rule Bash(rm *) in ~/.gaff/settings.json (user settings)"
    assert (
        reason(house, house.run("ls x")) == "allow rule Bash(ls *) in ~/.gaff/settings.json (user settings)"
    )


def test_a_denied_call_tells_the_model_what_to_do(house: House) -> None:
    """The message of a denial names the rule and asks for no way round it."""
    house.settings(deny=["Bash(rm *)"])
    message = next(vote.message for _, vote in house.votes(house.run("rm x")) if vote.behavior == "deny")
    assert "Bash(rm *)" in message
    assert "no other way" in message


def test_rules_of_the_command_line(house: House) -> None:
    """--allowedTools and --disallowedTools are rules, and name themselves."""
    house.session.options = FakeOptions(
        {"allowedTools": ["Bash(npm *)"], "disallowedTools": ["Bash(npm publish *)"]}
    )
    assert house.verdict(house.run("npm test")) == "allow"
    assert house.verdict(house.run("npm publish")) == "deny"
    assert "--disallowedTools (command line)" in reason(house, house.run("npm publish"))


def test_parameters_of_mcp_tools_only_on_the_command_line(house: House) -> None:
    """Settings files skip MCP rules with a specifier; the option takes them."""
    house.settings(deny=["mcp__db__query(mode:write)"], allow=["mcp__db"])
    given: JsonObject = {"mode": "write"}
    assert house.verdict(Action("use", "mcp__db__query"), "mcp__db__query", given) == "allow"
    house.session.options = FakeOptions({"disallowedTools": ["mcp__db__query(mode:write)"]})
    assert house.verdict(Action("use", "mcp__db__query"), "mcp__db__query", given) == "deny"


@pytest.mark.parametrize(
    ("rule", "tool", "given", "expected"),
    [
        ("Bash(run_in_background:true)", "Bash", {"run_in_background": True}, "deny"),
        ("Bash(run_in_background : true)", "Bash", {"run_in_background": True}, "deny"),
        ("Bash(run_in_background:true)", "Bash", {"run_in_background": False}, "ask"),
        ("Bash(dangerouslyDisableSandbox:*)", "Bash", {"dangerouslyDisableSandbox": True}, "deny"),
        ("Bash(timeout:*)", "Bash", {"timeout": 5}, "ask"),
        ("Bash(timeout:5)", "Bash", {"timeout": 5}, "deny"),
        ("WebSearch(query:*secret*)", "WebSearch", {"query": "my secret x"}, "deny"),
        ("WebSearch(query:*secret*)", "WebSearch", {"query": ["secret"]}, "ask"),
        ("*(query:x)", "WebSearch", {"query": "x"}, "deny"),
        ("WebSearch(-i:true)", "WebSearch", {"-i": True}, "deny"),
        ("Bash(:*)", "Bash", {}, "deny"),
    ],
)
def test_rules_about_a_parameter(
    house: House, rule: str, tool: str, given: JsonObject, expected: str
) -> None:
    """``Tool(param:value)`` matches a scalar parameter that was given."""
    house.settings(deny=[rule])
    action = house.run("npm test") if tool == "Bash" else Action("use", tool)
    assert house.verdict(action, tool, given) == expected


def test_a_slash_starts_at_the_levels_own_folder(house: House) -> None:
    """``/path`` means another folder in each level."""
    house.settings(base=house.user / ".gaff", deny=["Read(/x)"])
    house.settings(level="project", deny=["Read(/y)"])
    assert house.verdict(house.file("read", "x"), "Read") == "allow"
    assert house.verdict(house.file("read", "y"), "Read") == "deny"
    assert house.verdict(house.file("read", str(house.user / ".gaff/x")), "Read") == "deny"


def test_only_managed_rules_allow_where_the_organisation_says_so(house: House) -> None:
    """allowManagedPermissionRulesOnly takes other allowances away, no denials."""
    house.settings(allow=["Bash(ls *)"], deny=["Bash(rm *)"])
    only = FakeValue(
        "managed",
        "/m",
        Path("/"),
        {"allowManagedPermissionRulesOnly": True, "permissions": {"allow": ["Bash(git *)"]}},
    )
    house.session.settings = FakeSettings((only, *house.levels))
    verdicts = [house.verdict(house.run(command)) for command in ("ls x", "git x", "rm x")]
    assert verdicts == ["ask", "allow", "deny"]


# Trust.


def test_an_untrusted_project_may_deny_but_not_allow(house: House) -> None:
    """Allow rules of an untrusted folder do not count, its denials and asks do."""
    house.settings(allow=["Bash(ls *)", "Bash(git *)"])
    house.settings(
        level="project",
        path="/p/s.json",
        trusted=False,
        allow=["Bash(npm *)"],
        deny=["Bash(ls *)"],
        ask=["Bash(git *)"],
    )
    verdicts = [house.verdict(house.run(command)) for command in ("npm x", "ls x", "git x")]
    assert verdicts == ["ask", "deny", "ask"]


def test_folders_of_an_untrusted_project_do_not_count(house: House) -> None:
    """additionalDirectories of an untrusted folder are held back, those of the user count."""
    house.settings(level="project", trusted=False, additionalDirectories=[str(house.user / "a")])
    house.settings(additionalDirectories=["~/b"])
    assert house.verdict(house.file("read", str(house.user / "a" / "x")), "Read") == "ask"
    assert house.verdict(house.file("read", str(house.user / "b" / "x")), "Read") == "allow"


# Broken settings.


def test_a_broken_file_fails_closed(house: House) -> None:
    """While a file cannot be used, only reading the project is allowed, even in bypassPermissions mode."""
    house.settings(allow=["Bash", "Read(//etc/hosts)"], defaultMode="bypassPermissions")
    problem = FakeProblem("/u/settings.json", "/u/settings.json: not valid JSON")
    house.session.settings = FakeSettings(house.session.settings.values, (problem,))
    for house.session.mode in ("default", "bypassPermissions"):
        assert house.verdict(house.file("read", "a"), "Read") == "allow"
        assert house.verdict(house.file("read", "/etc/hosts"), "Read") == "ask"
        assert house.verdict(house.run("ls", read_only=True)) == "ask"
    assert any("/u/settings.json" in vote.reason for _, vote in house.votes(house.run("ls")))


@pytest.mark.parametrize("denials", ["Bash(rm *)", {"read": ["x"]}, [1], ["Bash(rm"], [["Bash"]]])
def test_a_denial_that_is_no_rule_fails_closed(house: House, denials: object) -> None:
    """Nobody knows what a denial of the wrong shape was meant to stop."""
    house.settings(allow=["Bash"], deny=denials)  # type: ignore[arg-type]
    assert house.verdict(house.run("npm test")) == "ask"
    assert house.verdict(house.file("read", "a"), "Read") == "allow"


def test_permissions_that_are_no_object_fail_closed(house: House) -> None:
    """``"permissions": []`` says nothing that could be relied on."""
    house.settings(allow=["Bash"])
    odd = FakeValue("user", "/u/s.json", house.user, {"permissions": ["deny"]})
    house.session.settings = FakeSettings((*house.levels, odd))
    assert house.verdict(house.run("npm test")) == "ask"


# What is told.


@pytest.mark.parametrize(
    ("behavior", "rule", "part"),
    [
        ("deny", "Bsah(rm *)", "did you mean Bash?"),
        ("allow", "*", "wildcard"),
        ("allow", "mcp__*", "wildcard"),
        ("allow", "Write(src/**)", "write Edit(src/**)"),
        ("deny", "Glob(src/**)", "write Read(src/**)"),
        ("deny", "Bash(command:rm *)", "Bash(rm *)"),
        ("deny", "WebFetch(url:x)", "WebFetch(domain:example.com)"),
        ("deny", "mcp__x__y(a:b)", "no specifier"),
        ("allow", "Agent(model:opus)x", "neither Tool nor"),
        ("allow", "WebFetch(https://example.com)", "WebFetch(domain:example.com)"),
        ("allow", "TodoWrite(x)", "takes no specifier like this"),
        ("allow", "WebSearch(query:x)", "parameters can only be denied"),
        ("allow", "Bash(git * main)", "any subcommand"),
        ("deny", "Read(!x)", "no exceptions"),
        ("allow", "Bash()", "empty"),
    ],
)
def test_rules_that_are_not_consulted_are_told(house: House, behavior: str, rule: str, part: str) -> None:
    """A rule that does nothing says so, with its file and what to write instead."""
    house.settings({behavior: [rule]}, path="/u/s.json")
    lines = told(house)
    assert len(lines) == 1, lines
    assert rule in lines[0]
    assert "/u/s.json" in lines[0]
    assert part in lines[0]


def test_rules_that_are_fine_are_not_told(house: House) -> None:
    """Known tools, former names, MCP tools and wildcards in denials raise no warning."""
    house.settings(
        deny=["Task(Explore)", "mcp__x", "B*", "GitStatus", "Cd(/x)"], allow=["Read(~/x)", "WebFetch"]
    )
    assert told(house) == []


def test_warnings_are_told_once(house: House) -> None:
    """The same warning is not repeated when the session goes on."""
    house.settings(deny=["Bsah"])
    assert told(house) == told(house)


# Tools taken away.


def test_tools_denied_altogether_leave_the_request(house: House) -> None:
    """A bare denial hides the tool; a scoped one does not. The rest keeps its order."""
    house.settings(deny=["Bash", "mcp__x", "Write(*)", "Read(.env)"])
    left = tools_left(house, "Read", "Bash", "mcp__x__y", "Write", "Edit", "mcp__z__y")
    assert left == ["Read", "Edit", "mcp__z__y"]


def test_ending_the_conversation_cannot_be_denied(house: House) -> None:
    """EndConversation stays while another tool does, and goes with the last."""
    house.settings(deny=["EndConversation"])
    assert tools_left(house, "Bash", "EndConversation") == ["Bash", "EndConversation"]
    assert tools_left(house, "EndConversation") == []


def test_a_request_without_denied_tools_is_left_alone(house: House) -> None:
    """The prefix does not change where nothing is hidden."""
    event, made = request(house, "Bash")
    assert rules.gaff_model_request(event, made) is None


# Commands' own files, searches, folders.


def test_a_command_rule_covers_the_files_of_its_command(house: House) -> None:
    """``Bash(rm *)`` covers what ``rm`` deletes inside the working directories, and no redirection."""
    house.settings(allow=["Bash(rm *)"])
    inside, outside = house.project / "a", house.user / "a"
    words = ("rm", "a")
    assert house.verdict(Action("delete", str(inside), str(inside), words=words)) == "allow"
    assert house.verdict(Action("delete", str(outside), str(outside), words=words)) == "ask"
    assert house.verdict(Action("delete", str(inside), str(inside))) == "ask"
    assert house.verdict(Action("delete", str(inside), str(inside), words=words), "DeleteFile") == "ask"


@pytest.mark.parametrize(
    ("command", "expected"),
    [("rm a", "allow"), ("rm a && true", "ask"), ("rm b > a", "ask"), ("rm $(x)", "ask"), ("ls a", "ask")],
)
def test_the_file_of_a_single_command(house: House, command: str, expected: str) -> None:
    """Where the whole text is one command without redirections, its files need not say so."""
    house.settings(allow=["Bash(rm *)"])
    assert house.verdict(house.file("delete", "a"), tool_input={"command": command}) == expected
    assert house.verdict(house.file("delete", "~/a"), tool_input={"command": command}) == "ask"


def test_searches_can_ask_what_is_denied(house: House) -> None:
    """A search leaves out what a rule denies to read."""
    house.settings(deny=["Read(.env)"])
    denied = read_denial(session_of(house), str(house.project / "sub" / ".env"))
    assert denied is not None
    assert "Read(.env)" in denied
    assert read_denial(session_of(house), str(house.project / "a")) is None


def test_reads_outside_can_be_blocked(house: House) -> None:
    """blockReadsOutsideWorkingDirectories denies them in every mode."""
    house.settings(blockReadsOutsideWorkingDirectories=True, allow=["Read"], defaultMode="bypassPermissions")
    for house.session.mode in ("default", "bypassPermissions"):
        assert house.verdict(house.file("read", "/etc/hosts"), "Read") == "deny"
        assert house.verdict(house.file("read", "a"), "Read") == "allow"


def test_the_sessions_own_files_may_be_read(house: House) -> None:
    """What was too long to show can be read where it was put."""
    assert house.verdict(house.file("read", str(house.session.results_dir / "x")), "Read") == "allow"
    assert house.verdict(house.file("read", str(house.session.home / "settings.json")), "Read") == "ask"


def test_a_command_that_moves_is_not_judged_by_its_words_alone(house: House) -> None:
    """Behind ``cd``, ``rm x`` is no edit of the working directories, and may be critical."""
    house.session.mode = "acceptEdits"
    assert house.verdict(house.run("rm x"), tool_input={"command": "cd ..; rm x"}) == "ask"
    house.settings(defaultMode="bypassPermissions")
    house.session.mode = "bypassPermissions"
    assert house.verdict(house.run("rm -rf etc"), tool_input={"command": "cd / && rm -rf etc"}) == "ask"
    assert house.verdict(house.run("rm -rf etc"), tool_input={"command": "cd sub && rm -rf etc"}) == "allow"


def test_globs_below_an_added_folder_are_critical(house: House) -> None:
    """Removing by wildcard in an added folder is always asked for."""
    house.settings(additionalDirectories=["~/b"], defaultMode="bypassPermissions")
    house.session.mode = "bypassPermissions"
    assert house.verdict(house.run("rm -rf ~/b/*.txt")) == "ask"
    assert house.verdict(house.run("rm -rf ~/b/c/*.txt")) == "ask"
    assert house.verdict(house.run("rm -rf ~/b/a.txt")) == "allow"


# Speed.


def test_rules_are_compiled_once(house: House) -> None:
    """The same settings give the same book; other settings another."""
    house.settings(deny=["Bash(rm *)"])
    first = rule_book(session_of(house))
    assert rule_book(session_of(house)) is first
    house.settings(deny=["Bash(ls *)"])
    assert rule_book(session_of(house)) is not first


def test_a_check_stays_quick_with_many_rules(house: House) -> None:
    """Fifty rules cost an action well under a millisecond; the aim is 50 microseconds."""
    house.settings(
        deny=[f"Read(secret{n}/**)" for n in range(25)], allow=[f"Bash(tool{n} *)" for n in range(25)]
    )
    actions = [house.file("read", "src/deep/folder/a.py"), house.run("npm run build --all")]
    for action in actions:
        house.votes(action)
    start = process_time()
    for _ in range(100):
        for action in actions:
            house.votes(action)
    assert (process_time() - start) / 200 < 0.001
