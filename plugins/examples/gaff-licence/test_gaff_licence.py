"""The section in the system prompt of a real session."""

from __future__ import annotations

import pytest

from gaff.testing.shell import Shell

pytest_plugins = ["gaff.testing.pytest_plugin"]


@pytest.mark.parametrize(
    ("name", "text", "licence"),
    [
        ("pyproject.toml", '[project]\nlicense = "MIT"\n', "MIT"),
        ("LICENSE", "\n   Apache License\n   Version 2.0\n", "Apache License"),
    ],
)
async def test_the_model_is_told(shell: Shell, name: str, text: str, licence: str) -> None:
    """Either file will do."""
    shell.workspace.write(name, text)
    shell.add("ok")

    await shell.submit("go")

    assert f"This project is under {licence}." in str(shell.requests[0]["system"])


async def test_without_a_licence_nothing_is_said(shell: Shell) -> None:
    """An empty section leaves no heading behind."""
    shell.add("ok")

    await shell.submit("go")

    assert "Licence" not in str(shell.requests[0]["system"])
