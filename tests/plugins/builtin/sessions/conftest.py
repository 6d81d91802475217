"""A store in a temp folder, and entries to put into it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from gaff.hooks.values import Json
from gaff.plugins.builtin.sessions.jsonl import JsonlStore

Entry = dict[str, Json]
Say = Callable[..., list[Entry]]

SESSION = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def store(tmp_path: Path) -> JsonlStore:
    """A store in an empty home."""
    return JsonlStore(tmp_path / "home")


@pytest.fixture
def session_id() -> str:
    """The id of the session under test."""
    return SESSION


@pytest.fixture
def say() -> Say:
    """Make a chain of entries that say these texts, the user first, then in turn."""

    def chain(*texts: str) -> list[Entry]:
        entries: list[Entry] = []
        for index, text in enumerate(texts):
            role = "assistant" if index % 2 else "user"
            entry: Entry = {
                "parentUuid": entries[-1]["uuid"] if entries else None,
                "isSidechain": False,
                "type": role,
                "message": {"role": role, "content": [{"type": "text", "text": text}]},
                "uuid": str(uuid.uuid4()),
                "timestamp": f"2026-11-20T10:00:{index % 60:02}.000Z",
                "cwd": "/somewhere",
                "sessionId": SESSION,
                "version": "0.1.0",
                "gitBranch": "main",
                "userType": "external",
            }
            entries.append(entry)
        return entries

    return chain
