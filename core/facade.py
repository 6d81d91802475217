"""The hooks as typed methods: one a hook, so that a call site reads as what it does.

Source of the idea: tox's ``Plugin`` class over pluggy's untyped relay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Final

from gaff.hooks.permissions import STRICTNESS, Behavior, Decision, TrailStep, Verdict, Vote
from gaff.hooks.values import JsonObject

from .dispatcher import Answer, Dispatcher, Failure, Implementation

if TYPE_CHECKING:
    from gaff.hooks import answers, events, interface as face
    from gaff.hooks.models import ModelRequest
    from gaff.hooks.permissions import PermissionUpdate
    from gaff.hooks.session import Session
    from gaff.hooks.tools import ToolRun


#: Characters of a reason that are kept; the rest is no reason.
_LONGEST_REASON: Final = 10_000


class Gate:
    """The answers at a gate: the strictest holds, and everything said is on the trail."""

    def __init__(
        self, hook: str, answers: Sequence[Answer[Decision | None] | Answer[Vote | None] | Failure]
    ) -> None:
        self.hook = hook
        self.trail: tuple[TrailStep, ...] = tuple(
            _step(hook, answer)
            for answer in answers
            if isinstance(answer, Failure) or answer.value is not None
        )
        #: Who was asked and said nothing, with the milliseconds.
        self.silent: Mapping[str, float] = {
            answer.plugin: answer.ms
            for answer in answers
            if isinstance(answer, Answer) and answer.value is None
        }
        self.decisions: tuple[Decision, ...] = tuple(
            answer.value
            for answer in answers
            if isinstance(answer, Answer) and isinstance(answer.value, Decision)
        )
        self._votes = [answer for answer in answers if isinstance(answer, Answer)]

    @property
    def winner(self) -> TrailStep | None:
        """The strictest step, the earliest among equals; ``None`` where nobody answered."""
        answered = [step for step in self.trail if step.behavior is not None]
        return max(answered, key=_strictness, default=None)

    @property
    def behavior(self) -> Behavior | None:
        """What the gate says; ``None`` where nobody answered."""
        winner = self.winner
        return winner.behavior if winner else None

    @property
    def decision(self) -> Decision | None:
        """The decision that won, for what it carries beside its behavior."""
        return next((one for one in self.decisions if one.behavior == self.behavior), None)

    @property
    def stopping(self) -> Decision | None:
        """The first decision that ends the turn, or what else the gate stands before."""
        return next((one for one in self.decisions if one.stop), None)

    @property
    def updated_input(self) -> JsonObject | None:
        """The input that hooks put in place of the call's: the last one that did."""
        return next(
            (one.updated_input for one in reversed(self.decisions) if one.updated_input is not None), None
        )

    def verdict(self, default: Behavior, reason: str) -> Verdict:
        """Return the verdict; ``default`` and ``reason`` where nobody answered."""
        winner = self.winner
        if winner is None or winner.behavior is None:
            return Verdict(default, reason, trail=self.trail)
        message = next(
            (
                vote.value.message
                for vote in self._votes
                if _says(vote, winner) and isinstance(vote.value, Vote)
            ),
            "",
        )
        return Verdict(winner.behavior, winner.reason, winner.plugin, message, self.trail)


def _strictness(step: TrailStep) -> int:
    return STRICTNESS[step.behavior] if step.behavior else -1


def _says(answer: Answer[Decision | None] | Answer[Vote | None], step: TrailStep) -> bool:
    said = answer.value
    return (
        said is not None
        and answer.plugin == step.plugin
        and str(said.reason)[:_LONGEST_REASON] == step.reason
    )


def _step(hook: str, answer: Answer[Decision | None] | Answer[Vote | None] | Failure) -> TrailStep:
    if isinstance(answer, Failure):
        reason = f"{answer.plugin} failed, which counts as deny: {answer.reason}"
        return TrailStep(answer.plugin, hook, "deny", reason, answer.ms, failed=True)
    assert answer.value is not None
    reason = str(answer.value.reason)[:_LONGEST_REASON]
    return TrailStep(answer.plugin, hook, answer.value.behavior, reason, answer.ms)


def _denies(answer: Decision | Vote) -> bool:
    if answer.behavior is not None and answer.behavior not in STRICTNESS:
        raise ValueError(f"answered {answer.behavior!r}, which is none of {', '.join(STRICTNESS)}")
    return answer.behavior == "deny"


class Hooks:
    """Every event hook as a method. Contribution hooks are read from the manifest instead."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._run = dispatcher

    async def _gate(self, hook: str, event: object) -> Gate:
        return Gate(hook, await self._run.decide(hook, Decision, _denies, {"event": event}))

    # A session begins and ends.

    async def setup(self, event: events.Setup) -> list[Answer[answers.HookAnswer]]:
        """Tell that a project is prepared."""
        from gaff.hooks.answers import HookAnswer

        return await self._run.collect("gaff_setup", HookAnswer, {"event": event})

    async def session_start(self, event: events.SessionStart) -> list[Answer[answers.SessionStartAnswer]]:
        """Tell that a session begins."""
        from gaff.hooks.answers import SessionStartAnswer

        return await self._run.collect("gaff_session_start", SessionStartAnswer, {"event": event})

    async def session_end(self, event: events.SessionEnd) -> None:
        """Tell that a session ends."""
        await self._run.notify("gaff_session_end", {"event": event})

    async def instructions_loaded(self, event: events.InstructionsLoaded) -> None:
        """Tell that a memory file was loaded."""
        await self._run.notify("gaff_instructions_loaded", {"event": event})

    # The user says something.

    async def user_prompt_submit(self, event: events.UserPromptSubmit) -> Gate:
        """Ask whether a prompt may pass."""
        return await self._gate("gaff_user_prompt_submit", event)

    async def user_prompt_expansion(self, event: events.UserPromptExpansion) -> Gate:
        """Ask whether a command may become a prompt."""
        return await self._gate("gaff_user_prompt_expansion", event)

    async def ask_user(self, event: events.UserAsked) -> face.Answer | None:
        """Ask the user."""
        from gaff.hooks.interface import Answer as UserAnswer

        answer = await self._run.first("gaff_ask_user", UserAnswer, {"event": event})
        return answer.value if answer else None

    async def notification(self, event: events.Notification) -> None:
        """Tell that the user's attention is wanted."""
        await self._run.notify("gaff_notification", {"event": event})

    # The model is asked.

    async def model_request(self, event: events.ModelRequested, request: ModelRequest) -> ModelRequest:
        """Let plugins change a request."""
        changed, _ = await self._run.fold("gaff_model_request", "request", request, {"event": event})
        return changed

    async def model_event(self, event: events.ModelStreamBatch) -> None:
        """Tell of stream events."""
        await self._run.notify("gaff_model_event", {"event": event})

    async def message_display(self, event: events.MessageDisplay, text: str) -> str:
        """Let plugins change what is shown."""
        shown, _ = await self._run.fold("gaff_message_display", "text", text, {"event": event})
        return shown

    # A tool is called.

    async def pre_tool_use(self, event: events.PreToolUse) -> Gate:
        """Ask whether a call may go on to the permission check."""
        return await self._gate("gaff_pre_tool_use", event)

    async def check_permission(self, event: events.PermissionCheck) -> Gate:
        """Have the policies vote on one action."""
        hook = "gaff_check_permission"
        return Gate(hook, await self._run.decide(hook, Vote, _denies, {"event": event}))

    async def hide_paths(self, event: events.PathsListed) -> frozenset[str]:
        """Return which of these paths the model must not see; all of them where a plugin failed."""
        expected: type[frozenset[str]] = frozenset
        answers = await self._run.decide("gaff_hide_paths", expected, lambda _: False, {"event": event})
        if any(isinstance(answer, Failure) for answer in answers):
            return frozenset(event.paths)
        hidden = (
            answer.value for answer in answers if isinstance(answer, Answer) and answer.value is not None
        )
        return frozenset[str]().union(*hidden)

    async def review_permission(self, event: events.PermissionReview) -> Answer[Decision] | None:
        """Ask whether a reviewer decides in the user's place."""
        return await self._run.first("gaff_review_permission", Decision, {"event": event})

    async def permission_request(self, event: events.PermissionRequest) -> Gate:
        """Ask whether somebody answers in the user's place."""
        return await self._gate("gaff_permission_request", event)

    async def update_permissions(self, session: Session, updates: Sequence[PermissionUpdate]) -> None:
        """Have permission updates kept."""
        await self._run.notify("gaff_update_permissions", {"session": session, "updates": tuple(updates)})

    async def permission_denied(self, event: events.PermissionDenied) -> list[Answer[answers.RetryAnswer]]:
        """Tell that auto mode denied a call."""
        from gaff.hooks.answers import RetryAnswer

        return await self._run.collect("gaff_permission_denied", RetryAnswer, {"event": event})

    def tool_call(self, run: ToolRun) -> AbstractAsyncContextManager[None]:
        """Wrap a call."""
        return self._run.around("gaff_tool_call", {"run": run})

    async def post_tool_use(
        self, event: events.PostToolUse, feedback: answers.ToolFeedback
    ) -> tuple[answers.ToolFeedback, list[Answer[answers.ToolFeedback]]]:
        """Let plugins change a result or object to it."""
        return await self._run.fold("gaff_post_tool_use", "feedback", feedback, {"event": event})

    async def post_tool_use_failure(
        self, event: events.PostToolUseFailure
    ) -> list[Answer[answers.FeedbackAnswer]]:
        """Tell that a call failed."""
        from gaff.hooks.answers import FeedbackAnswer

        return await self._run.collect("gaff_post_tool_use_failure", FeedbackAnswer, {"event": event})

    async def post_tool_batch(self, event: events.PostToolBatch) -> Gate:
        """Tell that all calls of an answer are through."""
        return await self._gate("gaff_post_tool_batch", event)

    # The turn ends.

    async def stop(self, event: events.Stop) -> list[Answer[answers.FeedbackAnswer]]:
        """Ask whether the model may stop."""
        from gaff.hooks.answers import FeedbackAnswer

        return await self._run.collect("gaff_stop", FeedbackAnswer, {"event": event})

    async def stop_failure(self, event: events.StopFailure) -> None:
        """Tell that an error ended the turn."""
        await self._run.notify("gaff_stop_failure", {"event": event})

    # The conversation is compacted.

    async def pre_compact(self, event: events.PreCompact) -> Gate:
        """Ask whether the conversation may be compacted."""
        return await self._gate("gaff_pre_compact", event)

    async def post_compact(self, event: events.PostCompact) -> None:
        """Tell that the conversation was compacted."""
        await self._run.notify("gaff_post_compact", {"event": event})

    # The model, the folder or a file changes.

    async def pre_model_switch(self, event: events.PreModelSwitch) -> Gate:
        """Ask whether the model may be switched."""
        return await self._gate("gaff_pre_model_switch", event)

    async def post_model_switch(self, event: events.PostModelSwitch) -> list[Answer[answers.HookAnswer]]:
        """Tell that the model was switched."""
        from gaff.hooks.answers import HookAnswer

        return await self._run.collect("gaff_post_model_switch", HookAnswer, {"event": event})

    async def cwd_changed(self, event: events.CwdChanged) -> list[Answer[answers.WatchAnswer]]:
        """Tell that the current directory changed."""
        from gaff.hooks.answers import WatchAnswer

        return await self._run.collect("gaff_cwd_changed", WatchAnswer, {"event": event})

    async def directory_added(self, event: events.DirectoryAdded) -> list[Answer[answers.HookAnswer]]:
        """Tell that a working directory was added."""
        from gaff.hooks.answers import HookAnswer

        return await self._run.collect("gaff_directory_added", HookAnswer, {"event": event})

    async def config_change(self, event: events.ConfigChange) -> Gate:
        """Ask whether changed settings may come into force."""
        return await self._gate("gaff_config_change", event)

    async def file_changed(self, event: events.FileChanged) -> list[Answer[answers.WatchAnswer]]:
        """Tell that a watched file changed."""
        from gaff.hooks.answers import WatchAnswer

        return await self._run.collect("gaff_file_changed", WatchAnswer, {"event": event})

    # Sub-agents, teammates, tasks, worktrees.

    async def subagent_start(self, event: events.SubagentStart) -> list[Answer[answers.HookAnswer]]:
        """Tell that a sub-agent was spawned."""
        from gaff.hooks.answers import HookAnswer

        return await self._run.collect("gaff_subagent_start", HookAnswer, {"event": event})

    async def subagent_stop(self, event: events.SubagentStop) -> list[Answer[answers.FeedbackAnswer]]:
        """Ask whether a sub-agent may stop."""
        from gaff.hooks.answers import FeedbackAnswer

        return await self._run.collect("gaff_subagent_stop", FeedbackAnswer, {"event": event})

    async def task_created(self, event: events.TaskCreated) -> Gate:
        """Ask whether a task may be put on the list."""
        return await self._gate("gaff_task_created", event)

    async def task_completed(self, event: events.TaskCompleted) -> Gate:
        """Ask whether a task may be marked done."""
        return await self._gate("gaff_task_completed", event)

    async def teammate_idle(self, event: events.TeammateIdle) -> list[Answer[answers.FeedbackAnswer]]:
        """Tell that a teammate has nothing left to do."""
        from gaff.hooks.answers import FeedbackAnswer

        return await self._run.collect("gaff_teammate_idle", FeedbackAnswer, {"event": event})

    async def worktree_create(self, event: events.WorktreeCreate) -> str | None:
        """Ask whether somebody makes the worktree; return its path.

        Raises:
            RefusedError: somebody who would says that it is not to be made.
        """
        answer = await self._run.first("gaff_worktree_create", str, {"event": event})
        return answer.value if answer else None

    async def worktree_remove(self, event: events.WorktreeRemove) -> bool:
        """Ask whether somebody removes the worktree; return whether it was done.

        Raises:
            RefusedError: somebody who would says that it was not.
        """
        answer = await self._run.first("gaff_worktree_remove", bool, {"event": event})
        return answer is not None and answer.value

    # An MCP server asks.

    async def elicitation(self, event: events.Elicitation) -> answers.ElicitationAnswer | None:
        """Ask whether somebody answers an MCP server in the user's place."""
        from gaff.hooks.answers import ElicitationAnswer

        answer = await self._run.first("gaff_elicitation", ElicitationAnswer, {"event": event})
        return answer.value if answer else None

    async def elicitation_result(
        self, event: events.ElicitationResult, answer: answers.ElicitationAnswer
    ) -> answers.ElicitationAnswer:
        """Let plugins change what an MCP server is answered."""
        changed, _ = await self._run.fold("gaff_elicitation_result", "answer", answer, {"event": event})
        return changed

    # Something goes wrong.

    async def unload_plugin(self, implementations: Sequence[Implementation]) -> None:
        """Tell a plugin that its code is no longer used."""
        await self._run.notify_these("gaff_unload_plugin", implementations, {})

    async def plugin_failed(self, event: events.PluginFailed) -> None:
        """Tell that a plugin failed."""
        await self._run.notify("gaff_plugin_failed", {"event": event})


def contexts(answered: Sequence[Answer[answers.HookAnswer]]) -> list[str]:
    """Return the additional contexts of these answers, in order."""
    return [answer.value.additional_context for answer in answered if answer.value.additional_context]
