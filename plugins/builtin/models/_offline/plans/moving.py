"""Plans that delete, move and make files and folders by a shell command, so that the user is asked."""

from __future__ import annotations

from ..markdown import code, paragraphs
from ..outcomes import output_text
from ..plan import Call, Plan, Reply, World, one
from ..references import resolve
from ..requests import CreateFolder, DeleteFile, MoveFile
from ..results import Result
from .common import no_tool, said, shell_path


def delete_file(request: DeleteFile, world: World) -> Plan:
    """Delete one file with ``rm``, which refuses folders."""
    reference = resolve(request.path, world)
    if isinstance(reference, Reply):
        return (yield from said(reference.text, done=False))
    path = reference.path
    return (
        yield from _run(
            world, remove(path), f"Deleted {code(path)}. I cannot undo that.", f"{code(path)} was not deleted"
        )
    )


def remove(path: str) -> Call:
    """Return the call that deletes one file."""
    return Call(
        "Bash", {"command": f"rm -- {shell_path(path.rstrip('/') or '/')}", "description": f"Delete {path}"}
    )


def create_folder(request: CreateFolder, world: World) -> Plan:
    """Make a folder, and those on the way to it."""
    made = Call(
        "Bash",
        {
            "command": f"mkdir -p -- {shell_path(request.path)}",
            "description": f"Create the folder {request.path}",
        },
    )
    path = code(request.path)
    return (yield from _run(world, made, f"{path} is there now.", f"{path} was not created"))


def move_file(request: MoveFile, world: World) -> Plan:
    """Move or copy a file; one that is in the way is not overwritten."""
    reference = resolve(request.source, world)
    if isinstance(reference, Reply):
        return (yield from said(reference.text, done=False))
    if world.missing("Bash"):
        return (yield from no_tool("Bash"))
    source, target = reference.path, request.target
    program, verb, done = ("cp", "Copy", "copied") if request.copy else ("mv", "Move", "moved")
    command = f"{program} -n -v -- {shell_path(source)} {shell_path(target)}"
    result = yield from one(Call("Bash", {"command": command, "description": f"{verb} {source} to {target}"}))
    if result.is_error:
        return Reply(f"{code(source)} was not {done}: {_why(result)}.", done=False)
    if not output_text(result):
        return Reply(f"{code(source)} was not {done}: {code(target)} is there already.", done=False)
    return Reply(f"{code(source)} was {done} to {code(target)}.")


def _run(world: World, command: Call, done: str, failed: str) -> Plan:
    if world.missing("Bash"):
        return (yield from no_tool("Bash"))
    result = yield from one(command)
    if result.is_error:
        return Reply(paragraphs(f"{failed}: {_why(result)}."), done=False)
    return Reply(done)


def _why(result: Result) -> str:
    """Return why a command failed: its refusal, or what it printed."""
    if result.refusal is not None or result.interrupted:
        return result.trouble
    return " ".join(output_text(result).split())[:300].rstrip(".") or result.trouble
