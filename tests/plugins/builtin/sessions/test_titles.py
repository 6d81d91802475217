"""Prompts noted for the lists of sessions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from gaff.hooks import SessionError, UserPromptSubmit
from gaff.hooks.values import JsonObject
from gaff.plugins.builtin.sessions.titles import gaff_user_prompt_submit
from gaff.testing.shell import Shell


async def test_the_prompt_is_noted_on_one_line(shell: Shell) -> None:
    """Lists find it near the end of the transcript."""
    shell.model.add("Done.")
    await shell.submit("fix\nthe  tests")
    (summary,) = shell.session.kernel.session_store().list(shell.session.project_dir)
    assert summary.title == "fix the tests"


def test_a_note_that_cannot_be_kept_does_not_refuse_the_prompt() -> None:
    """The turn tells that the transcript cannot be written; a fault here would be a hook's refusal."""

    def record(entry: JsonObject) -> None:
        raise SessionError("the disk is full")

    context = SimpleNamespace(session=SimpleNamespace(record=record))
    gaff_user_prompt_submit(UserPromptSubmit(context=cast("Any", context), prompt="hi"))
