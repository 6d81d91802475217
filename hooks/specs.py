"""Every hook there is, in the order of a session's life.

A plugin implements a hook by a function of the same name, marked ``@hookimpl``, that takes the
arguments it needs by name. Contribution hooks are sync, called once, and return records. Event hooks
may be ``async def``; their kind (see ``Kind``) says in what order they run, what a failure means and
what comes of the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from .markers import EVENT_HOOKS as EVENT_HOOKS, Kind, event_hook, hookspec

if TYPE_CHECKING:
    from . import events
    from .answers import (
        ElicitationAnswer,
        FeedbackAnswer,
        HookAnswer,
        RetryAnswer,
        SessionStartAnswer,
        ToolFeedback,
        WatchAnswer,
    )
    from .commands import Command, Subcommand
    from .compaction import CompactionStrategy
    from .handlers import HookHandler
    from .interface import Answer, Completer, Frontend, KeyBinding, Renderer, StatusItem
    from .models import ModelProvider, ModelRequest
    from .permissions import Decision, PermissionUpdate, Vote
    from .prompts import PromptSection
    from .sandboxes import Sandbox
    from .session import Session
    from .sessions import SessionStore
    from .settings import Option, Setting
    from .tools import Tool, ToolRun

# What a plugin contributes. Called when the plugin is first seen; the answers go into the manifest,
# and later starts read that instead of importing the plugin.


@hookspec
def gaff_register_options() -> Sequence[Option] | None:
    """Command line options the plugin reads."""


@hookspec
def gaff_register_settings() -> Sequence[Setting] | None:
    """Settings keys the plugin reads."""


@hookspec
def gaff_register_frontends() -> Sequence[Frontend] | None:
    """Faces: what the user or a program talks to."""


@hookspec
def gaff_register_models() -> Sequence[ModelProvider] | None:
    """Where models come from."""


@hookspec
def gaff_register_tools() -> Sequence[Tool[Any]] | None:
    """What the model can call."""


@hookspec
def gaff_register_commands() -> Sequence[Command] | None:
    """Slash commands."""


@hookspec
def gaff_register_subcommands() -> Sequence[Subcommand] | None:
    """Words that may follow ``gaff`` on the command line."""


@hookspec
def gaff_register_prompt_sections() -> Sequence[PromptSection] | None:
    """Parts of the system prompt."""


@hookspec
def gaff_register_compaction_strategies() -> Sequence[CompactionStrategy] | None:
    """Ways to make a conversation smaller that outgrows the model's window."""


@hookspec
def gaff_register_sandboxes() -> Sequence[Sandbox] | None:
    """Ways to confine commands; the first that holds when tried is used."""


@hookspec
def gaff_register_session_stores() -> Sequence[SessionStore] | None:
    """Where transcripts are kept; the first one is used."""


@hookspec
def gaff_register_renderers() -> Sequence[Renderer] | None:
    """What draws tool calls and their results."""


@hookspec
def gaff_register_completers() -> Sequence[Completer] | None:
    """What completes the user's typing."""


@hookspec
def gaff_register_key_bindings() -> Sequence[KeyBinding] | None:
    """Keys of the prompt."""


@hookspec
def gaff_register_status_items() -> Sequence[StatusItem] | None:
    """Parts of the status line."""


@hookspec
def gaff_register_hook_handlers() -> Sequence[HookHandler] | None:
    """Kinds of handler that hooks in settings files may have."""


# A session begins and ends.


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_setup(event: events.Setup) -> HookAnswer | None:
    """A project is prepared by ``--init`` or ``--maintenance``."""


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_session_start(event: events.SessionStart) -> SessionStartAnswer | None:
    """A session begins or goes on. Contexts reach the model with the first prompt."""


@event_hook(Kind.NOTIFY, deadline=60.0)
def gaff_session_end(event: events.SessionEnd) -> None:
    """A session ends."""


@event_hook(Kind.NOTIFY)
def gaff_instructions_loaded(event: events.InstructionsLoaded) -> None:
    """A memory or rules file entered the context."""


# The user says something.


@event_hook(Kind.DECIDE, deadline=30.0)
def gaff_user_prompt_submit(event: events.UserPromptSubmit) -> Decision | None:
    """A prompt was sent. A deny drops it and tells the user why; contexts go beside it."""


@event_hook(Kind.DECIDE, deadline=600.0)
def gaff_user_prompt_expansion(event: events.UserPromptExpansion) -> Decision | None:
    """A command is about to become a prompt. A deny drops it."""


@event_hook(Kind.FIRST, deadline=None)
def gaff_ask_user(event: events.UserAsked) -> Answer | None:
    """Ask the user. The face at the terminal answers; no answer means nobody can be asked."""


@event_hook(Kind.NOTIFY, deadline=600.0)
def gaff_notification(event: events.Notification) -> None:
    """The user's attention is wanted."""


# The model is asked.


@event_hook(Kind.FOLD)
def gaff_model_request(event: events.ModelRequested, request: ModelRequest) -> ModelRequest | None:
    """A request is about to be sent; hand on a changed one. What changes the prefix breaks the prompt cache."""


@event_hook(Kind.NOTIFY)
def gaff_model_event(event: events.ModelStreamBatch) -> None:
    """Stream events of the answer arrived; batched, so never one call a token."""


@event_hook(Kind.FOLD, deadline=10.0)
def gaff_message_display(event: events.MessageDisplay, text: str) -> str | None:
    """Text is about to be shown; hand on what to show instead. The conversation keeps the original."""


# A tool is called.


@event_hook(Kind.DECIDE, deadline=600.0)
def gaff_pre_tool_use(event: events.PreToolUse) -> Decision | None:
    """A call with a valid input is about to be judged.

    ``deny`` stops it, ``ask`` has the user asked, ``allow`` spares the question but beats no rule.
    ``updated_input`` replaces the whole input, and the new one is validated and judged instead.
    """


@event_hook(Kind.DECIDE, asks_all=True)
def gaff_check_permission(event: events.PermissionCheck) -> Vote | None:
    """One action of a call is judged. The strictest vote holds; where nobody votes, the user is asked."""


@event_hook(Kind.DECIDE)
def gaff_hide_paths(event: events.PathsListed) -> frozenset[str] | None:
    """A search is about to show these files; the answer is those to hide. A failure hides them all."""


@event_hook(Kind.FIRST, deadline=120.0)
def gaff_review_permission(event: events.PermissionReview) -> Decision | None:
    """The votes say that a call is to be asked for; a reviewer may ``allow`` or ``deny`` it in the user's place.

    Asked before ``gaff_permission_request``. After a deny ``gaff_permission_denied`` is told.
    """


@event_hook(Kind.DECIDE, deadline=600.0)
def gaff_permission_request(event: events.PermissionRequest) -> Decision | None:
    """The user is about to be asked for permission; ``allow`` or ``deny`` answers in the user's place."""


@event_hook(Kind.NOTIFY)
def gaff_update_permissions(session: Session, updates: Sequence[PermissionUpdate]) -> None:
    """Permission updates were granted: keep them where their destination says."""


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_permission_denied(event: events.PermissionDenied) -> RetryAnswer | None:
    """Auto mode denied a call; ``retry`` tells the model that it may try again."""


@event_hook(Kind.AROUND, deadline=None)
def gaff_tool_call(run: ToolRun) -> AbstractAsyncContextManager[None] | None:
    """Wrap a call that passed the gate: set ``run.output`` before to spare it, after to replace the result."""


@event_hook(Kind.FOLD, deadline=600.0)
def gaff_post_tool_use(event: events.PostToolUse, feedback: ToolFeedback) -> ToolFeedback | None:
    """A call succeeded; hand on a changed result, objections or contexts."""


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_post_tool_use_failure(event: events.PostToolUseFailure) -> FeedbackAnswer | None:
    """A call failed while it ran."""


@event_hook(Kind.DECIDE, deadline=600.0)
def gaff_post_tool_batch(event: events.PostToolBatch) -> Decision | None:
    """All calls of one answer are through; a deny ends the turn."""


# The turn ends.


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_stop(event: events.Stop) -> FeedbackAnswer | None:
    """The model is done. ``block`` or a context makes it go on, at most eight times in a row."""


@event_hook(Kind.NOTIFY, deadline=600.0)
def gaff_stop_failure(event: events.StopFailure) -> None:
    """An error of the model's server ended the turn."""


# The conversation is compacted, or another model takes it over.


@event_hook(Kind.DECIDE, deadline=600.0)
def gaff_pre_compact(event: events.PreCompact) -> Decision | None:
    """The conversation is about to be compacted; a deny keeps it as it is."""


@event_hook(Kind.NOTIFY, deadline=600.0)
def gaff_post_compact(event: events.PostCompact) -> None:
    """The conversation was compacted."""


@event_hook(Kind.DECIDE, deadline=30.0)
def gaff_pre_model_switch(event: events.PreModelSwitch) -> Decision | None:
    """The user or a client wants another model; deny refuses, ask has the user confirm."""


@event_hook(Kind.COLLECT, deadline=30.0)
def gaff_post_model_switch(event: events.PostModelSwitch) -> HookAnswer | None:
    """The session has another model."""


# Folders, files and settings change.


@event_hook(Kind.DECIDE, deadline=600.0)
def gaff_config_change(event: events.ConfigChange) -> Decision | None:
    """A settings file changed; a deny leaves the old settings in force."""


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_cwd_changed(event: events.CwdChanged) -> WatchAnswer | None:
    """The current directory changed."""


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_directory_added(event: events.DirectoryAdded) -> HookAnswer | None:
    """A working directory was added."""


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_file_changed(event: events.FileChanged) -> WatchAnswer | None:
    """A watched file changed on disk."""


# Sub-agents, teammates, tasks, worktrees.


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_subagent_start(event: events.SubagentStart) -> HookAnswer | None:
    """A sub-agent was spawned; contexts reach it with its task."""


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_subagent_stop(event: events.SubagentStop) -> FeedbackAnswer | None:
    """A sub-agent is done; ``block`` makes it go on."""


@event_hook(Kind.DECIDE, deadline=600.0)
def gaff_task_created(event: events.TaskCreated) -> Decision | None:
    """A task is about to be put on the list; a deny keeps it off."""


@event_hook(Kind.DECIDE, deadline=600.0)
def gaff_task_completed(event: events.TaskCompleted) -> Decision | None:
    """A task is about to be marked done; a deny leaves it open."""


@event_hook(Kind.COLLECT, deadline=600.0)
def gaff_teammate_idle(event: events.TeammateIdle) -> FeedbackAnswer | None:
    """A teammate has nothing left to do; ``block`` gives it more."""


@event_hook(Kind.FIRST, deadline=600.0)
def gaff_worktree_create(event: events.WorktreeCreate) -> str | None:
    """A worktree is wanted; the answer is the path of one made in place of git's."""


@event_hook(Kind.FIRST, deadline=600.0)
def gaff_worktree_remove(event: events.WorktreeRemove) -> bool | None:
    """A worktree is no longer wanted; true says that it was removed in place of git's way."""


# An MCP server asks the user.


@event_hook(Kind.FIRST, deadline=600.0)
def gaff_elicitation(event: events.Elicitation) -> ElicitationAnswer | None:
    """An MCP server asks something; an answer spares the user the question."""


@event_hook(Kind.FOLD, deadline=600.0)
def gaff_elicitation_result(
    event: events.ElicitationResult, answer: ElicitationAnswer
) -> ElicitationAnswer | None:
    """The user answered an MCP server; hand on what it gets instead."""


# Something goes wrong.


@event_hook(Kind.NOTIFY, deadline=5.0)
def gaff_unload_plugin() -> None:
    """This plugin's code is no longer used: it was reloaded or is gone. Close what it holds open."""


@event_hook(Kind.NOTIFY)
def gaff_plugin_failed(event: events.PluginFailed) -> None:
    """An implementation of a hook failed; the shell goes on."""
