"""Warm Python hooks: the same as cold ones, but for the time they take."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gaff.hooks import Json, JsonObject
from gaff.plugins.builtin.handlers._warm import WORKERS
from gaff.testing import Workspace, call, say

from .conftest import PYTHON, Hooked, command, group, until, until_exists, until_gone

SHOW = """
import json, os, sys
event = json.load(sys.stdin)
print(json.dumps({"hookSpecificOutput": {"hookEventName": event["hook_event_name"], "additionalContext": json.dumps([
    sys.argv, os.getcwd(), os.environ.get("CLAUDE_PROJECT_DIR"), os.environ.get("CLAUDE_CODE_SESSION_ID"),
    os.path.basename(sys.path[0]), __name__, os.path.basename(__file__), sys.stdin.encoding, sys.stdout.isatty(),
    len(event["prompt"]), os.getsid(0) == os.getpid(), signal_state()])}}))
"""
SIGNALS = "import signal\ndef signal_state():\n    return str(signal.getsignal(signal.SIGCHLD))\n"


async def run(hooked: Hooked, text: str, *, warm: bool, prompt: str = "go", **fields: Json) -> str:
    """Run a script on a prompt; return its log line's verdict, the context it gave, and what the user was told."""
    hooked.on("UserPromptSubmit", command(f"{hooked.python(text)} one 'two three'", warm=warm, **fields))
    hooked.shell.add("fine")
    await hooked.shell.submit(prompt)
    line = hooked.log[-1]
    context: JsonObject = hooked.shell.messages[0].content[0] if hooked.shell.messages else {}
    # Only a cold script in a shell has the shell's process for its session.
    return json.dumps([line["status"], line["exit"], line["said"], context, list(hooked.notices)])


@pytest.mark.parametrize(
    "text",
    [
        SIGNALS + SHOW.replace("os.getsid(0) == os.getpid(), ", ""),
        "print('plain context')\n",
        "import sys\nsys.exit()\n",
        "import sys\nsys.exit(2)\n",
        "import sys\nsys.exit('refused')\n",
        "import sys\nprint('why', file=sys.stderr)\nsys.exit(3)\n",
        "raise SystemExit(7)\n",
        "1 / 0\n",
        "def broken(:\n",
        "import os\nos._exit(5)\n",
        "import sys\nsys.stdout.write('no newline')\n",
        "import atexit\natexit.register(print, 'at exit')\n",
        "import threading, time\nthreading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start()\n",
        "import subprocess\nprint(subprocess.run(['echo', 'child'], capture_output=True, text=True).stdout)\n",
        "import sys\nprint('é', sys.stdin.read().count('hook_event_name'))\n",
        "import multiprocessing\nprint(multiprocessing.current_process().name)\n",
        "# -*- coding: latin-1 -*-\nprint('caf\u00e9'.isascii())\n",
        "if __name__ == '__main__':\n    print('main')\n",
        "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))).__name__)\n",
    ],
)  # fmt: skip
async def test_a_warm_hook_is_the_same_as_a_cold_one(hooked: Hooked, text: str) -> None:
    """stdin, stdout, stderr, exit code, arguments, folder and environment are its own."""
    cold = await run(hooked, text, warm=False)
    name = hooked.shell.session.id
    await hooked.shell.close()
    hooked.shell.events.clear()
    again = Hooked(type(hooked.shell)(hooked.workspace), hooked.workspace)
    async with again.shell:
        warm = await run(again, text, warm=True)
        assert len(again.shell.session.state[WORKERS].running) == 1
        same = again.shell.session.id
    assert warm.replace(same, "ID") == cold.replace(name, "ID")


async def test_a_warm_hook_that_crashes_fails_alone(hooked: Hooked) -> None:
    """Its signal is told as a shell tells it; the worker lives on."""
    said = await run(hooked, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n", warm=True)
    assert "(exit code 139)" in said
    (worker,) = hooked.shell.session.state[WORKERS].running.values()
    assert worker.alive


async def test_a_long_payload_reaches_a_warm_hook(hooked: Hooked) -> None:
    """More than a pipe holds."""
    said = await run(
        hooked,
        "import json, sys\nprint(len(json.load(sys.stdin)['prompt']))\n",
        warm=True,
        prompt="x" * 300_000,
    )
    assert "300000" in said


async def test_warm_hooks_run_side_by_side_in_one_worker(hooked: Hooked) -> None:
    """Each waits for a sign of the other."""
    wait = "import os, sys, time\nopen(sys.argv[1], 'w')\nwhile not os.path.exists(sys.argv[2]): time.sleep(0.005)\n"
    script, folder = hooked.python(wait), hooked.workspace.folder
    entries = [command(f"{script} {folder}/{a} {folder}/{b}", warm=True) for a, b in ("xy", "yx")]
    hooked.on("PreToolUse", *entries)
    await hooked.call("Read", file_path="note.txt")
    assert [line["said"] for line in hooked.log] == ["no opinion", "no opinion"]
    assert len(hooked.shell.session.state[WORKERS].running) == 1


async def test_a_warm_hook_that_takes_too_long_is_killed(hooked: Hooked) -> None:
    """The worker lives on and serves the next."""
    pid = hooked.workspace.folder / "pid"
    text = f"import os, time\nopen({str(pid)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\n"
    said = await run(hooked, text, warm=True, timeout=1)
    assert "took longer than 1 s" in said
    await until_gone(int(pid.read_text()))
    hooked.script("hook.py", "print('quick now')\n")
    hooked.shell.add("fine")
    await hooked.shell.submit("go")
    assert "quick now" in hooked.read


async def test_a_worker_that_dies_is_replaced(hooked: Hooked) -> None:
    """The firing runs cold, the next one has a new worker."""
    await run(hooked, "print('one')\n", warm=True)
    (worker,) = hooked.shell.session.state[WORKERS].running.values()
    os.kill(worker.pid, signal.SIGKILL)
    await until(lambda: not worker.alive)
    hooked.shell.add("fine")
    await hooked.shell.submit("go")
    assert hooked.log[-1]["said"] == "gives context"


async def test_a_hook_whose_worker_dies_is_not_run_twice(hooked: Hooked) -> None:
    """It may have done half of its work."""
    runs = hooked.workspace.folder / "runs"
    text = f"import os, signal\nopen({str(runs)!r}, 'a').write('x')\nos.kill(os.getppid(), signal.SIGKILL)\n"
    said = await run(hooked, text + "import time\ntime.sleep(60)\n", warm=True)
    assert "the warm worker ended" in said
    assert runs.read_text() == "x"


@pytest.mark.parametrize("text", ["{} | cat", "FOO=1 {}", "{} > /dev/null"])
async def test_what_needs_a_shell_runs_cold(hooked: Hooked, text: str) -> None:
    """The user is told once, and the hook does its work."""
    script = hooked.python("import sys\nprint('done', file=sys.stderr)\n")
    hooked.on("UserPromptSubmit", command(text.format(script), warm=True))
    hooked.shell.add("fine", "fine")
    await hooked.shell.submit("go")
    await hooked.shell.submit("go")
    assert [line["status"] for line in hooked.log] == ["done", "done"]
    assert sum('it runs without "warm"' in notice for notice in hooked.notices) == 1


async def test_a_script_is_known_by_its_first_line(hooked: Hooked) -> None:
    """An executable Python script needs no interpreter in the command."""
    path = hooked.script("hook", f"#!{PYTHON}\nprint('by its first line')\n")
    hooked.on("UserPromptSubmit", command(str(path), warm=True))
    hooked.shell.add("fine")
    await hooked.shell.submit("go")
    assert "by its first line" in hooked.read
    assert len(hooked.shell.session.state[WORKERS].running) == 1


async def test_workers_end_with_the_session(hooked: Hooked) -> None:
    """Nothing is left."""
    await run(hooked, "print('one')\n", warm=True)
    (worker,) = hooked.shell.session.state[WORKERS].running.values()
    await hooked.shell.close()
    await until_gone(worker.pid)


async def test_what_still_runs_ends_with_the_session(hooked: Hooked) -> None:
    """A warm hook that nobody waits for, and what it started."""
    pids = hooked.workspace.folder / "pids"
    text = "import os, subprocess, time\nchild = subprocess.Popen(['sleep', '60']).pid\n"
    text += f"open({str(pids)!r} + '.new', 'w').write(f'{{os.getpid()}} {{child}}')\n"
    text += f"os.rename({str(pids)!r} + '.new', {str(pids)!r})\ntime.sleep(60)\n"
    hooked.on("SessionStart", command(hooked.python(text), warm=True, **{"async": True}))
    await hooked.shell.start()
    await until_exists(pids)
    await hooked.shell.close()
    for pid in pids.read_text().split():
        await until_gone(int(pid))


async def test_workers_and_hooks_end_when_gaff_is_killed(workspace: Workspace) -> None:
    """Even by SIGKILL, which nobody can see coming."""
    pids = workspace.folder / "pids"
    text = "import os, subprocess, time\nchild = subprocess.Popen(['sleep', '60']).pid\n"
    text += f"open({str(pids)!r} + '.new', 'w').write(f'{{os.getpid()}} {{os.getppid()}} {{child}}')\n"
    script = workspace.folder / "hook.py"
    script.write_text(text + f"os.rename({str(pids)!r} + '.new', {str(pids)!r})\ntime.sleep(60)\n")
    hooks: JsonObject = {"SessionStart": [group(command(f"{sys.executable} {script}", warm=True))]}
    workspace.settings({"hooks": hooks})
    process = subprocess.Popen(  # noqa: ASYNC220
        [*workspace.command, "-p", "hello"],
        cwd=workspace.project,
        env=workspace.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await until_exists(pids)
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)
    for pid in pids.read_text().split():
        await until_gone(int(pid))


def test_the_server_imports_nothing_of_gaff() -> None:
    """It runs in whatever Python a hook names."""
    from gaff.plugins.builtin.handlers import _fork_server

    text = Path(_fork_server.__file__).read_text()
    assert "import gaff" not in text
    assert not any(line.startswith(("from gaff", "from .")) for line in text.splitlines())


async def test_calls_during_a_turn_go_through_a_warm_gate(hooked: Hooked) -> None:
    """A guard denies as it does cold."""
    text = "import json, sys\nif 'secret' in sys.stdin.read():\n    sys.exit('no secrets')\n"
    script = hooked.python(
        text.replace("sys.exit('no secrets')", "print('no secrets', file=sys.stderr); sys.exit(2)")
    )
    hooked.on("PreToolUse", command(script, warm=True))
    hooked.shell.add(
        call("Read", {"file_path": "note.txt"}), call("Read", {"file_path": "secret.txt"}), say("done")
    )
    await hooked.shell.submit("go")
    assert [outcome.status for outcome in hooked.shell.outcomes] == ["done", "denied"]
