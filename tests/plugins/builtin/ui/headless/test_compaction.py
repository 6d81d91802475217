"""What a run tells of a compaction, in each format."""

from __future__ import annotations

import json

from gaff.testing.replies import Reply, call, prompt_too_long, say
from gaff.testing.scripted_model import ScriptedModel
from gaff.testing.workspace import Workspace

from .conftest import Outcome, Run


def script(workspace: Workspace, model: ScriptedModel, *more: Reply) -> None:
    """Have large files read, and what follows."""
    model.inspector.allow.add("prefix")
    files = [str(workspace.write(f"f{number}.txt", "some words\n" * 900)) for number in range(6)]
    reads: list[Reply] = [call("Read", {"file_path": path}) for path in files]
    model.add(*reads, *more, say("All read."))


async def test_the_stream_has_the_documented_boundary(
    stream: Run, model: ScriptedModel, workspace: Workspace
) -> None:
    """Status compacting, status null, then compact_boundary with trigger and tokens, under the entry's id."""
    script(workspace, model, prompt_too_long(), say("## Goal"))

    outcome = await stream("go")

    (boundary,) = outcome.of_type("compact_boundary")
    metadata = boundary["compact_metadata"]
    assert (boundary["type"], metadata["trigger"]) == ("system", "auto")
    assert metadata["pre_tokens"] > metadata["post_tokens"] > 0
    assert [one["status"] for one in outcome.of_type("status")] == ["compacting", None]
    assert boundary["uuid"] in transcript(workspace)
    assert outcome.messages[-1]["result"] == "All read."


async def test_text_says_it_beside_the_output(run: Run, model: ScriptedModel, workspace: Workspace) -> None:
    """One line on stderr; stdout is the answer alone."""
    script(workspace, model, prompt_too_long(), say("## Goal"))

    outcome = await run("-p", "go")

    assert outcome.out == "All read.\n"
    assert "gaff: Conversation compacted by clear_old_results, summarize_segment: about " in outcome.err


async def test_the_command_works_in_a_resumed_session(
    run: Run, stream: Run, model: ScriptedModel, workspace: Workspace
) -> None:
    """``--resume ID /compact``: the boundary is in the stream, and the result says what was done."""
    script(workspace, model)
    first = (await run("-p", "--output-format", "json", "go")).result

    outcome = await compact(stream, first["session_id"], model)

    assert [one["compact_metadata"]["trigger"] for one in outcome.of_type("compact_boundary")] == ["manual"]
    assert outcome.messages[-1]["result"].startswith("Conversation compacted by ")


async def compact(stream: Run, session_id: str, model: ScriptedModel) -> Outcome:
    """Compact a session in a run of its own."""
    model.add(say("## Goal\nRead files."))
    return await stream("--resume", session_id, "/compact")


def transcript(workspace: Workspace) -> list[str]:
    """Return the ids of all entries."""
    (path,) = workspace.gaff_home.glob("projects/*/*.jsonl")
    return [json.loads(line).get("uuid", "") for line in path.read_text().splitlines()]
