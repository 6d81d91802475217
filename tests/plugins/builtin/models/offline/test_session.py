"""The offline model in a real session: permission, denial, resume, the real tools' words."""

from __future__ import annotations

from gaff.hooks import PermissionQuestion, TurnStarted
from gaff.testing.shell import Shell

FILES = {"a.py": "load = 1\n", "b.py": "load()\n", "notes.txt": "one\n"}


def prepared(shell: Shell, *options: str) -> Shell:
    """Return the shell with files to work on and the offline model."""
    for name, text in FILES.items():
        shell.workspace.write(name, text)
    shell.options("--model", "offline", *options)
    return shell


def files(shell: Shell) -> dict[str, str]:
    """Return what the files hold now."""
    return {path.name: path.read_text(encoding="utf-8") for path in shell.workspace.project.iterdir()}


async def test_looking_asks_nothing(shell: Shell) -> None:
    """Requests that change nothing need no permission."""
    prepared(shell)
    for prompt in (
        "find load",
        "show a.py",
        "what is this project?",
        "count lines",
        "git log",
        "what changed?",
        "where am I",
    ):
        await shell.submit(prompt)
    assert shell.questions == []
    assert files(shell) == FILES


async def test_every_edit_is_asked_about(shell: Shell) -> None:
    """The dialog asks, not the model; each file is one question."""
    prepared(shell)
    shell.allow()
    shell.deny("keep this one")
    result = await shell.submit("replace load with read")
    asked = [question.call.name for question in shell.questions if isinstance(question, PermissionQuestion)]
    assert asked == ["Edit", "Edit"]
    assert files(shell) == FILES | {"a.py": "read = 1\n"}
    assert "`b.py` is unchanged: you denied it: keep this one." in result.text


async def test_denial_without_a_reason_ends_the_turn(shell: Shell) -> None:
    """The next prompt is a new request, not a part of the old one."""
    prepared(shell)
    shell.deny()
    await shell.submit("delete notes.txt")
    result = await shell.submit("show notes.txt")
    assert "```text\none\n```" in result.text
    assert files(shell) == FILES


async def test_nobody_to_ask(shell: Shell) -> None:
    """Where nobody answers, nothing is changed, and that is said."""
    prepared(shell)
    result = await shell.submit("replace load with read")
    assert result.text.startswith("Nothing was changed")
    assert "nobody can be asked here" in result.text
    assert files(shell) == FILES


async def test_undo_after_resume(shell: Shell) -> None:
    """What another process did is taken back: the conversation is all that is needed."""
    prepared(shell, "--permission-mode", "bypassPermissions")
    await shell.submit("replace load with read")
    await shell.submit('append "two" to notes.txt')
    await shell.submit("undo")
    await shell.reopen()
    await shell.submit("undo")
    assert files(shell) == FILES


async def test_prompt_queued_while_it_works(shell: Shell) -> None:
    """It is done after what is under way, in the same turn."""
    prepared(shell)

    async def queue() -> None:
        await shell.event(TurnStarted)
        shell.session.queue("show notes.txt")

    session = await shell.start()
    task = session.start(queue(), "queue")
    result = await shell.submit("find load")
    assert task.done
    assert "```text\none\n```" in result.text


async def test_usage_is_counted_and_free(shell: Shell) -> None:
    """Tokens are estimated, and nothing is charged."""
    prepared(shell)
    result = await shell.submit("hello")
    assert result.usage.input_tokens > 0
    assert result.usage.output_tokens > 0
    assert result.cost_usd == 0


async def test_file_with_windows_line_endings(shell: Shell) -> None:
    """They survive an edit and its undo."""
    prepared(shell, "--permission-mode", "bypassPermissions")
    path = shell.workspace.project / "a.py"
    path.write_bytes(b"load\r\nreload\r\nload")
    await shell.submit("replace load with read in a.py")
    assert path.read_bytes() == b"read\r\nreload\r\nread"
    await shell.submit("undo")
    assert path.read_bytes() == b"load\r\nreload\r\nload"


async def test_names_that_need_quoting(shell: Shell) -> None:
    """A name is never read by the shell or as an option."""
    prepared(shell, "--permission-mode", "bypassPermissions")
    shell.workspace.write("-f $(touch x).txt", "1\n")
    await shell.submit("delete '-f $(touch x).txt'")
    assert files(shell) == FILES
