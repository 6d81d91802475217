"""What the built-in slash commands answer, in a real session."""

from __future__ import annotations

from pathlib import Path

import pytest

from gaff.hooks import CommandResult, UsageError
from gaff.plugins.builtin.commands._sessions import ago
from gaff.plugins.builtin.commands.help import key_name
from gaff.plugins.builtin.commands.permissions import resolved_pattern
from gaff.testing import Shell, call, say


async def run(shell: Shell, line: str) -> CommandResult:
    """Run a command line without its slash."""
    session = await shell.start()
    name, _, arguments = line.partition(" ")
    command = session.kernel.command(name)
    assert command is not None, name
    return await command.run(arguments, session)


async def test_help_lists_commands_with_aliases_and_the_keys_of_plugins(shell: Shell) -> None:
    """All that work, and nothing else."""
    text = (await run(shell, "help")).text
    assert "`/exit`, `/quit`: leave gaff" in text
    assert "`/clear`, `/new`, `/reset`" in text
    assert "**Shift+Tab**: next permission mode" in text
    assert "**Ctrl+X Ctrl+E, Ctrl+G**" in text


async def test_help_leaves_out_what_is_switched_off(shell: Shell) -> None:
    """A disabled command is not there."""
    shell.without("commands.clear", "ui.keys")
    text = (await run(shell, "help")).text
    assert "/clear" not in text
    assert "Shift+Tab" not in text


async def test_help_on_one_command(shell: Shell) -> None:
    """By alias too, with the plugin it comes from."""
    assert (await run(shell, "help /quit")).text == "`/exit`: leave gaff (plugin commands.exit)"
    with pytest.raises(UsageError, match="there is no command /nope"):
        await run(shell, "help nope")


@pytest.mark.parametrize("line", ["exit", "quit"])
async def test_exit_leaves(shell: Shell, line: str) -> None:
    """By either name."""
    assert await run(shell, line) == CommandResult(then="exit")


@pytest.mark.parametrize("line", ["clear", "new", "reset"])
async def test_clear_opens_a_new_session(shell: Shell, line: str) -> None:
    """No id: a new one."""
    assert await run(shell, line) == CommandResult(then="switch")


async def test_status_tells_where_things_are(shell: Shell) -> None:
    """Session, transcript, folder, usage, and the plugins by state."""
    shell.add(say("Hello."))
    await shell.submit("hi")
    text = (await run(shell, "status")).text
    session = shell.session
    assert all(part in text for part in (session.id, str(session.transcript_path), str(session.cwd)))
    assert f"**Context**: {session.context_tokens:,} of" in text
    assert "active" in text


async def test_status_names_what_is_broken(shell: Shell) -> None:
    """A settings file that cannot be read, and a plugin that cannot be loaded."""
    (shell.workspace.gaff_home / "settings.json").write_text("{")
    (shell.workspace.folder / "bad.py").write_text("import no_such_module\n")
    shell.plugin(shell.workspace.folder / "bad.py")
    text = (await run(shell, "status")).text
    assert "**Problem**" in text
    assert "settings.json" in text
    assert "no_such_module" in text


async def test_status_names_the_settings_files_in_force(shell: Shell) -> None:
    """With the level of each."""
    path = shell.workspace.settings({"permissions": {"deny": ["Bash(rm *)"]}})
    assert f"**Settings** (user): {path}" in (await run(shell, "status")).text


async def test_permissions_shows_mode_rules_and_where_they_come_from(shell: Shell) -> None:
    """A file pattern also as what it means here."""
    path = shell.workspace.settings({"permissions": {"deny": ["Read(/x/**)"], "allow": ["Bash(ls *)"]}})
    text = (await run(shell, "permissions")).text
    assert "Permission mode: **default**" in text
    under_file = text.partition(f"### user, {path}\n")[2].splitlines()
    assert [line.partition("`,")[0] for line in under_file[1:3]] == [
        "- **deny** `Read(/x/**)",
        "- **allow** `Bash(ls *)`",
    ]
    assert f"that is `{shell.workspace.gaff_home}/x/**`" in text
    assert str(shell.workspace.project) in text


@pytest.mark.parametrize(
    ("line", "mode"), [("plan", "plan"), ("mode acceptEdits", "acceptEdits"), ("manual", "default")]
)
async def test_permissions_changes_the_mode(shell: Shell, line: str, mode: str) -> None:
    """By its name, with or without the word before it."""
    await run(shell, f"permissions {line}")
    assert shell.session.mode == mode


@pytest.mark.parametrize("line", ["bypassPermissions", "nonsense", "allow Bash(x", "allow (x)"])
async def test_permissions_refuses_what_cannot_be(shell: Shell, line: str) -> None:
    """No questions at all has to be asked for at the start; the rest makes no sense."""
    with pytest.raises(UsageError):
        await run(shell, f"permissions {line}")
    assert shell.session.mode == "default"


async def test_permissions_adds_a_rule_for_the_session(shell: Shell) -> None:
    """It is in force and listed at once."""
    assert "deny `Read`" in (await run(shell, "permissions deny Read")).text
    shell.add(call("Read", {"file_path": "a.txt"}), say("I cannot."))
    await shell.submit("read it")
    assert [outcome.status for outcome in shell.outcomes] == ["denied"]
    assert "### this session\n\n- **deny** `Read`" in (await run(shell, "permissions")).text


async def test_permissions_lists_rules_of_the_command_line(shell: Shell) -> None:
    """They are no file's."""
    shell.options("--disallowedTools", "WebFetch", "--allowedTools", "Bash(ls *)")
    text = (await run(shell, "permissions")).text
    assert "### command line, --disallowedTools\n\n- **deny** `WebFetch`" in text
    assert "### command line, --allowedTools\n\n- **allow** `Bash(ls *)`" in text


async def test_permissions_says_which_rules_do_not_count(shell: Shell) -> None:
    """An allow rule that a repository brings along, in a folder nobody trusts; a rule nobody consults."""
    shell.workspace.write(
        ".claude/settings.json", '{"permissions": {"allow": ["Bash(rm *)"], "deny": ["Bsh"]}}'
    )
    text = (await run(shell, "permissions")).text
    assert "does not count, since this folder is not trusted" in text
    assert "did you mean Bash?" in text


@pytest.mark.parametrize(
    ("pattern", "meaning"),
    [
        ("//etc/**", "/etc/**"),
        ("~/x", "/home/ada/x"),
        ("/src/**", "/base/src/**"),
        (".env", "/srv/**/.env"),
        ("./.env", "/srv/.env"),
        ("src/**", "/srv/src/**"),
    ],
)
def test_file_patterns_are_resolved(monkeypatch: pytest.MonkeyPatch, pattern: str, meaning: str) -> None:
    """As documented: root, home, the folder of the settings, the current folder."""
    monkeypatch.setenv("HOME", "/home/ada")
    assert resolved_pattern(pattern, Path("/base"), Path("/srv")) == meaning


async def test_model_lists_providers_and_whether_they_are_ready(shell: Shell) -> None:
    """With their aliases."""
    text = (await run(shell, "model")).text
    assert "Model: `scripted:" in text
    assert "**anthropic** (not set up)" in text
    assert "`opus`:" in text


async def test_model_switches(shell: Shell) -> None:
    """To another provider's, from the next request on."""
    result = await run(shell, "model offline:")
    assert shell.session.model.provider == "offline"
    assert "offline" in result.text
    with pytest.raises(UsageError):
        await run(shell, "model nosuchprovider:x")


async def test_resume_takes_an_id_or_the_beginning_of_one(shell: Shell) -> None:
    """And says where one is already."""
    shell.add(say("Hello."))
    await shell.submit("hi")
    assert (await run(shell, f"resume {shell.session.id[:8]}")).text == "This is the session you are in."
    with pytest.raises(UsageError, match="there is no session 'nope'"):
        await run(shell, "resume nope")


async def test_resume_offers_a_list(shell: Shell) -> None:
    """The newest first, the current session left out."""
    shell.add(say("Hello."))
    await shell.submit("the old one")
    old = shell.session.id
    await shell.close()
    shell.add(say("Again."))
    await shell.submit("the new one")
    shell.answer(old)
    result = await run(shell, "resume")
    assert result == CommandResult(then="switch", session_id=old)
    assert [choice.label for choice in shell.user.questions[-1].choices] == ["the old one"]


async def test_resume_without_anything_to_resume(shell: Shell) -> None:
    """One line that says so."""
    with pytest.raises(UsageError, match="there is no other session"):
        await run(shell, "resume")


@pytest.mark.parametrize(
    ("key", "name"), [("c-x", "Ctrl+X"), ("s-tab", "Shift+Tab"), ("f2", "F2"), ("escape", "Escape")]
)
def test_key_names(key: str, name: str) -> None:
    """As people write them."""
    assert key_name(key) == name


def test_how_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the largest unit that fits."""
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    assert [ago(1_000_000 - seconds) for seconds in (5, 61, 7_300, 90_000, -5)] == [
        "just now",
        "1 minute ago",
        "2 hours ago",
        "1 day ago",
        "just now",
    ]
