"""Where hooks come from, which of them count, and what is told of the others."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from gaff.hooks import Json, JsonObject, Tool, ToolContext, ToolOutput, hookimpl
from gaff.plugins.builtin.handlers._book import BOOK, Book
from gaff.plugins.builtin.handlers._reading import states
from gaff.settings import Layer, MergedSettings
from gaff.start import Start, start
from gaff.testing import Workspace

from .conftest import Hooked, command, group


class _Nothing(BaseModel):
    pass


class _LaterTool(Tool[_Nothing]):
    name: ClassVar[str] = "Later"
    summary: ClassVar[str] = "Come late."
    input_model: ClassVar[type[BaseModel]] = _Nothing
    read_only: ClassVar[bool] = True

    async def run(self, input: _Nothing, context: ToolContext) -> ToolOutput:
        return ToolOutput("ran")


class _Later:
    @hookimpl
    def gaff_register_tools(self) -> Sequence[Tool[Any]]:
        """Offer it."""
        return (_LaterTool(),)


def write(workspace: Workspace, name: str, values: JsonObject) -> None:
    """Write a settings file of the project."""
    workspace.write(name, json.dumps(values))


def mark(hooked: Hooked, word: str) -> JsonObject:
    """Return a handler that leaves a word."""
    return command(f"echo {word} >> {hooked.workspace.folder}/marks")


def marks(hooked: Hooked) -> list[str]:
    """Return the words left."""
    path = hooked.workspace.folder / "marks"
    return sorted(path.read_text().split()) if path.exists() else []


async def test_hooks_of_all_levels_run(hooked: Hooked) -> None:
    """They are joined, never replaced."""
    hooked.on("SessionStart", mark(hooked, "user"))
    for name, word in (("settings.json", "project"), ("settings.local.json", "local")):
        write(hooked.workspace, f".claude/{name}", {"hooks": {"SessionStart": [group(mark(hooked, word))]}})
    given = json.dumps({"hooks": {"SessionStart": [group(mark(hooked, "line"))]}})
    hooked.shell.options("--trust", "--settings", given)
    await hooked.shell.start()
    assert marks(hooked) == ["line", "local", "project", "user"]


async def test_an_identical_handler_runs_once(hooked: Hooked) -> None:
    """Also where two files or two groups have it."""
    same = mark(hooked, "same")
    hooked.configure({"PreToolUse": [group(same, matcher="Read"), group(same, matcher="*")]})
    write(hooked.workspace, ".claude/settings.json", {"hooks": {"PreToolUse": [group(same)]}})
    hooked.shell.options("--trust")
    await hooked.call("Read", file_path="note.txt")
    assert marks(hooked) == ["same"]


async def test_the_same_words_may_name_two_functions(hooked: Hooked) -> None:
    """A file is looked for from the folder of its settings, so the user's is another than the project's."""
    entry: JsonObject = {"type": "function", "function": "guard.py:check"}
    path = str(hooked.workspace.folder / "marks")
    for folder, word in ((hooked.workspace.gaff_home, "user"), (hooked.workspace.project, "project")):
        text = f"def check(event):\n    with open({path!r}, 'a') as file:\n        file.write('{word} ')\n"
        (folder / "guard.py").write_text(text)
    hooked.on("PreToolUse", entry)
    write(hooked.workspace, ".claude/settings.json", {"hooks": {"PreToolUse": [group(entry)]}})
    hooked.shell.options("--trust")
    await hooked.call("Read", file_path="note.txt")
    assert marks(hooked) == ["project", "user"]


@pytest.mark.parametrize(
    ("user", "project", "runs"),
    [(True, None, False), (True, False, True), (False, True, False), (None, None, True)],
)
async def test_disable_all_hooks_holds_as_the_highest_level_says(
    hooked: Hooked, user: Json, project: Json, runs: bool
) -> None:
    """A project's false beats the user's true."""
    settings: dict[str, Json] = {} if user is None else {"disableAllHooks": user}
    hooked.configure({"SessionStart": [group(mark(hooked, "user"))]}, **settings)
    if project is not None:
        write(hooked.workspace, ".claude/settings.json", {"disableAllHooks": project})
    hooked.shell.options("--trust")
    await hooked.shell.start()
    assert marks(hooked) == (["user"] if runs else [])


async def test_an_untrusted_folder_switches_nobody_s_guard_off(hooked: Hooked) -> None:
    """Its disableAllHooks does not count."""
    hooked.on("SessionStart", mark(hooked, "user"))
    write(hooked.workspace, ".claude/settings.json", {"disableAllHooks": True})
    await hooked.shell.start()
    assert marks(hooked) == ["user"]


#: Hooks with something wrong in them, and what is told of it.
WRONG: Sequence[tuple[Json, str]] = [
    ({"PreTooluse": []}, "hooks.PreTooluse is no event; did you mean PreToolUse?"),
    ([], "hooks must be an object of events"),
    ({"Stop": {}}, "hooks.Stop must be a list"),
    ({"Stop": [{"type": "command", "command": "x"}]}, 'put the handler into "hooks": [...]'),
    ({"Stop": ["x"]}, "hooks.Stop[0] must be"),
    ({"Stop": [{"matcher": 5, "hooks": []}]}, "hooks.Stop[0].matcher must be a text"),
    ({"Stop": [{"hooks": ["x"]}]}, "hooks.Stop[0].hooks[0] must be an object with a type"),
    ({"Stop": [{"hooks": [{}]}]}, "needs a type"),
    ({"Stop": [{"hooks": [{"type": "comand"}]}]}, "did you mean command?"),
    ({"Stop": [{"hooks": [{"type": "command"}]}]}, "needs command"),
    ({"Stop": [{"hooks": [{"type": "command", "command": 5}]}]}, "command must be of type string"),
    ({"Stop": [{"hooks": [command("x", timeout="5")]}]}, "timeout must be of type number"),
    ({"Stop": [{"hooks": [command("x", onFailure="stop")]}]}, 'onFailure must be "block"'),
    ({"Stop": [{"hooks": [command("x")], "onFailure": "block"}]}, "onFailure does nothing here"),
    ({"Stop": [{"hooks": [command("x")], "timeout": 5}]}, "timeout does nothing here"),
    ({"Stop": [{"hooks": [command("x")], "matcher": "Bash"}]}, "Stop has no matchers"),
    ({"Stop": [{"hooks": [command("x", shell="fish")]}]}, "shell must be bash or powershell"),
    ({"Stop": [{"hooks": [command("x", once=True)]}]}, "once does nothing here"),
    ({"Stop": [{"hooks": [command("x", args=[5])]}]}, "args must be a list of texts"),
    ({"Stop": [{"hooks": [command("x", timout=5)]}]}, "timout is no field of this handler"),
    ({"Stop": [{"hooks": [command("${user_config.KEY} x")]}]}, "write $CLAUDE_PLUGIN_OPTION_KEY"),
    ({"SessionStart": [{"hooks": [{"type": "http", "url": "http://x"}]}]}, "does not run handlers of type http"),
    ({"PreCompact": [{"hooks": [{"type": "prompt", "prompt": "x"}]}]}, "does not run handlers of type prompt"),
    ({"Stop": [{"hooks": [{"type": "http", "url": "ftp://x"}]}]}, "url must begin with http://"),
    ({"Stop": [{"hooks": [{"type": "mcp_tool", "server": "s", "tool": "t"}]}]}, "has no MCP servers"),
    ({"Stop": [{"hooks": [{"type": "function", "function": "guard.py"}]}]}, "must be FILE.py:NAME"),
    ({"Stop": [{"hooks": [{"type": "function", "function": "gone.py:f"}]}]}, "there is no file"),
    ({"Stop": [{"hooks": [{"type": "prompt", "prompt": "x", "model": "nobody:x"}]}]}, "no model provider nobody"),
]  # fmt: skip


@pytest.mark.parametrize(("hooks", "line"), WRONG)
async def test_what_is_wrong_is_told_at_the_start(hooked: Hooked, hooks: Json, line: str) -> None:
    """With the file, the place in it, and what is meant; nothing else breaks."""
    hooked.workspace.settings({"hooks": hooks})
    hooked.shell.add("fine")
    await hooked.shell.submit("go")
    told = [notice for notice in hooked.notices if line in notice]
    assert len(told) == 1, hooked.notices
    assert str(hooked.workspace.gaff_home / "settings.json") in told[0]


async def test_hooks_are_not_called_unused_any_more(hooked: Hooked) -> None:
    """The settings of hooks are read."""
    switches: dict[str, Json] = {
        "disableAllHooks": False,
        "allowedHttpHookUrls": [],
        "httpHookAllowedEnvVars": [],
    }
    hooked.configure({"Stop": [group(command("true"))]}, **switches)
    await hooked.shell.start()
    assert not any("hooks" in notice.lower() for notice in hooked.notices)


async def test_a_failing_hook_is_suspended_and_told_once(hooked: Hooked) -> None:
    """After five failures in a row it is no longer run."""
    hooked.on("UserPromptSubmit", command("echo broken >&2; exit 1"))
    hooked.shell.add(*["fine"] * 7)
    for _ in range(7):
        await hooked.shell.submit("go")
    assert len(hooked.log) == 5
    assert sum("is suspended for this session" in notice for notice in hooked.notices) == 1
    (listed,) = states(hooked.shell.session.state[BOOK])
    assert listed.state == "suspended"


async def test_a_guard_whose_grep_finds_nothing_stays_in_force(hooked: Hooked) -> None:
    """It ends with 1 on every harmless call; told a few times, it still stops the one it is for."""
    hooked.on("PreToolUse", command("grep -q secret && { echo no >&2; exit 2; }"))
    for _ in range(7):
        await hooked.call("Read", file_path="note.txt")
    assert "no (PreToolUse hook" in await hooked.call("Read", file_path="secret.txt")
    assert sum("hook error" in notice for notice in hooked.notices) == 5
    assert sum("it runs on, untold from now" in notice for notice in hooked.notices) == 1


async def test_a_success_in_between_keeps_a_hook_going(hooked: Hooked) -> None:
    """Only failures in a row count."""
    count = f"n=$(cat {hooked.workspace.folder}/n 2>/dev/null || echo 0); echo $((n+1)) > {hooked.workspace.folder}/n"
    hooked.on("UserPromptSubmit", command(f"{count}; [ $((n % 4)) = 3 ]"))
    hooked.shell.add(*["fine"] * 8)
    for _ in range(8):
        await hooked.shell.submit("go")
    assert len(hooked.log) == 8


@pytest.mark.parametrize("how", ["exit 1", "sleep 60", "exec /does/not/exist"])
async def test_a_gate_that_fails_blocks(hooked: Hooked, how: str) -> None:
    """onFailure: block makes a failure an objection; it is never suspended."""
    hooked.on("PreToolUse", command(how, onFailure="block", timeout=0.2))
    for _ in range(6 if how == "exit 1" else 1):
        assert "a hook that must work failed" in await hooked.call("Read", file_path="note.txt")


async def test_a_gate_that_is_misspelt_blocks(hooked: Hooked) -> None:
    """A slip in the entry must not open it."""
    hooked.on("PreToolUse", {"type": "function", "function": "gone.py:check", "onFailure": "block"})
    assert "there is no file" in await hooked.call("Read", file_path="note.txt")


async def test_a_gate_with_a_broken_matcher_blocks(hooked: Hooked) -> None:
    """Nobody knows what it was meant for, so it holds for all."""
    hooked.on("PreToolUse", command("true", onFailure="block"), matcher="(Read")
    assert "is no regular expression" in await hooked.call("Read", file_path="note.txt")


async def test_a_hook_for_a_tool_that_comes_later_runs(hooked: Hooked) -> None:
    """Its matcher names nothing at the start, which is told; a plugin may bring the tool all the same."""
    hooked.on("PreToolUse", command("echo not yet >&2; exit 2"), matcher="Later")
    session = await hooked.shell.start()
    session.kernel.register(_Later(), "later")
    assert "not yet" in await hooked.call("Later")
    assert any("names nothing that PreToolUse can have" in notice for notice in hooked.notices)


@pytest.mark.parametrize("how", ["exit 1", "sleep 60"])
async def test_without_on_failure_the_action_goes_on(hooked: Hooked, how: str) -> None:
    """As documented; the user is told."""
    hooked.on("PreToolUse", command(how, timeout=0.2))
    assert "a note" in await hooked.call("Read", file_path="note.txt")
    assert any("hook error" in notice for notice in hooked.notices)


async def test_a_model_switch_is_refused_where_its_hook_takes_too_long(hooked: Hooked) -> None:
    """The one event on which a timeout blocks."""
    hooked.on("PreModelSwitch", command("sleep 60", timeout=0.1))
    session = await hooked.shell.start()
    with pytest.raises(Exception, match=r"took longer than 0\.1 s"):
        await session.set_model("scripted:other")


def states_with(workspace: Workspace, **layers: JsonObject) -> dict[str, str]:
    """Return the state of each level's hook where the settings are these, the highest level first."""
    kernel = start(Start((), workspace.environ, workspace.project))
    hooks: JsonObject = {"Stop": [group(command("true"))]}
    kernel.settings = MergedSettings(
        [
            Layer(level, level, workspace.project, {"hooks": hooks, **values})
            for level, values in layers.items()
        ]
    )
    book = Book()
    book.read(kernel)
    return {one.entry.source.level: one.state for one in states(book)}


@pytest.mark.parametrize(
    ("managed", "user", "expected"),
    [
        ({}, {}, {"managed": "active", "user": "skipped"}),
        ({"allowManagedHooksOnly": True}, {}, {"managed": "active", "user": "off"}),
        ({"disableAllHooks": True}, {}, {"managed": "off", "user": "off"}),
        ({}, {"disableAllHooks": True}, {"managed": "active", "user": "off"}),
        ({}, {"allowManagedHooksOnly": True}, {"managed": "active", "user": "skipped"}),
    ],
)
def test_managed_settings_have_the_last_word(
    workspace: Workspace, managed: JsonObject, user: JsonObject, expected: dict[str, str]
) -> None:
    """Nobody switches their hooks off; an identical hook of the user's is the same one."""
    assert states_with(workspace, managed=managed, user=user) == expected
