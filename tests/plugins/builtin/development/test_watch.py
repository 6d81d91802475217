"""development.watch: a plugin file that is saved is in use a moment later."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gaff.hooks import Notice
from gaff.plugins.builtin.development.watch import look
from gaff.testing.pytest_plugin import OpenTerminal
from gaff.testing.shell import Shell
from gaff.testing.workspace import Workspace

COMMAND = """from gaff.hooks import Command, CommandResult, hookimpl
class Hey(Command):
    name, summary = "hey", "Says it."
    async def run(self, arguments, session): return CommandResult("version {version} here")
@hookimpl
def gaff_register_commands(): return [Hey()]
"""


@pytest.fixture
def plugin(workspace: Workspace) -> Path:
    """A plugin in the user's folder."""
    path = workspace.gaff_home / "plugins" / "hey.py"
    path.parent.mkdir()
    path.write_text(COMMAND.format(version=1))
    return path


def change(path: Path, text: str | None) -> None:
    """Save a file, with a time of its own however fast it happens; remove it where there is no text."""
    if text is None:
        path.unlink()
        return
    path.write_text(text)
    os.utime(path, ns=(path.stat().st_mtime_ns, path.stat().st_mtime_ns + 1_000_000))


async def notices(shell: Shell) -> list[str]:
    """Have a look, and return what is told."""
    before = len(shell.events)
    await look(shell.session)
    return [event.text for event in shell.events[before:] if isinstance(event, Notice)]


async def said(shell: Shell) -> str:
    """Return what the plugin's command says."""
    command = shell.session.kernel.command("hey")
    return (await command.run("", shell.session)).text if command else "no command"


async def look_and_wait(shell: Shell, count: int) -> str:
    """Have a look, and return the notice it leads to."""
    await look(shell.session)
    await shell.until(lambda: sum(isinstance(event, Notice) for event in shell.events) >= count)
    return [event.text for event in shell.events if isinstance(event, Notice)][-1]


async def test_changes_are_loaded_and_told(shell: Shell, plugin: Path) -> None:
    """Changed, broken, mended, gone and new: each once, and a broken version leaves the old one running."""
    await shell.start()
    await look(shell.session)
    change(plugin, COMMAND.format(version=2))
    assert "plugin hey was loaded anew" in await look_and_wait(shell, 1)
    assert await said(shell) == "version 2 here"

    change(plugin, "def broken(:")
    assert "the version from before goes on" in await look_and_wait(shell, 2)
    assert await said(shell) == "version 2 here"

    change(plugin, None)
    assert "plugin hey is gone" in await look_and_wait(shell, 3)
    assert await said(shell) == "no command"

    change(plugin, COMMAND.format(version=3))
    assert "new command hey" in await look_and_wait(shell, 4)
    assert await said(shell) == "version 3 here"


async def test_nothing_is_told_of_what_did_not_change(shell: Shell, plugin: Path) -> None:
    """A look without news is silent."""
    await shell.start()
    await look(shell.session)

    assert await notices(shell) == []


def test_a_saved_file_is_in_use_at_the_prompt(
    workspace: Workspace, plugin: Path, terminal: OpenTerminal
) -> None:
    """In a real terminal, with nothing done but saving the file."""
    shown = terminal()
    shown.expect(">")
    shown.type("/hey")
    shown.key("enter")
    shown.expect("version 1 here")
    change(plugin, COMMAND.format(version=2))
    shown.expect("plugin hey was loaded anew")
    shown.type("/hey")
    shown.key("enter")

    shown.expect("version 2 here")
