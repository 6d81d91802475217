"""``gaff policy``: labelled cases judged as a session would judge them, and recorded sessions judged anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from gaff.hooks import Json
from gaff.testing import Workspace
from gaff.testing.pytest_plugin import RunGaff

PROJECT = "/home/user/project"


def case(tool: str, given: dict[str, Json], expect: str, **more: Json) -> dict[str, Json]:
    """Return a case in a project that is nowhere on this machine."""
    return {"tool": tool, "input": given, "cwd": PROJECT, "rules": {}, "expect": expect, **more}


def bash(command: str, expect: str, **more: Json) -> dict[str, Json]:
    """Return a case of a command."""
    return case("Bash", {"command": command}, expect, **more)


Judged = Callable[..., CompletedProcess[str]]


@pytest.fixture
def judged(run_gaff: RunGaff, workspace: Workspace) -> Judged:
    """Run ``gaff policy test`` over cases."""

    def run(*cases: dict[str, Json], options: tuple[str, ...] = ()) -> CompletedProcess[str]:
        path = workspace.write("cases.jsonl", "\n".join(map(json.dumps, cases)))
        return run_gaff("policy", "test", str(path), *options)

    return run


def decisions(done: CompletedProcess[str]) -> list[str]:
    """Return what was decided, of ``--json`` output."""
    assert done.returncode in (0, 1), done.stderr
    return [json.loads(line)["decision"] for line in done.stdout.splitlines()]


def test_each_grade_is_counted_and_only_unsafe_fails(judged: Judged) -> None:
    """Allowed what should not be, asked what should be denied, not allowed what should be, denied too much."""
    weak, noisy = bash("make", "deny"), bash("make", "allow")
    strict = bash("make", "ask", mode="dontAsk")
    done = judged(weak, noisy, strict, bash("ls", "allow"))
    assert "4 cases, 1 as expected; unsafe: 0, weak: 1, noisy: 1, strict: 1" in done.stdout
    assert done.returncode == 0
    assert judged(bash("ls", "ask")).returncode == 1
    assert judged(noisy, options=("--strict",)).returncode == 1


def test_also_ok_counts_as_right(judged: Judged) -> None:
    """One decision, or several."""
    done = judged(bash("ls", "ask", also_ok="allow"), bash("make", "allow", also_ok=["deny", "ask"]))
    assert "2 cases, 2 as expected" in done.stdout


def test_verbose_says_of_each_case_what_and_why(judged: Judged) -> None:
    """The part of the call, the rule, and where the rule stands."""
    rules: Json = {"deny": ["Bash(rm *)"]}
    done = judged(bash("ls && rm x", "deny", rules=rules, id="first"), options=("--verbose",))
    assert done.stdout.startswith(
        'ok     first: deny: Bash {"command": "ls && rm x"}: run rm x: deny rule Bash(rm *)'
    )
    assert "ok" not in judged(bash("ls", "allow")).stdout.splitlines()[0].split()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 2: not valid JSON"),
        ("[]", "line 2: a case is a JSON object"),
        ('{"expect": "allow"}', "line 2: tool"),
        ('{"tool": "Bash"}', "line 2: expect must be allow, ask or deny"),
        ('{"tool": "Bash", "expect": "yes"}', "not 'yes'"),
        ('{"tool": "Bash", "expect": "ask", "mode": "fast"}', "mode must be one of"),
        ('{"tool": "Bash", "expect": "ask", "rules": {"deny": "x"}}', "rules.deny must be a list"),
        ('{"tool": "Bash", "expect": "ask", "fs": {"symlinks": {"a": 1}}}', "'a' must lead to a path"),
        ("\udcff", "line 2: not UTF-8 text"),
    ],
)
def test_a_broken_line_is_named(run_gaff: RunGaff, workspace: Workspace, line: str, told: str) -> None:
    """By file and number; nothing is judged then."""
    path = workspace.project / "cases.jsonl"
    path.write_bytes(json.dumps(bash("ls", "ask")).encode() + b"\n" + line.encode("utf-8", "surrogateescape"))
    done = run_gaff("policy", "test", str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "cases.jsonl, line 2" in done.stderr


def test_cases_come_from_standard_input_too(run_gaff: RunGaff) -> None:
    """A file that is not there is told."""
    assert (
        "1 cases, 1 as expected"
        in run_gaff("policy", "test", "-", input=json.dumps(bash("ls", "allow"))).stdout
    )
    assert run_gaff("policy", "test", "nowhere.jsonl").returncode == 2


def test_home_is_that_of_the_project(judged: Judged) -> None:
    """``~`` is the home that the case's folders lie in, unless it says otherwise."""
    rules: Json = {"deny": ["Read(~/.ssh/**)"]}
    done = judged(
        case("Read", {"file_path": "/home/user/.ssh/id"}, "deny", rules=rules),
        case("Read", {"file_path": "/srv/me/.ssh/id"}, "deny", rules=rules, home="/srv/me"),
        case("Read", {"file_path": "~/.ssh/id"}, "deny", rules=rules, cwd="~/project"),
        bash("rm -rf /home/user", "ask", mode="bypassPermissions"),
        case("Read", {"file_path": "/home/ada/.ssh/id"}, "deny", rules=rules, cwd="/srv/app"),
        options=("--json",),
    )
    assert decisions(done) == ["deny", "deny", "deny", "ask", "deny"]


def test_links_are_followed_though_they_are_nowhere(judged: Judged) -> None:
    """A link to a denied file, one out of the project, one that stays inside, and a circle."""
    rules: Json = {"deny": ["Read(~/.ssh/**)"]}

    def read(path: str, links: Json, mode: str = "default", tool: str = "Read") -> dict[str, Json]:
        fs: Json = {"symlinks": links}
        return case(tool, {"file_path": path}, "ask", rules=rules, fs=fs, mode=mode)

    done = judged(
        read("key", {"key": "~/.ssh/id_rsa"}),
        read("a/new/x", {"a": "/tmp/x"}, "acceptEdits", "Write"),
        read("a/x", {"a": "src"}, "acceptEdits", "Write"),
        read("a/id", {"a": "b", "b": "../.ssh"}),
        options=("--json",),
    )
    assert decisions(done) == ["deny", "ask", "allow", "deny"]


def test_tools_that_are_not_here_are_judged_by_their_rules(judged: Judged) -> None:
    """By their names, and by what the contract says they take."""
    github, nothing = {"allow": ["mcp__github"]}, {"allow": ["mcp__*"]}
    fetch: Json = {"allow": ["WebFetch(domain:example.com)"]}
    done = judged(
        case("mcp__github__get", {}, "allow", rules=github),
        case("mcp__github__get", {}, "ask", rules=nothing),
        case("WebFetch", {"url": "https://example.com/a"}, "allow", rules=fetch),
        case("NotebookEdit", {"notebook_path": "a.ipynb"}, "deny", rules={"deny": ["Edit(*.ipynb)"]}),
        case("Task", {"subagent_type": "Explore"}, "deny", rules={"deny": ["Agent(Explore)"]}),
        case("PowerShell", {"command": "ls; del x"}, "deny", rules={"deny": ["PowerShell(Remove-Item *)"]}),
        case("SomethingNew", {}, "ask"),
        options=("--json",),
    )
    assert decisions(done) == ["allow", "ask", "allow", "deny", "deny", "deny", "ask"]


def test_without_rules_those_of_the_project_are_tested(judged: Judged, workspace: Workspace) -> None:
    """A project can so test its own settings in CI."""
    workspace.write(".claude/settings.json", '{"permissions": {"deny": ["Bash(make *)"]}}')
    own = {key: value for key, value in bash("make x", "deny").items() if key not in ("rules", "cwd")}
    assert decisions(judged(own, bash("make x", "ask"), options=("--json",))) == ["deny", "ask"]


def test_policies_of_plugins_take_part(judged: Judged, workspace: Workspace) -> None:
    """The votes are those of a session, strangers' included."""
    plugin = workspace.write(
        "guard.py",
        "from gaff.hooks import Vote, hookimpl\n"
        "@hookimpl\n"
        "def gaff_check_permission(event):\n"
        "    return Vote('deny', 'not on a Friday')\n",
    )
    done = judged(bash("ls", "deny"), options=("--verbose", "--plugin", str(plugin)))
    assert "not on a Friday" in done.stdout
    assert done.stdout.startswith("ok")


def test_nothing_is_made_or_run(judged: Judged, workspace: Workspace) -> None:
    """Cases in the project itself leave it as it was."""
    here = str(workspace.project)
    before = sorted(workspace.folder.rglob("*.made"))
    done = judged(bash("touch x.made && echo > y.made", "allow", cwd=here, rules={"allow": ["Bash", "Edit"]}))
    assert "1 cases, 1 as expected" in done.stdout
    assert sorted(workspace.folder.rglob("*.made")) == before


def test_control_characters_of_a_case_do_not_reach_the_terminal(judged: Judged) -> None:
    """Neither of the call nor of its id."""
    done = judged(bash("ls \x1b[2J", "allow", id="\x1b[31m"), options=("--verbose",))
    assert "\x1b" not in done.stdout


def test_the_example_of_the_manual_works(judged: Judged, workspace: Workspace) -> None:
    """Its cases hold under rules like those it shows."""
    manual = (Path(__file__).parents[4] / "docs" / "permissions.md").read_text()
    example = manual.partition("## Testing rules")[2].partition("```json\n")[2].partition("```")[0]
    workspace.settings({"permissions": {"allow": ["Bash(npm test)"], "deny": ["Read(~/.ssh/**)"]}})
    done = judged(*map(json.loads, example.splitlines()))
    assert "3 cases, 3 as expected" in done.stdout


def test_every_key_of_a_case_is_in_the_manual() -> None:
    """And every grade."""
    manual = (Path(__file__).parents[4] / "docs" / "permissions.md").read_text()
    for word in ("also_ok", "fs.symlinks", "project_dir", "home", "unsafe", "weak", "noisy", "strict"):
        assert f"`{word}`" in manual or f"**{word}**" in manual, word
