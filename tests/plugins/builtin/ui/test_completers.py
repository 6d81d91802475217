"""Completion of commands and files."""

from __future__ import annotations

import subprocess

import pytest

from gaff.hooks import Completer
from gaff.plugins.builtin.ui.complete_commands import CommandCompleter
from gaff.plugins.builtin.ui.complete_files import FileCompleter, best
from gaff.testing import Shell


async def completed(completer: Completer, before: str, shell: Shell) -> list[str]:
    """Return what the text before the cursor becomes."""
    session = await shell.start()
    found = completer.complete(before, session)
    return [before[: len(before) - one.length] + one.text for one in found]


def git(shell: Shell, *arguments: str) -> None:
    """Run git in the project."""
    subprocess.run(["git", "-C", shell.workspace.project, *arguments], check=True)


@pytest.mark.parametrize(
    ("before", "first"),
    [("/sta", "/status"), ("/qu", "/exit"), ("/mod", "/model "), ("/help sta", "/help status")],
)
async def test_commands_by_name_alias_and_argument(shell: Shell, before: str, first: str) -> None:
    """An alias leads to its command; what takes arguments is followed by a blank."""
    assert (await completed(CommandCompleter(), before, shell))[0] == first


@pytest.mark.parametrize("before", ["hello /sta", "x", "", "/nonsense arg", "/status\nmore"])
async def test_what_is_no_command_completes_nothing(shell: Shell, before: str) -> None:
    """Only at the beginning of a prompt of one line."""
    assert await completed(CommandCompleter(), before, shell) == []


async def test_files_of_a_plain_folder(shell: Shell) -> None:
    """Files and folders, wherever in the prompt the mention is."""
    shell.workspace.write("src/deep/thing.py", "")
    assert await completed(FileCompleter(), "see @thi", shell) == ["see @src/deep/thing.py"]
    assert await completed(FileCompleter(), "@src/d", shell) == ["@src/deep/", "@src/deep/thing.py"]


async def test_files_that_git_ignores_are_left_out(shell: Shell) -> None:
    """New files are offered before they are added."""
    git(shell, "init", "-q")
    for name, text in ((".gitignore", "made.py\n"), ("made.py", ""), ("mine.py", "")):
        shell.workspace.write(name, text)
    assert await completed(FileCompleter(), "@m", shell) == ["@mine.py"]


async def test_a_repository_cannot_run_anything_through_completion(shell: Shell) -> None:
    """Its fsmonitor hook stays off."""
    project = shell.workspace.project
    git(shell, "init", "-q")
    git(shell, "config", "core.fsmonitor", f"touch {project}/ran #")
    shell.workspace.write("a.py", "")
    assert await completed(FileCompleter(), "@a", shell) == ["@a.py"]
    assert not (project / "ran").exists()


async def test_paths_outside_are_completed_level_by_level(shell: Shell) -> None:
    """From the root, as typed."""
    shell.workspace.write("sub/file.txt", "")
    folder = shell.workspace.project / "sub"
    assert await completed(FileCompleter(), f"@{folder}/fi", shell) == [f"@{folder}/file.txt"]
    assert await completed(FileCompleter(), "@/no/such/folder/x", shell) == []


@pytest.mark.parametrize("before", ["mail@ho", "no mention", "@a b"])
async def test_an_at_sign_within_a_word_is_no_mention(shell: Shell, before: str) -> None:
    """Mail addresses stay as they are."""
    shell.workspace.write("host", "")
    assert await completed(FileCompleter(), before, shell) == []


def test_the_best_come_first() -> None:
    """Beginning of the path, of the file's name, anywhere, then letters in order."""
    names = ["x/amb", "lib/cab.py", "src/ab.py", "abc", "azzb"]
    assert best("ab", names) == ["abc", "src/ab.py", "lib/cab.py", "azzb", "x/amb"]
