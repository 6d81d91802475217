"""The REPL as a person sees it, in a pseudo-terminal."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from gaff.testing import FakeMessagesServer, Terminal, Workspace, call, hold, say

from .conftest import MODEL, OpenGaff


def send(terminal: Terminal, text: str) -> None:
    """Type a line and press Enter."""
    terminal.type(text)
    terminal.expect_screen(lambda screen: text[-10:] in screen, f"{text!r} in the prompt")
    terminal.key("enter")


def asked(server: FakeMessagesServer, number: int = -1) -> str:
    """Return the last message of a request, as text."""
    return str(server.all_requests[number].messages[-1])


def test_the_answer_streams_and_is_printed_once(gaff: OpenGaff, messages_server: FakeMessagesServer) -> None:
    """The unfinished block is live, then each block stands there exactly once."""
    messages_server.add(hold("First **block**.\n\nSecond block that is not finished yet.", after=8))
    terminal = gaff()
    send(terminal, "hello")
    terminal.expect("> hello", "First")
    messages_server.release()
    terminal.expect("not finished yet.")
    terminal.expect_gone("esc interrupts")
    assert terminal.text.count("First block.") == 1
    assert terminal.text.count("Second block") == 1


def test_prompts_wait_while_the_model_works(gaff: OpenGaff, messages_server: FakeMessagesServer) -> None:
    """They are shown, can be taken back, and join the conversation."""
    messages_server.add(hold("The first answer."), "The second answer.")
    terminal = gaff()
    send(terminal, "one")
    terminal.expect("esc interrupts")
    send(terminal, "two")
    terminal.expect("queued: two")
    terminal.key("up")
    terminal.expect_gone("queued: two")
    terminal.type(" and three")
    terminal.key("enter")
    terminal.expect("queued: two and three")
    messages_server.release()
    terminal.expect("> two and three", "The second answer.")
    assert "two and three" in asked(messages_server)


@pytest.mark.parametrize("key", ["esc", "c-c"])
def test_an_interrupt_keeps_what_came_and_goes_on(
    gaff: OpenGaff, messages_server: FakeMessagesServer, key: str
) -> None:
    """Either key; what was typed meanwhile stays in the prompt."""
    messages_server.add(hold("Half an answer and more.", after=5), "Now this.")
    terminal = gaff()
    send(terminal, "go")
    terminal.expect("Half")
    terminal.type("draft")
    terminal.expect("> draft")
    terminal.key(key)
    terminal.expect("Interrupted. What should be done instead?")
    terminal.key("enter")
    terminal.expect("> draft", "Now this.")


def test_a_dialog_shows_what_runs_and_runs_it(
    gaff: OpenGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """Hidden characters are spelt out, and yes means this once."""
    messages_server.add(call("Bash", {"command": "touch made\u200b"}), "Made.")
    terminal = gaff()
    send(terminal, "make it")
    terminal.expect("Allow Bash?", "touch made<U+200B>", "❯ 1. Yes")
    terminal.type("y")
    terminal.expect("Made.")
    assert (workspace.project / "made\u200b").exists()


def test_a_comment_with_a_yes_follows_the_result(
    gaff: OpenGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """Tab opens the field; the call runs, and the words reach the model with its result."""
    messages_server.add(call("Bash", {"command": "touch made"}), "Made and noted.")
    terminal = gaff()
    send(terminal, "make it")
    terminal.expect("❯ 1. Yes", "tab: with a comment")
    terminal.key("tab")
    terminal.expect("And tell the model >")
    terminal.type("keep it empty")
    terminal.key("enter")
    terminal.expect("Made and noted.")
    assert (workspace.project / "made").exists()
    assert "keep it empty" in asked(messages_server)


def test_no_with_a_reason_reaches_the_model(gaff: OpenGaff, messages_server: FakeMessagesServer) -> None:
    """And nothing ran."""
    messages_server.add(call("Bash", {"command": "touch made"}), "I will not.")
    terminal = gaff()
    send(terminal, "make it")
    terminal.expect("❯ 1. Yes")
    terminal.type("n")
    terminal.expect("Why not >")
    terminal.type("use the Write tool")
    terminal.key("enter")
    terminal.expect("I will not.")
    assert "use the Write tool" in asked(messages_server)


def test_no_without_a_reason_ends_the_turn(gaff: OpenGaff, messages_server: FakeMessagesServer) -> None:
    """Esc at the question: the model is not asked again."""
    messages_server.add(call("Bash", {"command": "touch made"}))
    terminal = gaff()
    send(terminal, "make it")
    terminal.expect("❯ 1. Yes")
    terminal.key("esc")
    terminal.expect("Interrupted. What should be done instead?")
    assert len(messages_server.all_requests) == 1


def test_what_was_typed_before_does_not_answer(gaff: OpenGaff, messages_server: FakeMessagesServer) -> None:
    """A draft full of answers stays a draft, through the dialog and after it."""
    messages_server.add(hold(call("Bash", {"command": "touch made"}), after=1), "Done.")
    terminal = gaff()
    send(terminal, "make it")
    terminal.type("y1y")
    terminal.expect("> y1y")
    messages_server.release()
    terminal.expect("❯ 1. Yes")
    terminal.type("y")
    terminal.expect("Done.", "> y1y")


def test_prompts_of_several_lines(gaff: OpenGaff, messages_server: FakeMessagesServer) -> None:
    """By backslash, Ctrl+J and Alt+Enter."""
    messages_server.add("Good.")
    terminal = gaff()
    terminal.type("one\\")
    terminal.key("enter")
    terminal.type("two\nthree\x1b\rfour")
    terminal.expect("four")
    terminal.key("enter")
    terminal.expect("Good.")
    assert r"one\ntwo\nthree\nfour" in asked(messages_server)


def test_a_large_paste_is_a_chip_and_sent_whole(gaff: OpenGaff, messages_server: FakeMessagesServer) -> None:
    """Enter within a paste does not send it."""
    messages_server.add("Read it.")
    terminal = gaff()
    terminal.paste("".join(f"line {number}\r" for number in range(40)))
    terminal.type(" ok?")
    terminal.expect("[Pasted text #1 +40 lines] ok?")
    terminal.key("enter")
    terminal.expect("Read it.")
    assert r"line 38\nline 39\n ok?" in asked(messages_server)


def test_another_size_in_the_middle_of_an_answer(gaff: OpenGaff, messages_server: FakeMessagesServer) -> None:
    """The prompt stays usable, and later text fits."""
    messages_server.add(hold("word " * 30 + "end.", after=6))
    terminal = gaff(columns=100, rows=30)
    send(terminal, "go")
    terminal.expect("word")
    terminal.resize(30, 12)
    terminal.type("still here")
    terminal.expect("> still here")
    messages_server.release()
    terminal.expect("end.")
    assert "> still here" in terminal.screen


def test_a_very_narrow_window(gaff: OpenGaff, messages_server: FakeMessagesServer) -> None:
    """Twenty columns are enough for everything."""
    messages_server.add(call("Bash", {"command": "touch made"}), "All done here.")
    terminal = gaff(columns=20, rows=16)
    send(terminal, "go")
    terminal.expect("❯ 1. Yes")
    terminal.type("1")
    terminal.expect("All done here.")


def test_text_of_the_model_cannot_steer_the_terminal(
    gaff: OpenGaff, messages_server: FakeMessagesServer
) -> None:
    """Neither the clipboard nor the screen."""
    messages_server.add("before\x1b]52;c;eA==\x07 \x1b[2J\x1b[8mafter")
    terminal = gaff()
    send(terminal, "go")
    terminal.expect("before after")
    assert b"\x1b]52" not in terminal.raw
    assert b"\x1b[2J" not in terminal.raw


def test_commands_complete_and_run(gaff: OpenGaff) -> None:
    """Enter takes the first of the menu."""
    terminal = gaff()
    terminal.type("/stat")
    terminal.expect("show version, model")
    terminal.key("enter")
    terminal.expect("> /status", "Transcript:")


def test_an_unknown_command_and_a_path_are_told_apart(
    gaff: OpenGaff, messages_server: FakeMessagesServer
) -> None:
    """The one is a mistake, the other a prompt."""
    messages_server.add("A path.")
    terminal = gaff()
    send(terminal, "/nonsense now")
    terminal.expect("There is no command /nonsense.")
    send(terminal, "/etc/hosts is what?")
    terminal.expect("A path.")


def test_a_typed_shell_command_runs_and_the_model_learns_of_it(
    gaff: OpenGaff, messages_server: FakeMessagesServer
) -> None:
    """Without a question: the user typed it."""
    messages_server.add("I saw it.")
    terminal = gaff()
    send(terminal, "!echo from the $((6*7)) shell")
    terminal.expect("from the 42 shell")
    send(terminal, "and?")
    terminal.expect("I saw it.")
    assert "<bash-stdout>from the 42 shell" in asked(messages_server)


def test_ctrl_c_clears_and_twice_leaves(gaff: OpenGaff) -> None:
    """One press never loses the shell."""
    terminal = gaff()
    terminal.type("some text")
    terminal.expect("> some text")
    terminal.key("c-c")
    terminal.expect_gone("some text")
    terminal.key("c-c")
    terminal.expect("Press Ctrl+C again to leave")
    terminal.key("c-c")
    assert terminal.wait() == 0


def test_leaving_says_how_to_come_back_and_coming_back_shows_what_was(
    gaff: OpenGaff, messages_server: FakeMessagesServer
) -> None:
    """The session's id is printed; the conversation is shown again."""
    messages_server.add("The answer is 42.")
    first = gaff()
    send(first, "what is it?")
    first.expect("The answer is 42.")
    first.key("c-d", "c-d")
    assert first.wait() == 0
    session = first.text.partition("gaff --resume ")[2].split()[0]
    second = gaff("--resume", session)
    second.expect("> what is it?", "The answer is 42.")


def test_sessions_are_picked_from_a_list_and_cleared(
    gaff: OpenGaff, messages_server: FakeMessagesServer
) -> None:
    """/clear opens a new one, /resume goes back."""
    messages_server.add("First answer.")
    terminal = gaff()
    send(terminal, "remember this")
    terminal.expect("First answer.")
    send(terminal, "/clear")
    terminal.expect("Resume this session with")
    terminal.expect("/help lists", times=2)
    send(terminal, "/resume")
    terminal.expect("Which session?", "❯ 1. remember this")
    terminal.key("enter")
    terminal.expect("> remember this", "First answer.", times=2)


def test_history_is_kept_for_the_folder(gaff: OpenGaff, messages_server: FakeMessagesServer) -> None:
    """Up brings back what an earlier run sent; Ctrl+R finds it."""
    messages_server.add("Yes.")
    first = gaff()
    send(first, "a prompt to remember")
    first.expect("Yes.")
    first.key("c-d", "c-d")
    first.wait()
    second = gaff()
    second.key("up")
    second.expect("> a prompt to remember")
    second.key("c-c")
    second.expect_gone("a prompt to remember")
    second.key("c-r")
    second.type("rememb")
    second.expect("a prompt to remember")


def test_the_newest_result_is_shown_in_full(
    gaff: OpenGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """Ctrl+O prints what the summary left out."""
    workspace.write("a.txt", "the only line\n")
    messages_server.add(call("Read", {"file_path": str(workspace.project / "a.txt")}), "Read.")
    terminal = gaff()
    send(terminal, "read it")
    terminal.expect("Read(a.txt)", "1 line", "Read.")
    assert "the only line" not in terminal.text
    terminal.key("c-o")
    terminal.expect("the only line")


def test_the_prompt_can_be_written_in_an_editor(gaff: OpenGaff, workspace: Workspace) -> None:
    """Whatever EDITOR names."""
    editor = workspace.write("editor", "#!/bin/sh\nprintf ' and more' >> \"$1\"\n")
    editor.chmod(0o755)
    workspace.variables["EDITOR"] = str(editor)
    terminal = gaff()
    terminal.type("text")
    terminal.expect("> text")
    terminal.key("c-x", "c-e")
    terminal.expect("> text and more")


def test_the_mode_goes_round(gaff: OpenGaff) -> None:
    """Shift+Tab, and the status line says where one is."""
    terminal = gaff()
    terminal.key("s-tab")
    terminal.expect("accepts edits")
    terminal.key("s-tab")
    terminal.expect("plan mode")
    terminal.key("s-tab")
    terminal.expect_gone("plan mode")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_closes_the_session(
    gaff: OpenGaff, workspace: Workspace, witness: Path, number: int, code: int
) -> None:
    """SessionEnd hooks run, and the exit code says which signal."""
    terminal = gaff("--plugin", str(witness))
    os.kill(int(workspace.read("pid")), number)
    assert terminal.wait() == code
    assert workspace.read("ended") == "other"


@pytest.mark.parametrize(("line", "reason"), [("/exit", "prompt_input_exit"), ("/clear", "clear")])
def test_hooks_learn_why_a_session_ended(
    gaff: OpenGaff, workspace: Workspace, witness: Path, line: str, reason: str
) -> None:
    """As documented for SessionEnd."""
    terminal = gaff("--plugin", str(witness))
    send(terminal, line)
    terminal.expect_screen(lambda _: (workspace.project / "ended").exists(), "the session's end", patience=5)
    assert workspace.read("ended") == reason


def test_no_colour_means_none(
    gaff: OpenGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """Not one colour code reaches the terminal."""
    workspace.variables["NO_COLOR"] = "1"
    messages_server.add("A `code` and\n\n```python\nx = 'y'\n```\n")
    terminal = gaff()
    send(terminal, "go")
    terminal.expect("x = 'y'")
    codes = {
        code for part in terminal.raw.split(b"\x1b[")[1:] for code in part.partition(b"m")[0].split(b";")
    }
    assert not codes & {str(number).encode() for number in (*range(30, 48), *range(90, 108))}


def test_a_terminal_that_knows_no_unicode(
    gaff: OpenGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """Other glyphs, no error, and the text is there."""
    workspace.variables |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    messages_server.add("Größe: fine")
    terminal = gaff()
    send(terminal, "go")
    terminal.expect("e: fine")
    assert all(byte < 128 for byte in terminal.raw)


def test_a_dumb_terminal_gets_plain_lines(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """Lines in, lines out: not one control sequence, and questions are answered by number."""
    messages_server.add(call("Bash", {"command": "echo hi > made"}), say("Made it, **really**."))
    command = ["env", "TERM=dumb", *workspace.command, *MODEL]
    with Terminal(command, workspace.environ, workspace.project) as terminal:
        terminal.expect("/help", "\n>")
        terminal.type("make it\r")
        terminal.expect("Allow Bash?", "Number, or nothing to cancel:")
        terminal.type("1\r")
        terminal.expect("Made it, really.")
        terminal.type("/exit\r")
        assert terminal.wait() == 0
        assert b"\x1b" not in terminal.raw
    assert workspace.read("made") == "hi\n"


def test_a_model_that_cannot_be_opened_is_said_in_one_line(workspace: Workspace) -> None:
    """The terminal is left as it was."""
    command = [*workspace.command, "--model", "nosuchprovider:x"]
    with Terminal(command, workspace.environ, workspace.project) as terminal:
        terminal.expect("there is no provider nosuchprovider")
        assert terminal.wait() != 0
        assert "Traceback" not in terminal.text


def test_without_a_model_it_says_how_to_get_one(workspace: Workspace) -> None:
    """No key and no server: the offline helper, and one hint."""
    with Terminal(workspace.command, workspace.environ, workspace.project) as terminal:
        terminal.expect("Set ANTHROPIC_API_KEY")


def test_a_hook_that_ends_the_turn_does_not_print_the_answer_again(
    gaff: OpenGaff, messages_server: FakeMessagesServer, workspace: Workspace
) -> None:
    """A Stop hook's reason is told below the answer, once."""
    output = '{"continue": false, "stopReason": "the budget is spent"}'
    workspace.settings({"hooks": {"Stop": [{"hooks": [{"type": "command", "command": f"echo '{output}'"}]}]}})
    messages_server.add("The only answer.")
    terminal = gaff()
    send(terminal, "go")
    terminal.expect("The only answer.", "the budget is spent")
    terminal.expect_gone("esc interrupts")
    assert terminal.text.count("The only answer.") == 1
    assert terminal.text.count("the budget is spent") == 1
