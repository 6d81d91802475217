"""Loading a plugin anew: the whole of it at once, or nothing, and nothing of the old one stays."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.hooks import Kernel, PluginError, PluginsChanged, Reloaded
from gaff.testing.replies import call, say
from gaff.testing.shell import Shell

TOOL = '''"""Version {version}."""
import asyncio, subprocess, threading, time
from gaff.hooks import StateKey, Tool, ToolOutput, hookimpl
from pydantic import BaseModel

class Nothing(BaseModel): ...

class Tell(Tool[Nothing]):
    name, summary, input_model = "Tell", "{summary}", Nothing
    async def run(self, input, context):
        {body}
        return ToolOutput("version {version}")

@hookimpl
def gaff_register_tools():
    return [Tell()]
'''

Write = Callable[..., Path]


def modules() -> list[str]:
    """The names of the plugin's modules that are imported."""
    return [name for name in sys.modules if name.startswith("gaff_plugin_user_tell")]


@pytest.fixture
def write(shell: Shell) -> Write:
    """Write a version of the plugin ``tell``; the body is run by its tool."""
    for name in modules():
        del sys.modules[name]
    folder = shell.workspace.gaff_home / "plugins"
    folder.mkdir()
    shell.options("--allowedTools", "Tell")

    def write(version: int, body: str = "pass", summary: str = "Tells its version.", more: str = "") -> Path:
        path = folder / "tell.py"
        path.write_text(TOOL.format(version=version, body=body, summary=summary) + more)
        return path

    return write


async def told(shell: Shell) -> str:
    """Have the model call the tool, and return what it says."""
    shell.add(call("Tell", {}), say("done"))
    await shell.submit("tell")
    return str(shell.session.messages[-2].content[0]["content"])


async def reload(shell: Shell) -> Reloaded:
    """Load the plugin anew."""
    return await shell.session.kernel.reload("tell")


async def test_the_new_version_is_used_from_then_on(shell: Shell, write: Write) -> None:
    """Even when the file is saved twice within a second, with the same size."""
    write(1)
    assert await told(shell) == "version 1"
    for version in (2, 3, 4):
        write(version)

        done = await reload(shell)

        assert (done.plugin, done.generation, done.left_behind) == ("tell", version, ())
        assert await told(shell) == f"version {version}"


@pytest.mark.parametrize(
    "broken",
    [
        "def broken(:",
        "raise SystemExit",
        "import os; os._exit(1)",
        "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_no_such_hook(): ...",
        "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_register_tools(): return [1]",
    ],
)
async def test_a_broken_version_leaves_the_old_one_running(shell: Shell, write: Write, broken: str) -> None:
    """The fault is told, and nothing of the new version is there."""
    path = write(1)
    await told(shell)
    path.write_text(broken)

    with pytest.raises(PluginError, match="tell"):
        await reload(shell)

    assert await told(shell) == "version 1"
    write(2)
    assert (await reload(shell)).generation == 2


async def test_what_the_old_version_had_going_ends(shell: Shell, write: Write) -> None:
    """Tasks, background work, processes and subscriptions of the old generation are gone."""
    write(
        1,
        "asyncio.create_task(asyncio.sleep(3600), name='raw'); "
        "context.session.start(asyncio.sleep(3600), 'work'); "
        "self.process = subprocess.Popen(['sleep', '60'], stdout=subprocess.DEVNULL); "
        "context.session.subscribe()",
    )
    await told(shell)
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert {"raw", "work"} <= names
    write(2)

    done = await reload(shell)

    assert done.left_behind == ()
    assert not {"raw", "work"} & {task.get_name() for task in asyncio.all_tasks()}
    assert await told(shell) == "version 2"


async def test_what_cannot_be_ended_is_named(shell: Shell, write: Write) -> None:
    """A thread that runs on and a task that will not be cancelled are told."""
    stubborn = (
        "STOP = threading.Event()\n"
        "async def forever():\n    while not STOP.is_set():\n"
        "        try: await asyncio.sleep(3600)\n        except asyncio.CancelledError: pass\n"
    )
    write(
        1,
        "asyncio.create_task(forever(), name='stubborn'); "
        "threading.Thread(target=lambda: STOP.wait(), name='endless', daemon=True).start()",
        more=stubborn,
    )
    await told(shell)
    stop = sys.modules[modules()[0]].STOP
    write(2)

    done = await reload(shell)

    stop.set()
    for task in asyncio.all_tasks():
        if task.get_name() == "stubborn":
            task.cancel()
    assert done.left_behind == ("task stubborn does not end", "thread endless still runs")


async def test_the_old_version_is_told(shell: Shell, write: Write) -> None:
    """gaff_unload_plugin of the generation that goes, and of no other plugin, is called."""
    farewell = (
        "from pathlib import Path\n@hookimpl\n"
        "def gaff_unload_plugin(): Path({path!r}).write_text('bye {version}')\n"
    )
    path = str(shell.workspace.project / "farewell")
    write(1, more=farewell.format(path=path, version=1))
    await told(shell)
    write(2, more=farewell.format(path=path, version=2))

    await reload(shell)

    assert shell.workspace.read("farewell") == "bye 1"


async def test_changes_are_told(shell: Shell, write: Write) -> None:
    """What is new, gone or different reaches the caller and every face; an unchanged plugin changes nothing."""
    write(1)
    await shell.start()
    assert (await reload(shell)).changes == ()
    command = (
        "from gaff.hooks import Command, CommandResult\nclass Hey(Command):\n    name, summary = 'hey', 'Says hey.'\n"
        "    async def run(self, arguments, session): return CommandResult('hey')\n"
        "@hookimpl\ndef gaff_register_commands(): return [Hey()]\n"
    )
    write(1, summary="Tells more.", more=command)

    done = await reload(shell)

    assert set(done.changes) == {"new command hey", "tool Tell changed"}
    event = await shell.event(PluginsChanged, 2)
    assert (event.plugin, set(event.changes)) == ("tell", set(done.changes))
    assert shell.session.kernel.command("hey") is not None


async def test_an_unchanged_plugin_known_from_the_cache_changes_nothing(shell: Shell, write: Write) -> None:
    """The cache holds lists where a fresh look finds tuples: of a renderer's tools, of an option's flags."""
    renderer = (
        "from gaff.hooks import Option, Renderer\nclass Quiet(Renderer):\n    tools = ('Tell', 'LS')\n"
        "    def call(self, call, input, width): return 'tell'\n"
        "    def result(self, outcome, width, full): return 'told'\n"
        "@hookimpl\ndef gaff_register_renderers(): return [Quiet()]\n"
        "@hookimpl\ndef gaff_register_options(): return [Option(('--quiet', '-q'), 'say little', 'flag')]\n"
    )
    write(1, more=renderer)
    await shell.start()
    await shell.close()
    await shell.start()

    assert (await reload(shell)).changes == ()


async def test_a_changed_tool_reaches_the_model(shell: Shell, write: Write) -> None:
    """The next request has the new description, and the user is told that the prompt cache starts anew."""
    write(1)
    await told(shell)
    write(2, summary="Tells more.")

    await reload(shell)
    await told(shell)

    tools = {tool["name"]: tool["description"] for tool in shell.model.requests[-1].tools}
    assert tools["Tell"] == "Tells more."
    assert any("prompt cache starts anew" in str(event) for event in shell.events)
    assert [one.check for one in shell.model.violations] == ["prefix"]
    shell.model.violations.clear()


async def test_handles_of_the_old_version_are_stale(shell: Shell, write: Write) -> None:
    """A record looked up before the reload is refused, not silently the old one."""
    write(1)
    kernel: Kernel = (await shell.start()).kernel
    old = next(one for one in kernel.contributed("gaff_register_tools") if one.name == "Tell")
    kernel.load(old)

    await reload(shell)

    with pytest.raises(PluginError, match="was reloaded"):
        kernel.load(old)


async def test_a_file_that_is_gone_takes_its_plugin_along(shell: Shell, write: Write) -> None:
    """And one that comes back, or is new, is found."""
    path = write(1)
    kernel: Kernel = (await shell.start()).kernel
    path.unlink()

    await reload(shell)

    assert kernel.tool("Tell") is None
    write(2)
    await reload(shell)
    assert await told(shell) == "version 2"


async def test_a_reload_leaves_no_memory_behind(shell: Shell, write: Write) -> None:
    """The modules of old generations are freed, with all they held."""
    write(1, "context.session.state[KEY]", more="class Held: ...\nKEY = StateKey(Held)\n")
    await told(shell)
    gone: list[weakref.ref[object]] = []
    for version in range(2, 22):
        write(version, "context.session.state[KEY]", more="class Held: ...\nKEY = StateKey(Held)\n")
        await reload(shell)
        assert await told(shell) == f"version {version}"
        (name,) = modules()
        gone.append(weakref.ref(sys.modules[name].Held))
    gc.collect()

    assert sum(ref() is not None for ref in gone) <= 1


@pytest.mark.parametrize("name", ["no.such.plugin", "testing.model"])
async def test_what_cannot_be_reloaded_is_one_line(shell: Shell, name: str) -> None:
    """A name nobody has, and an object that came from no file."""
    await shell.start()

    with pytest.raises(PluginError, match="no plugin of this name"):
        await shell.session.kernel.reload(name)


async def test_an_installed_package_is_reloaded_whole(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The helper modules of a package are imported anew as well."""
    site = shell.workspace.folder / "site"
    package = site / "acme_tell"
    info = site / "acme_tell-1.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-tell\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[gaff]\ntell = acme_tell.plugin\n")
    (info / "direct_url.json").write_text(json.dumps({"url": site.as_uri(), "dir_info": {"editable": True}}))
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("VERSION = 1\n")
    tool = TOOL.format(version=0, body="pass", summary="Tells.").replace(
        '"version 0"', 'f"version {helper.VERSION}"'
    )
    (package / "plugin.py").write_text(
        tool.replace("import asyncio", "from acme_tell import helper\nimport asyncio", 1)
    )
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    shell.options("--allowedTools", "Tell")
    assert await told(shell) == "version 1"
    (package / "helper.py").write_text("VERSION = 2\n")

    await reload(shell)

    assert await told(shell) == "version 2"
