"""The Bash tool, with a real bash."""

from __future__ import annotations

import asyncio
import os
import select
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, cast

import pytest

from gaff.hooks import Json, Notice, ToolOutput, ToolProgress, ToolStarted
from gaff.plugins.builtin.shell._environment import OWN_VARIABLES, command_environ
from gaff.plugins.builtin.shell._tasks import TASKS
from gaff.testing.replies import call, calls, say
from gaff.testing.shell import Shell


class RunTool(Protocol):
    async def __call__(self, tool: str, **input: str | int | bool) -> ToolOutput: ...


def response(output: ToolOutput) -> Mapping[str, Json]:
    """Return the structured result."""
    return cast("Mapping[str, Json]", output.response)


def is_running(process: int) -> bool:
    """Whether the process runs: it exists and is not just waiting to be reaped."""
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def ends(process: int) -> bool:
    """Whether the process has ended or is about to: a killed one takes a moment."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 5)[0])
    finally:
        os.close(descriptor)


async def interrupted(shell: Shell, command: str) -> list[int]:
    """Interrupt the command once it has printed process ids, and return these."""
    shell.add(call("Bash", {"command": command}), say("ok"))
    shell.allow()
    turn = asyncio.create_task(shell.submit("go"))
    progress = await shell.event(ToolProgress)
    shell.session.interrupt()
    await turn
    return [int(word) for word in progress.text.split()]


# What a command gives back.


async def test_output_of_both_kinds_comes_in_order(use: RunTool) -> None:
    """Standard output and error are one stream."""
    output = await use("Bash", command="echo one; echo two >&2; echo three")
    assert output.content == "one\ntwo\nthree"
    assert response(output) == {
        "stdout": "one\ntwo\nthree",
        "stderr": "",
        "interrupted": False,
        "isImage": False,
    }


async def test_silence_is_said(use: RunTool) -> None:
    """A command that prints nothing gives a text all the same."""
    assert (await use("Bash", command="true")).content == "(no output)"


async def test_a_failure_begins_with_the_exit_code(use: RunTool) -> None:
    """A failed command is an error, its code in the first line."""
    output = await use("Bash", command="echo no; (exit 3)")
    assert (output.content, output.is_error) == ("Exit code 3\nno", True)


async def test_a_killed_command_has_the_code_shells_give(use: RunTool) -> None:
    """Death by a signal counts 128 and the signal."""
    assert str((await use("Bash", command="kill -9 $$")).content).startswith("Exit code 137")


@pytest.mark.parametrize(
    ("command", "meaning"),
    [
        ("grep nothing /dev/null", "No matches found"),
        ("cd . && grep nothing /dev/null", "No matches found"),
        ("[ a = b ]", "Condition is false"),
        ("diff a b", "Files differ"),
        ("git diff --no-index a b", "Files differ"),
    ],
)
async def test_exit_code_one_is_an_answer_of_some(
    shell: Shell, use: RunTool, command: str, meaning: str
) -> None:
    """A search without matches, unequal files and a false condition are no failures."""
    shell.workspace.write("a", "1\n")
    shell.workspace.write("b", "2\n")
    output = await use("Bash", command=command)
    assert (output.is_error, response(output)["returnCodeInterpretation"]) == (False, meaning)


@pytest.mark.parametrize(
    "command", ["false", "sh -c 'exit 1' && grep x /dev/null", "grep x /dev/null; (exit 2)"]
)
async def test_exit_code_one_of_others_is_a_failure(use: RunTool, command: str) -> None:
    """Also where a search was to follow but may never have run."""
    assert (await use("Bash", command=command)).is_error


async def test_bytes_that_are_no_text_are_replaced(use: RunTool) -> None:
    """Invalid UTF-8 and NUL bytes come as replacement characters."""
    output = await use("Bash", command=r"printf 'a\377b\000c\303\251'")
    assert output.content == "a\ufffdb\ufffdcé"


async def test_a_command_cannot_wipe_earlier_output(use: RunTool) -> None:
    """Opening the output anew does not empty it."""
    assert (await use("Bash", command="echo a; echo b > /dev/stdout; echo c")).content == "a\nb\nc"


async def test_long_output_is_saved_and_shown_in_part(use: RunTool) -> None:
    """Fifty megabytes end up in a file, head and tail in the result."""
    output = await use("Bash", command="echo first; head -c 50000000 /dev/zero | tr '\\0' x; echo; echo last")
    text, saved = str(output.content), os.stat(str(response(output)["persistedOutputPath"]))
    assert saved.st_size == response(output)["persistedOutputSize"] == 50_000_012
    assert saved.st_mode & 0o777 == 0o600
    assert len(text) < 10_000
    assert "first" in text
    assert text.endswith("last")


async def test_long_output_of_a_failure_is_cut(use: RunTool) -> None:
    """Head and tail of a failure are told, about ten thousand characters."""
    output = await use("Bash", command="seq 1 5000; (exit 4)")
    text = str(output.content)
    assert text.startswith("Exit code 4\n1\n2\n")
    assert text.endswith("5000")
    assert 9_000 < len(text) < 11_000


async def test_the_window_can_be_set(shell: Shell, use: RunTool) -> None:
    """BASH_MAX_OUTPUT_LENGTH says how much is told in full."""
    shell.workspace.variables["BASH_MAX_OUTPUT_LENGTH"] = "100"
    output = await use("Bash", command="seq 1 100")
    assert "persistedOutputPath" in response(output)


# What a command finds around it.


async def test_there_is_no_input_and_no_terminal(use: RunTool) -> None:
    """Standard input is empty, and no terminal can be opened."""
    output = await use("Bash", command="cat; echo x > /dev/tty; echo $?")
    assert "/dev/tty: No such device" in str(output.content)


async def test_children_are_told_where_they_run(shell: Shell, use: RunTool) -> None:
    """The documented variables are set, keys of providers are not."""
    shell.workspace.variables["ANTHROPIC_API_KEY"] = "secret"
    variables = '"$CLAUDECODE $CLAUDE_CODE_CHILD_SESSION $GAFF $CLAUDE_CODE_SESSION_ID ${ANTHROPIC_API_KEY}"'
    output = await use("Bash", command=f"echo {variables}; echo [$1]")
    assert output.content == f"1 1 1 {shell.session.id} \n[]"


async def test_every_variable_set_for_commands_is_known(shell: Shell) -> None:
    """The reader must know which names programs see: assigning to one of them may change what they do."""
    session = await shell.start()
    assert set(command_environ(session, "x")) <= {*session.environ, *OWN_VARIABLES}


async def test_functions_in_the_environment_do_not_count(shell: Shell, use: RunTool) -> None:
    """What the reader takes for a program is one, whatever the environment defines."""
    shell.workspace.variables["BASH_FUNC_ls%%"] = "() { echo hijacked; }"
    assert (await use("Bash", command="ls -d /")).content == "/"


async def test_a_bash_in_the_project_is_not_used(shell: Shell, use: RunTool) -> None:
    """A search path that begins in the project finds the system's bash all the same."""
    fake = shell.workspace.write("bin/bash", "#!/bin/sh\necho fake\n")
    fake.chmod(0o755)
    shell.workspace.variables["PATH"] = f"{fake.parent}:{os.environ['PATH']}"
    assert (await use("Bash", command="echo real")).content == "real"


async def test_a_prepared_file_runs_first(shell: Shell, use: RunTool) -> None:
    """CLAUDE_ENV_FILE is read before each command."""
    shell.workspace.variables["CLAUDE_ENV_FILE"] = str(
        shell.workspace.write("env.sh", "export GREETING=hi\n")
    )
    assert (await use("Bash", command='echo "$GREETING"')).content == "hi"


async def test_a_command_beyond_the_systems_limit_is_an_error(use: RunTool) -> None:
    """What the system cannot pass on is said in one line."""
    output = await use("Bash", command=f"echo {'x' * 200_000}")
    assert "too long for the system" in str(output.content)


# Where a command runs.


async def test_the_directory_carries_over(shell: Shell, use: RunTool) -> None:
    """The next command runs where the last one ended, inside the project."""
    shell.workspace.write("sub/a", "")
    await use("Bash", command="cd sub")
    assert (await use("Bash", command="pwd")).content == str(shell.workspace.project / "sub")


async def test_the_directory_does_not_leave_the_project(shell: Shell, use: RunTool) -> None:
    """A command that ends elsewhere has the next one run in the project again, and says so."""
    output = await use("Bash", command="cd /")
    assert response(output)["stderr"] == f"Shell cwd was reset to {shell.workspace.project}"
    assert (await use("Bash", command="pwd")).content == str(shell.workspace.project)


async def test_the_directory_can_be_kept(shell: Shell, use: RunTool) -> None:
    """CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR has every command run in the project folder."""
    shell.workspace.variables["CLAUDE_BASH_MAINTAIN_PROJECT_WORKING_DIR"] = "1"
    shell.workspace.write("sub/a", "")
    await use("Bash", command="cd sub")
    assert shell.session.cwd == shell.workspace.project


async def test_a_directory_that_is_gone_is_left(shell: Shell, use: RunTool) -> None:
    """A command after the folder was deleted runs in the project, and says so."""
    shell.workspace.write("sub/a", "")
    await use("Bash", command="cd sub")
    await use("Bash", command="rm -r ../sub")
    assert "was reset" in str((await use("Bash", command="pwd")).content)


async def test_exit_and_failure_do_not_lose_the_directory(shell: Shell, use: RunTool) -> None:
    """The directory is known however the shell ends."""
    shell.workspace.write("sub/a", "")
    await use("Bash", command="cd sub; exit 1")
    assert shell.session.cwd == shell.workspace.project / "sub"


# Time.


async def test_a_slow_command_goes_on_in_the_background(shell: Shell, use: RunTool) -> None:
    """At its timeout a command is not lost: it becomes a task, and its end is announced."""
    output = await use(
        "Bash", command="echo on; until test -e stop; do read -r x < /dev/zero; done", timeout=200
    )
    task = shell.session.state[TASKS].find(str(response(output)["backgroundTaskId"]))
    assert (response(output)["timedOutAfterMs"], output.is_error, task.status) == (200, False, "running")
    await task.stop()


async def test_the_end_of_a_background_command_is_announced(shell: Shell, use: RunTool) -> None:
    """The user sees a notice, and the model reads it with the next request."""
    os.mkfifo(shell.workspace.project / "gate")
    await use("Bash", command="read -r line < gate; echo got $line; exit 3", run_in_background=True)
    (shell.workspace.project / "gate").write_text("it\n")
    notice = await shell.event(Notice)
    task = shell.session.state[TASKS].all[0]
    assert notice.text == f"Background task {task.id} failed: read -r line < gate; echo got $line; exit 3"
    shell.add(say("ok"))
    await shell.submit("and now?")
    assert f"Background task {task.id}" in str(shell.requests[-1])
    assert task.output.path is not None
    assert task.output.path.read_text() == "got it\n"


@pytest.mark.parametrize(
    "command", ["sleep 60", "echo git; read -r x < gate", "f() { :; }; read -r x < gate"]
)
async def test_some_commands_are_stopped_at_their_timeout(shell: Shell, use: RunTool, command: str) -> None:
    """Sleeping, git and what could not be read do not go on in the background."""
    os.mkfifo(shell.workspace.project / "gate")
    output = await use("Bash", command=command, timeout=100)
    assert str(output.content).startswith("The command took longer than 0.1s and was stopped.")
    assert response(output)["interrupted"] is True


async def test_background_tasks_can_be_turned_off(shell: Shell, use: RunTool) -> None:
    """With CLAUDE_CODE_DISABLE_BACKGROUND_TASKS nothing runs there."""
    shell.workspace.variables["CLAUDE_CODE_DISABLE_BACKGROUND_TASKS"] = "1"
    output = await use("Bash", command="true", run_in_background=True)
    assert "turned off" in str(output.content)


# Nothing is left behind.


async def test_a_command_that_leaves_something_running_returns(shell: Shell, use: RunTool) -> None:
    """A child that holds the output open does not hold the call; it ends with the session."""
    shell.without("shell.strays")
    output = await use("Bash", command="sleep 600 & echo $!")
    process = int(str(output.content).split()[0])
    assert "still runs, as task" in str(output.content)
    assert is_running(process)
    await shell.close()
    assert ends(process)


async def test_what_closed_its_output_ends_with_the_session_too(shell: Shell, use: RunTool) -> None:
    """Redirecting the output does not hide a process."""
    shell.without("shell.strays")
    process = int(str((await use("Bash", command="sleep 600 >/dev/null 2>&1 & echo $!")).content).split()[0])
    await shell.close()
    assert ends(process)


async def test_what_left_its_group_ends_with_the_session_too(shell: Shell, use: RunTool) -> None:
    """A daemon is found by its marker."""
    command = "setsid --fork sh -c 'echo $$; exec sleep 600 >/dev/null 2>&1'"
    process = int(str((await use("Bash", command=command)).content))
    assert is_running(process)
    await shell.close()
    assert ends(process)


async def test_an_interrupt_ends_the_whole_group(shell: Shell) -> None:
    """Children and grandchildren end with the call, those that ignore being asked too."""
    inner = "trap '' TERM; sleep 600 & echo $! $$; while :; do sleep 600; done"
    processes = await interrupted(shell, f'bash -c "{inner.replace("$", chr(92) + "$")}"')
    assert len(processes) == 2
    assert all(ends(process) for process in processes)


async def test_an_interrupt_is_quick(shell: Shell) -> None:
    """From the interrupt to the end of the turn nothing waits for the command to agree."""
    loop = asyncio.get_running_loop()
    shell.add(call("Bash", {"command": "trap '' TERM; echo 1; while :; do :; done"}), say("never"))
    shell.allow()
    turn = asyncio.create_task(shell.submit("go"))
    await shell.event(ToolProgress)
    started = loop.time()
    shell.session.interrupt()
    await turn
    assert loop.time() - started < 1


async def test_output_before_an_interrupt_is_kept(shell: Shell) -> None:
    """The model reads with the next request what the command had printed."""
    await interrupted(shell, "echo 12345; sleep 600")
    await shell.submit("what did it say?")
    assert "12345" in str(shell.requests[-1])


async def test_a_command_that_prints_without_end_is_stopped(
    use: RunTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond five gigabytes it is killed, and the model told why."""
    monkeypatch.setattr("gaff.plugins.builtin.shell._tasks._MOST_BYTES", 1_000_000)
    output = await use("Bash", command="yes")
    assert str(output.content).endswith("The command was stopped: it printed more than 5 GB.")


async def test_commands_that_look_run_side_by_side(shell: Shell) -> None:
    """Two reads that each wait for the other's writer end only when both have begun."""
    for name in ("a", "b"):
        os.mkfifo(shell.workspace.project / name)
    shell.add(calls(("Bash", {"command": "cat a"}), ("Bash", {"command": "cat b"})), say("ok"))
    turn = asyncio.create_task(shell.submit("go"))
    await shell.event(ToolStarted, 2)
    for name in ("b", "a"):
        await asyncio.to_thread((shell.workspace.project / name).write_text, name)
    await turn
    assert sorted(str(outcome.output.content) for outcome in shell.outcomes) == ["a", "b"]


async def test_progress_comes_while_the_command_runs(shell: Shell, use: RunTool) -> None:
    """What a command prints is shown before it ends."""
    os.mkfifo(shell.workspace.project / "gate")
    shell.add(call("Bash", {"command": "echo begun; read -r x < gate"}), say("ok"))
    shell.allow()
    turn = asyncio.create_task(shell.submit("go"))
    progress = await shell.event(ToolProgress)
    assert progress.text == "begun\n"
    (shell.workspace.project / "gate").write_text("\n")
    await turn
