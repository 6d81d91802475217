"""Whatever a plugin does, the shell goes on: the answer is there, and one line names the plugin."""

from __future__ import annotations

import time

import pytest

from gaff.hooks import Decision, hookimpl
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import say
from gaff.testing.shell import Shell
from gaff.testing.workspace import Workspace

HOOK = "from gaff.hooks import hookimpl\nimport asyncio, os, subprocess, sys, threading, time\n"
#: What a plugin does when a prompt is submitted is at a gate; this is at a place where failures do not deny.
STOP = f"{HOOK}@hookimpl\nasync def gaff_stop(event):\n    "
PLAIN_STOP = f"{HOOK}@hookimpl\ndef gaff_stop(event):\n    "

STUBBORN = """
async def forever():
    while True:
        try: await asyncio.sleep(3600)
        except asyncio.CancelledError: pass
@hookimpl
async def gaff_stop(event):
    asyncio.create_task(forever(), name='t')
"""

AT_CALL = {
    "raises": (f"{STOP}raise KeyError('oh')", "plugin raises failed at gaff_stop: KeyError: 'oh'"),
    "exits": (f"{STOP}sys.exit(3)", "plugin exits failed at gaff_stop: SystemExit: 3"),
    "spins": (f"{PLAIN_STOP}while True: pass", "plugin spins failed at gaff_stop: held up the shell"),
    "sleeps": (f"{PLAIN_STOP}time.sleep(3600)", "plugin sleeps failed at gaff_stop: held up the shell"),
    "spins_later": (
        f"{STOP}await asyncio.sleep(0)\n    while True: pass",
        "plugin spins_later failed at gaff_stop: held up the shell",
    ),
    "blocks": (f"{STOP}await asyncio.sleep(0)\n    time.sleep(0.2)", "plugin blocks is slow: gaff_stop"),
    "garbage": (f"{STOP}return 42", "plugin garbage failed at gaff_stop: returned int, not FeedbackAnswer"),
    "prints": (f"{STOP}print('hi', 'there')", "plugin prints printed to standard output: hi there"),
    "thread_exits": (
        f"{STOP}thread = threading.Thread(target=lambda: sys.exit(3), name='t')\n    thread.start(); await asyncio.to_thread(thread.join)",
        "plugin thread_exits: thread t ended: SystemExit: 3",
    ),
    "task_fails": (
        f"{STOP}\n    async def bad(): raise KeyError('oh')\n    asyncio.create_task(bad()); await asyncio.sleep(0)",
        "plugin task_fails: a task failed: KeyError: 'oh'",
    ),
    "leaks_a_task": (
        f"{STOP}asyncio.create_task(asyncio.sleep(3600), name='t')",
        "plugin leaks_a_task left a task running: t",
    ),
    "leaks_a_process": (
        f"{STOP}subprocess.Popen(['sleep', '60'], start_new_session=True)",
        "plugin leaks_a_process left a process running: ['sleep', '60']",
    ),
    "leaks_a_thread": (
        f"{STOP}threading.Thread(target=lambda: time.sleep(3600), name='t').start()",
        "plugin leaks_a_thread left a thread running: t",
    ),
    "stubborn_task": (f"{HOOK}{STUBBORN}", "plugin stubborn_task left a task running: t"),
}

AT_IMPORT = {
    "spins": ("while True: pass", "cannot be imported: it held up the shell"),
    "leaves": ("import os; os._exit(3)", "its import ended the process (exit code 3)"),
    "is_killed": ("import os; os.kill(os.getpid(), 9)", "its import ended the process (signal 9)"),
}


@pytest.mark.parametrize("name", sorted(AT_CALL))
def test_a_fault_at_a_call_is_one_line(
    workspace: Workspace, messages_server: FakeMessagesServer, name: str
) -> None:
    """The answer is printed and nothing else; stderr has the line; the process ends by itself."""
    source, line = AT_CALL[name]
    plugin = workspace.write(f"{name}.py", source)
    messages_server.add(say("The answer."))

    done = workspace.run("-p", "hi", "--plugin", str(plugin), environ={"GAFF_PLUGIN_SECONDS": "0.5"})

    assert (done.returncode, done.stdout) == (0, "The answer.\n")
    assert line in done.stderr
    assert done.stderr.count(f"plugin {name}") == 1


@pytest.mark.parametrize("name", sorted(AT_IMPORT))
def test_an_import_that_never_ends_or_ends_everything(
    workspace: Workspace, messages_server: FakeMessagesServer, name: str
) -> None:
    """The plugin is left out with a reason, its neighbours are used, and the next start knows it at once."""
    source, line = AT_IMPORT[name]
    (workspace.gaff_home / "plugins").mkdir()
    (workspace.gaff_home / "plugins" / f"{name}.py").write_text(source)
    (workspace.gaff_home / "plugins" / "zz.py").write_text(f"{STOP}print('zz is there')")
    seconds = {"GAFF_PLUGIN_SECONDS": "1"}
    for _ in range(2):
        messages_server.add(say("The answer."))

        done = workspace.run("-p", "hi", environ=seconds)

        assert (done.returncode, done.stdout) == (0, "The answer.\n")
        assert f"plugin {name}: {line}" in done.stderr
        assert "zz is there" in done.stderr


def test_standard_output_is_the_face_s(workspace: Workspace, messages_server: FakeMessagesServer) -> None:
    """Neither prints nor raw writes nor child processes get between the lines a program reads."""
    loud = "print('p'); os.write(1, b'w'); subprocess.run(['echo', 'c']); sys.stdout.buffer.write(b'b')"
    plugin = workspace.write(
        "loud.py", f"{HOOK}print('i')\n@hookimpl\nasync def gaff_stop(event):\n    {loud}"
    )
    messages_server.add(say("The answer."))

    done = workspace.run("-p", "hi", "--output-format", "json", "--plugin", str(plugin))

    assert done.stdout.startswith("{")
    assert done.stdout.count("\n") == 1


async def test_a_gate_that_hangs_denies_in_time(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plain function at a gate that never returns counts as deny."""
    monkeypatch.setenv("GAFF_PLUGIN_SECONDS", "0.3")

    class Hanging:
        @hookimpl
        def gaff_user_prompt_submit(self) -> Decision | None:
            time.sleep(3600)
            return None

    shell.plugin(Hanging(), "hanging")
    result = await shell.submit("hi")

    assert result.is_error
    assert "hanging failed, which counts as deny: held up the shell" in result.text
    shell.model.requests.clear()


async def test_a_tool_that_holds_up_the_shell_is_broken_off(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, workspace: Workspace
) -> None:
    """The call fails with the reason, and the conversation goes on."""
    from gaff.testing.replies import call

    monkeypatch.setenv("GAFF_PLUGIN_SECONDS", "0.3")
    source = (
        "from gaff.hooks import Tool, ToolOutput, hookimpl\nfrom pydantic import BaseModel\n"
        "class In(BaseModel): ...\nclass Spin(Tool[In]):\n"
        "    name, summary, input_model = 'Spin', 'Spins.', In\n"
        "    async def run(self, input, context):\n        while True: pass\n"
        "@hookimpl\ndef gaff_register_tools(): return [Spin()]\n"
    )
    shell.plugin(workspace.write("spin.py", source))
    shell.options("--allowedTools", "Spin")
    shell.add(call("Spin", {}), say("It failed."))

    result = await shell.submit("spin")

    assert result.text == "It failed."
    assert "Spin failed: HeldUp: held up the shell for 0.3 s" in str(shell.session.messages[-2].content)
