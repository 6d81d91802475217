"""Steps, streams, and what of a conversation is taken for the request."""

from __future__ import annotations

import time

import pytest

from gaff.hooks import JsonObject, Message, ModelRequest, ToolCall, UsageError, text_block
from gaff.plugins.builtin.models.offline import OfflineProvider, gaff_register_models

from .chat import TOOLS, Chat
from .disk import Disk

REMINDER = text_block("<system-reminder>\nfind SECRET in src\n</system-reminder>")


def three_files() -> Disk:
    """Return a disk with text to find."""
    return Disk({"a.py": "load = 1\nx = load\n", "b.py": "load()\n", "notes.md": "nothing\n"})


async def events_of(messages: list[Message]) -> list[JsonObject]:
    """Return the stream events of one request."""
    model = OfflineProvider().open("", {}, {})
    return [event async for event in model.stream(ModelRequest((), TOOLS, tuple(messages), 8_000))]


def test_provider() -> None:
    """It is the last resort, needs nothing, and says what it is."""
    provider = gaff_register_models()[0]
    assert (provider.name, provider.rank, provider.headless_rank) == ("offline", 0, 0)
    assert provider.is_available({}, {})
    assert "No language model" in provider.summary
    assert provider.open("", {}, {}).limits.price is None


def test_provider_has_one_model() -> None:
    """Another name is the user's mistake."""
    with pytest.raises(UsageError, match="one model only"):
        OfflineProvider().open("large", {}, {})


async def test_stream_is_a_message() -> None:
    """The events are those of the Messages API, the text in pieces of a word."""
    events = await events_of([Message.user("hello")])
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    assert all(len(str(delta["text"]).split()) <= 1 for delta in deltas if isinstance(delta, dict))


async def test_same_request_same_answer() -> None:
    """The answer goes by the messages alone, ids included."""
    messages = [Message.user("find TODO in src")]
    assert await events_of(messages) == await events_of(messages)


async def test_usage_grows_with_the_conversation() -> None:
    """Tokens are estimated from what was sent."""
    short = await events_of([Message.user("hello")])
    long = await events_of(
        [Message.user("x" * 4_000), Message("assistant", (text_block("y"),)), Message.user("hello")]
    )

    def sent(events: list[JsonObject]) -> int:
        message = events[0]["message"]
        assert isinstance(message, dict)
        usage = message["usage"]
        assert isinstance(usage, dict)
        return int(str(usage["input_tokens"]))

    assert 900 < sent(long) - sent(short) < 1_200


async def test_call_ids_differ_in_a_conversation() -> None:
    """No id is used twice, though the same is asked again."""
    chat = Chat(three_files())
    for _ in range(3):
        await chat.ask("find load")
    assert len({call.id for call in chat.calls}) == len(chat.calls) == 3


async def test_reads_are_asked_for_at_once() -> None:
    """Independent reads go out in one step, ten at most."""
    disk = Disk({f"{number}.py": "load\n" for number in range(12)})
    chat = Chat(disk)
    await chat.ask("replace load with read")
    sizes = [len(message.tool_calls) for message in chat.messages if message.role == "assistant"]
    assert sizes == [1, 10, 2, 10, 2, 0]


async def test_reminders_are_not_the_request() -> None:
    """Text that gaff added is passed over, before and after the prompt."""
    chat = Chat(three_files())
    chat.add(REMINDER, text_block("find load"), text_block("<command-name>/x</command-name>"), REMINDER)
    await chat.go_on()
    assert chat.made("Grep")[0]["pattern"] == "load"


async def test_last_typed_block_is_the_request() -> None:
    """Of several blocks of a prompt the last one counts."""
    chat = Chat(three_files())
    chat.add(text_block("show a.py"), text_block("find load"))
    await chat.go_on()
    assert [call.name for call in chat.calls] == ["Grep"]


async def test_queued_prompt_is_done_next() -> None:
    """What is typed while the tools run follows what is under way."""
    chat = Chat(three_files())
    chat.add(text_block("rename load to read in *.py"))
    (call,) = await chat.step()
    chat.add(result_of(call, "a.py\nb.py"), text_block("show notes.md"))
    answer = await chat.go_on()
    assert chat.tools == Disk({"a.py": "read = 1\nx = read\n", "b.py": "read()\n", "notes.md": "nothing\n"})
    assert "nothing" in answer
    assert any("Replaced" in text for text in chat.texts)


async def test_queued_stop_ends_the_work() -> None:
    """The user may stop what is under way by saying so."""
    chat = Chat(three_files())
    chat.add(text_block("rename load to read in *.py"))
    (call,) = await chat.step()
    chat.add(result_of(call, "a.py\nb.py"), text_block("stop"))
    assert "Stopped" in await chat.go_on()
    assert len(chat.calls) == 1


@pytest.mark.parametrize(
    "ending",
    [
        ("The user does not want this Grep call.", None),
        ("Interrupted by the user before it was finished; it may have done part of its work.", None),
        ("Interrupted: no result was kept. It may or may not have run; check before you run it again.", None),
        ("Not run: the user interrupted before it began.", "[Request interrupted by user for tool use]"),
    ],
)
async def test_words_after_a_stopped_turn_are_a_new_request(ending: tuple[str, str | None]) -> None:
    """They share a message with the results, and do not go on with the old request."""
    chat = Chat(three_files())
    chat.add(text_block("rename load to read in *.py"))
    (call,) = await chat.step()
    chat.add(result_of(call, ending[0], failed=True), *([text_block(ending[1])] if ending[1] else []))
    answer = await chat.ask("show notes.md")
    assert answer.startswith("`notes.md`, 1 line:")
    assert "Edit" not in {call.name for call in chat.calls}


async def test_going_on_after_an_interruption() -> None:
    """The request that was broken off is done again."""
    chat = Chat(three_files())
    chat.add(text_block("rename load to read in *.py"))
    (call,) = await chat.step()
    chat.add(result_of(call, "Interrupted by the user before it was finished.", failed=True))
    chat.add(text_block("[Request interrupted by user for tool use]"))
    answer = await chat.ask("continue")
    assert "Once more: “rename load to read in *.py”." in answer
    assert "3 places in 2 files" in answer


async def test_earlier_turn_is_found_behind_a_stopped_one() -> None:
    """Undo reaches past a turn that was broken off."""
    chat = Chat(three_files())
    await chat.ask("replace nothing with something in notes.md")
    chat.add(text_block("find load"))
    (call,) = await chat.step()
    chat.add(result_of(call, "The user does not want this Grep call.", failed=True))
    await chat.ask("undo")
    assert chat.tools == three_files()


async def test_going_on_after_the_process_died() -> None:
    """Another process with the same messages goes on with the next step."""
    disk = three_files()
    chat = Chat(disk)
    chat.add(text_block("rename load to read in *.py"))
    (call,) = await chat.step()
    chat.add(result_of(call, "a.py\nb.py"))
    later = Chat(disk, messages=list(chat.messages))
    assert "Replaced `load` by `read` in 3 places in 2 files" in await later.go_on()


async def test_other_calls_in_the_conversation() -> None:
    """A turn that another model began is not gone on with blindly."""
    chat = Chat(three_files())
    chat.add(text_block("rename load to read in *.py"))
    call = ToolCall("toolu_1", "WebFetch", {})
    chat.messages.append(
        Message("assistant", ({"type": "tool_use", "id": call.id, "name": call.name, "input": {}},))
    )
    chat.add(result_of(call, "?"))
    assert "lost the thread" in await chat.go_on()


async def test_nothing_asked_after_the_answer() -> None:
    """Words of a hook after the answer start nothing over."""
    chat = Chat(three_files())
    await chat.ask("find load")
    chat.add(REMINDER)
    assert await chat.go_on() == "I have nothing to add to that."


async def test_tool_that_is_not_there() -> None:
    """A plan without its tool says so."""
    chat = Chat(three_files(), known=[tool for tool in TOOLS if tool["name"] != "Grep"])
    assert "needs the tool Grep" in await chat.ask("find load")


async def test_failed_part_stops_the_rest() -> None:
    """After what failed, what was to follow is left out, and that is said."""
    chat = Chat(three_files())
    answer = await chat.ask("replace nowhere with anything then delete a.py")
    assert "left undone" in answer
    assert chat.made("Bash") == []


async def test_pointer_within_a_turn() -> None:
    """A later part may point into the answer of an earlier one."""
    chat = Chat(three_files())
    await chat.ask("find load then show the third one")
    assert chat.made("Read")[0]["file_path"] == "b.py"


async def test_pointers_to_the_last_answer() -> None:
    """An entry is found by its number; what is not certain is asked back."""
    chat = Chat(three_files())
    await chat.ask("find load")
    assert "no number 9" in await chat.ask("show number 9")
    await chat.ask("find load")
    assert "names 2 files" in await chat.ask("explain it")
    await chat.ask("find load")
    await chat.ask("show the last one")
    assert chat.made("Read")[-1]["file_path"] == "b.py"
    assert "b.py" in await chat.ask("explain it")


async def test_again() -> None:
    """The last real request is done once more."""
    chat = Chat(three_files())
    assert "no earlier request" in await chat.ask("again")
    await chat.ask("find load")
    await chat.ask("again")
    await chat.ask("once more")
    assert [call["pattern"] for call in chat.made("Grep")] == ["load"] * 3


async def test_long_conversation_is_read_from_its_end() -> None:
    """A step costs no more than a few milliseconds after a thousand messages."""
    chat = Chat(three_files())
    for _ in range(250):
        await chat.ask("find load")
    assert len(chat.messages) == 1_000
    request = ModelRequest((), TOOLS, (*chat.messages, Message.user("find load")), 8_000)
    model = OfflineProvider().open("", {}, {})
    times: list[float] = []
    for _ in range(5):
        before = time.perf_counter()
        assert [event async for event in model.stream(request)]
        times.append(time.perf_counter() - before)
    assert min(times) < 0.005


def result_of(call: ToolCall, text: str, *, failed: bool = False) -> JsonObject:
    """Return the result block of a call."""
    block: JsonObject = {"type": "tool_result", "tool_use_id": call.id, "content": text}
    return {**block, "is_error": True} if failed else block
