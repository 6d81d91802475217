"""Hook scripts as people write them work unchanged."""

from __future__ import annotations

import shutil

import pytest

from gaff.testing import call, say

from .conftest import Hooked, command, group
from .scripts import SCRIPTS, Script


def test_there_are_fifty() -> None:
    """The collection is what it says."""
    assert len({script.name for script in SCRIPTS}) == len(SCRIPTS) == 50


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
async def test_a_script_does_what_its_author_meant(hooked: Hooked, script: Script) -> None:
    """It is run by its first line, from the user's settings."""
    if "jq " in script.text and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    path = hooked.script("hook", script.text)
    hooked.configure(
        {script.event: [group(command(str(path)), matcher=script.matcher)]},
        permissions={"defaultMode": "acceptEdits", "allow": ["Bash", "Read(//etc/**)"]},
    )
    calls = [call(script.tool, script.input)] if script.tool else []
    hooked.shell.add(*calls, say("done"), say("done"))
    result = await hooked.shell.submit(script.prompt)
    if script.tool:
        assert hooked.shell.outcomes[0].status == script.status, hooked.shell.outcomes[0].output
    assert script.read in hooked.read.replace('\\"', '"')
    assert not script.unread or script.unread not in hooked.read
    assert script.told in "\n".join(hooked.notices)
    assert script.result in result.text
