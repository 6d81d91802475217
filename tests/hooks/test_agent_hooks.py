"""The hooks of sub-agents, tasks, worktrees and MCP servers, by the examples of docs/hooks.md."""

from __future__ import annotations

from dataclasses import replace

from gaff.hooks import ElicitationAnswer, Session, events
from gaff.testing import Shell

from .conftest import Example


async def started(shell: Shell, example: Example, hook: str) -> Session:
    """Start a session with the example of this hook."""
    shell.plugin(example(hook))
    return await shell.start()


async def test_gaff_subagent_start(shell: Shell, example: Example) -> None:
    """Its context is told on; agents of other types hear nothing."""
    session = await started(shell, example, "gaff_subagent_start")
    explorer = replace(session.event_context, agent_id="a1", agent_type="Explore")
    shell.add("ok")

    await session.announce(events.SubagentStart(context=explorer))
    await session.announce(events.SubagentStart(context=replace(explorer, agent_type="Plan")))

    await shell.submit("go")
    assert str(shell.requests[0]["messages"]).count("Report paths with line numbers.") == 1


async def test_gaff_subagent_stop(shell: Shell, example: Example) -> None:
    """Its objection is what the agent is sent back with."""
    session = await started(shell, example, "gaff_subagent_stop")
    event = events.SubagentStop(
        context=session.event_context,
        stop_hook_active=False,
        agent_transcript_path="/t.jsonl",
        last_assistant_message="Done.",
    )

    (objection,) = await shell.kernel.hooks.subagent_stop(event)

    assert objection.value.block == "Name the files you looked at."
    assert await shell.kernel.hooks.subagent_stop(replace(event, stop_hook_active=True)) == []


async def test_gaff_task_created(shell: Shell, example: Example) -> None:
    """A deny keeps the task off the list, for the reason it gives."""
    session = await started(shell, example, "gaff_task_created")

    def task(subject: str) -> events.TaskCreated:
        return events.TaskCreated(context=session.event_context, task_id="1", task_subject=subject)

    refused = await session.announce(task("Tests"))

    assert refused is not None
    assert (refused.behavior, refused.reason) == ("deny", "say in a few words what is to be done")
    assert await session.announce(task("Write tests")) is None


async def test_gaff_task_completed(shell: Shell, example: Example) -> None:
    """A deny leaves the task open."""
    session = await started(shell, example, "gaff_task_completed")
    event = events.TaskCompleted(context=session.event_context, task_id="1", task_subject="Write tests")
    assert await session.announce(event) is None

    shell.workspace.write(".pytest_cache/v/cache/lastfailed", "{}")

    refused = await session.announce(event)
    assert refused is not None
    assert refused.reason == "some tests failed when they last ran"


async def test_gaff_teammate_idle(shell: Shell, example: Example) -> None:
    """Its objection is what the teammate goes on with."""
    session = await started(shell, example, "gaff_teammate_idle")

    (more,) = await shell.kernel.hooks.teammate_idle(
        events.TeammateIdle(context=session.event_context, teammate_name="tester-1", team_name="t")
    )

    assert more.value.block == "Take the module with the lowest coverage."


async def test_gaff_worktree_create(shell: Shell, example: Example) -> None:
    """The path it answers is used; where it answers none, git is."""
    session = await started(shell, example, "gaff_worktree_create")
    prepared = shell.workspace.folder / "checkouts" / "fix"
    prepared.mkdir(parents=True)

    def wanted(name: str) -> events.WorktreeCreate:
        return events.WorktreeCreate(context=session.event_context, worktree_name=name)

    assert await shell.kernel.hooks.worktree_create(wanted("fix")) == str(prepared)
    assert await shell.kernel.hooks.worktree_create(wanted("other")) is None


async def test_gaff_worktree_remove(shell: Shell, example: Example) -> None:
    """True says that nothing is left to do."""
    session = await started(shell, example, "gaff_worktree_remove")

    def unwanted(path: str) -> events.WorktreeRemove:
        return events.WorktreeRemove(context=session.event_context, worktree_path=path)

    assert await shell.kernel.hooks.worktree_remove(unwanted("/p/checkouts/fix"))
    assert not await shell.kernel.hooks.worktree_remove(unwanted("/p/worktrees/fix"))


async def test_gaff_elicitation(shell: Shell, example: Example) -> None:
    """Its answer spares the user the question."""
    session = await started(shell, example, "gaff_elicitation")

    answer = await shell.kernel.hooks.elicitation(
        events.Elicitation(context=session.event_context, mcp_server_name="tracker", message="Which project?")
    )

    assert answer == ElicitationAnswer(action="accept", content={"project": "GAFF"})


async def test_gaff_elicitation_result(shell: Shell, example: Example) -> None:
    """The server gets what it hands on."""
    session = await started(shell, example, "gaff_elicitation_result")
    event = events.ElicitationResult(context=session.event_context, mcp_server_name="shop", action="accept")
    given = ElicitationAnswer(action="accept", content={"name": "Ada", "email": "ada@example.org"})

    answer = await shell.kernel.hooks.elicitation_result(event, given)

    assert answer == replace(given, content={"name": "Ada"})
