"""Keys of plugins at a real terminal."""

from __future__ import annotations

from gaff.testing import Workspace
from gaff.testing.pytest_plugin import OpenTerminal

from .conftest import MODEL

#: A session that opens when it is let, and a key that says it was heard.
SLOW = """
import asyncio, pathlib
from gaff.hooks import KeyBinding, hookimpl

@hookimpl
async def gaff_session_start(event):
    while not pathlib.Path("open").exists():
        await asyncio.sleep(0.01)

@hookimpl
def gaff_register_key_bindings():
    heard = lambda control: control.show(f"heard in {len(control.session.id)} letters")
    return [KeyBinding("hear", ("c-x", "c-n"), "say that it was heard", heard)]
"""


def test_a_key_pressed_before_the_session_is_open_acts_once_it_is(
    terminal: OpenTerminal, workspace: Workspace
) -> None:
    """As what is typed then: nothing of a person's doing is lost without a word."""
    plugin = workspace.folder / "slow.py"
    plugin.write_text(SLOW)
    opened = terminal(*MODEL, "--plugin", str(plugin))
    opened.expect(">")
    opened.key("c-x", "c-n")
    opened.type("typed")
    opened.expect("> typed")
    assert "heard" not in opened.text

    workspace.write("open", "")

    opened.expect("heard in 36 letters", "> typed")
