"""Write: make a file, or give one a wholly new content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from gaff.hooks import Action, Json, JsonObject, Tool, ToolContext, ToolError, ToolOutput, hookimpl

from ._editing import Edited, rewrite
from ._encoding import SNIFFED, binary_kind, decode
from ._faults import reporting
from ._ledger import LEDGER, digest_of
from ._patches import structured_patch
from ._paths import PathText, absolute, judge_write, settle
from ._replacing import Original, load, store
from ._threads import in_thread

DESCRIPTION: Final = """\
Write a whole file; folders on the way to it are made.

- A file that is there must have been read first: what you have not seen is not overwritten.
- Encoding, byte order mark, line endings and mode of a file that is there stay as they are.
- To change parts of a file use Edit."""


class WriteInput(BaseModel):
    """The parameters. Source: code.claude.com/docs/en/agent-sdk/typescript, tool input types."""

    model_config = ConfigDict(extra="forbid")

    file_path: PathText = Field(description="The file to write; absolute is best.")
    content: str = Field(description="All that the file will hold.")


class Write(Tool[WriteInput]):
    """The tool itself."""

    name = "Write"
    summary = "Create a file or replace all its content."
    description = DESCRIPTION
    input_model = WriteInput

    def actions(self, input: WriteInput, context: ToolContext) -> Sequence[Action]:
        """Writing that file."""
        return (judge_write(context, absolute(context, input.file_path)),)

    def hook_input(self, input: WriteInput, context: ToolContext) -> JsonObject:
        """The input with the path absolute."""
        return {**super().hook_input(input, context), "file_path": absolute(context, input.file_path)}

    async def run(self, input: WriteInput, context: ToolContext) -> ToolOutput:
        """Write the file if it is new or as the model knows it."""
        target = absolute(context, input.file_path)
        ledger = context.session.state[LEDGER]
        with reporting("write", target, intact="Nothing was changed."):
            path = settle(context, target)
            known = ledger.digest(path)
            output, digest = await in_thread(lambda _: _overwrite(path, target, input.content, known))
        ledger.note(path, digest)
        return output


def _overwrite(path: str, target: str, content: str, known: str | None) -> tuple[ToolOutput, str]:
    """Write the file; the hash is that of its new content."""
    original = load(path, target)
    if original is not None and original.data:
        _refuse_unknown(original, target, known)
    edited = rewrite(original, content, target)
    store(path, edited.data, original)
    return _output(target, original, edited), digest_of(edited.data)


def _refuse_unknown(original: Original, target: str, known: str | None) -> None:
    if known == digest_of(original.data):
        return
    if kind := binary_kind(original.data[:SNIFFED]):
        raise ToolError(
            f"{target} is there and binary: it looks like {kind}. It cannot be read and is not overwritten; "
            "remove it first if that is meant."
        )
    if known is None:
        raise ToolError(
            f"{target} is there already. Read it first, then write it; or change parts with Edit."
        )
    raise ToolError(f"{target} has changed since you read it. Read it again, then write it.")


def _output(target: str, original: Original | None, edited: Edited) -> ToolOutput:
    response: dict[str, Json] = {"type": "create" if original is None else "update", "filePath": target}
    response["content"] = edited.after
    response["structuredPatch"] = structured_patch(edited.before, edited.after) if original else []
    response["originalFile"] = edited.kept if original else None
    lines = edited.after.count("\n") + (not edited.after.endswith("\n") and edited.after != "")
    done = "Created" if original is None else "Replaced all of"
    text = f"{done} {target}: {lines:,} lines."
    if original is not None and decode(original.data).encoding.name != decode(edited.data).encoding.name:
        text += " It is UTF-8 now: the encoding it had cannot hold the new text."
    return ToolOutput(text, response)


@hookimpl
def gaff_register_tools() -> Sequence[Tool[WriteInput]]:
    """Contribute the tool."""
    return [Write()]
