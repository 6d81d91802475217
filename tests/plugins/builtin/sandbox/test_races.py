"""What commands do to get more than they were given: swap folders, outlive their end, change settings meanwhile."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from gaff.hooks import Sandbox, SandboxCommand, SandboxPolicy
from gaff.hooks.events import ConfigChange
from gaff.plugins.builtin.sandbox._launch import launch
from gaff.plugins.builtin.sandbox.bubblewrap import Bubblewrap
from gaff.plugins.builtin.sandbox.landlock import Landlock, gaff_config_change
from gaff.testing import Shell, say

from .conftest import lacking

pytestmark = pytest.mark.skipif(
    bool(lacking("bubblewrap") or lacking("landlock")), reason="this machine cannot run both sandboxes"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project beside a folder outside of it."""
    for name in ("project/sub/.vscode", "project/d/e", "outside/.vscode", "temporary"):
        (tmp_path / name).mkdir(parents=True)
    return Path(os.path.realpath(tmp_path / "project"))


def policy(project: Path, *protected: str, hidden: tuple[str, ...] = ()) -> SandboxPolicy:
    """Return a policy for the project."""
    temporary = str(project.parent / "temporary")
    return SandboxPolicy(
        writable=(str(project), temporary),
        protected=tuple(str(project / name) for name in protected),
        hidden=tuple(str(project / name) for name in hidden),
        temporary=temporary,
    )


async def run(sandbox: Sandbox, script: str, what: SandboxPolicy, before: str = "true") -> None:
    """Run a script; ``before`` runs outside once the sandbox was prepared, as another command might."""
    folder = what.writable[0]
    command = SandboxCommand(("bash", "-c", script), {"PATH": os.defpath}, folder)
    async with sandbox.confine(command, what) as confined:
        await asyncio.to_thread(subprocess.run, ["bash", "-c", before], cwd=folder, check=True)
        process = await launch(confined, folder, subprocess.DEVNULL)
        await process.wait()


@pytest.mark.parametrize(
    "swap",
    [
        "mv sub sub2; ln -s ../outside sub",
        "rm -r sub; ln -s ../outside sub",
        "rm -r sub; mkdir d/.vscode; ln -s d sub",
        "rm -r sub; mkdir sub; ln -s ../../outside/.vscode sub/.vscode",
    ],
)
async def test_a_folder_swapped_while_it_is_mounted_opens_nothing(project: Path, swap: str) -> None:
    """The command does not run, whether bubblewrap noticed or only the look at what it mounted."""
    outside = project.parent / "outside"
    script = f"echo x > {outside}/x; echo x > {outside}/.vscode/x; echo x > ran"
    with pytest.raises(OSError, match="moved or replaced"):
        await run(Bubblewrap(), script, policy(project, "sub/.vscode"), swap)
    assert [path.name for path in outside.rglob("*")] == [".vscode"]
    assert not (project / "ran").exists()


@pytest.mark.parametrize("hidden", [".claude/secret", "d/e/secret"])
async def test_what_is_hidden_stays_so_below_what_is_protected(project: Path, hidden: str) -> None:
    """Mounting the one does not bring the other back, nor does moving the folder around it."""
    (project / ".claude").mkdir()
    (project / hidden).write_text("canary")
    what = policy(project, ".claude", "d/e", hidden=(hidden,))
    for script in (f"cat {hidden} > seen; mv d f", "cat f/e/secret >> seen", f"cat {hidden} >> seen"):
        await run(Bubblewrap(), script, what)
    assert "canary" not in (project / "seen").read_text()


async def test_a_daemon_without_environment_is_known_and_ended(project: Path) -> None:
    """Neither a session of its own nor an empty environment hides it, and its limits are not its to set."""
    what = policy(project)
    script = "env -i setsid -f bash -c 'ulimit -x 5; touch up; sleep 60' </dev/null >/dev/null 2>&1"
    command = SandboxCommand(("bash", "-c", script), {"PATH": os.defpath}, str(project))
    async with Landlock().confine(command, what) as confined, asyncio.timeout(10):
        process = await launch(confined, str(project), subprocess.DEVNULL)
        await process.wait()
        while not (project / "up").exists():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        assert process.is_marked_alive
        process.kill()
        assert not process.is_marked_alive


async def test_settings_that_a_running_command_may_have_changed_are_not_taken_up(
    shell: Shell, project: Path
) -> None:
    """As long as it runs; afterwards they are put back."""
    shell.add(say("hello"))
    await shell.submit("hi")
    settings = project / ".claude/settings.json"
    event = ConfigChange(
        context=shell.session.event_context, source="project_settings", file_path=str(settings)
    )
    async with Landlock().confine(SandboxCommand(("true",), {}, str(project)), policy(project, ".claude")):
        settings.parent.mkdir()
        settings.write_text("{}")
        decided = gaff_config_change(event)
        assert decided is not None
        assert decided.behavior == "deny"
    assert not settings.exists()
    assert gaff_config_change(event) is None
