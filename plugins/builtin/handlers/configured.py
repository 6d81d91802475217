"""Runs the hooks that are configured in settings files, on every event of the contract.

Which handlers run is worked out once for each reading of the settings; where nothing is configured an
event costs a look into a dictionary. Source: code.claude.com/docs/en/hooks.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from gaff.hooks import (
    Decision,
    Kernel,
    Notice,
    PluginError,
    RefusedError,
    Session,
    Setting,
    StateKey,
    events,
    hookimpl,
)

from ._book import BOOK, Book, book_of

if TYPE_CHECKING:
    from gaff.hooks.answers import (
        ElicitationAnswer,
        FeedbackAnswer,
        HookAnswer,
        RetryAnswer,
        SessionStartAnswer,
        ToolFeedback,
        WatchAnswer,
    )

    from ._output import Said

#: Each handler has a time limit of its own, which may be longer than an event's.
keeps_time: Final = True

_DISPLAY: Final = "handlers.configured.display"


#: What a line of start-up says where it has told already that a folder's hooks are left out.
_LEFT_OUT: Final = re.compile(r"not trusted, which leaves out.*\bhooks\b")
#: Those that ``Setup`` was fired for.
_SET_UP: Final[WeakSet[Kernel]] = WeakSet()


class _Told:
    """What the user was told, and what is to be told."""

    def __init__(self) -> None:
        self.lines: set[str] = set()
        #: Why a ``Setup`` hook lets no session begin; ``None`` where none says so.
        self.refused: str | None = None
        #: Whether this session registered what listens to shown text.
        self.displays = False


_TOLD: Final = StateKey(_Told)


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the settings of hooks."""
    return (
        Setting("hooks", "handlers to run on events", "object"),
        Setting("disableAllHooks", "run no hooks", "boolean"),
        Setting("allowManagedHooksOnly", "run managed hooks only; managed settings", "boolean"),
        Setting("allowedHttpHookUrls", "addresses that http hooks may call; * is a wildcard", "array"),
        Setting("httpHookAllowedEnvVars", "variables that http hooks may put into headers", "array"),
    )


async def _fire(event: events.Event) -> Sequence[Said]:
    """Run what is configured for an event, and return what each handler said."""
    session = event.context.session
    if session is None:
        return ()
    book = book_of(session)
    entries = book.active.get(event.name)
    if not entries:
        return ()
    from ._engine import Firing, chosen, run_all

    firing = Firing.of(event.name, event.to_json(), session)
    found = chosen(entries, firing, book)
    if not found:
        return ()
    said = await run_all(found, firing, book)
    from ._effects import apply

    apply(session, event.name, said)
    return said


def _warn(event: events.Event, said: Sequence[Said]) -> None:
    """Tell the user the warnings of handlers, where no answer takes them there."""
    session = event.context.session
    if said and session is not None:
        from ._answers import warnings

        if text := warnings(said):
            session.publish(Notice("warning", text))


async def _observe(event: events.Event) -> None:
    """Run what is configured for an event that takes no answer; the user hears warnings."""
    _warn(event, await _fire(event))


async def _decide(event: events.Event) -> Decision | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import decision

    return decision(said)


async def _permit(event: events.Event) -> Decision | None:
    """Run what is configured at a gate outside of calls: ``continue: false`` refuses, too."""
    if not (said := await _fire(event)):
        return None
    from ._answers import refusal

    return refusal(said)


async def _feedback(event: events.Event) -> FeedbackAnswer | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import feedback

    return feedback(said)


async def _answer(event: events.Event) -> HookAnswer | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import plain

    return plain(said)


async def _watch(event: events.Event) -> WatchAnswer | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import watch

    return watch(said)


# A session begins and ends.


@hookimpl
async def gaff_setup(event: events.Setup) -> HookAnswer | None:
    answer, session = await _answer(event), event.context.session
    if answer is not None and answer.stop and session is not None:
        session.state[_TOLD].refused = answer.stop_reason or "a Setup hook refused to start the session"
    return answer


@hookimpl
async def gaff_session_start(event: events.SessionStart) -> SessionStartAnswer | None:
    session = event.context.session
    if session is not None:
        # Where the user cleared the session all was told before.
        tell(session, quiet=event.source == "clear", starting=True)
        await _set_up(session)
        if (refused := session.state[_TOLD].refused) is not None:
            from gaff.hooks.answers import SessionStartAnswer

            return SessionStartAnswer(stop=True, stop_reason=refused)
    if not (said := await _fire(event)):
        return None
    from ._answers import session_start

    return session_start(said)


async def _set_up(session: Session) -> None:
    """Fire ``Setup`` where the command line asks for it, once for the process."""
    options = session.options
    init = options.flag("init") or options.flag("init-only")
    if (init or options.flag("maintenance")) and session.kernel not in _SET_UP:
        _SET_UP.add(session.kernel)
        trigger = "maintenance" if options.flag("maintenance") else "init"
        await session.announce(events.Setup(context=session.event_context, trigger=trigger))


def tell(session: Session, *, quiet: bool = False, starting: bool = False) -> None:
    """Tell what is wrong with the configured hooks, each line once, and begin to look at shown text if asked to.

    ``quiet`` takes it all for told; ``starting`` goes without what start-up itself tells.
    """
    book, told = book_of(session), session.state[_TOLD].lines
    lines = list(book.problems)
    if book.held_back and not (starting and any(map(_LEFT_OUT.search, session.kernel.notices))):
        files = ", ".join(book.held_back)
        lines.append(
            f"hooks left out, since this folder is not trusted: {files}; /hooks lists them, --trust lets them run"
        )
    for line in lines:
        if line not in told:
            told.add(line)
            if not quiet:
                session.publish(Notice("warning", line))
    _see_to_display(session, book)


def _see_to_display(session: Session, book: Book) -> None:
    """Listen to shown text only where a hook wants it: who listens gets whole lines, not the stream."""
    told = session.state[_TOLD]
    if "MessageDisplay" in book.active and not told.displays:
        with suppress(PluginError):  # another session of this process has it registered
            session.kernel.register(_Display(), _DISPLAY)
            told.displays = True


class _Display:
    """What is registered where ``MessageDisplay`` hooks are configured."""

    keeps_time = True

    @hookimpl
    async def gaff_message_display(self, event: events.MessageDisplay, text: str) -> str | None:
        """Run the hooks that may change what is shown."""
        if not (said := await _fire(event)):
            return None
        from ._answers import displayed

        _warn(event, said)
        return displayed(said)


@hookimpl(trylast=True)
async def gaff_session_end(event: events.SessionEnd) -> None:
    await _observe(event)
    session = event.context.session
    if session is None:
        return
    if session.state[_TOLD].displays:
        session.kernel.unregister(_DISPLAY)
    if session.state[BOOK].active:
        from ._warm import stop_workers

        await stop_workers(session)


@hookimpl
async def gaff_instructions_loaded(event: events.InstructionsLoaded) -> None:
    await _observe(event)


# The user says something.


@hookimpl
async def gaff_user_prompt_submit(event: events.UserPromptSubmit) -> Decision | None:
    answer = await _decide(event)
    session = event.context.session
    if session is not None and book_of(session).listed:
        from ._effects import record_title

        record_title(session)
    return answer


@hookimpl
async def gaff_user_prompt_expansion(event: events.UserPromptExpansion) -> Decision | None:
    return await _permit(event)


@hookimpl
async def gaff_notification(event: events.Notification) -> None:
    await _observe(event)


# A tool is called.


@hookimpl
async def gaff_pre_tool_use(event: events.PreToolUse) -> Decision | None:
    return await _decide(event)


@hookimpl
async def gaff_permission_request(event: events.PermissionRequest) -> Decision | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import permission_answer

    _warn(event, said)
    return permission_answer(said)


@hookimpl
async def gaff_permission_denied(event: events.PermissionDenied) -> RetryAnswer | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import retry

    return retry(said)


@hookimpl
async def gaff_post_tool_use(event: events.PostToolUse, feedback: ToolFeedback) -> ToolFeedback | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import tool_feedback

    return tool_feedback(said, feedback, event.tool_name)


@hookimpl
async def gaff_post_tool_use_failure(event: events.PostToolUseFailure) -> FeedbackAnswer | None:
    return await _feedback(event)


@hookimpl
async def gaff_post_tool_batch(event: events.PostToolBatch) -> Decision | None:
    return await _decide(event)


# The turn ends.


@hookimpl
async def gaff_stop(event: events.Stop) -> FeedbackAnswer | None:
    return await _feedback(event)


@hookimpl
async def gaff_stop_failure(event: events.StopFailure) -> None:
    await _observe(event)


# The conversation is compacted, or another model takes it over.


@hookimpl
async def gaff_pre_compact(event: events.PreCompact) -> Decision | None:
    return await _permit(event)


@hookimpl
async def gaff_post_compact(event: events.PostCompact) -> None:
    await _observe(event)


@hookimpl
async def gaff_pre_model_switch(event: events.PreModelSwitch) -> Decision | None:
    return await _permit(event)


@hookimpl
async def gaff_post_model_switch(event: events.PostModelSwitch) -> HookAnswer | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import plain

    _warn(event, said)
    made = plain(said)
    return None if made is None else replace(made, system_message=None)


# Folders, files and settings change.


@hookimpl
async def gaff_config_change(event: events.ConfigChange) -> Decision | None:
    answer = await _permit(event)
    # What the organisation changes cannot be refused.
    return None if event.source == "policy_settings" else answer


@hookimpl
async def gaff_cwd_changed(event: events.CwdChanged) -> WatchAnswer | None:
    return await _watch(event)


@hookimpl
async def gaff_directory_added(event: events.DirectoryAdded) -> HookAnswer | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import added_directory

    return added_directory(said)


@hookimpl
async def gaff_file_changed(event: events.FileChanged) -> WatchAnswer | None:
    return await _watch(event)


# Sub-agents, teammates, tasks, worktrees.


@hookimpl
async def gaff_subagent_start(event: events.SubagentStart) -> HookAnswer | None:
    return await _answer(event)


@hookimpl
async def gaff_subagent_stop(event: events.SubagentStop) -> FeedbackAnswer | None:
    return await _feedback(event)


@hookimpl
async def gaff_task_created(event: events.TaskCreated) -> Decision | None:
    return await _decide(event)


@hookimpl
async def gaff_task_completed(event: events.TaskCompleted) -> Decision | None:
    return await _decide(event)


@hookimpl
async def gaff_teammate_idle(event: events.TeammateIdle) -> FeedbackAnswer | None:
    return await _feedback(event)


@hookimpl
async def gaff_worktree_create(event: events.WorktreeCreate) -> str | None:
    if not (said := await _fire(event)):
        return None
    _refuse(said, "the worktree was not made")
    from ._answers import worktree_path

    if (path := worktree_path(said)) is None:
        raise RefusedError(f"the worktree was not made: {said[0].entry.title} printed no path of it")
    return path


@hookimpl
async def gaff_worktree_remove(event: events.WorktreeRemove) -> bool | None:
    if not (said := await _fire(event)):
        return None
    if await asyncio.to_thread(os.path.lexists, event.worktree_path):
        _refuse(said, "the worktree was not removed")
    return True


def _refuse(said: Sequence[Said], what: str) -> None:
    """See that all handlers succeeded: any exit code but 0 fails a worktree.

    Raises:
        RefusedError: one did not.
    """
    for one in said:
        reason = one.objection or one.failure
        if reason or one.exit_code != 0:
            raise RefusedError(f"{what}: {reason or f'{one.entry.title} ended with {one.exit_code}'}")


# An MCP server asks the user.


@hookimpl
async def gaff_elicitation(event: events.Elicitation) -> ElicitationAnswer | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import elicited

    return elicited(said)


@hookimpl
async def gaff_elicitation_result(
    event: events.ElicitationResult, answer: ElicitationAnswer
) -> ElicitationAnswer | None:
    if not (said := await _fire(event)):
        return None
    from ._answers import elicited

    return elicited(said)
