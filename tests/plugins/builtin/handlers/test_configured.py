"""Configured hooks in a session: what they are told, and what becomes of what they say."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from gaff.hooks import Json, JsonObject, UsageError
from gaff.plugins.builtin.handlers._log import read_log
from gaff.testing import call, say

from .conftest import Hooked, command, group


def saying(output: JsonObject) -> JsonObject:
    """Return a handler that prints this as JSON."""
    return command("cat <<'END'\n" + json.dumps(output) + "\nEND")


def specific(event: str, **fields: Json) -> JsonObject:
    """Return a handler that answers with these event-specific fields."""
    return saying({"hookSpecificOutput": {"hookEventName": event, **fields}})


async def test_a_hook_reads_the_documented_object(hooked: Hooked) -> None:
    """Its stdin is the event's JSON, with absolute paths."""
    hooked.on("PreToolUse", command(f"cat > {hooked.workspace.folder}/seen"))
    await hooked.call("Read", file_path="note.txt")
    seen = json.loads((hooked.workspace.folder / "seen").read_text())
    assert seen["hook_event_name"] == "PreToolUse"
    assert seen["tool_input"] == {"file_path": str(hooked.workspace.project / "note.txt")}
    assert seen["permission_mode"] == "default"
    assert {"session_id", "transcript_path", "cwd", "tool_use_id", "prompt_id"} <= seen.keys()


async def test_exit_code_2_denies_a_call_and_tells_the_model_why(hooked: Hooked) -> None:
    """What stands on stderr is the reason."""
    hooked.on("PreToolUse", command("echo not on Fridays >&2; exit 2"))
    assert "not on Fridays (PreToolUse hook, User Settings)" in await hooked.call(
        "Read", file_path="note.txt"
    )
    assert hooked.shell.outcomes[0].status == "denied"


async def test_allow_spares_the_question(hooked: Hooked) -> None:
    """An allow of a hook needs no user."""
    hooked.on("PreToolUse", specific("PreToolUse", permissionDecision="allow"), permissions={})
    await hooked.call("Write", file_path="new.txt", content="x")
    assert hooked.shell.outcomes[0].status == "done"


async def test_allow_beats_no_deny_rule(hooked: Hooked) -> None:
    """Rules are looked at afterwards."""
    hooked.on(
        "PreToolUse",
        specific("PreToolUse", permissionDecision="allow"),
        permissions={"deny": ["Read(note.txt)"]},
    )
    await hooked.call("Read", file_path="note.txt")
    assert hooked.shell.outcomes[0].status == "denied"


async def test_ask_has_the_user_asked_and_says_whose_word_it_is(hooked: Hooked) -> None:
    """Even where a rule allows the call."""
    hooked.on(
        "PreToolUse",
        specific("PreToolUse", permissionDecision="ask", permissionDecisionReason="sure?"),
    )
    hooked.shell.allow()
    await hooked.call("Bash", command="touch made.txt")
    (question,) = hooked.shell.questions
    assert "[User] sure?" in str(question)
    assert hooked.shell.outcomes[0].status == "done"


async def test_the_strictest_decision_holds(hooked: Hooked) -> None:
    """A deny beats an ask beats an allow, whoever says it first."""
    answers = [specific("PreToolUse", permissionDecision=one) for one in ("allow", "deny", "ask")]
    hooked.on("PreToolUse", *answers)
    await hooked.call("Read", file_path="note.txt")
    assert hooked.shell.outcomes[0].status == "denied"


async def test_updated_input_replaces_the_whole_input(hooked: Hooked) -> None:
    """What runs is what the hook says."""
    hooked.on(
        "PreToolUse",
        specific("PreToolUse", permissionDecision="allow", updatedInput={"command": "echo changed"}),
    )
    assert await hooked.call("Bash", command="echo original", description="x") == "changed"


async def test_context_goes_beside_the_result(hooked: Hooked) -> None:
    """Before and after a call; all hooks' values are delivered."""
    hooked.configure(
        {
            "PreToolUse": [group(specific("PreToolUse", additionalContext="before"))],
            "PostToolUse": [
                group(specific("PostToolUse", additionalContext="after one")),
                group(specific("PostToolUse", additionalContext="after two")),
            ],
        }
    )
    await hooked.call("Read", file_path="note.txt")
    assert all(text in hooked.read for text in ("before", "after one", "after two"))


async def test_context_is_delivered_with_a_refusal(hooked: Hooked) -> None:
    """What a hook adds for the model reaches it although the call does not run, once."""
    hooked.configure(
        {
            "PreToolUse": [
                group(specific("PreToolUse", permissionDecision="deny", additionalContext="use the wrapper")),
                group(specific("PreToolUse", additionalContext="it is in bin")),
            ]
        }
    )
    await hooked.call("Read", file_path="note.txt")
    assert hooked.shell.outcomes[0].status == "denied"
    assert [hooked.read.count(text) for text in ("use the wrapper", "it is in bin")] == [1, 1]


async def test_a_turn_ends_where_a_hook_says_so(hooked: Hooked) -> None:
    """continue: false wins over all."""
    hooked.on("PreToolUse", saying({"continue": False, "stopReason": "enough for today"}))
    hooked.shell.add(call("Read", {"file_path": "note.txt"}))
    result = await hooked.shell.submit("go")
    assert result.text == "enough for today"


async def test_post_tool_use_objects_beside_the_result(hooked: Hooked) -> None:
    """decision: block and exit code 2 reach the model; the call has run."""
    hooked.on("PostToolUse", saying({"decision": "block", "reason": "run the linter"}))
    await hooked.call("Read", file_path="note.txt")
    assert hooked.shell.outcomes[0].status == "done"
    assert "run the linter" in hooked.read


async def test_updated_tool_output_is_what_the_model_reads(hooked: Hooked) -> None:
    """In the shape of the tool's own output."""
    output: JsonObject = {"stdout": "redacted", "stderr": "", "interrupted": False, "isImage": False}
    hooked.on("PostToolUse", specific("PostToolUse", updatedToolOutput=output))
    assert await hooked.call("Bash", command="echo secret") == "redacted"


async def test_an_updated_file_is_read_as_files_are(hooked: Hooked) -> None:
    """With its lines numbered, not as JSON."""
    file: JsonObject = {
        "filePath": "x",
        "content": "[redacted]\nb",
        "numLines": 2,
        "startLine": 7,
        "totalLines": 9,
    }
    output: JsonObject = {"type": "text", "file": file}
    hooked.on("PostToolUse", specific("PostToolUse", updatedToolOutput=output))
    assert await hooked.call("Read", file_path="note.txt") == "     7\t[redacted]\n     8\tb"


async def test_updated_file_names_are_read_as_a_list(hooked: Hooked) -> None:
    """As Glob tells them."""
    text = """import json, sys
output = json.load(sys.stdin)["tool_response"] | {"filenames": ["a.txt", "b.txt"]}
print(json.dumps({"hookSpecificOutput": {"hookEventName": "PostToolUse", "updatedToolOutput": output}}))
"""
    hooked.on("PostToolUse", command(hooked.python(text)))
    assert await hooked.call("Glob", pattern="*.txt") == "a.txt\nb.txt"


async def test_a_failed_call_fires_its_own_event(hooked: Hooked) -> None:
    """PostToolUseFailure, with the error; PostToolUse does not fire."""
    seen = hooked.workspace.folder / "seen"
    hooked.configure(
        {
            "PostToolUse": [group(command("exit 2"))],
            "PostToolUseFailure": [group(command(f"cat > {seen}; echo try it otherwise >&2; exit 2"))],
        }
    )
    await hooked.call("Bash", command="echo out; exit 3")
    assert json.loads(seen.read_text())["error"].startswith("Exit code 3")
    assert "try it otherwise" in hooked.read


async def test_a_prompt_can_be_refused(hooked: Hooked) -> None:
    """The model never sees it; the user reads why."""
    hooked.on("UserPromptSubmit", saying({"decision": "block", "reason": "no secrets, please"}))
    result = await hooked.shell.submit("my key is 123")
    assert "no secrets, please" in result.text
    assert not hooked.shell.messages


@pytest.mark.parametrize("event", ["UserPromptSubmit", "SessionStart"])
async def test_plain_output_is_context_where_documented(hooked: Hooked, event: str) -> None:
    """stdout of exit code 0 goes beside the prompt."""
    hooked.on(event, command("echo the branch is green"))
    hooked.shell.add(say("fine"))
    await hooked.shell.submit("go")
    assert "the branch is green" in hooked.read


async def test_plain_output_is_no_context_elsewhere(hooked: Hooked) -> None:
    """A chatty hook does not fill the conversation."""
    hooked.on("PreToolUse", command("echo looking at it"))
    await hooked.call("Read", file_path="note.txt")
    assert "looking at it" not in hooked.read


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("""echo Welcome; echo '{"decision": "block", "reason": "no"}'""", "before"),
        ("""echo '{"decision": "block", "reason": "no"}'; echo Bye""", "behind"),
        ("""echo '{"continue": true} and more'""", "behind"),
    ],
)
async def test_an_answer_beside_other_output_is_told(hooked: Hooked, text: str, where: str) -> None:
    """It does not count, as documented; whose shell profile prints something hears why."""
    hooked.on("PreToolUse", command(text))
    assert "a note" in await hooked.call("Read", file_path="note.txt")
    assert any(f"text stands {where} its JSON output" in notice for notice in hooked.notices)


async def test_an_answer_in_what_is_context_is_told(hooked: Hooked) -> None:
    """The text reaches the model all the same."""
    hooked.on("UserPromptSubmit", command("""echo Welcome; echo '{"decision": "block"}'"""))
    hooked.shell.add(say("fine"))
    await hooked.shell.submit("go")
    assert "Welcome" in hooked.read
    assert any("text stands before its JSON output" in notice for notice in hooked.notices)


async def test_a_byte_order_mark_is_no_text(hooked: Hooked) -> None:
    """Some shells put one in front of what they print."""
    hooked.on("PreToolUse", command("""printf '\\357\\273\\277{"decision": "block", "reason": "no"}'"""))
    assert "no (PreToolUse hook" in await hooked.call("Read", file_path="note.txt")


@pytest.mark.parametrize(
    "text",
    [
        *("say {}", 'log\n{"level": "info"}', "log\n{broken}", 'log\n{"reason": "x"} end'),
        *('{"level": "info"} log', "{broken} log", '{"level": "info"}\nlog'),
    ],
)
async def test_other_output_with_braces_is_plain_text(hooked: Hooked, text: str) -> None:
    """Nobody is told of what is no answer."""
    hooked.on("PreToolUse", command(f"cat <<'END'\n{text}\nEND"))
    await hooked.call("Read", file_path="note.txt")
    assert hooked.notices == []


async def test_a_stop_hook_s_reason_to_end_is_told(hooked: Hooked) -> None:
    """The answer is the turn's result; the user hears beside it why no more comes."""
    hooked.on("Stop", saying({"continue": False, "stopReason": "the budget is spent"}))
    hooked.shell.add(say("done"))
    result = await hooked.shell.submit("go")
    assert (result.text, hooked.notices) == ("done", ["the budget is spent"])
    assert result.terminal_reason == "stop_hook_prevented"


async def test_a_hook_that_is_a_long_script_is_named_briefly(hooked: Hooked) -> None:
    """A failure is told in a line, whatever was configured."""
    hooked.on("PreToolUse", command("exit 1; " + "true; " * 100))
    await hooked.call("Read", file_path="note.txt")
    assert [len(notice) < 250 for notice in hooked.notices] == [True]


async def test_a_stop_hook_makes_the_model_go_on(hooked: Hooked) -> None:
    """Its reason is the next instruction; the next time it is told that it caused this."""
    text = (
        'import json,sys\nd=json.load(sys.stdin)\nif not d["stop_hook_active"]:\n sys.exit("run the tests")\n'
    )
    hooked.on("Stop", command(hooked.python(text) + " 2>&1 >/dev/null | grep . >&2 && exit 2 || exit 0"))
    hooked.shell.add(say("done"), say("tests are green"))
    result = await hooked.shell.submit("go")
    assert result.text == "tests are green"
    assert "Stop hook feedback: run the tests" in hooked.read


async def test_permission_requests_are_answered_in_the_user_s_place(hooked: Hooked) -> None:
    """allow lets the call run, and nobody is asked."""
    hooked.on(
        "PermissionRequest", specific("PermissionRequest", decision={"behavior": "allow"}), permissions={}
    )
    await hooked.call("Bash", command="touch made.txt")
    assert hooked.shell.outcomes[0].status == "done"
    assert not hooked.shell.questions


@pytest.mark.parametrize(
    ("event", "how"),
    [
        ("PermissionRequest", {"systemMessage": "mind this"}),
        ("PostModelSwitch", {"systemMessage": "mind this"}),
        ("PostModelSwitch", {"decision": "block", "reason": "mind this"}),
    ],
)
async def test_what_only_the_user_hears_is_told(hooked: Hooked, event: str, how: JsonObject) -> None:
    """Also where no answer of the event carries a warning."""
    hooked.on(event, saying(how), permissions={})
    await hooked.call("Bash", command="touch made.txt")
    await hooked.shell.session.set_model("scripted:other")
    await hooked.shell.until(lambda: "mind this" in hooked.notices)
    assert "mind this" not in hooked.read


async def test_a_permission_request_can_end_the_turn(hooked: Hooked) -> None:
    """continue: false wins over the question."""
    hooked.on("PermissionRequest", saying({"continue": False, "stopReason": "enough"}), permissions={})
    hooked.shell.add(call("Bash", {"command": "touch made.txt"}))
    result = await hooked.shell.submit("go")
    assert result.terminal_reason == "aborted_tools"
    assert "enough" in hooked.read


async def test_a_setup_hook_can_keep_a_session_from_beginning(hooked: Hooked) -> None:
    """continue: false, as at the start of a session."""
    hooked.on("Setup", saying({"continue": False, "stopReason": "not here"}))
    hooked.shell.options("--init")
    with pytest.raises(UsageError, match="not here"):
        await hooked.shell.start()


@pytest.mark.parametrize(
    "output",
    [
        {"continue": False, "stopReason": "x" * 30_000},
        {
            "hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny",
                "permissionDecisionReason": "x" * 30_000,
            }
        },
    ],
)
async def test_long_reasons_go_into_a_file(hooked: Hooked, output: JsonObject) -> None:
    """As any text that a hook gives."""
    hooked.on("PreToolUse", saying(output))
    hooked.shell.add(call("Read", {"file_path": "note.txt"}), say("done"))
    result = await hooked.shell.submit("go")
    assert len(hooked.read) + len(result.text) < 4_000
    assert "all of it is in" in hooked.read + result.text


async def test_a_session_title_is_kept(hooked: Hooked) -> None:
    """A title given at the start is written with the first prompt."""
    hooked.on("SessionStart", specific("SessionStart", sessionTitle="Spring cleaning"))
    hooked.shell.add(say("fine"))
    await hooked.shell.submit("go")
    assert {"customTitle": "Spring cleaning"}.items() <= {
        key: value for entry in hooked.shell.transcript for key, value in entry.items()
    }.items()


async def test_an_initial_message_comes_with_the_first_prompt(hooked: Hooked) -> None:
    """Where nobody sits at a terminal."""
    hooked.on("SessionStart", specific("SessionStart", initialUserMessage="Read the plan first."))
    hooked.shell.add(say("fine"))
    await hooked.shell.submit("go")
    assert "Read the plan first." in hooked.shell.messages[0].text


async def test_what_is_shown_can_be_changed(hooked: Hooked) -> None:
    """MessageDisplay changes the screen; the conversation keeps the original."""
    hooked.on("MessageDisplay", specific("MessageDisplay", displayContent="[hidden]"))
    hooked.shell.add(say("the password is 123"))
    await hooked.shell.submit("go")
    assert "Delta(kind='text', text='[hidden]')" in str(hooked.shell.events)
    assert "the password is 123" in hooked.read


async def test_a_model_switch_can_be_refused(hooked: Hooked) -> None:
    """PreModelSwitch hooks say no, and PostModelSwitch does not fire."""
    hooked.on(
        "PreModelSwitch",
        specific("PreModelSwitch", permissionDecision="deny", permissionDecisionReason="too dear"),
    )
    session = await hooked.shell.start()
    with pytest.raises(Exception, match="too dear"):
        await session.set_model("scripted:other")


async def test_a_pipe_in_the_place_of_the_log_holds_nothing_up(hooked: Hooked) -> None:
    """No firing waits for a reader, and no reader for a firing."""
    hooked.on("PreToolUse", command("true"))
    os.mkfifo(hooked.workspace.gaff_home / "hooks.jsonl")
    assert "a note" in await hooked.call("Read", file_path="note.txt")
    assert not [*read_log(hooked.workspace.gaff_home)]


async def test_a_warning_reaches_the_user(hooked: Hooked) -> None:
    """systemMessage is shown, not sent."""
    hooked.on("PreToolUse", saying({"systemMessage": "mind the budget"}))
    await hooked.call("Read", file_path="note.txt")
    assert "mind the budget" in hooked.notices
    assert "mind the budget" not in hooked.read


async def test_long_texts_go_into_a_file(hooked: Hooked) -> None:
    """The model gets the beginning and the path."""
    hooked.on("UserPromptSubmit", command("head -c 30000 /dev/zero | tr '\\0' x"))
    hooked.shell.add(say("fine"))
    await hooked.shell.submit("go")
    text = hooked.shell.messages[0].text
    assert len(text) < 3_000
    path = text.partition("all of it is in ")[2].partition("]")[0]
    assert Path(path).stat().st_size == 30_000  # noqa: ASYNC240


async def test_hooks_of_one_event_run_side_by_side(hooked: Hooked) -> None:
    """Each waits for a sign of the other."""
    folder = hooked.workspace.folder
    wait = "for i in $(seq 500); do test -e {other} && exit 0; sleep 0.01; done; exit 2"
    first = f"touch {folder}/a; " + wait.format(other=f"{folder}/b")
    second = f"touch {folder}/b; " + wait.format(other=f"{folder}/a")
    hooked.on("PreToolUse", command(first), command(second))
    assert "a note" in await hooked.call("Read", file_path="note.txt")


async def test_session_end_hooks_share_a_short_time(hooked: Hooked) -> None:
    """One that takes longer than the budget does not hold up the end."""
    hooked.workspace.variables["CLAUDE_CODE_SESSIONEND_HOOKS_TIMEOUT_MS"] = "50"
    ended = hooked.workspace.folder / "ended"
    hooked.on("SessionEnd", command(f"echo yes > {ended}"), command("sleep 60"))
    await hooked.shell.start()
    await hooked.shell.close()
    assert ended.read_text() == "yes\n"
    assert hooked.log[-1]["status"] == "timeout"


async def test_environment_of_a_start_hook_reaches_commands(hooked: Hooked) -> None:
    """Lines in CLAUDE_ENV_FILE apply to what Bash runs later."""
    hooked.on("SessionStart", command('echo "export COLOUR=teal" >> "$CLAUDE_ENV_FILE"'))
    assert await hooked.call("Bash", command="echo $COLOUR") == "teal"


@pytest.mark.parametrize(
    "output", ["short", {"stdout": "x"}, {"stdout": 5, "stderr": "", "interrupted": False, "isImage": False}]
)
async def test_an_output_of_another_shape_is_not_used(hooked: Hooked, output: Json) -> None:
    """The user is told; the model reads the tool's own."""
    hooked.on("PostToolUse", specific("PostToolUse", updatedToolOutput=output))
    assert await hooked.call("Bash", command="echo original") == "original"
    assert "has not the shape of Bash's output" in "\n".join(hooked.notices)


async def test_what_the_auto_classifier_is_told_comes_from_hooks(hooked: Hooked) -> None:
    """At most two thousand characters."""
    from gaff.hooks import ToolOutput
    from gaff.hooks.answers import ToolFeedback
    from gaff.plugins.builtin.handlers._answers import tool_feedback
    from gaff.plugins.builtin.handlers._book import book_of
    from gaff.plugins.builtin.handlers._output import Said

    hooked.on("PostToolUse", command("true"))
    (entry,) = book_of(await hooked.shell.start()).active["PostToolUse"]
    said = Said(entry, specific={"classifierContext": "x" * 3_000})
    feedback = tool_feedback([said], ToolFeedback(output=ToolOutput("")), "Bash")
    assert feedback is not None
    assert len(feedback.classifier_context or "") == 2_000


async def test_a_status_message_is_shown_while_a_hook_takes_long(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not where it is quick."""
    from gaff.plugins.builtin.handlers import _engine

    monkeypatch.setattr(_engine, "_PATIENCE", 0.01)
    flag = hooked.workspace.folder / "flag"
    wait = f"until test -e {flag}; do sleep 0.01; done"
    hooked.on("PreToolUse", command(wait, statusMessage="Asking the linter"))
    hooked.shell.add(call("Read", {"file_path": "note.txt"}), say("done"))
    session = await hooked.shell.start()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(session.submit("go"))
        await hooked.shell.until(lambda: "Asking the linter" in hooked.notices)
        flag.touch()


@pytest.mark.parametrize(("cap", "asked"), [("", 9), ("2", 3)])
async def test_stop_hooks_object_only_so_often(hooked: Hooked, cap: str, asked: int) -> None:
    """Eight times in a row, or as CLAUDE_CODE_STOP_HOOK_BLOCK_CAP says."""
    hooked.workspace.variables["CLAUDE_CODE_STOP_HOOK_BLOCK_CAP"] = cap
    hooked.on("Stop", command("exit 2"))
    hooked.shell.add(*["done"] * asked)
    result = await hooked.shell.submit("go")
    assert result.terminal_reason == "stop_hook_prevented"
    assert result.turns == asked
