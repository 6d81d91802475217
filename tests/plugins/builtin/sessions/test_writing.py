"""What a writer promises: whole lines, one writer, nothing acknowledged lost."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import cast

import pytest
from hypothesis import given, settings, strategies as st

from gaff.hooks import SessionError
from gaff.hooks.values import Json
from gaff.plugins.builtin.sessions.jsonl import JsonlStore

HOLD = """
import sys
from pathlib import Path
from gaff.plugins.builtin.sessions.jsonl import JsonlStore
writer = JsonlStore(Path(sys.argv[1])).open(sys.argv[2], Path(sys.argv[3]))
writer.append({"type": "user"})
print("held", flush=True)
sys.stdin.read()
"""

TEXT = st.text('ab1 \n\r"\\\0\u2028\x85\u00fc\u4e2d\U0001f600\udfff')
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


def written(store: JsonlStore, project: Path, session_id: str) -> bytes:
    """Return what the transcript holds."""
    return store.path(session_id, project).read_bytes()


def test_records_are_compact_lines(store: JsonlStore, project: Path, session_id: str) -> None:
    """A record is one line of JSON without spaces, text as it is."""
    writer = store.open(session_id, project)
    writer.append({"type": "user", "text": "schön\nwar's"})
    writer.append({"type": "assistant", "n": [1, None]})
    writer.close()
    lines = b'{"type":"user","text":"sch\xc3\xb6n\\nwar\'s"}\n{"type":"assistant","n":[1,null]}\n'
    assert written(store, project, session_id) == lines


@settings(max_examples=60)
@given(value=st.dictionaries(TEXT, JSON, max_size=4))
def test_record_is_one_line_of_utf8_and_comes_back(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, Json]
) -> None:
    """Whatever text a model or a tool produced, lone surrogates included, is valid UTF-8 on disk and the same after."""
    home = tmp_path_factory.mktemp("home")
    store = JsonlStore(home)
    writer = store.open("s", home)
    writer.append(value)
    writer.close()
    assert written(store, home, "s").decode("utf-8").count("\n") == 1
    assert list(store.read("s", home)) == [value]


def test_read_only_views_can_be_written(store: JsonlStore, project: Path, session_id: str) -> None:
    """Entries may hold the frozen mappings that events carry."""
    writer = store.open(session_id, project)
    writer.append({"input": MappingProxyType({"a": (1, 2)})})
    writer.close()
    assert written(store, project, session_id) == b'{"input":{"a":[1,2]}}\n'


def test_values_of_plugins_are_kept_as_text(store: JsonlStore, project: Path, session_id: str) -> None:
    """A result that is not JSON, which its plugin got wrong, does not cost the turn."""
    writer = store.open(session_id, project)
    writer.append({"path": cast("Json", Path("/x"))})
    writer.close()
    assert written(store, project, session_id) == b'{"path":"/x"}\n'


def test_what_is_not_json_is_refused(store: JsonlStore, project: Path, session_id: str) -> None:
    """An entry that cannot be written at all fails alone."""
    writer = store.open(session_id, project)
    endless: dict[str, Json] = {}
    endless["again"] = endless
    with pytest.raises(SessionError, match="cannot be written as JSON"):
        writer.append(endless)
    writer.append({"type": "user"})
    writer.close()
    assert written(store, project, session_id) == b'{"type":"user"}\n'


@pytest.mark.parametrize("torn", [b'{"type":"us', b'{"a":"\xc3', b'{"a":"\xe2\x82', b'{"a":"\xf0\x9f\x98'])
def test_torn_line_is_closed_before_the_next_record(
    store: JsonlStore, project: Path, session_id: str, torn: bytes
) -> None:
    """A record after a crash is not glued to the torn one, and half a character does not stay."""
    path = store.path(session_id, project)
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"n":1}\n' + torn)
    writer = store.open(session_id, project)
    assert path.read_bytes().endswith(b"\n")
    writer.append({"n": 2})
    writer.close()
    assert path.read_text("utf-8").splitlines()[-1] == '{"n":2}'
    assert list(store.read(session_id, project)) == [{"n": 2}, {"n": 1}]


def test_line_another_program_left_open_is_closed(store: JsonlStore, project: Path, session_id: str) -> None:
    """Before each record the end is looked at, since others append without a lock."""
    writer = store.open(session_id, project)
    writer.append({"n": 1})
    with writer.path.open("ab") as other:
        other.write(b'{"type":"custom-title"')
    writer.append({"n": 2})
    writer.close()
    assert written(store, project, session_id) == b'{"n":1}\n{"type":"custom-title"\n{"n":2}\n'


def test_second_writer_is_refused_by_name(store: JsonlStore, project: Path, session_id: str) -> None:
    """Who wants to write a session that is being written learns which process has it."""
    command = [sys.executable, "-c", HOLD, str(store.home), session_id, str(project)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(SessionError, match=rf"written by process {holder.pid};.*--fork-session"):
            store.open(session_id, project)
        holder.kill()
    writer = store.open(session_id, project)
    writer.append({"n": 2})
    writer.close()


def test_two_new_sessions_of_one_id_are_two_writers(
    store: JsonlStore, project: Path, session_id: str
) -> None:
    """The lock also holds where neither had a file when it was opened."""
    first, second = store.open(session_id, project), store.open(session_id, project)
    first.append({"n": 1})
    with pytest.raises(SessionError, match=f"written by process {os.getpid()}"):
        second.append({"n": 2})
    first.close()
    second.append({"n": 2})
    second.close()
    assert written(store, project, session_id) == b'{"n":1}\n{"n":2}\n'


def test_closed_writer_refuses(store: JsonlStore, project: Path, session_id: str) -> None:
    """A writer that was closed, even twice, writes nothing any more."""
    writer = store.open(session_id, project)
    writer.append({"n": 1})
    writer.close()
    writer.close()
    with pytest.raises(SessionError, match="is closed"):
        writer.append({"n": 2})


def test_deleted_transcript_is_noticed(store: JsonlStore, project: Path, session_id: str) -> None:
    """Records are not written into a file that nobody can find any more."""
    writer = store.open(session_id, project)
    writer.append({"n": 1})
    writer.path.unlink()
    with pytest.raises(SessionError, match="deleted or replaced"):
        writer.append({"n": 2})
    writer.close()


def test_home_that_is_a_file_is_told_at_once(tmp_path: Path, session_id: str) -> None:
    """What would fail with the first record fails when the session opens."""
    (tmp_path / "home").write_text("")
    with pytest.raises(SessionError, match="is not a folder; set GAFF_HOME"):
        JsonlStore(tmp_path / "home").open(session_id, tmp_path)


def test_link_in_place_of_a_transcript_is_not_followed(
    store: JsonlStore, project: Path, session_id: str
) -> None:
    """A link planted under the name of a session does not make us write elsewhere."""
    path = store.path(session_id, project)
    path.parent.mkdir(parents=True)
    target = project / "target"
    target.write_text("")
    path.symlink_to(target)
    with pytest.raises(SessionError, match="cannot write the transcript"):
        store.open(session_id, project)
    assert target.read_text() == ""


def test_failed_sync_never_becomes_clean(
    store: JsonlStore, project: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the disk reported an error, a later success would prove nothing."""

    def broken(file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    writer = store.open(session_id, project)
    writer.append({"n": 1})
    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", broken)
        with pytest.raises(SessionError, match="Input/output error"):
            writer.sync()
    with pytest.raises(SessionError, match="Input/output error"):
        writer.sync()
    writer.close()


def test_sync_makes_a_new_file_known_to_its_folder(
    store: JsonlStore, project: Path, session_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first sync of a new transcript brings its name to the disk too, later ones only the data."""
    synced: list[str] = []

    def note(file: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{file}"))

    monkeypatch.setattr(os, "fsync", note)
    writer = store.open(session_id, project)
    writer.append({"n": 1})
    writer.sync()
    writer.sync()
    writer.close()
    assert synced == [str(writer.path.parent)]


def test_record_of_megabytes_is_whole(store: JsonlStore, project: Path, session_id: str) -> None:
    """Size does not matter."""
    text = "x" * 5_000_000
    writer = store.open(session_id, project)
    writer.append({"text": text})
    writer.close()
    assert json.loads(written(store, project, session_id)) == {"text": text}
