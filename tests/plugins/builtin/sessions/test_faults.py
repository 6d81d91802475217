"""Killed writers and full disks: nothing acknowledged is lost, and it is said."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gaff.hooks import SessionError
from gaff.plugins.builtin.sessions.jsonl import JsonlStore

WRITERS = Path(__file__).with_name("writers.py")
TMPFS = 'mount -t tmpfs -o size=2m none "$1" && exec "$2" "$3" fill "$1"'


def test_killed_writers_lose_no_acknowledged_record(tmp_path: Path) -> None:
    """Three writers take turns and are killed at random points; every record they acknowledged is there."""
    command = [sys.executable, str(WRITERS), "kill", str(tmp_path), "120"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert result["lost"] == 0
    assert result["acknowledged"] > 120
    assert result["unreadable"] <= 123


def test_full_disk_costs_no_record(tmp_path: Path) -> None:
    """On a disk of 2 MB records fail when it is full, are said to, and succeed when there is room again."""
    shell = ["unshare", "--map-root-user", "--mount", "sh", "-c", TMPFS, "sh"]
    command = [*shell, str(tmp_path), sys.executable, str(WRITERS)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if not done.stdout:
        pytest.skip(f"cannot mount a small disk here: {done.stderr.strip()}")
    result = json.loads(done.stdout)
    assert result["found"] == result["acknowledged"]
    assert result["unreadable"] == 0
    assert len(result["errors"]) == 20
    assert "No space left on device; free some space and go on" in result["errors"][0]
    assert result["acknowledged"][-1] > result["acknowledged"][0] + len(result["acknowledged"])


def test_file_at_its_limit_is_as_before(tmp_path: Path) -> None:
    """A record that fits only in part is taken back, and later ones follow the last whole one."""
    command = [sys.executable, str(WRITERS), "limit", str(tmp_path), "9000"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert result["sizes"][1] == result["sizes"][2] == result["sizes"][3]
    assert "File too large; raise the file size limit" in result["errors"][0]
    assert result["found"] == [0, 1, 4, 5]


def test_short_writes_are_completed(
    store: JsonlStore, project: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system that takes a few bytes at a time gets the rest too."""
    write = os.write

    def seven_bytes(file: int, data: bytes) -> int:
        return write(file, bytes(data[:7]))

    monkeypatch.setattr(os, "write", seven_bytes)
    writer = store.open(session_id, project)
    writer.append({"text": "a record of many bytes"})
    writer.close()
    assert writer.path.read_bytes() == b'{"text":"a record of many bytes"}\n'


def test_disk_error_half_way_takes_the_record_back(
    store: JsonlStore, project: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some bytes and an error the file is as it was, and the next record is whole."""
    write, calls = os.write, list[int]()

    def failing(file: int, data: bytes) -> int:
        calls.append(len(data))
        if len(calls) == 2:
            raise OSError(errno.EIO, "Input/output error")
        return write(file, bytes(data[:5]))

    writer = store.open(session_id, project)
    writer.append({"n": 1})
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", failing)
        with pytest.raises(SessionError, match=r"cannot write the transcript .*: Input/output error"):
            writer.append({"n": 2})
    assert writer.path.read_bytes() == b'{"n":1}\n'
    writer.append({"n": 3})
    writer.close()
    assert writer.path.read_bytes() == b'{"n":1}\n{"n":3}\n'


def test_what_another_wrote_is_never_cut(
    store: JsonlStore, project: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A title an SDK client appends just before our record fails stays, on a line of its own."""
    write = os.write

    def overtaken(file: int, data: bytes) -> int:
        write(file, b'{"n"')
        write(file, b'{"type":"custom-title"}\n')
        raise OSError(errno.EIO, "Input/output error")

    writer = store.open(session_id, project)
    writer.append({"n": 1})
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", overtaken)
        with pytest.raises(SessionError):
            writer.append({"n": 2})
    writer.close()
    assert writer.path.read_bytes().endswith(b'{"type":"custom-title"}\n')


def test_full_disk_does_not_keep_a_torn_session_from_opening(
    store: JsonlStore, project: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session whose last line is torn can be resumed, and read, where nothing can be written."""

    def full(file: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = store.path(session_id, project)
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"n":1}\n{"n"')
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        writer = store.open(session_id, project)
    writer.append({"n": 2})
    writer.close()
    assert list(store.read(session_id, project)) == [{"n": 2}, {"n": 1}]


def test_unwritable_folder_is_told_at_once(tmp_path: Path, session_id: str) -> None:
    """Without the right to make files the session does not even begin."""
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    with pytest.raises(SessionError, match="is not writable; set GAFF_HOME"):
        JsonlStore(home).open(session_id, tmp_path)
    shutil.rmtree(home)
