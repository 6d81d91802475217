"""Scripts: the replies of a list, a function or a file, and their JSON form."""

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as some

from gaff.hooks import UsageError
from gaff.testing import replies
from gaff.testing.replies import Reply, as_reply, call, calls, cut, reply, say, status, think
from gaff.testing.script import ScriptEndedError, ScriptPlayer, echo, load_script, parse_reply
from gaff.testing.timeline import pieces


async def test_a_list_is_played_in_order() -> None:
    """One reply a request, and what is added later comes last."""
    player = ScriptPlayer(["one", say("two")])
    player.add("three")
    assert player.remaining == 3
    assert [await player.next({}) for _ in range(3)] == [say("one"), say("two"), say("three")]


async def test_the_end_of_a_list() -> None:
    """Past the end comes what is said for that case, else an error that counts."""
    assert await ScriptPlayer([], otherwise="nothing left").next({}) == say("nothing left")
    player = ScriptPlayer(["one"])
    await player.next({})
    with pytest.raises(ScriptEndedError, match="this is request 2"):
        await player.next({})


async def test_a_function_sees_the_request() -> None:
    """A function gets the body and may be asynchronous."""

    async def later(body: object) -> Reply:
        return say(str(body))

    assert await ScriptPlayer(lambda body: f"asked {body['n']}").next({"n": 1}) == say("asked 1")
    assert await ScriptPlayer(later).next({}) == say("{}")


WRITTEN: list[tuple[object, Reply]] = [
    ("text", say("text")),
    ({"think": "hm"}, think("hm")),
    ({"call": ["Read", {"a": 1}]}, call("Read", {"a": 1})),
    ({"call": {"name": "Read", "raw": "{"}}, call("Read", raw="{")),
    ({"calls": [["Read", {}], ["Glob", {"b": 2}]]}, calls(("Read", {}), ("Glob", {"b": 2}))),
    ({"status": 529}, status(529)),
    ({"status": {"code": 429, "retry_after": 2}}, status(429, retry_after=2)),
    ({"cut": {"given": {"say": "Half"}, "after": 3}}, cut("Half", after=3)),
    ({"reply": [{"think": "hm"}, "text", ["Read", {}]]}, reply(think("hm"), "text", call("Read", {}))),
]


@pytest.mark.parametrize(("written", "meant"), WRITTEN)
def test_replies_in_json(written: object, meant: Reply) -> None:
    """The JSON form names the functions of the reply language."""
    assert parse_reply(written) == meant


@pytest.mark.parametrize("wrong", [7, {}, {"say": "x", "think": "y"}, {"shout": "x"}, {"cut": {"later": 1}}])
def test_wrong_replies_in_json(tmp_path: Path, wrong: object) -> None:
    """What is no reply is told with the file's name."""
    file = tmp_path / "script.json"
    file.write_text(json.dumps([wrong]))
    with pytest.raises(UsageError, match=r"script\.json: not a script"):
        load_script(file)


async def test_scripts_from_files(tmp_path: Path) -> None:
    """A JSON list and a Python variable are scripts."""
    (tmp_path / "a.json").write_text('["one", {"status": 500}]')
    (tmp_path / "b.py").write_text("def script(body):\n    return 'from a function'\n")
    assert await ScriptPlayer(load_script(tmp_path / "a.json")).next({}) == say("one")
    assert await ScriptPlayer(load_script(tmp_path / "b.py")).next({}) == say("from a function")
    with pytest.raises(UsageError, match="not a script"):
        load_script(tmp_path / "missing.json")


def test_every_reply_can_be_written_in_json() -> None:
    """No function of the language is missing from its JSON form."""
    made = {
        name
        for name, item in vars(replies).items()
        if getattr(item, "__annotations__", {}).get("return") == "Reply"
    }
    unknown = {name for name in made if name != "as_reply" and not _is_known(name)}
    assert unknown == {"_half_said"}


def _is_known(name: str) -> bool:
    try:
        parse_reply({name: {"no such argument": 1}})
    except TypeError:
        return True
    except ValueError:
        return False
    raise AssertionError(name)


def test_echo() -> None:
    """The script without a script repeats what it is told."""
    assert echo({"messages": [{"role": "user", "content": "hello"}]}) == "You said: hello"


@given(some.text())
def test_pieces_add_up(text: str) -> None:
    """However a text is split, it is all there."""
    assert "".join(pieces(text)) == text


def test_strings_are_replies() -> None:
    """A string is text, a reply is itself."""
    assert as_reply("x") == say("x") == as_reply(say("x"))
