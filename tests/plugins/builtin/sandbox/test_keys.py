"""Keys of the settings that say which sandbox there is and how strong it is, each by running a command."""

from __future__ import annotations

import os
import shutil

import pytest

from gaff.hooks import JsonObject, Notice
from gaff.testing import Shell

from .conftest import Ask, lacking
from .servers import serving

pytestmark = pytest.mark.skipif(
    bool(lacking("bubblewrap") or lacking("landlock")), reason="this machine cannot run both sandboxes"
)


def use(shell: Shell, **sandbox: object) -> None:
    """Turn the sandbox on."""
    shell.workspace.settings({"sandbox": {"enabled": True, **sandbox}})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("sandbox", "used"),
    [
        ({}, "bubblewrap"),
        ({"bwrapPath": shutil.which("bwrap")}, "bubblewrap"),
        ({"bwrapPath": "/nowhere/bwrap"}, "landlock"),
        ({"bwrapPath": "bwrap"}, "bubblewrap"),
        ({"bwrapPath": "/bin/true"}, "landlock"),
        ({"enableWeakerNestedSandbox": True}, "bubblewrap"),
    ],
)
async def test_which_sandbox_is_used(shell: Shell, ask: Ask, sandbox: JsonObject, used: str) -> None:
    """That of the program the user names by its whole path, if it holds; else the next one."""
    use(shell, **sandbox)
    text = await ask("echo x > in.txt; echo x > /etc/gaff-test")
    assert f"ran in a sandbox ({used})" in text
    assert (shell.workspace.project / "in.txt").exists()
    assert not os.access("/etc/gaff-test", os.F_OK)


@pytest.mark.parametrize(("weaker", "own"), [(False, True), (True, False)])
async def test_a_weaker_sandbox_has_no_processes_of_its_own(
    shell: Shell, ask: Ask, weaker: bool, own: bool
) -> None:
    """enableWeakerNestedSandbox: the machine's /proc stays, with nothing of others in it that could be read."""
    use(shell, enableWeakerNestedSandbox=weaker)
    shell.workspace.variables |= {"OPENAI_API_KEY": "canary"}
    text = await ask(
        "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; set -- /proc/[0-9]*; echo has $#"
    )
    assert (int(text.rpartition("has ")[2].split()[0]) < 9) is own
    assert "canary" not in text


@pytest.mark.parametrize(("disabled", "written"), [(True, True), (False, False)])
async def test_files_may_be_left_alone(shell: Shell, ask: Ask, disabled: bool, written: bool) -> None:
    """filesystem.disabled: the network is guarded all the same."""
    use(shell, filesystem={"disabled": disabled, "denyRead": []}, network={"strictAllowlist": True})
    async with serving() as server:
        await ask(f"echo x > ../out.txt; curl -sS --noproxy '*' http://127.0.0.1:{server.port}/")
        await ask(f"curl -sS --noproxy '' http://127.0.0.1:{server.port}/")
    assert (shell.workspace.folder / "out.txt").exists() is written
    assert server.asked == []


@pytest.mark.parametrize(
    ("ignored", "told"),
    [
        ({}, True),
        ({"*": ["gaff-test"]}, False),
        ({"gaff-test": ["gaff-test"]}, False),
        ({"npm": ["gaff-test"]}, True),
        ({"gaff-test": ["other"]}, True),
        ({"gaff-test": "gaff-test"}, True),
    ],
)
async def test_violations_not_to_be_told(shell: Shell, ask: Ask, ignored: JsonObject, told: bool) -> None:
    """ignoreViolations, by part of the command or for all, and part of the line."""
    use(shell, ignoreViolations=ignored)
    assert ("<sandbox_violations>" in await ask("echo x > /etc/gaff-test")) is told


@pytest.mark.parametrize("required", [True, False])
async def test_what_is_missing_is_told(shell: Shell, required: bool) -> None:
    """failIfUnavailable refuses to start; without it the user is told loudly."""
    use(shell, failIfUnavailable=required)
    shell.without("sandbox.bubblewrap", "sandbox.landlock")
    if required:
        with pytest.raises(Exception, match="failIfUnavailable"):
            await shell.start()
        return
    await shell.start()
    assert any("NO SANDBOX" in event.text for event in shell.events if isinstance(event, Notice))
