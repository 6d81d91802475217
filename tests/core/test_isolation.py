"""Whatever a plugin does, the shell goes on: the answer is there, and one line names the plugin."""

from __future__ import annotations

import time

import pytest

from gaff.hooks import Decision, hookimpl
from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.replies import call, say
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


ESCAPING = {
    "interrupts": ("raise KeyboardInterrupt", "raised KeyboardInterrupt"),
    "cancels": ("await asyncio.sleep(0); raise asyncio.CancelledError", "raised CancelledError"),
    "leaves_a_generator": ("raise GeneratorExit", "raised GeneratorExit"),
    "raises_a_base": ("raise BaseException('oh')", "raised BaseException: oh"),
    "has_no_words": (
        "raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})",
        "raised Mute, which cannot be put into words",
    ),
    "is_endless": ("raise ValueError('x' * 9_000_000)", "raised ValueError: xxx"),
}


@pytest.mark.parametrize("name", sorted(ESCAPING))
async def test_what_is_no_exception_ends_neither_the_shell_nor_the_turn(shell: Shell, name: str) -> None:
    """Interrupts and cancellations are the user's; from a plugin's own code they are its failure."""
    code, line = ESCAPING[name]
    shell.plugin(shell.workspace.write(f"{name}.py", f"{STOP}{code}"))
    shell.add(say("The answer."))

    assert (await shell.submit("hi")).text == "The answer."

    told = next(one for one in shell.session.kernel.notices if f"plugin {name} failed at gaff_stop" in one)
    assert line in told
    assert len(told) < 3000


JUDGED = {
    "actions": ("def actions(self, input, context): raise KeyboardInterrupt", "raised KeyboardInterrupt"),
    "is_read_only": (
        "def is_read_only(self, input, context): raise asyncio.CancelledError",
        "CancelledError",
    ),
    "hook_input": ("def hook_input(self, input, context):\n        while True: pass", "held up the shell"),
}


@pytest.mark.parametrize("method", sorted(JUDGED))
async def test_a_tool_that_cannot_be_judged_is_not_run(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Whatever a tool says of a call, it says it under the watchdog; the conversation goes on."""

    monkeypatch.setenv("GAFF_PLUGIN_SECONDS", "0.3")
    code, line = JUDGED[method]
    source = (
        f"{HOOK}from gaff.hooks import Tool, ToolOutput\nfrom pydantic import BaseModel\n"
        "class In(BaseModel): ...\nclass Odd(Tool[In]):\n    name, summary, input_model = 'Odd', 'Odd.', In\n"
        f"    {code}\n    async def run(self, input, context): return ToolOutput('was run')\n"
        "@hookimpl\ndef gaff_register_tools(): return [Odd()]\n"
    )
    shell.plugin(shell.workspace.write("odd.py", source))
    shell.options("--allowedTools", "Odd")
    shell.add(call("Odd", {}), say("It failed."))

    assert (await shell.submit("odd")).text == "It failed."
    assert line in str(shell.session.messages[-2].content)
    assert "was run" not in str(shell.session.messages[-2].content)


AT_THE_END = {
    "exit_function": (
        "import atexit; atexit.register(lambda: time.sleep(3600))",
        "plugin exit_function left an exit function that does not end; left without it",
    ),
    "finalizer": (
        "globals()['x'] = type('D', (), {'__del__': lambda self, sleep=time.sleep: sleep(3600)})()",
        "",
    ),
    "copies_the_shell": ("os.fork()", ""),
    "generator": (
        "g = endless(); globals()['g'] = g; await anext(g)",
        "task of async generators does not end; left without it",
    ),
}


@pytest.mark.parametrize("name", sorted(AT_THE_END))
def test_nothing_of_a_plugin_keeps_the_process_from_ending(
    workspace: Workspace, messages_server: FakeMessagesServer, name: str
) -> None:
    """There is one answer, once, and then the end."""
    code, line = AT_THE_END[name]
    endless = (
        "async def endless():\n    try: yield 1\n    finally:\n        while True:\n"
        "            try: await asyncio.sleep(3600)\n            except asyncio.CancelledError: pass\n"
    )
    plugin = workspace.write(f"{name}.py", f"{HOOK}{endless}{STOP.removeprefix(HOOK)}{code}")
    messages_server.add(say("The answer."))

    done = workspace.run("-p", "hi", "--plugin", str(plugin))

    assert (done.returncode, done.stdout) == (0, "The answer.\n")
    assert line in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_tool_s_garbage_does_not_get_into_the_conversation(
    shell: Shell, workspace: Workspace
) -> None:
    """Blocks that are no JSON are the call's failure, and the conversation goes on."""
    source = (
        "from gaff.hooks import Tool, ToolOutput, hookimpl\nfrom pydantic import BaseModel\n"
        "class In(BaseModel): ...\nclass Odd(Tool[In]):\n"
        "    name, summary, input_model = 'Odd', 'Is odd.', In\n"
        "    async def run(self, input, context): return ToolOutput([{'type': 'text', 'text': object()}])\n"
        "@hookimpl\ndef gaff_register_tools(): return [Odd()]\n"
    )
    shell.plugin(workspace.write("odd.py", source))
    shell.options("--allowedTools", "Odd")
    shell.add(call("Odd", {}), say("It failed."))

    result = await shell.submit("go")

    assert result.text == "It failed."
    assert "Odd returned a ToolOutput whose content is no JSON" in str(shell.session.messages[-2].content)
