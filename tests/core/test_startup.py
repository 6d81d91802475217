"""What a start does not import: each module named here costs more than the stage may take."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.pytest_plugin import OpenTerminal, RunGaff
from gaff.testing.replies import say
from gaff.testing.workspace import Workspace

HEAVY = {
    "anthropic",
    "httpx",
    "importlib_metadata",
    "mcp",
    "PIL",
    "pydantic",
    "pypdfium2",
    "rich",
    "tree_sitter",
    "yaml",
}
AT_THE_PROMPT = HEAVY | {"httpx2", "pygments", "unittest", "email", "http.client"}
BEFORE_THE_FIRST_BYTE = HEAVY | {"prompt_toolkit", "pygments"}
AT_VERSION = AT_THE_PROMPT | {
    "pluggy",
    "prompt_toolkit",
    "asyncio",
    "json",
    "argparse",
    "dataclasses",
    "gaff.hooks",
}

#: Writes down what is imported when the background loader is about to start.
AT_PROMPT_PROBE = """
import sys, threading
from gaff.hooks import Frontend, hookimpl
class First(Frontend):
    name, summary, rank = "first", "Is asked first, and wants nothing.", 1000
    def wants(self, options, interactive):
        threading.Thread.start = start
        return False
    async def run(self, kernel): ...
@hookimpl
def gaff_register_frontends():
    return [First()]
begin = threading.Thread.start
def start(self):
    if self.name == "gaff-loader":
        with open({path!r}, "w") as file:
            file.write("\\n".join(sys.modules))
        print("noted")
    begin(self)
"""

#: Writes down what is imported when the first request is about to be sent.
AT_REQUEST_PROBE = """
import sys
from gaff.hooks import hookimpl
@hookimpl(trylast=True)
def gaff_model_request(event):
    with open({path!r}, "w") as file:
        file.write("\\n".join(sys.modules))
"""


@pytest.fixture
def modules(workspace: Workspace, run_gaff: RunGaff) -> Path:
    """The file a probe writes to; the caches are warm."""
    assert run_gaff("--help").returncode == 0
    return workspace.folder / "modules"


def test_version_imports_next_to_nothing() -> None:
    """--version is over before anything of gaff but its number is there."""
    code = "import sys; from gaff.cli import main; main(['--version']); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert AT_VERSION & set(done.stdout.split()) == set()


def test_the_prompt_waits_for_nothing_heavy(
    workspace: Workspace, modules: Path, terminal: OpenTerminal
) -> None:
    """When the prompt is drawn, what the first turn needs is not imported yet."""
    probe = workspace.write("probe.py", AT_PROMPT_PROBE.format(path=str(modules)))

    terminal("--plugin", str(probe)).expect("noted")

    assert AT_THE_PROMPT & set(modules.read_text().split()) == set()


def test_the_first_request_waits_for_nothing_heavy(
    workspace: Workspace, modules: Path, run_gaff: RunGaff, messages_server: FakeMessagesServer
) -> None:
    """A headless run sends its first byte without schemas, screens and SDKs."""
    probe = workspace.write("probe.py", AT_REQUEST_PROBE.format(path=str(modules)))
    messages_server.add(say("hello"))

    assert run_gaff("-p", "hi", "--plugin", str(probe)).stdout.strip() == "hello"

    assert BEFORE_THE_FIRST_BYTE & set(modules.read_text().split()) == set()
