"""Settings files are changed one after the other, whole or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from gaff.hooks import Section, SettingsError, SettingsFile, change_settings, settings_files


def content(path: Path) -> dict[str, Any]:
    """Return what a settings file holds."""
    return json.loads(path.read_text())


def settings_at(folder: Path) -> SettingsFile:
    """Return a settings file in a folder."""
    return SettingsFile(folder / "settings.json", folder / "locks")


def add_rule(file: SettingsFile, rule: str) -> None:
    """Add one rule to a file."""

    def change(permissions: Section) -> None:
        permissions["allow"] = [*cast("list[str]", permissions.get("allow", [])), rule]

    change_settings(file, "permissions", change)


def test_threads_lose_no_update(tmp_path: Path) -> None:
    """Updates from many threads are all in the file."""
    names = sorted(f"R{n}" for n in range(60))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(add_rule, settings_at(tmp_path)), names))
    assert sorted(content(tmp_path / "settings.json")["permissions"]["allow"]) == names


def test_processes_lose_no_update(tmp_path: Path) -> None:
    """Updates from several processes are all in the file, and none leaves anything behind."""
    code = (
        "import sys; from pathlib import Path\n"
        "from gaff.hooks import SettingsFile, change_settings\n"
        "folder, name = Path(sys.argv[1]), sys.argv[2]\n"
        "file = SettingsFile(folder / 'settings.json', folder / 'locks')\n"
        "for n in range(10):\n"
        "    rule = f'{name}{n}'\n"
        "    change_settings(file, 'permissions', lambda p: p.__setitem__('allow', [*p.get('allow', []), rule]))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in "ABC"]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert len(set(content(tmp_path / "settings.json")["permissions"]["allow"])) == 30
    assert sorted(path.name for path in tmp_path.iterdir()) == ["locks", "settings.json"]


def test_a_file_that_stays_locked_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the lock too long is named as the reason."""
    monkeypatch.setattr(settings_files, "PATIENCE", 0.0)
    file = settings_at(tmp_path)
    faults: list[str] = []

    def change(permissions: Section) -> None:
        with pytest.raises(SettingsError) as fault:
            add_rule(file, "B")
        faults.append(str(fault.value))
        permissions["allow"] = ["A"]

    change_settings(file, "permissions", change)
    assert "another process" in faults[0]
    assert content(tmp_path / "settings.json")["permissions"]["allow"] == ["A"]


def test_a_failing_write_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is half written, and nothing is left over."""
    file = settings_at(tmp_path)
    add_rule(file, "A")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SettingsError, match="No space left"):
        add_rule(file, "B")
    assert content(tmp_path / "settings.json")["permissions"]["allow"] == ["A"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["locks", "settings.json"]
