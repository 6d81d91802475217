"""Edit: replace an exact piece of text in a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from gaff.hooks import Action, Json, JsonObject, Tool, ToolContext, ToolError, ToolOutput, hookimpl

from ._editing import Edited, Replacement, edit_text, text_of
from ._encoding import Encoding, Text
from ._faults import reporting
from ._ledger import LEDGER, appears, digest_of
from ._patches import structured_patch
from ._paths import PathText, absolute, judge_write, missing, settle
from ._replacing import load, store
from ._threads import in_thread

DESCRIPTION: Final = """\
Replace text in a file.

- The file must have been read before.
- old_string must be in the file exactly, whitespace included and without Read's line numbers, and once: \
give enough around it, or set replace_all for every place.
- An empty old_string makes a new file of new_string.
- Encoding, byte order mark, line endings and mode stay as they are; CR LF files are matched with LF."""


class EditInput(BaseModel):
    """The parameters. Source: code.claude.com/docs/en/agent-sdk/typescript, tool input types."""

    model_config = ConfigDict(extra="forbid")

    file_path: PathText = Field(description="The file to edit; absolute is best.")
    old_string: str = Field(description="The text to replace.")
    new_string: str = Field(description="What to put in its place.")
    replace_all: bool = Field(False, description="Replace every place old_string is at.")


class Edit(Tool[EditInput]):
    """The tool itself."""

    name = "Edit"
    summary = "Replace an exact piece of text in a file."
    description = DESCRIPTION
    input_model = EditInput

    def actions(self, input: EditInput, context: ToolContext) -> Sequence[Action]:
        """Writing that file."""
        return (judge_write(context, absolute(context, input.file_path)),)

    def hook_input(self, input: EditInput, context: ToolContext) -> JsonObject:
        """The input with the path absolute."""
        return {**super().hook_input(input, context), "file_path": absolute(context, input.file_path)}

    async def run(self, input: EditInput, context: ToolContext) -> ToolOutput:
        """Edit the file if the model knows it, or if what it wants fits exactly one place."""
        if input.old_string == input.new_string:
            raise ToolError("old_string and new_string are the same: there is nothing to change.")
        target = absolute(context, input.file_path)
        ledger = context.session.state[LEDGER]
        replacement = Replacement(input.old_string, input.new_string, input.replace_all)
        with reporting("edit", target, intact="Nothing was changed."):
            path = settle(context, target)
            known = ledger.digest(path)
            if known is None and appears(context, target):
                known = ""
            output, digest = await in_thread(lambda _: _edit(path, target, replacement, known))
        if digest is not None:
            ledger.note(path, digest)
        return output


def _edit(
    path: str, target: str, replacement: Replacement, known: str | None
) -> tuple[ToolOutput, str | None]:
    """Edit the file; the hash is that of the new content, if the model now knows all of it."""
    original = load(path, target)
    if original is None and replacement.old:
        raise missing(target)
    text = text_of(original, target) if original is not None else Text("", Encoding())
    if original is not None and text.content and replacement.old and known is None:
        raise ToolError(f"Read {target} first: a file is edited only as you know it.")
    as_known = original is None or not text.content or known == digest_of(original.data)
    edited = edit_text(text, replacement, target, known=as_known)
    store(path, edited.data, original)
    return _output(target, replacement, edited), None if edited.stale else digest_of(edited.data)


def _output(target: str, replacement: Replacement, edited: Edited) -> ToolOutput:
    response: dict[str, Json] = {
        "filePath": target,
        "oldString": replacement.old,
        "newString": replacement.new,
        "originalFile": edited.kept,
        "structuredPatch": structured_patch(edited.before, edited.after),
        "userModified": False,
        "replaceAll": replacement.everywhere,
    }
    if not edited.lines:
        return ToolOutput(f"Created {target}.", response)
    places = ", ".join(map(str, edited.lines))
    text = f"Edited {target}, {'lines' if len(edited.lines) > 1 else 'line'} {places}."
    if edited.stale:
        text += " It had changed since you read it: read it again before you rely on the rest of it."
    return ToolOutput(text, response)


@hookimpl
def gaff_register_tools() -> Sequence[Tool[EditInput]]:
    """Contribute the tool."""
    return [Edit()]
