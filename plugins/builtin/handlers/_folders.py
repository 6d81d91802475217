"""Hooks that come with something else: a plugin folder's ``hooks/hooks.json``, a skill's or agent's frontmatter.

For the features that load plugin folders, skills and sub-agents. What is added is in force until the
function that ``add_hooks`` returns is called, or the session ends.
Source: code.claude.com/docs/en/hooks, "Hook locations".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gaff.hooks import HookSource, Json, JsonObject, Session, SettingsError, is_object

from ._book import book_of


def add_hooks(session: Session, hooks: Json, source: HookSource) -> Callable[[], None]:
    """Have these hooks run in a session from now on; return what takes them out again."""
    book, extra = book_of(session), (hooks, source)
    book.add(extra, session.kernel)
    return lambda: book.remove(extra, session.kernel)


def plugin_hooks(
    root: Path, data: Path, options: Mapping[str, str], declared: Json = None
) -> tuple[Json, HookSource]:
    """Return the hooks of a plugin folder, and the source to add them with.

    ``data`` is the plugin's own folder for what it keeps, ``options`` its values of ``userConfig``,
    ``declared`` the member ``hooks`` of its ``plugin.json``: the hooks themselves, or a path. Modules that
    a ``hooks.json`` names are for another host and are passed over.

    Raises:
        SettingsError: the file cannot be read, or holds no JSON object.
    """
    variables = {"CLAUDE_PLUGIN_ROOT": str(root), "CLAUDE_PLUGIN_DATA": str(data)}
    variables |= {f"CLAUDE_PLUGIN_OPTION_{name.upper()}": value for name, value in options.items()}
    file = root / (declared if isinstance(declared, str) else "hooks/hooks.json")
    source = HookSource("Plugin Hooks", "plugin", str(file), root, variables=variables)
    if is_object(declared):
        return declared.get("hooks", declared), replace(source, path=str(root / "plugin.json"))
    return _read(file), source


def _read(file: Path) -> Json:
    try:
        value: Any = json.loads(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as fault:
        raise SettingsError(f"{file}: cannot be read ({fault}); its hooks do not run") from fault
    if not is_object(value):
        raise SettingsError(f"{file}: must be a JSON object; its hooks do not run")
    return value.get("hooks", {})


def frontmatter_hooks(
    frontmatter: JsonObject, file: Path, *, agent: bool, trusted: bool
) -> tuple[Json, HookSource]:
    """Return the hooks of a skill's or sub-agent's frontmatter, and the source to add them with.

    A sub-agent's ``Stop`` is ``SubagentStop`` for the session it belongs to.
    """
    hooks = frontmatter.get("hooks", {})
    if agent and is_object(hooks) and "Stop" in hooks:
        hooks = {("SubagentStop" if event == "Stop" else event): groups for event, groups in hooks.items()}
    return hooks, HookSource("Session Hooks", "session", str(file), file.parent, trusted)
