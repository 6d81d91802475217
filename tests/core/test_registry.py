"""Plugins: where they come from, who wins, what is told of those that do not load."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from gaff.hooks.errors import PluginError, UsageError
from gaff.kernel import Kernel
from gaff.manifest import ManifestCache
from gaff.sources import installed

from .conftest import Place

State = Callable[[Kernel, str], str]

COMMAND = '''"""Says hello."""
from gaff.hooks import Command, CommandResult, hookimpl

class Hello(Command):
    name = "{name}"
    summary = "{summary}"

    async def run(self, arguments, session):
        return CommandResult("hello")

@hookimpl
def gaff_register_commands():
    return [Hello()]
'''

BAD = {
    "missing_import": "import no_such_module_anywhere",
    "leaver": "import sys; sys.exit(3)",
    "unknown_hook": "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_no_such_hook(): ...",
    "wrong_argument": "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_stop(moment): ...",
    "keyword_only": "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_stop(*, event): ...",
    "default": "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_stop(event=None): ...",
    "wrapper": "from gaff.hooks import hookimpl\n@hookimpl(wrapper=True)\ndef gaff_stop(event):\n    return (yield)",
    "raises": "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_register_tools(): raise ValueError('x')",
    "no_tool": "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_register_tools(): return [1]",
    "other_version": "api = (99, 0)",
    "broken_version": "api = 1.0",
    "replaces_none": "replaces = None",
    "leaves_late": "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_register_tools(): raise SystemExit('a\\nb')",
    "module_trap": "def __getattr__(name): raise RuntimeError(name)",
}


def commands(kernel: Kernel) -> dict[str, str]:
    return {one.name: one.plugin for one in kernel.contributed("gaff_register_commands")}


def test_a_file_in_the_user_folder_is_a_plugin(place: Place, state: State) -> None:
    """What lies in ~/.gaff/plugins is loaded, and its contribution works."""
    place.write("~/plugins/greeter.py", COMMAND.format(name="greet", summary="greets"))

    kernel = place.start()

    assert state(kernel, "greeter") == "active"
    assert commands(kernel)["greet"] == "greeter"
    command = kernel.command("greet")
    assert command is not None
    assert command.summary == "greets"


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_plugin_is_one_line_and_no_more(place: Place, state: State, name: str) -> None:
    """Whatever a plugin file does, gaff starts, names the plugin and gives the reason."""
    place.write(f"~/plugins/{name}.py", BAD[name])

    kernel = place.start()

    assert state(kernel, name) == "failed"
    (line,) = [notice for notice in kernel.notices if name in notice]
    assert "\n" not in line
    assert state(kernel, "sessions.jsonl") == "active"


def test_a_project_plugin_needs_trust(place: Place, state: State, tmp_path: Path) -> None:
    """Code of an untrusted folder is not run, and that is said; --trust runs it."""
    ran = tmp_path / "ran"
    place.write(".gaff/plugins/sly.py", f"open({str(ran)!r}, 'w').close()")

    kernel = place.start()

    assert (state(kernel, "sly"), ran.exists()) == ("untrusted", False)
    (line,) = [notice for notice in kernel.notices if "not trusted" in notice]
    assert "which leaves out its plugin sly;" in line
    assert state(place.start("--trust"), "sly") == "active"


def test_a_plugin_is_disabled_by_flag_and_setting(place: Place, state: State) -> None:
    """no:NAME, a whole family, and a setting each leave a plugin out without importing it."""
    place.write("~/plugins/broken.py", "raise SystemExit")

    assert state(place.start("--plugin", "no:broken"), "broken") == "disabled"
    assert state(place.start("--plugin", "no:sessions.*"), "sessions.jsonl") == "disabled"
    place.write("~/settings.json", json.dumps({"plugins": {"broken": False}}))
    kernel = place.start()
    assert state(kernel, "broken") == "disabled"
    assert not [notice for notice in kernel.notices if "broken" in notice]


def test_a_repository_cannot_disable_a_guard(place: Place, state: State) -> None:
    """The settings of an untrusted project do not switch plugins off."""
    place.write(".gaff/settings.json", json.dumps({"plugins": {"sessions.jsonl": False}}))

    assert state(place.start(), "sessions.jsonl") == "active"


def test_replaces_takes_a_built_in_s_place(place: Place, state: State) -> None:
    """A plugin that says so takes the place of another."""
    place.write("~/plugins/mine.py", 'replaces = "sessions.jsonl"')

    kernel = place.start()

    assert state(kernel, "sessions.jsonl") == "replaced"
    with pytest.raises(UsageError, match="keeps sessions"):
        kernel.session_store()


def test_a_plugin_may_take_a_built_in_s_name(place: Place, state: State) -> None:
    """Of two with one name the user's stays, also where it says that it replaces its namesake."""
    for code in ("", 'replaces = "sessions.jsonl"'):
        path = place.write("~/plugins/sessions.jsonl.py", code)
        kernel = place.start()
        report = next(one for one in kernel.reports if one.name == "sessions.jsonl")
        assert (report.state, report.path) == ("active", str(path))
        assert any("sessions.jsonl" in notice for notice in kernel.notices) == (not code)
        path.unlink()


def test_of_two_that_replace_each_other_the_first_stays(place: Place, state: State) -> None:
    """The one of higher precedence wins; never both are gone."""
    place.write("~/plugins/late.py", 'replaces = "early"')
    early = place.write("early.py", 'replaces = "late"')

    kernel = place.start("--plugin", str(early))

    assert (state(kernel, "early"), state(kernel, "late")) == ("active", "replaced")


def test_a_refused_object_is_not_listed(place: Place, state: State) -> None:
    """A plugin object that breaks the contract leaves nothing behind."""
    kernel = place.start()

    with pytest.raises(PluginError, match="api"):
        kernel.register(SimpleNamespace(api=1.0), "refused")

    assert state(kernel, "refused") == "missing"


def test_the_command_line_wins_a_conflict(place: Place) -> None:
    """Of two plugins with one command name the one with higher precedence wins; both are named."""
    place.write("~/plugins/late.py", COMMAND.format(name="greet", summary="late"))
    early = place.write("early.py", COMMAND.format(name="greet", summary="early"))

    kernel = place.start("--plugin", str(early))

    assert commands(kernel)["greet"] == "early"
    assert any("early (command line) wins over late (user)" in notice for notice in kernel.notices)


def test_a_conflict_is_told_at_the_start(place: Place) -> None:
    """Before anything of the two is used, with where both come from."""
    first = place.write("first.py", COMMAND.format(name="same", summary=""))
    second = place.write("second.py", COMMAND.format(name="same", summary=""))

    notices = place.start("--plugin", str(first), "--plugin", str(second)).notices

    assert [line for line in notices if "same" in line] == [
        "command same: first (command line) wins over second (command line); say `replaces` or disable one"
    ]


def order(kernel: Kernel) -> list[str]:
    """Return who is called at a stop, of the plugins of the user folder."""
    users = {one.name for one in kernel.reports if one.source == "user"}
    return [one.plugin for one in kernel.plugins.implementations("gaff_stop") if one.plugin in users]


def test_before_and_after_order_hooks(place: Place) -> None:
    """Declared order beats the order of names; a circle is named."""
    hook = "from gaff.hooks import hookimpl\n@hookimpl\ndef gaff_stop(event): ...\n"
    place.write("~/plugins/aa.py", f'after = "bb"\n{hook}')
    place.write("~/plugins/bb.py", hook)
    kernel = place.start()

    assert order(kernel) == ["bb", "aa"]

    place.write("~/plugins/bb.py", f'after = "aa"\n{hook}')
    kernel = place.start()
    assert order(kernel) == ["aa", "bb"]
    assert any("circle" in notice for notice in kernel.notices)


def test_a_plugin_that_is_not_there(place: Place) -> None:
    """--plugin with an unknown name or file is one clear line."""
    for wanted in ("no_such_plugin_anywhere", "./nothing.py"):
        with pytest.raises(UsageError, match="--plugin"):
            place.start("--plugin", wanted)


def test_from_a_warm_cache_no_plugin_is_imported(place: Place, tmp_path: Path) -> None:
    """The second start reads facts from the cache: neither built-ins nor files are imported."""
    ran = tmp_path / "ran"
    place.write(
        "~/plugins/loud.py",
        f"with open({str(ran)!r}, 'a') as file:\n    file.write('x')\n"
        + COMMAND.format(name="loud", summary=""),
    )
    place.start()
    code = (
        "import os, sys, pathlib; from gaff.start import Start, start;"
        "k = start(Start((), dict(os.environ), pathlib.Path.cwd()));"
        "assert 'loud' in [one.name for one in k.contributed('gaff_register_commands')];"
        "print([name for name in sys.modules if name.startswith('gaff.plugins.builtin.') and name.count('.') > 3])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=place.project,
        env=place.environ,
        capture_output=True,
        text=True,
        check=True,
    )

    assert (done.stdout.strip(), ran.read_text()) == ("[]", "x")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1}', '{"plugins": 3}'])
def test_a_corrupt_cache_is_only_slower(place: Place, state: State, content: str) -> None:
    """Whatever stands in the cache file, gaff starts and mends it."""
    place.start()
    cache = place.home / "cache" / "manifest.json"
    cache.write_text(content)

    assert state(place.start(), "sessions.jsonl") == "active"
    assert json.loads(cache.read_text())["plugins"]


@pytest.mark.parametrize("damage", ["arguments", "installed"])
def test_a_damaged_cache_is_mended_silently(place: Place, state: State, damage: str) -> None:
    """Arguments that are no names, and a missing part, are as good as no cache."""
    place.start()
    cache = place.home / "cache" / "manifest.json"
    data = json.loads(cache.read_text())
    if damage == "arguments":
        data["plugins"]["built-in:permissions.rules:gaff.plugins.builtin.permissions.rules"]["manifest"][
            "hooks"
        ]["gaff_session_start"]["arguments"] = ["event): pass #"]
    else:
        del data["installed"]
    cache.write_text(json.dumps(data))

    kernel = place.start()

    assert (state(kernel, "permissions.rules"), kernel.notices) == ("active", [])
    assert json.loads(cache.read_text()).get("installed")


def test_a_cache_that_cannot_be_written_is_only_slower(place: Place, state: State) -> None:
    """A cache folder that cannot be made does not stop a start."""
    place.environ["GAFF_CACHE_DIR"] = "/dev/null/cache"

    assert state(place.start(), "sessions.jsonl") == "active"


def test_a_changed_file_is_looked_at_again(place: Place) -> None:
    """A plugin's facts follow its file."""
    path = place.write("~/plugins/greeter.py", COMMAND.format(name="one", summary=""))
    place.start()
    path.write_text(COMMAND.format(name="another", summary="changed"))

    assert "another" in commands(place.start())


def install(folder: Path, name: str, *, editable: bool = False) -> None:
    """Write what pip leaves behind of a distribution with one plugin."""
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[gaff]\n{name} = {name}.plugin\n")
    if editable:
        (metadata / "direct_url.json").write_text('{"url": "file:///x", "dir_info": {"editable": true}}')


def test_nothing_is_installed_in_the_project(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metadata in a project's folder makes no plugin, though the folder is on the path."""
    install(place.project, "sly_installed")
    monkeypatch.setattr(sys, "path", [str(place.project), *sys.path])

    assert "sly_installed" not in [one.name for one in place.start().reports]


def test_an_edited_installed_plugin_is_looked_at_again(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An editable install is followed by its file, which is found without importing its package."""
    install(tmp_path / "site", "edited_plugin", editable=True)
    package = tmp_path / "site" / "edited_plugin"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    (package / "plugin.py").write_text("")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "site"), *sys.path])
    cache = ManifestCache(tmp_path / "cache")

    stamps: list[object] = []
    for code in ("", "# changed"):
        (package / "plugin.py").write_text(code)
        (found,) = installed(cache, [str(tmp_path / "site")])
        stamps.append(found.stamps[1:])

    assert stamps[0] != stamps[1]
    assert "edited_plugin" not in sys.modules


def test_an_option_that_is_taken_is_left_out(place: Place) -> None:
    """A plugin that wants a flag of another does not end the start."""
    option = "from gaff.hooks import Option, hookimpl\n@hookimpl\ndef gaff_register_options():\n"
    place.write(
        "~/plugins/greedy.py",
        f'{option}    return [Option(("--model",), "mine"), Option(("--mine",), "too")]\n',
    )

    kernel = place.start("--mine", "x")

    assert kernel.options.text("mine") == "x"
    assert any("--model: the kernel wins over greedy" in notice for notice in kernel.notices)


def test_an_uninstalled_plugin_leaves_nothing_in_the_cache(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What was known of it goes with it; what is known of others stays."""
    site = tmp_path / "site"
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    for name in ("passing_plugin", "staying_plugin"):
        install(site, name)
        (site / name).mkdir()
        (site / name / "plugin.py").write_text("")
    place.start()
    (cache,) = tmp_path.rglob("manifest.json")
    assert "passing_plugin" in cache.read_text()

    shutil.rmtree(site / "passing_plugin-1.0.dist-info")
    place.start()

    assert "passing_plugin" not in cache.read_text()
    assert "installed:staying_plugin" in cache.read_text()
