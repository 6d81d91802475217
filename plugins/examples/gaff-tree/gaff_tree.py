"""Draw the result of LS as a tree, with sizes, where the built-in renderer says only how many entries there are."""

from __future__ import annotations

from collections.abc import Sequence

from gaff.hooks import (
    JsonObject,
    Renderer,
    ToolCall,
    ToolOutcome,
    content_text,
    hookimpl,
    is_object,
    list_at,
    number_at,
    text_at,
)

SHOWN = 12


class Tree(Renderer):
    """Folders first, then files."""

    tools = ("LS",)

    def call(self, call: ToolCall, input: JsonObject, width: int) -> str:
        """Return the folder that is listed."""
        return f"LS {text_at(input, 'path')}"[:width]

    def result(self, outcome: ToolOutcome, width: int, full: bool) -> str:
        """Return the tree: all of it where ``full``, else its first lines. Errors are shown as they are."""
        response = outcome.output.response
        if outcome.is_error or not is_object(response):
            return content_text(outcome.output.content)
        entries = [one for one in list_at(response, "entries") if is_object(one)]
        entries.sort(key=lambda one: (text_at(one, "kind") != "folder", text_at(one, "name")))
        shown = entries if full else entries[:SHOWN]
        lines = [_line(one)[: width - 3] for one in shown]
        if len(shown) < len(entries):
            lines.append(f"… and {len(entries) - len(shown)} more")
        return "\n".join(f"{'└─' if line is lines[-1] else '├─'} {line}" for line in lines) or "empty"


def _line(entry: JsonObject) -> str:
    name, kind = text_at(entry, "name"), text_at(entry, "kind")
    if kind == "folder":
        return f"{name}/"
    if kind == "link":
        return f"{name} → {text_at(entry, 'target')}"
    return f"{name}  {number_at(entry, 'size'):,} B"


@hookimpl
def gaff_register_renderers() -> Sequence[Renderer]:
    """Contribute the renderer; it wins over the built-in one."""
    return [Tree()]
