"""Tools over files in memory, with the words the real tools use."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from gaff.hooks import ToolCall, text_at

from .chat import Failed, Played, numbered


@dataclass
class Disk:
    """Files by relative path. ``refuse`` holds the results for calls of these tools on these files."""

    files: dict[str, str] = field(default_factory=dict[str, str])
    refuse: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def __call__(self, call: ToolCall) -> Played:
        path = text_at(call.input, "file_path")
        if refused := self.refuse.get((call.name, path)):
            return Failed(refused)
        tools = {"Read": self._read, "Write": self._write, "Edit": self._edit}
        if tool := tools.get(call.name):
            return tool(path, call)
        others = {"Glob": self._glob, "Grep": self._grep, "Bash": self._bash}
        return others[call.name](call)

    def _read(self, path: str, call: ToolCall) -> Played:
        if path not in self.files:
            return Failed(f"There is no /project/{path}. Glob finds files by name.")
        text = self.files[path].removesuffix("\n")
        return numbered(text) if self.files[path] else f"[/project/{path} is empty.]"

    def _write(self, path: str, call: ToolCall) -> Played:
        created = path not in self.files
        self.files[path] = text_at(call.input, "content")
        return f"{'Created' if created else 'Replaced all of'} /project/{path}: 1 lines."

    def _edit(self, path: str, call: ToolCall) -> Played:
        old, new = text_at(call.input, "old_string"), text_at(call.input, "new_string")
        text = self.files.get(path, "")
        found, everywhere = text.count(old), call.input.get("replace_all") is True
        if not old and self.files.get(path) == "":
            self.files[path] = new
            return f"Created /project/{path}."
        if not old or old == new or (found != 1 and not (found and everywhere)):
            return Failed(f"old_string is in {path} {found} times.")
        self.files[path] = text.replace(old, new)
        return f"Edited /project/{path}, line 1."

    def _glob(self, call: ToolCall) -> Played:
        pattern = text_at(call.input, "pattern").removeprefix("**/")
        found = [
            path
            for path in self.files
            if fnmatchcase(path, pattern) or fnmatchcase(path.rpartition("/")[2], pattern)
        ]
        return "\n".join(found) or "No files match."

    def _grep(self, call: ToolCall) -> Played:
        pattern = re.compile(text_at(call.input, "pattern"))
        hits = {
            path: [line for line in enumerate(text.splitlines(), 1) if pattern.search(line[1])]
            for path, text in self.files.items()
        }
        rows = {
            "files_with_matches": [path for path, lines in hits.items() if lines],
            "count": [f"{path}:{len(lines)}" for path, lines in hits.items() if lines],
            "content": [f"{path}:{number}:{line}" for path, lines in hits.items() for number, line in lines],
        }
        return "\n".join(rows[text_at(call.input, "output_mode")]) or "No matches."

    def _bash(self, call: ToolCall) -> Played:
        command, *words = shlex.split(text_at(call.input, "command"))
        if command != "rm" or words[-1] not in self.files:
            return Failed("Exit code 1\nnot a git repository")
        del self.files[words[-1]]
        return ""
