"""The kinds of handler: what each runs, and how it can fail."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Self

import pytest

from gaff.hooks import HookHandler, HookResult, HookRun, Json, JsonObject, Usage, events, hookimpl
from gaff.plugins.builtin.handlers._words import filled_for_shell
from gaff.testing import call, say

from .conftest import PYTHON, Hooked, command, group, until, until_exists, until_gone

ALLOW = '{"hookSpecificOutput": {"hookEventName": "PreToolUse", "permissionDecision": "allow"}}'


# command


async def test_the_exec_form_needs_no_shell(hooked: Hooked) -> None:
    """Arguments go to the program as they are, placeholders filled."""
    script = hooked.script(
        "args.py",
        f"import sys\nopen({str(hooked.workspace.folder / 'seen')!r}, 'w').write(repr(sys.argv[1:]))\n",
    )
    args: list[Json] = [str(script), "$HOME; echo", "${CLAUDE_PROJECT_DIR}/x"]
    hooked.on("SessionStart", command(PYTHON, args=args))
    await hooked.shell.start()
    seen = (hooked.workspace.folder / "seen").read_text()
    assert seen == repr(["$HOME; echo", f"{hooked.workspace.project}/x"])


@pytest.mark.parametrize("quote", ['"{}"', "'{}'", "{}"])
async def test_placeholders_stand_in_any_quotes(hooked: Hooked, quote: str) -> None:
    """The project's folder is known to commands in both ways."""
    path = quote.format("${CLAUDE_PROJECT_DIR}/made")
    hooked.on("SessionStart", command(f'touch {path}; test "$CLAUDE_PROJECT_DIR" = "$PWD"'))
    await hooked.shell.start()
    assert (hooked.workspace.project / "made").exists()
    assert not hooked.notices


@pytest.mark.parametrize("value", ["/a b", "/a'b", "/a$(id)", "/a;b", "/plain"])
@pytest.mark.parametrize(
    "text",
    ['printf %s "${X}"', "printf %s '${X}'", 'printf %s \\\'"${X}"', 'Y=${X}; printf %s "$Y"'],
)
def test_placeholders_never_run_what_a_folder_is_called(value: str, text: str) -> None:
    """The shell sees the value as it is; only in single quotes a strange one stays a placeholder."""
    text = text.replace("X", "CLAUDE_PROJECT_DIR")
    environ = {"CLAUDE_PROJECT_DIR": value}
    filled = filled_for_shell(text, environ)
    done = subprocess.run(["/bin/sh", "-c", filled], env=environ, capture_output=True, text=True, check=True)
    unfilled = text.startswith("printf %s '") and value not in ("/a b", "/plain")
    assert done.stdout.removeprefix("'") == ("${CLAUDE_PROJECT_DIR}" if unfilled else value)


async def test_a_handler_s_environment_is_the_documented_one(hooked: Hooked) -> None:
    """Ours, without keys and exporters; CLAUDE_ENV_FILE only where it is documented."""
    hooked.workspace.variables |= {"ANTHROPIC_API_KEY": "secret", "OTEL_EXPORTER_X": "y", "MINE": "kept"}
    seen = hooked.workspace.folder / "seen"
    hooked.configure({"UserPromptSubmit": [group(command(f"env -0 > {seen}"))]})
    hooked.shell.add("fine")
    await hooked.shell.submit("go")
    environ = dict(line.split("=", 1) for line in seen.read_text().split("\0") if line)
    assert environ["CLAUDE_PROJECT_DIR"] == str(hooked.workspace.project)
    assert environ["CLAUDE_CODE_SESSION_ID"] == hooked.shell.session.id
    assert (environ["CLAUDECODE"], environ["CLAUDE_CODE_CHILD_SESSION"], environ["MINE"]) == (
        "1",
        "1",
        "kept",
    )
    assert not {"ANTHROPIC_API_KEY", "OTEL_EXPORTER_X", "CLAUDE_ENV_FILE"} & environ.keys()


async def test_a_handler_has_no_terminal(hooked: Hooked) -> None:
    """A session of its own: nothing can type into the user's terminal."""
    code = "import os; assert os.getsid(0) == os.getpid() or os.getsid(0) == os.getppid(); open('/dev/tty')"
    hooked.on("SessionStart", command(f'{PYTHON} -c "{code}" 2>&1 | grep -q "No such device"'))
    await hooked.shell.start()
    assert not hooked.notices


async def test_a_handler_that_takes_too_long_is_killed_with_all_it_started(hooked: Hooked) -> None:
    """Nothing of its group is left."""
    pid = hooked.workspace.folder / "pid"
    hooked.on("PreToolUse", command(f"sleep 60 & echo $! > {pid}; wait", timeout=0.3))
    await hooked.call("Read", file_path="note.txt")
    await until_gone(int(pid.read_text()))
    assert "took longer than 0.3 s" in "\n".join(hooked.notices)


async def test_an_interrupt_ends_a_running_handler(hooked: Hooked) -> None:
    """Esc does not wait for hooks."""
    pid = hooked.workspace.folder / "pid"
    hooked.on("PreToolUse", command(f"echo $$ > {pid}.new; mv {pid}.new {pid}; sleep 60"))
    hooked.shell.add(call("Read", {"file_path": "note.txt"}))
    session = await hooked.shell.start()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(session.submit("go"))
        await until_exists(pid)
        session.interrupt()
    await until_gone(int(pid.read_text()))
    assert [line["status"] for line in hooked.log] == ["cancelled"]


async def test_an_async_handler_decides_nothing_and_tells_later(hooked: Hooked) -> None:
    """The turn does not wait for it; what it says comes with the next prompt."""
    go, said = hooked.workspace.folder / "go", '{"systemMessage": "the build is red"}'
    hooked.on(
        "PreToolUse",
        command(f"until test -e {go}; do sleep 0.01; done; echo '{said}'; exit 2", **{"async": True}),
    )
    assert "a note" in await hooked.call("Read", file_path="note.txt")
    go.touch()
    await until(lambda: len(hooked.log) == 2)
    hooked.shell.add("fine")
    await hooked.shell.submit("again")
    assert "the build is red" in hooked.read


async def test_an_async_handler_can_wake_the_model(hooked: Hooked) -> None:
    """asyncRewake: exit code 2 starts a turn with what it says, which is nobody's word."""
    origins: list[str] = []

    class Listener:
        @hookimpl
        def gaff_user_prompt_submit(self, event: events.UserPromptSubmit) -> None:
            origins.append(event.origin)

    hooked.shell.plugin(Listener(), "listener")
    hooked.on("SessionStart", command("echo the server is down >&2; exit 2", asyncRewake=True))
    hooked.shell.add("I will look.")
    await hooked.shell.start()
    await hooked.shell.until(lambda: "I will look." in hooked.read)
    assert "the server is down" in hooked.read
    assert origins == ["task-notification"]


async def test_an_async_handler_of_the_end_is_noted_as_well(hooked: Hooked) -> None:
    """It is stopped with all the rest, and the log says so."""
    hooked.on("SessionEnd", command("sleep 60", **{"async": True}))
    await hooked.shell.start()
    await hooked.shell.close()
    assert [line["status"] for line in hooked.log] == ["started", "cancelled"]


async def test_an_async_handler_ends_with_the_session(hooked: Hooked) -> None:
    """Nothing runs on."""
    pid = hooked.workspace.folder / "pid"
    hooked.on(
        "SessionStart", command(f"echo $$ > {pid}.new; mv {pid}.new {pid}; sleep 60", **{"async": True})
    )
    await hooked.shell.start()
    await until_exists(pid)
    await hooked.shell.close()
    await until_gone(int(pid.read_text()))
    assert [line["status"] for line in hooked.log] == ["started", "cancelled"]


async def test_what_a_handler_leaves_running_holds_up_nothing(hooked: Hooked) -> None:
    """A player or a server started in the background lives on, and the turn goes on."""
    pid = hooked.workspace.folder / "pid"
    hooked.on("PreToolUse", command(f"sleep 60 & echo $! > {pid}; echo started"))
    await hooked.call("Read", file_path="note.txt")
    (line,) = hooked.log
    assert line["status"] == "done"
    assert line["ms"] < 10_000
    os.kill(int(pid.read_text()), signal.SIGKILL)


# function


@pytest.mark.parametrize(
    ("text", "status", "told"),
    [
        ("def check(event):\n    return None\n", "done", ""),
        ("def check(event):\n    return {'decision': 'block', 'reason': 'no'}\n", "denied", ""),
        ("async def check(event):\n    return {'decision': 'block', 'reason': 'no'}\n", "denied", ""),
        ("def check(event):\n    event['tool_input'].clear()\n", "done", ""),
        ("def check(event):\n    return 5\n", "done", "it returned int"),
        ("def check(event):\n    raise ValueError('broken')\n", "done", "ValueError: broken"),
        ("def check(event):\n    import sys\n    sys.exit(2)\n", "done", "called sys.exit(2)"),
        ("def check(event):\n    raise KeyboardInterrupt\n", "done", "the function raised KeyboardInterrupt"),
        ("def check(event):\n    raise GeneratorExit\n", "done", "the function raised GeneratorExit"),
        (
            "import asyncio\nasync def check(event):\n    raise asyncio.CancelledError\n",
            "done",
            "the function raised CancelledError",
        ),
        ("raise KeyboardInterrupt\n", "done", "raised KeyboardInterrupt"),
        ("def check(event):\n    next(iter(()))\n", "done", "the function raised StopIteration"),
        (
            "async def gate(event):\n    return {'decision': 'block'}\ncheck = lambda event: gate(event)\n",
            "denied",
            "",
        ),
        ("import no_such_module\n", "done", "No module named"),
        ("check = 5\n", "done", "has no function check"),
    ],
)
async def test_a_function_is_called_in_process(hooked: Hooked, text: str, status: str, told: str) -> None:
    """It gets a copy of the event, returns the documented JSON, and fails alone."""
    path = hooked.script("guard.py", text)
    hooked.on("PreToolUse", {"type": "function", "function": f"{path}:check"})
    await hooked.call("Read", file_path="note.txt")
    await hooked.call("Read", file_path="note.txt")
    assert [outcome.status for outcome in hooked.shell.outcomes] == [status, status]
    assert told in "\n".join(hooked.notices)


async def test_a_function_s_file_is_found_from_its_settings(hooked: Hooked) -> None:
    """A project's guard lies in the project; a changed file is read again."""
    path = hooked.workspace.write("hooks/guard.py", "def check(event):\n    return {'decision': 'block'}\n")
    entry = {"type": "function", "function": "hooks/guard.py:check"}
    hooked.workspace.write(".claude/settings.json", json.dumps({"hooks": {"PreToolUse": [group(entry)]}}))
    hooked.shell.options("--trust")
    await hooked.call("Read", file_path="note.txt")
    path.write_text("def check(event):\n    pass\n")
    await hooked.call("Read", file_path="note.txt")
    assert [outcome.status for outcome in hooked.shell.outcomes] == ["denied", "done"]


async def test_a_slow_function_does_not_hold_up_the_shell(hooked: Hooked) -> None:
    """It runs in a thread while the loop goes on, and its time is kept."""
    path = hooked.script("slow.py", "import time\ndef check(event):\n    time.sleep(0.3)\n")
    hooked.on("PreToolUse", {"type": "function", "function": f"{path}:check", "timeout": 0.05})
    assert "a note" in await hooked.call("Read", file_path="note.txt")
    assert "took longer than 0.05 s" in "\n".join(hooked.notices)


# http


@pytest.mark.parametrize(
    ("status", "body", "outcome", "told"),
    [
        (200, b"", "done", ""),
        (204, b"", "done", ""),
        (200, b'{"decision": "block", "reason": "by post"}', "denied", ""),
        (200, b"fine", "done", "no JSON object"),
        (200, b"[1]", "done", "no JSON object"),
        (500, b'{"decision": "block"}', "done", "the server answered 500"),
        (302, b"", "done", "the server answered 302"),
    ],
)
async def test_an_http_handler_reads_the_answer(
    hooked: Hooked, status: int, body: bytes, outcome: str, told: str
) -> None:
    """Only a JSON object of a 2xx answer decides anything."""
    async with _Server(status, body) as server:
        hooked.on("PreToolUse", {"type": "http", "url": server.url})
        await hooked.call("Read", file_path="note.txt")
    assert hooked.shell.outcomes[0].status == outcome
    assert told in "\n".join(hooked.notices)
    assert json.loads(server.bodies[0])["tool_name"] == "Read"


async def test_headers_hold_only_variables_that_are_let_through(hooked: Hooked) -> None:
    """By the entry and, where they say so, by the settings."""
    hooked.workspace.variables |= {"TOKEN": "t1", "OTHER": "t2", "THIRD": "t3"}
    entry: JsonObject = {
        "type": "http",
        "headers": {"X-A": "Bearer $TOKEN", "X-B": "${OTHER}", "X-C": "$THIRD"},
        "allowedEnvVars": ["TOKEN", "OTHER"],
    }
    async with _Server(200, b"") as server:
        hooked.on("PreToolUse", {**entry, "url": server.url}, httpHookAllowedEnvVars=["TOKEN", "THIRD"])
        await hooked.call("Read", file_path="note.txt")
    head = server.heads[0].lower()
    assert b"x-a: bearer t1" in head
    assert b"t2" not in head
    assert b"t3" not in head


async def test_only_listed_addresses_are_called(hooked: Hooked) -> None:
    """allowedHttpHookUrls is a list of all levels, with wildcards."""
    async with _Server(200, b"") as server:
        urls: list[Json] = [f"{server.url}/allowed/*"]
        entries = [{"type": "http", "url": f"{server.url}/{name}"} for name in ("allowed/x", "other")]
        hooked.on("PreToolUse", *entries, allowedHttpHookUrls=urls)
        await hooked.call("Read", file_path="note.txt")
    assert len(server.bodies) == 1
    assert "allowedHttpHookUrls does not list" in "\n".join(hooked.notices)


async def test_a_server_that_is_gone_blocks_only_a_gate(hooked: Hooked) -> None:
    """onFailure: block holds for http, too."""
    entry: JsonObject = {"type": "http", "url": "http://127.0.0.1:9/"}
    hooked.on("PreToolUse", {**entry, "onFailure": "block"})
    assert "a hook that must work failed" in await hooked.call("Read", file_path="note.txt")


# prompt and agent


@pytest.mark.parametrize(
    ("verdict", "fields", "status"),
    [
        ('{"ok": true}', {}, "done"),
        ('```json\n{"ok": true}\n```', {}, "done"),
        ('{"ok": false, "reason": "touches the database"}', {"continueOnBlock": True}, "denied"),
        ('{"ok": false, "reason": "touches the database"}', {}, "denied"),
        ("I cannot say.", {}, "done"),
    ],
)
async def test_a_prompt_handler_asks_a_model(
    hooked: Hooked, verdict: str, fields: JsonObject, status: str
) -> None:
    """A refusal ends the turn unless the entry says that it goes on; no verdict is a failure."""
    hooked.on("PreToolUse", {"type": "prompt", "prompt": "Is this safe? $ARGUMENTS", **fields})
    hooked.shell.add(call("Read", {"file_path": "note.txt"}), say(verdict), say("went on"))
    result = await hooked.shell.submit("go")
    assert hooked.shell.outcomes[0].status == status
    ends = status == "denied" and not fields
    assert (result.text == "went on") is not ends
    asked = str(hooked.shell.requests[1])
    assert "Is this safe? {" in asked
    assert "note.txt" in asked
    if verdict == "I cannot say.":
        assert "gave no verdict" in "\n".join(hooked.notices)


async def test_a_stop_judge_makes_the_model_go_on_unless_it_is_impossible(hooked: Hooked) -> None:
    """Its reason is the next instruction; impossible lets the model stop."""
    hooked.on("Stop", {"type": "prompt", "prompt": "Are the tests green?"})
    no = '{"ok": false, "reason": "run them"}'
    hooked.shell.add(say("done"), say(no), say("ran them"), say(no[:-1] + ', "impossible": true}'))
    result = await hooked.shell.submit("go")
    assert result.text == "ran them"
    assert "Stop hook feedback: run them" in hooked.read


async def test_an_agent_looks_with_tools_that_only_read(hooked: Hooked) -> None:
    """Its calls go through the gate, do not start it again, and stay out of the conversation."""
    hooked.on(
        "PreToolUse",
        {"type": "agent", "prompt": "Look at note.txt."},
        permissions={"deny": ["Read(secret*)"]},
    )
    hooked.workspace.write("secret.txt", "the key")
    hooked.shell.add(
        call("LS", {"path": "."}),
        call("Read", {"file_path": "note.txt"}),
        call("Read", {"file_path": "secret.txt"}),
        call("Write", {"file_path": "x", "content": "y"}),
        say('{"ok": false, "reason": "it says: a note"}'),
        say("went on"),
    )
    result = await hooked.shell.submit("go")
    assert result.text == "went on"
    asked = str(hooked.shell.requests[1:])
    assert "a note" in asked
    assert "the key" not in asked
    assert "There is no tool Write here." in asked
    assert "it says: a note" in hooked.read
    assert not (hooked.workspace.project / "x").exists()


async def test_a_judge_that_cannot_be_asked_is_a_failure(hooked: Hooked) -> None:
    """The call goes on, and the user is told."""
    hooked.on("PreToolUse", {"type": "prompt", "prompt": "Safe?", "model": "anthropic:some-model"})
    await hooked.call("Read", file_path="note.txt")
    assert hooked.shell.outcomes[0].status == "done"
    assert "hook error" in "\n".join(hooked.notices)


# A type of a stranger's.


class Note(HookHandler):
    """Appends a line to a file."""

    name = "note"
    summary = "append a line to a file"
    fields = {"file": "string"}  # noqa: RUF012 - as a stranger writes it
    required = ("file",)

    async def run(self, run: HookRun) -> HookResult:
        with Path(run.text("file")).open("a") as file:  # noqa: ASYNC230
            file.write(f"{run.event}\n")
        return HookResult()


async def test_gaff_register_hook_handlers_adds_a_type(hooked: Hooked) -> None:
    """A plugin's handler works in every settings file."""

    @hookimpl
    def gaff_register_hook_handlers() -> Sequence[HookHandler]:
        return (Note(),)

    hooked.shell.plugin(SimpleNamespace(gaff_register_hook_handlers=gaff_register_hook_handlers), "noting")
    notes = hooked.workspace.folder / "notes"
    hooked.on("PreToolUse", {"type": "note", "file": str(notes)})
    await hooked.call("Read", file_path="note.txt")
    assert notes.read_text() == "PreToolUse\n"
    assert not hooked.notices


class _Server:
    """Answers every request alike."""

    def __init__(self, status: int, body: bytes) -> None:
        self._answer = (
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
        )
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        self.heads.append(head)
        self.bodies.append(await reader.readexactly(length))
        writer.write(self._answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize("type", ["prompt", "agent"])
async def test_what_a_judge_uses_counts_as_the_sessions(hooked: Hooked, type: str) -> None:
    """All requests to the model are paid for, so /usage and a budget know of them."""
    hooked.on("Stop", {"type": type, "prompt": "Is it done?"})
    looks = [call("Read", {"file_path": "note.txt"})] if type == "agent" else []
    hooked.shell.add(say("done"), *looks, say('{"ok": true}'))
    await hooked.shell.submit("go")
    assert len(hooked.shell.model.usages) == 2 + len(looks)
    assert hooked.shell.session.usage == sum(hooked.shell.model.usages, Usage())
