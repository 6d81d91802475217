"""The sandbox in real sessions: settings, permission, what the model and the user are told."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest

from gaff.hooks import (
    Confined,
    Json,
    Notice,
    Sandbox,
    SandboxCommand,
    SandboxPolicy,
    ToolProgress,
    UsageError,
    hookimpl,
    object_at,
)
from gaff.plugins.builtin.sandbox._choice import try_all
from gaff.testing import Shell, call, calls, say

from .conftest import Ask, lacking

pytestmark = pytest.mark.skipif(
    bool(lacking("bubblewrap") or lacking("landlock")), reason="this machine cannot run both sandboxes"
)

LANDLOCK = ("sandbox.bubblewrap",)
NO_SANDBOX = ("sandbox.bubblewrap", "sandbox.landlock")


def use(shell: Shell, without: tuple[str, ...] = (), **settings: Json) -> None:
    """Turn the sandbox on, with these settings besides."""
    shell.workspace.settings({"sandbox": {"enabled": True, **settings}})
    if without:
        shell.without(*without)


def notices(shell: Shell) -> str:
    """Return all the user was told."""
    return "\n".join(event.text for event in shell.events if isinstance(event, Notice))


def processes_of(session_id: str) -> list[str]:
    """Return the processes that a session's commands started and that still run."""
    found: list[str] = []
    for process in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError), open(f"/proc/{process}/environ", "rb") as environ:
            if f"GAFF_TASK={session_id}".encode() in environ.read():
                found.append(process)
    return found


# Running.


@pytest.mark.parametrize("without", [(), LANDLOCK])
async def test_a_command_runs_in_it_and_needs_no_permission(
    shell: Shell, ask: Ask, without: tuple[str, ...]
) -> None:
    """Nobody is asked, what is inside is written, and what is outside is not."""
    use(shell, without)
    text = await ask("echo x > in.txt; echo x > ../out.txt; echo x > /etc/gaff-test")
    assert shell.questions == []
    assert (shell.workspace.project / "in.txt").exists()
    assert not (shell.workspace.folder / "out.txt").exists()
    assert not os.access("/etc/gaff-test", os.F_OK)
    assert "<sandbox_violations>" in text
    assert "dangerouslyDisableSandbox: true" in text


async def test_off_by_default(shell: Shell, ask: Ask) -> None:
    """Without the setting commands run and are asked about as ever."""
    shell.allow()
    assert "sandbox" not in await ask("echo x > ../out.txt")
    assert (shell.workspace.folder / "out.txt").exists()


@pytest.mark.parametrize("enabled", [True, False])
async def test_every_command_leads_a_session_of_its_own(shell: Shell, ask: Ask, enabled: bool) -> None:
    """So none can type into the user's terminal."""
    shell.workspace.settings({"sandbox": {"enabled": enabled}})
    shell.without(*LANDLOCK)
    shell.allow()
    assert await ask('set -- $(cat /proc/$$/stat); [ "$6" = "$$" ] && echo leads') == "leads"


async def test_success_tells_of_no_violation(shell: Shell, ask: Ask) -> None:
    """What merely prints such words, and succeeds, was not stopped."""
    use(shell)
    assert await ask("echo Permission denied") == "Permission denied"


async def test_temporary_files_go_to_a_folder_of_the_session(shell: Shell, ask: Ask) -> None:
    """It outlives the command, and /tmp is the same."""
    use(shell)
    await ask('echo one > "$TMPDIR/a"; echo two > /tmp/b')
    assert await ask('cat /tmp/a "$TMPDIR/b"') == "one\ntwo"


async def test_the_directory_is_followed(shell: Shell, ask: Ask) -> None:
    """cd carries over."""
    use(shell)
    await ask("mkdir d; cd d")
    assert shell.session.cwd == (shell.workspace.project / "d").resolve()


async def test_what_stood_in_for_missing_names_is_gone_afterwards(shell: Shell, ask: Ask) -> None:
    """Nothing is left in the project."""
    use(shell)
    assert "a.txt" in await ask("touch a.txt; ls -A")
    assert os.listdir(shell.workspace.project) == ["a.txt"]


async def test_a_background_command_is_confined(shell: Shell, ask: Ask) -> None:
    """It is the same sandbox, and it is left when the session ends."""
    use(shell)
    await ask("echo x > ../out.txt; sleep 60", run_in_background=True)
    await shell.close()
    assert not (shell.workspace.folder / "out.txt").exists()
    assert os.listdir(shell.workspace.project) == []


@pytest.mark.parametrize("without", [(), LANDLOCK])
async def test_an_interrupted_command_leaves_nothing(shell: Shell, without: tuple[str, ...]) -> None:
    """Its processes and its sandbox end with it."""
    use(shell, without)
    shell.add(call("Bash", {"command": "echo started; sleep 60"}), say("ok"))
    turn = asyncio.create_task(shell.submit("go"))
    await shell.event(ToolProgress)
    shell.session.interrupt()
    await turn
    assert processes_of(shell.session.id) == []
    assert os.listdir(shell.workspace.project) == []


async def test_commands_side_by_side(shell: Shell) -> None:
    """Each has a sandbox of its own, and the last one clears up."""
    use(shell)
    commands = [{"command": f"cat /etc/passwd >/dev/null; sleep 0.0{n}; ls -A"} for n in range(8)]
    shell.add(calls(*(("Bash", command) for command in commands)), say("ok"))
    await shell.submit("go")
    assert {outcome.status for outcome in shell.outcomes} == {"done"}
    assert os.listdir(shell.workspace.project) == []


async def test_what_a_command_changed_is_put_back_and_told(shell: Shell, ask: Ask) -> None:
    """Landlock cannot keep a protected file from being changed inside a writable folder."""
    use(shell, LANDLOCK)
    shell.workspace.write(".vscode/tasks.json", "mine")
    shell.workspace.write("evil.sh", "echo evil > .vscode/tasks.json")
    assert "was put back" in await ask("bash evil.sh")
    assert shell.workspace.read(".vscode/tasks.json") == "mine"
    assert "was put back" in notices(shell)


@pytest.mark.parametrize("without", [(), LANDLOCK])
async def test_variables_with_credentials_are_left_out(
    shell: Shell, ask: Ask, without: tuple[str, ...]
) -> None:
    """Those that settings name, and provider keys anyway."""
    entry = {"name": "DEPLOY_TOKEN", "mode": "deny"}
    use(shell, without, credentials={"envVars": [entry]})
    shell.workspace.variables |= {"DEPLOY_TOKEN": "canary", "OPENAI_API_KEY": "canary", "KEPT": "kept"}
    shell.workspace.write("look.sh", "env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'")
    text = await ask("bash look.sh")
    assert "KEPT=kept" in text
    assert "canary" not in text


# Permission.


async def test_a_way_out_is_asked_for(shell: Shell, ask: Ask) -> None:
    """With dangerouslyDisableSandbox a command runs outside once the user agreed."""
    use(shell)
    shell.allow()
    await ask("echo x > ../out.txt", dangerouslyDisableSandbox=True)
    assert len(shell.questions) == 1
    assert (shell.workspace.folder / "out.txt").exists()
    assert object_at({"response": shell.outcomes[-1].output.response}, "response")[
        "dangerouslyDisableSandbox"
    ]


async def test_no_way_out_in_strict_mode(shell: Shell, ask: Ask) -> None:
    """allowUnsandboxedCommands: false takes the parameter for nothing, and nothing offers it."""
    use(shell, allowUnsandboxedCommands=False)
    text = await ask("echo x > ../out.txt", dangerouslyDisableSandbox=True)
    assert not (shell.workspace.folder / "out.txt").exists()
    assert "dangerouslyDisableSandbox" not in text


async def test_excluded_commands_run_outside_and_need_permission(shell: Shell, ask: Ask) -> None:
    """The whole command does where any part matches."""
    use(shell, excludedCommands=["tee *"])
    shell.allow()
    await ask("echo x | tee ../out.txt")
    assert len(shell.questions) == 1
    assert (shell.workspace.folder / "out.txt").exists()


async def test_without_auto_allow_commands_in_it_are_asked_about(shell: Shell, ask: Ask) -> None:
    """The sandbox is there all the same."""
    use(shell, autoAllowBashIfSandboxed=False)
    shell.allow()
    await ask("echo x > ../out.txt")
    assert len(shell.questions) == 1
    assert not (shell.workspace.folder / "out.txt").exists()


async def test_denials_hold(shell: Shell, ask: Ask) -> None:
    """A deny rule stops a command that the sandbox would allow."""
    rules: Json = {"deny": ["Bash(touch *)"]}
    shell.workspace.settings({"sandbox": {"enabled": True}, "permissions": rules})
    await ask("touch a.txt")
    assert shell.outcomes[-1].status == "denied"


@pytest.mark.parametrize(
    ("rule", "settings", "more", "asked"),
    [
        ("Bash(touch *)", {}, {}, 1),
        ("Bash", {}, {}, 0),
        ("Bash(*)", {}, {}, 0),
        ("*", {}, {}, 1),
        ("Bash(run_in_background:true)", {}, {"run_in_background": True}, 1),
        ("Bash", {"enabled": False}, {}, 1),
        ("Bash", {"autoAllowBashIfSandboxed": False}, {}, 1),
        ("Bash", {"excludedCommands": ["touch *"]}, {}, 1),
        ("Bash", {}, {"dangerouslyDisableSandbox": True}, 1),
        ("Bash", {"allowUnsandboxedCommands": False}, {"dangerouslyDisableSandbox": True}, 0),
    ],
)
async def test_questions_of_rules(
    shell: Shell, ask: Ask, rule: str, settings: dict[str, Json], more: dict[str, bool], asked: int
) -> None:
    """One that is about all of Bash is spared for what runs in the sandbox, and for nothing else."""
    sandbox: Json = {"enabled": True, **settings}
    shell.workspace.settings({"sandbox": sandbox, "permissions": {"ask": [rule]}})
    await ask("touch a.txt", **more)
    assert len(shell.questions) == asked


@pytest.mark.parametrize(("without", "rules"), [(NO_SANDBOX, ["Bash"]), ((), ["Bash", "Bash(tou*)"])])
async def test_questions_about_all_of_bash_may_hold(
    shell: Shell, ask: Ask, without: tuple[str, ...], rules: list[Json]
) -> None:
    """Where nothing confines the command, and where a rule beside the bare one asks."""
    shell.workspace.settings({"sandbox": {"enabled": True}, "permissions": {"ask": rules}})
    shell.without(*without)
    await ask("touch a.txt")
    assert len(shell.questions) == 1


async def test_critical_paths_are_asked_about(shell: Shell, ask: Ask) -> None:
    """Removing the project itself is."""
    use(shell)
    await ask("rm -rf ./*")
    await ask(f"rm -rf {shell.workspace.project}")
    assert shell.questions


async def test_plan_mode_is_not_widened(shell: Shell, ask: Ask) -> None:
    """There nothing is changed, in the sandbox neither."""
    use(shell)
    shell.options("--permission-mode", "plan")
    await ask("touch a.txt")
    assert shell.outcomes[-1].status == "denied"


# Paths of settings and rules.


@pytest.mark.parametrize("without", [(), LANDLOCK])
async def test_settings_and_rules_say_what_may_be_written_and_read(
    shell: Shell, ask: Ask, without: tuple[str, ...]
) -> None:
    """allowWrite, denyWrite, denyRead, and Edit and Read rules with them."""
    for name in ("one", "two", "project/kept", "project/ruled"):
        (shell.workspace.folder / name).mkdir()
    base = shell.workspace.folder
    (base / "secret").write_text("canary")
    (base / "other").write_text("canary")
    files = {
        "allowWrite": [f"{base}/one"],
        "denyWrite": [f"{base}/project/kept"],
        "denyRead": [f"{base}/secret"],
    }
    rules = {"allow": [f"Edit(/{base}/two/**)"], "deny": ["Edit(./ruled/**)", f"Read(/{base}/other)"]}
    sandbox: Json = {"enabled": True, "filesystem": files}
    shell.workspace.settings({"sandbox": sandbox, "permissions": rules})
    if without:
        shell.without(*without)
    shell.workspace.write(
        "go.sh",
        "cd ..; for d in one two project/kept project/ruled; do echo x > $d/x; done; cat secret other",
    )
    text = await ask("bash go.sh")
    written = [
        name for name in ("one", "two", "project/kept", "project/ruled") if (base / name / "x").exists()
    ]
    assert written == ["one", "two"]
    assert "canary" not in text


@pytest.mark.parametrize("without", [(), LANDLOCK])
async def test_a_whole_working_directory_can_be_denied(
    shell: Shell, ask: Ask, without: tuple[str, ...]
) -> None:
    """denyWrite beats what makes a folder writable."""
    use(shell, without, filesystem={"denyWrite": [str(shell.workspace.project)]})
    shell.workspace.write("a.txt", "one")
    text = await ask("echo x > in.txt; cat a.txt")
    assert text.startswith("one") or "\none" in text
    assert os.listdir(shell.workspace.project) == ["a.txt"]


@pytest.mark.parametrize("without", [(), LANDLOCK])
async def test_the_longer_path_holds(shell: Shell, ask: Ask, without: tuple[str, ...]) -> None:
    """What is hidden around the project does not hide the project, nor what is shown again."""
    base = shell.workspace.folder
    hidden = [str(base), f"{base}/project/.env"]
    use(shell, without, filesystem={"denyRead": hidden, "allowRead": [f"{base}/shown"]})
    (base / "secret").write_text("canary")
    shell.workspace.write(".env", "canary")
    (shell.workspace.project / "d").mkdir()
    (base / "shown").write_text("shown\n")
    shell.workspace.write("a.txt", "one\n")
    shell.workspace.write("go.sh", "cat a.txt ../shown; echo two > d/b.txt; cat d/b.txt; cat .env ../secret")
    text = await ask("bash go.sh")
    assert text.split("\n")[:4] == ["Exit code 1", "one", "shown", "two"]
    assert "canary" not in text


@pytest.mark.parametrize("without", [(), LANDLOCK])
async def test_what_is_hidden_and_what_is_protected_stay_so_side_by_side(
    shell: Shell, ask: Ask, without: tuple[str, ...]
) -> None:
    """A hidden file beside a protected one, in a protected folder, and a project in a hidden folder."""
    names = ("a/.env", ".vscode/.env", ".claude/worktrees/w/.env")
    files: Json = {
        "denyRead": [str(shell.workspace.folder), *(str(shell.workspace.project / n) for n in names)]
    }
    use(shell, without, filesystem=files)
    for name in names:
        shell.workspace.write(name, "canary")
    kept = ("a/.mcp.json", ".vscode/tasks.json", ".git/hooks/pre-commit")
    for name in kept:
        shell.workspace.write(name, "mine")
    shell.workspace.write(
        "go.sh", "\n".join((f"cat {' '.join(names)}", *(f"echo x > {name}" for name in kept)))
    )
    assert "canary" not in await ask("bash go.sh")
    assert [shell.workspace.read(name) for name in kept] == ["mine"] * len(kept)


async def test_a_pattern_of_a_rule_hides_files_too(shell: Shell, ask: Ask) -> None:
    """A denial of a mere name holds at any depth."""
    shell.workspace.settings({"sandbox": {"enabled": True}, "permissions": {"deny": ["Read(*.pem)"]}})
    shell.workspace.write("a/b/key.pem", "canary")
    shell.workspace.write("go.sh", "cat a/b/k*")
    assert "canary" not in await ask("bash go.sh")


async def test_an_untrusted_folder_loosens_nothing(shell: Shell, ask: Ask) -> None:
    """Its settings may deny but not allow."""
    shell.workspace.write(
        ".claude/settings.json",
        '{"sandbox": {"enabled": false, "excludedCommands": ["*"], "filesystem": {"allowWrite": ["/"]}}}',
    )
    use(shell)
    await ask("echo x > ../out.txt")
    assert not (shell.workspace.folder / "out.txt").exists()


@pytest.mark.parametrize("without", [(), LANDLOCK])
async def test_repositories_further_below_are_protected(
    shell: Shell, ask: Ask, without: tuple[str, ...]
) -> None:
    """Nested ones, the repositories of submodules, and settings beside them."""
    use(shell, without)
    names = ("a/b/.git/hooks/pre-commit", ".git/modules/m/config", "a/.mcp.json", "a/sub/.git")
    for name in names:
        shell.workspace.write(name, "mine")
    shell.workspace.write("evil.sh", "\n".join(f"echo evil > {name}" for name in names))
    await ask("bash evil.sh; mv a c; echo ok > a/b/file")
    assert [shell.workspace.read(name) for name in names] == ["mine"] * len(names)


# The network.


@pytest.mark.parametrize(
    ("host", "shown"), [("h.test", "h.test"), ("[::1]", "[::1]"), ("0x7f.1", "127.0.0.1")]
)
async def test_a_new_host_is_asked_about_once(shell: Shell, ask: Ask, host: str, shown: str) -> None:
    """A no holds for the command, and the model is told which host it was."""
    use(shell)
    shell.answer("no")
    request = (
        f"exec 3<>/dev/tcp/127.0.0.1/3128; printf 'GET http://{host}/ HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3;"
    )
    text = await ask(request * 2)
    assert [question.title for question in shell.questions] == [
        f"Let a command in the sandbox reach {shown}:80?"
    ]
    assert f"hosts not reached: {shown.strip('[]')}" in text


async def test_strict_lists_ask_nobody(shell: Shell, ask: Ask) -> None:
    """strictAllowlist denies what is not on the list."""
    use(shell, network={"allowedDomains": ["a.test"], "strictAllowlist": True})
    request = "exec 3<>/dev/tcp/127.0.0.1/3128; printf 'GET http://h.test/ HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3"
    assert "h.test" in await ask(request)
    assert shell.questions == []


# Which sandbox.


class Sieve(Sandbox):
    """A sandbox of another plugin that lets everything through."""

    name = "sieve"
    summary = "none at all"
    rank = 1000

    def missing(self, policy: SandboxPolicy) -> str:
        return ""

    @asynccontextmanager
    async def confine(self, command: SandboxCommand, policy: SandboxPolicy) -> AsyncGenerator[Confined]:
        yield Confined(command.argv, command.environ)


class SievePlugin:
    @hookimpl
    def gaff_register_sandboxes(self) -> list[Sandbox]:
        return [Sieve()]


async def test_a_sandbox_that_does_not_hold_is_not_used(shell: Shell, ask: Ask) -> None:
    """It is tried first, found out, and the next one is used."""
    use(shell)
    shell.plugin(SievePlugin())
    await ask("echo x > ../out.txt")
    assert not (shell.workspace.folder / "out.txt").exists()
    record = next(entry for entry in shell.transcript if entry["type"] == "gaff-sandbox")
    assert "does not stop what it must stop" in str(record["tried"])
    assert record["sandbox"] == "bubblewrap"


async def test_none_is_told_loudly_and_allows_nothing(shell: Shell, ask: Ask) -> None:
    """Where no sandbox holds every command is asked about."""
    use(shell, NO_SANDBOX)
    await ask("touch a.txt")
    assert "NO SANDBOX" in notices(shell)
    assert len(shell.questions) == 1


async def test_none_refuses_to_start_where_one_is_required(shell: Shell) -> None:
    """failIfUnavailable says so."""
    use(shell, NO_SANDBOX, failIfUnavailable=True)
    with pytest.raises(UsageError, match="failIfUnavailable"):
        await shell.start()


async def test_one_that_cannot_be_set_up_runs_nothing(
    shell: Shell, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault when a command is prepared fails closed."""
    use(shell)
    await shell.start()
    path = "gaff.plugins.builtin.sandbox.bubblewrap.find_program"
    monkeypatch.setattr(path, lambda policy: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert "could not be set up" in await ask("touch a.txt")
    assert os.listdir(shell.workspace.project) == []


# What is told.


async def test_the_model_is_told_of_the_sandbox(shell: Shell, ask: Ask) -> None:
    """Its prompt says where commands may write."""
    use(shell)
    await ask("true")
    assert "# Sandbox" in str(shell.requests[0]["system"])


async def test_status_tells_of_the_sandbox(shell: Shell) -> None:
    """With what was tried."""
    use(shell)
    session = await shell.start()
    command = shell.kernel.command("status")
    assert command is not None
    text = (await command.run("", session)).text
    assert "**Sandbox**: bubblewrap" in text
    assert "write outside: stopped" in text


@pytest.mark.parametrize(("without", "shown"), [((), "sandbox: bubblewrap"), (NO_SANDBOX, "NO SANDBOX")])
async def test_the_status_line_tells_of_the_sandbox(
    shell: Shell, without: tuple[str, ...], shown: str
) -> None:
    """Its name, or loudly that there is none."""
    from gaff.plugins.builtin.sandbox.session import status

    use(shell, without)
    assert status(await shell.start()) == shown


@pytest.mark.parametrize("without", [(), LANDLOCK])
@pytest.mark.parametrize("by", ["setting", "rule"])
async def test_a_link_in_the_project_allows_nothing_outside(
    shell: Shell, ask: Ask, without: tuple[str, ...], by: str
) -> None:
    """A command cannot turn a folder that may be written into another one."""
    shell.workspace.write("build/x", "")
    build, outside = shell.workspace.project / "build", shell.workspace.folder / "outside"
    outside.mkdir()
    use(shell, without, filesystem={"allowWrite": [str(build)]} if by == "setting" else {})
    if by == "rule":
        permissions: Json = {"allow": [f"Edit(/{build}/**)"]}
        shell.workspace.settings({"sandbox": {"enabled": True}, "permissions": permissions})
    await ask("true; mv build old; ln -s ../outside build")
    await ask(f"f={outside}; echo x > $f/y; echo x > build/y")
    assert list(outside.iterdir()) == []


async def test_the_doctor_tells_what_is_not_stopped(shell: Shell) -> None:
    """Where the kernel knows no way."""
    await shell.start()
    choice = await try_all(shell.session.kernel, each=True)
    checks = {trial.name: trial.checks for trial in choice.trials}
    assert "not stopped: mode and times of files outside" in checks["landlock"]
