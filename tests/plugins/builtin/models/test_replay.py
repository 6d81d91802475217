"""Recording what models answer, and playing it again."""

import asyncio
import json
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from gaff.hooks import (
    Delta,
    JsonObject,
    Message,
    ModelError,
    ModelRequest,
    ModelStreamed,
    Notice,
    UsageError,
    text_block,
)
from gaff.plugins.builtin.models._replay_cassette import (
    Fingerprints,
    Recorder,
    Surroundings,
    difference,
    moved,
    read_cassette,
)
from gaff.plugins.builtin.models.replay import ReplayModel, ReplayProvider
from gaff.testing.replies import Reply, call, cut, error_mid_stream, hold, reply, say, status, think
from gaff.testing.shell import Shell
from gaff.testing.workspace import Workspace

pytest_plugins = ["gaff.testing.pytest_plugin"]

HERE = Surroundings("/tmp/project-a", "/home/ann", "/home/ann/.gaff", "scripted", "2026-11-20")
THERE = Surroundings("/srv/project-b", "/home/bob", "/home/bob/.gaff", "a-model", "2026-12-24")


def lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines of a cassette."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def mode(path: Path) -> int:
    """Return the permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


async def record(
    workspace: Workspace, cassette: Path, prompts: Sequence[str], *script: Reply | str
) -> list[str]:
    """Record a session of these prompts; return the texts the turns ended with."""
    async with Shell(workspace) as shell:
        shell.options("--record", str(cassette))
        shell.add(*script)
        return [(await shell.submit(prompt)).text for prompt in prompts]


def replaying(workspace: Workspace, cassette: Path) -> Shell:
    """Return a shell that plays a cassette."""
    shell = Shell(workspace)
    shell.options("--model", f"replay:{cassette}")
    return shell


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    """A path for a cassette."""
    return tmp_path / "session.cassette"


async def test_a_session_is_played_as_it_was(workspace: Workspace, cassette: Path) -> None:
    """Every event of every answer comes again, tools run, nothing else is asked."""
    workspace.write("a.txt", "hello")
    script = (
        reply(think("Hm."), "I look.", call("Read", {"file_path": "a.txt"})),
        say("Hello."),
        say("Bye."),
    )
    told = await record(workspace, cassette, ["read", "leave"], *script)
    async with replaying(workspace, cassette) as shell:
        stream = (await shell.start()).subscribe(ModelStreamed)
        assert (
            [(await shell.submit(prompt)).text for prompt in ("read", "leave")] == told == ["Hello.", "Bye."]
        )
        assert [outcome.call.name for outcome in shell.outcomes] == ["Read"]
    played = [event.event async for event in stream if isinstance(event, ModelStreamed)]
    assert played == [
        event for line in lines(cassette) if line["type"] == "events" for event in line["events"]
    ]


async def test_faults_are_played_too(workspace: Workspace, cassette: Path) -> None:
    """Errors come again as they were, and nobody waits for a server that is not there."""
    script = (
        status(529),
        cut("Half of it", after=4),
        error_mid_stream("api_error", "Broken"),
        say("Through."),
    )
    await record(workspace, cassette, ["go"], *script)
    errors = [(line["kind"], line["status"]) for line in lines(cassette) if line["type"] == "error"]
    assert errors == [("overloaded", 529), ("stream_cut", None), ("server_error", None)]
    workspace.variables["GAFF_RETRY_BASE_MS"] = "60000"
    async with replaying(workspace, cassette) as shell:
        assert (await shell.submit("go")).text == "Through."
        retries = [event for event in shell.events if type(event).__name__ == "RetryScheduled"]
    assert [getattr(event, "delay", None) for event in retries] == [0.0, 0.0, 0.0]


async def test_a_fault_that_ended_the_turn(workspace: Workspace, cassette: Path) -> None:
    """A turn that failed fails again in the same way."""
    (told,) = await record(workspace, cassette, ["go"], status(401, "invalid key"))
    async with replaying(workspace, cassette) as shell:
        result = await shell.submit("go")
    assert (result.text, result.error_status, told) == ("invalid key", 401, "invalid key")


async def test_another_request_is_named(workspace: Workspace, cassette: Path) -> None:
    """What is asked otherwise than recorded stops the replay, and the message that differs is told."""
    await record(workspace, cassette, ["one", "two"], "first", "second")
    async with replaying(workspace, cassette) as shell:
        await shell.submit("one")
        result = await shell.submit("three")
    assert result.is_error
    assert f"request 2 is not the one recorded in {cassette}: messages.2 (user: text) differs" in result.text


async def test_lenient_replay(workspace: Workspace, cassette: Path) -> None:
    """With replay.strict off the next answer is played, and the difference told."""
    await record(workspace, cassette, ["one"], "first")
    workspace.settings({"replay": {"strict": False}})
    async with replaying(workspace, cassette) as shell:
        assert (await shell.submit("other")).text == "first"
        notices = [
            str(getattr(event, "text", "")) for event in shell.events if type(event).__name__ == "Notice"
        ]
    assert any("messages.0 (user: text) differs" in text for text in notices)


async def test_the_end_of_a_cassette(workspace: Workspace, cassette: Path) -> None:
    """More requests than were recorded are told."""
    await record(workspace, cassette, ["one"], "first")
    async with replaying(workspace, cassette) as shell:
        await shell.submit("one")
        assert "holds no more than 1 requests" in (await shell.submit("two")).text


async def test_a_cassette_plays_in_another_folder(
    workspace: Workspace, cassette: Path, tmp_path: Path
) -> None:
    """Recorded paths become those of the run, in what the model said and in what it is asked."""
    workspace.write("a.txt", "hello")
    absolute = str(workspace.project / "a.txt")
    await record(
        workspace, cassette, ["read"], call("Read", {"file_path": absolute}), say(f"Read {absolute}.")
    )
    other = Workspace(tmp_path / "elsewhere", cache=workspace.cache)
    path = other.write("a.txt", "hello")
    async with replaying(other, cassette) as shell:
        assert (await shell.submit("read")).text == f"Read {path}."
        assert shell.outcomes[0].status == "done"
        assert shell.outcomes[0].call.input == {"file_path": str(path)}


async def test_an_interrupted_answer(shell: Shell, cassette: Path) -> None:
    """An answer that was interrupted ends where it did, with a word on why."""
    shell.options("--record", str(cassette))
    shell.add(hold("A long answer " * 40, after=100))
    async with asyncio.TaskGroup() as group:
        group.create_task(shell.submit("go"))
        await shell.event(Delta)
        shell.session.interrupt()
    async with replaying(shell.workspace, cassette) as again:
        result = await again.submit("go")
    assert "it was interrupted" in result.text


async def test_nothing_secret_is_recorded(workspace: Workspace, cassette: Path) -> None:
    """A cassette holds answers and fingerprints: no prompt, no file, no key, and only its owner reads it."""
    workspace.write("a.txt", "CONTENT-OF-THE-FILE")
    workspace.variables["ANTHROPIC_API_KEY"] = "sk-ant-secret"
    await record(workspace, cassette, ["PROMPT-OF-THE-USER"], call("Read", {"file_path": "a.txt"}), say("x"))
    text = str(lines(cassette))
    assert not any(
        secret in text for secret in ("CONTENT-OF-THE-FILE", "PROMPT-OF-THE-USER", "sk-ant-secret")
    )
    assert mode(cassette) == 0o600


async def test_recording_again_begins_anew(workspace: Workspace, cassette: Path) -> None:
    """A new session empties the cassette; one that goes on continues it."""
    await record(workspace, cassette, ["one"], "first")
    async with Shell(workspace) as shell:
        shell.options("--record", str(cassette))
        shell.add("second", "third")
        await shell.submit("two")
        await shell.reopen()
        await shell.submit("three")
    assert [line["type"] for line in lines(cassette)].count("request") == 2


async def test_a_cassette_that_cannot_be_written_is_told(shell: Shell, tmp_path: Path) -> None:
    """The session goes on, and the user is told that nothing is recorded."""
    shell.options("--record", str(tmp_path / "no" / "such" / "folder"))
    shell.add("on it", "goes")
    assert [(await shell.submit("go")).text for _ in range(2)] == ["on it", "goes"]
    (notice,) = [event.text for event in shell.events if isinstance(event, Notice)]
    assert "--record" in notice
    assert "No such file or directory" in notice


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such cassette"),
        ("{", "cannot be read"),
        ("", "not a cassette"),
        ('{"type":"x"}', "not a cassette"),
    ],
)
def test_what_is_no_cassette(cassette: Path, content: str | None, message: str) -> None:
    """A file that cannot be played is refused before the session starts."""
    if content is not None:
        cassette.write_text(content)
    with pytest.raises(UsageError, match=message):
        ReplayProvider().open(str(cassette), {}, {})


def test_no_cassette_named() -> None:
    """The provider says what it needs."""
    with pytest.raises(UsageError, match="replay:FILE"):
        ReplayProvider().open("", {}, {})


def request(*texts: str) -> ModelRequest:
    """Return a request with these user texts."""
    tool: JsonObject = {"name": "Read"}
    messages = tuple(Message.user(text) for text in texts)
    return ModelRequest((text_block(f"You are in {HERE.project}."),), (tool,), messages, 64)


def fingerprint(asked: ModelRequest) -> list[tuple[str, str]]:
    """Return the fingerprint of one request."""
    return Fingerprints().of(asked, HERE)


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        (request("one", "two"), None),
        (request("one", "2"), "messages.1 (user: text) differs"),
        (request("one"), "messages.1 (user: text) is missing"),
        (request("one", "two", "three"), "messages.2 (user: text) is new"),
    ],
)
def test_differences(asked: ModelRequest, where: str | None) -> None:
    """The first part that differs is named."""
    assert difference(fingerprint(request("one", "two")), fingerprint(asked)) == where


def test_another_tool_is_named() -> None:
    """Tools are compared by name."""
    recorded, asked = fingerprint(request()), [("tools.Glob", "0"), *fingerprint(request())[1:]]
    assert difference(recorded, asked) == "tools.Glob stands where tools.Read was"


def test_what_means_nothing_makes_no_difference() -> None:
    """Folders, dates, model names and ids do not count, other words do."""
    text = "{0.project}/a.txt {0.home} {0.gaff_home}/x {0.today} {0.model} {1}"
    told = [at.neutral(text.format(at, uuid4())) for at in (HERE, THERE)]
    assert told[0] == told[1]
    assert HERE.neutral(f"{HERE.project}-other") == f"{HERE.project}-other"


def test_paths_split_over_deltas_are_moved() -> None:
    """Where folders differ, the deltas of a block are joined, and all else is as it was."""
    events: list[JsonObject] = [
        {"type": "content_block_start", "index": 0},
        *({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
          for piece in ("see /tmp/pro", "ject-a/x")),
        {"type": "content_block_stop", "index": 0},
    ]  # fmt: skip
    assert list(moved(events, HERE, HERE)) == events
    played = list(moved(events, HERE, THERE))
    assert played[1]["delta"] == {"type": "text_delta", "text": "see /srv/project-b/x"}
    assert [played[0], played[2]] == [events[0], events[3]]


def answer(text: str) -> list[JsonObject]:
    """Return the events of a short answer."""
    return [{"type": "text", "text": text}, {"type": "message_stop"}]


async def test_parallel_requests_find_their_answers(cassette: Path) -> None:
    """Requests that come in another order get the answers to requests like them."""
    recorder = Recorder(cassette, "s")
    recorder.begin(HERE, "scripted", fresh=True)
    for text in ("one", "two"):
        recorder.request(request(text), HERE)
        recorder.answer(answer(text), None)
    model = ReplayModel("c", read_cassette(cassette), strict=True)
    for text in ("two", "one"):
        assert [event async for event in model.stream(request(text))] == answer(text)


async def test_what_requests_share_is_written_once(cassette: Path) -> None:
    """Long conversations do not make the cassette grow with their square."""
    recorder = Recorder(cassette, "s")
    recorder.begin(HERE, "scripted", fresh=True)
    for count in range(1, 30):
        recorder.request(request(*map(str, range(count))), HERE)
        recorder.answer([{"type": "message_stop"}], None)
    assert all(len(line["prints"]) <= 1 for line in lines(cassette)[3:] if line["type"] == "request")
    model = ReplayModel("c", read_cassette(cassette), strict=True)
    assert [event async for event in model.stream(request(*map(str, range(20))))] == [
        {"type": "message_stop"}
    ]
    with pytest.raises(ModelError, match="differs"):
        [event async for event in model.stream(request("other"))]
