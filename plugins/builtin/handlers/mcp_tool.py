"""The hook handler ``mcp_tool``, which needs MCP servers; told as not available where there are none.

Source: code.claude.com/docs/en/hooks, "MCP tool hook fields".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from gaff.hooks import FieldType, HookHandler, HookResult, HookRun, HookSource, JsonObject, Kernel, hookimpl

_UNAVAILABLE = "this version of gaff has no MCP servers, so it cannot call one"


class McpToolHandler(HookHandler):
    """Knows the documented fields, and says that nothing can be called."""

    name: ClassVar[str] = "mcp_tool"
    summary: ClassVar[str] = "call a tool of an MCP server; not available in this version"
    fields: ClassVar[Mapping[str, FieldType]] = {"server": "string", "tool": "string", "input": "object"}
    required: ClassVar[tuple[str, ...]] = ("server", "tool")

    def check(self, config: JsonObject, source: HookSource, kernel: Kernel) -> str | None:
        return _UNAVAILABLE

    def title(self, config: JsonObject) -> str:
        return f"{config.get('server')}: {config.get('tool')}"

    async def run(self, run: HookRun) -> HookResult:
        return HookResult(failure=_UNAVAILABLE)


@hookimpl
def gaff_register_hook_handlers() -> Sequence[HookHandler]:
    """Offer ``mcp_tool``."""
    return (McpToolHandler(),)
