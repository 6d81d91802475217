"""The conformance kit as its users meet it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import types
from pathlib import Path

import pytest

from gaff.hooks import Session, events, specs
from gaff.hooks.markers import EVENT_HOOKS
from gaff.testing import Shell
from gaff.testing.conformance import CHECKS, Finding, Outcome, assert_conforms, check
from gaff.testing.conformance.findings import in_order
from gaff.testing.conformance.samples import expected, least_input, samples
from gaff.testing.conformance.side_effects import State, descendants
from gaff.testing.conformance.targets import find_targets

BAD = Path(__file__).parents[1] / "bad_plugins"
PAGE = Path(__file__).parents[3] / "docs" / "testing.md"


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the kit as a program."""
    command = [sys.executable, "-m", "gaff.testing.conformance", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def test_a_line_for_each_check(tmp_path: Path) -> None:
    """In order, then the summary; nothing at fault is exit code 0."""
    done = run(str(BAD / "good.py"), folder=tmp_path)
    *lines, summary = done.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [["ok", name] for name in CHECKS]
    assert summary == f"good: 0 faults, {len(CHECKS)} ok"
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_faults_say_how_to_mend_them(tmp_path: Path) -> None:
    """And make exit code 1; what could not be looked at is told in one line."""
    done = run(str(BAD / "wrong_argument.py"), folder=tmp_path)
    (fault,) = [line for line in done.stdout.splitlines() if line.startswith("FAULT")]
    assert "weather" in fault
    assert "docs/hooks.md" in fault
    assert "note  not looked at" in done.stdout
    assert done.returncode == 1


def test_json(tmp_path: Path) -> None:
    """The same for programs."""
    done = run("--json", str(BAD / "raises.py"), folder=tmp_path)
    (outcome,) = json.loads(done.stdout)
    assert (outcome["plugin"], outcome["conforms"]) == ("raises", False)
    assert [one["check"] for one in outcome["findings"] if one["verdict"] == "fault"] == ["events"]


def test_what_is_not_there_is_used_wrongly(tmp_path: Path) -> None:
    """One line, exit code 2."""
    done = run("no.such.plugin", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.strip().endswith(
        "no.such.plugin: there is no plugin, file, folder or module of this name"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_what_is_examined_ends_with_the_kit(number: signal.Signals) -> None:
    """However the kit ends, no plugin that hangs is left running."""
    command = [sys.executable, "-m", "gaff.testing.conformance", str(BAD / "endless_import.py")]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as kit:
        while not (children := descendants(kit.pid)):
            assert kit.poll() is None
        kit.send_signal(number)
    while children.keys() & descendants(1).keys():
        pass


def test_in_a_test_of_a_plugin() -> None:
    """A test fails with the lines of the faults."""
    assert_conforms(BAD / "good.py")
    with pytest.raises(AssertionError, match=r"prints does not conform:\nFAULT output"):
        assert_conforms(BAD / "prints.py")
    with pytest.raises(ValueError, match="there is no such file"):
        check("nowhere.py")


def test_a_module_that_only_this_process_can_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test has imported, the kit finds as well."""
    (tmp_path / "gaff_elsewhere.py").write_text((BAD / "good.py").read_text())
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    module = types.ModuleType("gaff_elsewhere")
    assert check(module).conforms


def test_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, folders with entry points, built-ins by name, and modules of the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[project.entry-points.gaff]\none = "m1"\ntwo = "m2:P"\n'
    )
    (tmp_path / "here.py").write_text("")
    assert [(one.name, one.module) for one in find_targets(".")] == [("one", "m1"), ("two", "m2:P")]
    assert find_targets("shell.bash")[0].module == "gaff.plugins.builtin.shell.bash"
    assert find_targets("here")[0].folders == (str(tmp_path),)
    assert find_targets("here.py", "mine")[0].name == "mine"


def test_an_installed_plugin_goes_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it is named: the shell has it under the name it is installed by."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "gaff_x.py").write_text("")
    information = tmp_path / "gaff_x-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: gaff-x\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text("[gaff]\nthe-x = gaff_x\n")
    for wanted in ("the-x", "gaff_x", str(tmp_path / "gaff_x.py")):
        (found,) = find_targets(wanted)
        assert (found.name, found.argument, found.module) == ("the-x", "the-x", "gaff_x")


def test_only_python_files(tmp_path: Path) -> None:
    """A slip of a shell pattern is told."""
    (tmp_path / "README.md").write_text("")
    with pytest.raises(ValueError, match="is no Python file"):
        find_targets(str(tmp_path / "README.md"))


@pytest.mark.parametrize("text", ["", "[project]", "[project.entry-points.other]\nx = 'y'", "no toml"])
def test_a_folder_without_a_plugin(tmp_path: Path, text: str) -> None:
    """One line that says what is missing."""
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ValueError, match="offers no plugin"):
        find_targets(str(tmp_path))


async def test_every_event_hook_has_plausible_events(shell: Shell) -> None:
    """A new hook is covered from its first day, and every event is the JSON that command hooks read."""
    session: Session = await shell.start()
    for hook in EVENT_HOOKS:
        spec = getattr(specs, hook)
        for given in samples(hook, session):
            assert set(given) == {*spec.__code__.co_varnames[: spec.__code__.co_argcount]}, hook
            assert all(json.dumps(one.to_json()) for one in given.values() if isinstance(one, events.Event))
        assert all(isinstance(kind, type) for kind in expected(hook)), hook


def test_the_least_input() -> None:
    """Of a schema with references, choices, bounds and lists."""
    schema = {
        "type": "object",
        "$defs": {"Kind": {"enum": ["a", "b"]}},
        "required": ["kind", "text", "count", "many", "either"],
        "properties": {
            "kind": {"$ref": "#/$defs/Kind"},
            "text": {"type": "string", "minLength": 3},
            "count": {"type": "integer", "minimum": 2},
            "many": {"type": "array", "minItems": 1, "items": {"type": "boolean"}},
            "either": {"anyOf": [{"type": "null"}, {"type": "string"}]},
            "optional": {"type": "string"},
        },
    }
    assert least_input(schema) == {"kind": "a", "text": "xxx", "count": 2, "many": [False], "either": None}


def test_what_a_process_shares_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes are told by name; what was put back is none."""
    before = State()
    with monkeypatch.context() as patch:
        patch.setenv("PAGER", "no such thing")
        patch.setattr(os, "getcwd", lambda: "/")
        assert {"changes os.environ: PAGER", "replaces os.getcwd"} <= set(before.changes())
    assert not [change for change in before.changes() if "PAGER" in change or "getcwd" in change]


def test_findings_come_in_the_order_of_the_checks() -> None:
    """A line for each that holds, and one for all that were not looked at."""
    found = [Finding("hooks", "fault", "bad"), Finding("import", "note", "slow")]
    ordered = in_order(found, ["import"], "it stopped")
    assert [(one.check, one.verdict) for one in ordered][:3] == [
        ("import", "ok"),
        ("import", "note"),
        ("hooks", "fault"),
    ]
    assert ordered[-1].text.endswith("since it stopped")
    outcome = Outcome("x", ordered)
    assert Outcome.of_json(json.loads(json.dumps(outcome.to_json()))) == outcome


def test_every_check_is_on_the_page() -> None:
    """With what it asks for."""
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in CHECKS if f"| `{name}` |" not in page] == []
