"""The subcommand after real sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gaff.testing import FakeMessagesServer
from gaff.testing.replies import reply

if TYPE_CHECKING:  # pytest imports it itself
    from gaff.testing.pytest_plugin import RunGaff

pytest_plugins = ["gaff.testing.pytest_plugin"]


def test_tokens_are_added_up(run_gaff: RunGaff, messages_server: FakeMessagesServer) -> None:
    """What a headless run took is what is printed after it."""
    messages_server.add(reply("Four.", usage={"output_tokens": 1234}))
    run_gaff("-p", "What is two and two?")

    done = run_gaff("spend", "--limit", "1")

    assert done.returncode == 0
    assert "1,234 out  What is two and two?" in done.stdout


def test_a_folder_without_sessions_has_no_lines(run_gaff: RunGaff) -> None:
    """Scripts see that by the exit code."""
    done = run_gaff("spend")

    assert (done.returncode, done.stdout) == (1, "")
