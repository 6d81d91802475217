"""The renderer draws what the real tool returned."""

from __future__ import annotations

from gaff.testing.replies import call, say
from gaff.testing.shell import Shell

pytest_plugins = ["gaff.testing.pytest_plugin"]


async def test_a_folder_is_drawn_as_a_tree(shell: Shell) -> None:
    """Folders come first; sizes are readable; the last line closes the tree."""
    shell.workspace.write("b/inner.txt", "")
    shell.workspace.write("a.txt", "x" * 2048)
    shell.add(call("LS", {"path": str(shell.workspace.project)}), say("ok"))
    await shell.submit("go")

    renderer = shell.kernel.renderer("LS")

    assert renderer is not None
    assert renderer.result(shell.outcomes[0], 80, full=False) == "├─ b/\n└─ a.txt  2,048 B"


async def test_a_long_folder_is_cut_unless_all_is_wanted(shell: Shell) -> None:
    """The user sees how much is left out."""
    for number in range(20):
        shell.workspace.write(f"{number:02}.txt", "")
    shell.add(call("LS", {"path": str(shell.workspace.project)}), say("ok"))
    await shell.submit("go")

    renderer = shell.kernel.renderer("LS")

    assert renderer is not None
    assert renderer.result(shell.outcomes[0], 80, full=False).endswith("└─ … and 8 more")
    assert renderer.result(shell.outcomes[0], 80, full=True).endswith("└─ 19.txt  0 B")
