"""Keys of model providers stay with gaff: not in children, notices or transcripts."""

from __future__ import annotations

import os
import stat
from collections.abc import Generator

import pytest

from gaff.hooks import Notice
from gaff.hooks.models import SECRETS
from gaff.testing import Shell, call, say


@pytest.fixture
def open_umask() -> Generator[None]:
    """Leave it to gaff who may read its files."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("name", SECRETS)
async def test_children_do_not_get_it(shell: Shell, name: str) -> None:
    """Neither what plugins hand on nor a command's own environment holds it."""
    shell.workspace.variables[name] = "canary-secret"
    shell.add(call("Bash", {"command": "env"}), say("ok"))
    shell.allow()

    await shell.submit("go")

    assert name not in shell.session.environ
    assert "canary-secret" not in str(shell.outcomes[-1].output.content)


async def test_notices_do_not_tell_it(shell: Shell) -> None:
    """An error that happens to hold a key is told without it."""
    shell.workspace.variables["ANTHROPIC_API_KEY"] = "canary-secret"
    session = await shell.start()

    session.publish(Notice("error", "Illegal header value 'canary-secret'"))

    notice = await shell.event(Notice)
    assert notice.text == "Illegal header value '[ANTHROPIC_API_KEY]'"


async def test_all_that_is_kept_is_private_whatever_the_umask(shell: Shell, open_umask: None) -> None:
    """Transcript, results and scratch folder are the user's alone; nobody else gets below the first folder."""
    shell.add(call("Bash", {"command": "seq 99999"}), say("ok"))
    shell.allow()
    await shell.submit("go")

    folder = shell.session.transcript_path.parent
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert len(kept) == 2
    for private in (folder, shell.session.scratch_dir):
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
