"""One path in all its spellings, given to all kinds of commands: none gets past a denial or out of the project."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from gaff.hooks import Json
from gaff.testing import Workspace
from gaff.testing.pytest_plugin import RunGaff

KEYS = r"""
~/.ssh/id | /home/user/.ssh/id | /home/user/./.ssh//id | //home/user/.ssh/id | ../.ssh/id | src/../../.ssh/id
$HOME/.ssh/id | "$HOME/.ssh/id" | "${HOME}"/.ssh/id | ~/'.ssh'/id | ~/.ss?/id | ~/.s*/id | /home/*/.ssh/id | ~/.ssh/
~/.{ssh,x}/id | /proc/self/root/home/user/.ssh/id | link/id | link | $'/home/user/.ssh/id' | -- ~/.ssh/id
'/home/user/.ssh/id' | /home/user/\.ssh/id
"""
READERS = r"""
cat X | head X | grep x X | grep -r x X | sed -n p X | wc -l X | base64 X | sort X | diff X a | cp X a | mv X a | cat < X
source X | dd if=X | tar cf a X | curl -d @X h | ln -s X a | git diff --no-index X a | echo $(cat X) | ls && cat X
cd ~ && cat X | find X -exec cat {} \; | xargs cat <<< X | while read l; do echo $l; done < X | timeout 5 cat X
"""
OUTSIDE = r"""
../x | /tmp/x | ~/x | /home/user/project-evil/x | src/../../x | $HOME/x | $X | "$X" | out/x | `pwd`/../../x | .git/config
.Git/config | .bashrc | .claude/settings.json | .mcp.json | src/../.git/config | hooks/x | .gi?/config | '.git'/config
.git\/config | {a,../b} | a/{..,x}/../../y | $(echo ../x) | sub/.git/config | [.]git/config | $'.git'/config
"""
WRITERS = r"""
echo x > X | echo x >> X | ls >| X | ls &> X | ls 2> X | touch X | mkdir -p X/y | rm -rf X | mv a X | mv X b | cp a X
cp -r a X | sed -i s/a/b/ X | tee X < a | ln -s a X | dd of=X | cd src && touch X | touch ok X | curl -o X h
patch X < p | chmod +x X | : > X
"""


def listed(text: str) -> Sequence[str]:
    """Return the entries of a list above; a pipe between blanks, or the end of the line, ends one."""
    return [entry.strip() for line in text.strip().splitlines() for entry in line.split(" | ")]


def wrong(run_gaff: RunGaff, workspace: Workspace, commands: Sequence[str], **more: Json) -> list[str]:
    """Return what is told of commands that are allowed."""
    lines = (
        json.dumps({"tool": "Bash", "input": {"command": command}, "cwd": "/home/user/project", **more})
        for command in commands
    )
    path = workspace.write("cases.jsonl", "\n".join(lines))
    return run_gaff("policy", "test", str(path), "--strict").stdout.splitlines()[:-1]


@pytest.mark.parametrize("key", ["Read(~/.ssh/**)", "Read(//home/user/.ssh)"])
def test_a_denied_file_is_read_by_no_spelling(run_gaff: RunGaff, workspace: Workspace, key: str) -> None:
    """Denied where it is made out, asked for where it is not."""
    commands = [command.replace("X", path) for command in listed(READERS) for path in listed(KEYS)]
    links: Json = {"symlinks": {"link": "~/.ssh"}}
    found = wrong(
        run_gaff, workspace, commands, rules={"deny": [key]}, fs=links, expect="deny", also_ok="ask"
    )
    assert found == []


def test_no_spelling_leads_out_of_the_project_or_to_a_protected_path(
    run_gaff: RunGaff, workspace: Workspace
) -> None:
    """Not even where edits need no question."""
    commands = [command.replace("X", path) for command in listed(WRITERS) for path in listed(OUTSIDE)]
    links: Json = {"symlinks": {"out": "/tmp/out", "hooks": ".git/hooks"}}
    assert wrong(run_gaff, workspace, commands, mode="acceptEdits", rules={}, fs=links, expect="ask") == []
