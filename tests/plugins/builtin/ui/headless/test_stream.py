"""stream-json: one message a line, each with the documented fields."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import BaseModel

from gaff.hooks import (
    FeedbackAnswer,
    Message,
    MessageAdded,
    Notice,
    RetryScheduled,
    SessionEvent,
    Tool,
    ToolCall,
    ToolContext,
    ToolFinished,
    ToolOutcome,
    ToolOutput,
    ToolStarted,
    hookimpl,
    text_block,
)
from gaff.hooks.events import Stop, UserPromptSubmit
from gaff.plugins.builtin.ui._headless_messages import Messages, encode_line
from gaff.plugins.builtin.ui._headless_printers import Notices, StreamPrinter
from gaff.testing.replies import call, calls, reply, say, status, think
from gaff.testing.scripted_model import ScriptedModel
from gaff.testing.workspace import Workspace

Stream = Callable[..., Awaitable[Any]]
SDK_PYTHON = os.environ.get("GAFF_SDK_PYTHON", sys.executable)
PARSE = """
import json, sys
from claude_agent_sdk._internal.message_parser import parse_message
print(json.dumps([type(parse_message(json.loads(line))).__name__ for line in sys.stdin]))
"""


class Nothing(BaseModel):
    """No parameters."""


class Odd(Tool[Nothing]):
    """A tool whose result is not JSON, and that changes the mode."""

    name = "Odd"
    summary = "Odd."
    input_model = Nothing
    read_only = True

    async def run(self, input: Nothing, context: ToolContext) -> ToolOutput:
        context.session.set_mode("acceptEdits")
        context.session.publish(Notice("error", "odd"))
        return ToolOutput("odd", {"value": object()})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]


class OddPlugin:
    """Offers the tool."""

    @hookimpl
    def gaff_register_tools(self) -> Sequence[Tool[Any]]:
        return (Odd(),)


class Objection:
    """Has the model go on once."""

    @hookimpl
    def gaff_stop(self, event: Stop) -> FeedbackAnswer | None:
        return None if event.stop_hook_active else FeedbackAnswer(block="run the tests too")


async def test_messages_of_a_run_in_order(stream: Stream, model: ScriptedModel, workspace: Workspace) -> None:
    """First ``init``, then what was said and done, and one result at the end."""
    workspace.write("a.txt", "hello")
    model.add(reply(think("Look."), call("Read", {"file_path": "a.txt"})), say("hello"))
    outcome = await stream("what does it say?")
    kinds = [message["type"] for message in outcome.messages]
    assert kinds == ["system", "assistant", "user", "assistant", "result"]
    assert outcome.messages[-1]["result"] == "hello"
    assert len({message["uuid"] for message in outcome.messages}) == 5
    assert len({message["session_id"] for message in outcome.messages}) == 1


async def test_init_tells_what_the_session_has(stream: Stream, workspace: Workspace) -> None:
    """Clients learn tools, commands, model, mode and folder before anything happens."""
    init = (await stream("hi")).messages[0]
    assert (init["type"], init["subtype"]) == ("system", "init")
    assert (init["cwd"], init["model"], init["permissionMode"]) == (
        str(workspace.project),
        "scripted",
        "default",
    )
    assert {"Read", "Write"} <= set(init["tools"])
    assert (init["mcp_servers"], init["skills"], init["output_style"]) == ([], [], "default")
    assert init["apiKeySource"] == "none"
    assert {"slash_commands", "terminal_slash_commands", "plugins", "agents", "gaff_version"} <= set(init)


async def test_answer_is_the_message_of_the_api(stream: Stream, model: ScriptedModel) -> None:
    """Thinking, signature, usage and ids are handed on as they came."""
    model.add(reply(think("Hm."), "Hi."))
    (answer,) = (await stream("hi")).of_type("assistant")
    message = answer["message"]
    assert [block["type"] for block in message["content"]] == ["thinking", "text"]
    assert message["content"][0]["signature"]
    assert (message["model"], message["stop_reason"], message["role"]) == (
        "scripted",
        "end_turn",
        "assistant",
    )
    assert message["usage"]["output_tokens"] > 0
    assert answer["parent_tool_use_id"] is None


async def test_each_result_has_its_structured_output(
    stream: Stream, model: ScriptedModel, workspace: Workspace
) -> None:
    """Of parallel calls each result is a message of its own, with its own ``tool_use_result``."""
    workspace.write("a.txt", "one")
    workspace.write("b.txt", "two")
    model.add(calls(("Read", {"file_path": "a.txt"}), ("Read", {"file_path": "b.txt"})), say("ok"))
    users = (await stream("hi")).of_type("user")
    assert [user["tool_use_result"]["file"]["content"] for user in users] == ["one", "two"]
    assert [len(user["message"]["content"]) for user in users] == [1, 1]


async def test_failed_call_tells_its_text(stream: Stream, model: ScriptedModel) -> None:
    """A call without structured output has its error as ``tool_use_result``."""
    model.add(call("Read", {"file_path": "missing"}), say("ok"))
    (user,) = (await stream("hi")).of_type("user")
    assert user["message"]["content"][0]["is_error"] is True
    assert "missing" in user["tool_use_result"]


async def test_the_stream_itself_where_wanted(stream: Stream, model: ScriptedModel) -> None:
    """With partial messages the raw events come before the message they make."""
    model.add(say("Hi."))
    outcome = await stream("hi", "--include-partial-messages")
    events = [message["event"]["type"] for message in outcome.of_type("stream_event")]
    assert events[0] == "message_start"
    assert events[-1] == "message_stop"
    kinds = [message["type"] for message in outcome.messages]
    assert kinds.index("stream_event") < kinds.index("assistant")


async def test_no_stream_where_not_wanted(stream: Stream) -> None:
    """Without the option whole messages are enough."""
    assert (await stream("hi")).of_type("stream_event") == []


async def test_another_attempt_is_told(stream: Stream, model: ScriptedModel) -> None:
    """Clients can say what is being waited for."""
    model.add(status(529), say("ok"))
    (retry,) = (await stream("hi")).of_type("api_retry")
    assert (retry["attempt"], retry["retry_delay_ms"], retry["error_status"]) == (1, 0, 529)
    assert (retry["max_retries"], retry["error"]) == (10, "overloaded")


async def test_denied_call_is_told(stream: Stream, model: ScriptedModel) -> None:
    """A call nobody could be asked about is told when it is denied, with the reason."""
    model.add(call("Write", {"file_path": "/etc/motd", "content": "hi"}), say("I could not."))
    (denied,) = (await stream("hi")).of_type("permission_denied")
    assert denied["tool_name"] == "Write"
    assert denied["tool_use_id"]
    assert denied["message"]


async def test_words_of_hooks_are_synthetic(stream: Stream, model: ScriptedModel) -> None:
    """What a hook tells the model is marked as not the user's; the user's prompt is not echoed."""
    model.add(say("done"), say("tested"))
    (user,) = (await stream("hi", Objection())).of_type("user")
    assert user["isSynthetic"] is True
    assert "run the tests too" in user["message"]["content"][0]["text"]


async def test_plugins_cannot_break_the_stream(stream: Stream, model: ScriptedModel) -> None:
    """A result that is not JSON, a notice and a change of mode are all told."""
    model.add(call("Odd", {}), say("ok"))
    outcome = await stream("hi", OddPlugin())
    (user,) = outcome.of_type("user")
    assert user["tool_use_result"]["value"].startswith("<object object")
    assert outcome.of_type("informational")[0]["level"] == "warning"
    assert outcome.of_type("status")[0]["permissionMode"] == "acceptEdits"


@pytest.mark.parametrize("text", ["a\nb\x85c\u2028d\u2029e 😀", "half \ud800 a character\u2028"])
def test_every_character_is_one_line(text: str) -> None:
    """No text splits a line, for readers that know more line ends than JSON does."""
    line = encode_line({"text": text})
    assert len(line.decode("utf-8").splitlines()) == 1
    assert json.loads(line) == {"text": text}


def test_waiting_is_told_in_milliseconds() -> None:
    """As documented."""
    messages = Messages(cast("Any", SimpleNamespace(id="s")))
    assert messages.retry(RetryScheduled(2, 10, 1.5, "busy", "overloaded", 529))["retry_delay_ms"] == 1500


def test_what_hooks_add_goes_with_the_last_result() -> None:
    """Results are messages of their own; the last has the id of the transcript's entry and the words beside it."""
    outcomes = [ToolOutcome(ToolCall(name, "Read", {}), ToolOutput(name, {"n": name})) for name in ("a", "b")]
    blocks = [{"type": "tool_result", "tool_use_id": name, "content": name} for name in ("a", "b")]
    event = MessageAdded(Message("user", (*blocks, text_block("note"))), "entry", outcomes=tuple(outcomes))
    messages: list[Any] = list(Messages(cast("Any", SimpleNamespace(id="s"))).user(event))
    assert [message["tool_use_result"] for message in messages] == [{"n": "a"}, {"n": "b"}]
    assert [len(message["message"]["content"]) for message in messages] == [1, 2]
    assert [message["uuid"] == "entry" for message in messages] == [False, True]


async def test_plugins_the_user_added_are_named(stream: Stream, workspace: Workspace) -> None:
    """Gaff's own are not told, since they are the same everywhere."""
    path = workspace.write("extra.py", '"""Nothing."""\n')
    init = (await stream("hi", "--plugin", str(path))).messages[0]
    assert init["plugins"] == [{"name": "extra", "path": str(path), "source": "command line"}]


async def test_result_names_the_prompt(stream: Stream, workspace: Workspace) -> None:
    """The result says which entry of the transcript it answers."""
    outcome = await stream("hi")
    (transcript,) = workspace.gaff_home.glob("projects/*/*.jsonl")
    entries = [json.loads(line) for line in transcript.read_text().splitlines()]
    prompt = next(entry for entry in entries if entry["type"] == "user")
    assert outcome.messages[-1]["user_message_uuid"] == prompt["uuid"]
    assert transcript.stem == outcome.messages[0]["session_id"]


async def test_refused_prompt_has_a_result(stream: Stream) -> None:
    """A run that a hook stopped before the model was asked ends with one result like any other."""

    class Guard:
        @hookimpl
        def gaff_user_prompt_submit(self, event: UserPromptSubmit) -> None:
            raise ValueError("broken")

    outcome = await stream("hi", Guard())
    (result,) = outcome.of_type("result")
    assert result["is_error"] is True
    assert outcome.code == 1


class Paper:
    """Takes what is written; ``full`` is set after two messages."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.full = asyncio.Event()

    def write(self, data: bytes) -> None:
        """Note a message."""
        self.messages.append(json.loads(data))
        if len(self.messages) == 2:
            self.full.set()


async def test_long_calls_show_signs_of_life() -> None:
    """Clients that give up on silence hear that a call is still running."""
    paper = Paper()

    async def events() -> AsyncIterator[SessionEvent]:
        done = ToolCall("toolu_0", "Read", {})
        yield ToolStarted(done, {})
        yield ToolStarted(ToolCall("toolu_1", "Bash", {}), {})
        yield ToolFinished(ToolOutcome(done, ToolOutput("")))
        await paper.full.wait()

    session: Any = SimpleNamespace(id="s")
    printer = StreamPrinter(session, cast("Any", paper), Notices(), partial=False, heartbeat=0.0)
    await printer.listen(cast("Any", events()))
    told = paper.messages[0]
    assert (told["type"], told["tool_use_id"], told["tool_name"]) == ("tool_progress", "toolu_1", "Bash")
    assert told["elapsed_time_seconds"] >= 0
    assert {one["tool_use_id"] for one in paper.messages} == {"toolu_1"}


@pytest.fixture
def parse() -> Callable[[str], list[str]]:
    """Name the types that the public SDK's own parser takes these lines for."""
    if subprocess.run(
        [SDK_PYTHON, "-c", "import claude_agent_sdk"], check=False, capture_output=True
    ).returncode:
        pytest.skip("claude-agent-sdk is not installed")

    def named(lines: str) -> list[str]:
        command = [SDK_PYTHON, "-c", PARSE]
        return json.loads(
            subprocess.run(command, input=lines, check=True, capture_output=True, text=True).stdout
        )

    return named


async def test_sdk_client_understands_every_message(
    stream: Stream, model: ScriptedModel, workspace: Workspace, parse: Callable[[str], list[str]]
) -> None:
    """Each line is taken for what it is."""
    workspace.write("a.txt", "one")
    model.add(status(529), reply(think("Hm."), "Look:", call("Read", {"file_path": "a.txt"})), say("one"))
    outcome = await stream("hi", "--include-partial-messages")
    wanted = {"SystemMessage", "AssistantMessage", "UserMessage", "StreamEvent", "ResultMessage"}
    assert set(parse(outcome.out)) == wanted
