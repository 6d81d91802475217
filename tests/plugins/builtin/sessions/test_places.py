"""Where transcripts are: documented names, private modes, no way out of the folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from gaff.hooks import SessionError
from gaff.plugins.builtin.sessions.jsonl import JsonlStore
from gaff.start import Start, start
from gaff.testing.workspace import Workspace

LONG = "/" + "/".join(["segment-of-a-path"] * 15)


@pytest.mark.parametrize(
    ("folder", "slug"),
    [
        ("/srv/my_project.v2", "-srv-my-project-v2"),
        ("/tmp/Zürich café", "-tmp-Z-rich-caf-"),
        (LONG, "-" + "-".join(["segment-of-a-path"] * 15)[:199] + "-u64veq"),
    ],
)
def test_folder_is_named_as_sdk_clients_name_it(store: JsonlStore, folder: str, slug: str) -> None:
    """Everything but letters and digits becomes a dash, and long names end in a hash."""
    assert store.path("abc", Path(folder)).parent == store.home / "projects" / slug


def test_folder_name_ignores_unicode_form(store: JsonlStore) -> None:
    """Composed and decomposed accents are the same folder."""
    assert store.path("abc", Path("/tmp/caf\u00e9")) == store.path("abc", Path("/tmp/cafe\u0301"))


def test_link_to_project_is_the_project(store: JsonlStore, project: Path) -> None:
    """A project reached through a link has the sessions of the project."""
    link = project.parent / "link"
    link.symlink_to(project)
    assert store.path("abc", link) == store.path("abc", project)


@pytest.mark.parametrize("session_id", ["../other/abc", "a/b", "", ".hidden", "a\0b", "x" * 129])
def test_id_that_is_no_name_is_refused(store: JsonlStore, project: Path, session_id: str) -> None:
    """No id leads out of the project's folder."""
    with pytest.raises(SessionError, match="is not a session id"):
        store.path(session_id, project)


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_files_are_private_whatever_the_umask(
    store: JsonlStore, project: Path, session_id: str, umask: int
) -> None:
    """Transcripts are 0600 and the folders made for them 0700."""
    old = os.umask(umask)
    try:
        writer = store.open(session_id, project)
        writer.append({"type": "user"})
    finally:
        os.umask(old)
    writer.close()
    made = (writer.path, writer.path.parent, store.home / "projects")
    assert [stat.S_IMODE(path.stat().st_mode) for path in made] == [0o600, 0o700, 0o700]


def test_session_without_records_leaves_nothing(store: JsonlStore, project: Path, session_id: str) -> None:
    """A session that was opened and closed unused is not on disk."""
    writer = store.open(session_id, project)
    writer.sync()
    writer.close()
    assert not store.home.exists()


def test_session_of_another_project_is_found_and_continued(
    store: JsonlStore, project: Path, tmp_path: Path, session_id: str
) -> None:
    """A session resumed in another folder goes on in its own transcript."""
    writer = store.open(session_id, tmp_path)
    writer.append({"type": "user"})
    writer.close()
    assert store.path(session_id, project) == writer.path
    assert list(store.read(session_id, project)) == [{"type": "user"}]


def test_long_project_of_another_program_is_found(store: JsonlStore, session_id: str) -> None:
    """Programs that hash long names otherwise are recognised by the part that is not hashed."""
    own = store.path(session_id, Path(LONG))
    foreign = own.parent.with_name(own.parent.name[:201] + "abc123")
    foreign.mkdir(parents=True)
    (foreign / own.name).write_text('{"type":"user","message":{"content":"hello"}}\n')
    assert [summary.title for summary in store.list(Path(LONG))] == ["hello"]


def test_home_is_the_kernels(workspace: Workspace) -> None:
    """The kernel knows where the user's sessions are; the environment of the process does not matter."""
    kernel = start(Start([], workspace.environ, workspace.project))
    assert kernel.session_store().home == workspace.gaff_home


def test_session_that_is_not_to_be_kept_is_not(store: JsonlStore, project: Path, session_id: str) -> None:
    """Its entries are checked and dropped, and it can be given free as any other."""
    writer = store.open(session_id, project, keep=False)
    writer.append({"type": "user"})
    writer.sync()
    writer.close()
    assert not store.home.exists()
