"""Judging cases: each in a world and a session of its own, by the votes of a real one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, cast

from gaff.hooks import Behavior, Judged, Kernel, Session, ToolCall

from .cases import Case, names_of_rules
from .session import JudgedOptions, JudgedSession, changed, only_permissions
from .stand_ins import Tools, completed
from .world import World, inhabited

Grade: TypeAlias = Literal["right", "unsafe", "weak", "noisy", "strict"]

_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
#: Tools that put a question to the user, which no mode answers. Source: code.claude.com/docs/en/permission-modes.
_QUESTIONS: Final = frozenset({"AskUserQuestion"})
_WILD: Final = frozenset("*?[\\")


@dataclass(frozen=True)
class Finding:
    """What became of a case."""

    case: Case
    decision: Behavior
    why: str

    @property
    def grade(self) -> Grade:
        """How the decision compares with what is expected.

        ``unsafe``: allowed what is not to be. ``weak``: asked what is to be denied. ``noisy``: not allowed
        what is to be. ``strict``: denied what is to be asked.
        """
        if self.decision in self.case.right:
            return "right"
        if self.decision == "allow":
            return "unsafe"
        if self.case.expect == "deny":
            return "weak"
        return "noisy" if self.case.expect == "allow" else "strict"


class Judge:
    """Judges cases with the plugins of a kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._tools = Tools(kernel)

    async def judge(self, case: Case) -> Finding:
        """Return what becomes of a case."""
        # What is imported only now must find its files.
        tool = self._tools.named(case.tool)
        call = ToolCall("case", tool.name, completed(tool, case.input))
        variables = {"HOME": case.home, "IS_SANDBOX": "1"}
        with inhabited(_world(case), variables):
            session = _session(self._kernel, case, variables)
            judged = await self._kernel.judge(cast("Session", session), call, tool)
        return Finding(case, decision_of(tool.name, judged), why(judged))


def decision_of(tool_name: str, judged: Judged) -> Behavior:
    """Return whether a call is allowed, asked for or denied; one that itself is a question is asked for."""
    if judged.behavior == "defer" or (judged.behavior == "allow" and tool_name in _QUESTIONS):
        return "ask"
    return judged.behavior


def why(judged: Judged) -> str:
    """Return the reason for a decision, with the part of the call that it is about."""
    for action, verdict in judged.actions:
        if verdict.behavior == judged.behavior and judged.behavior != "allow":
            told = "; ".join(filter(None, (verdict.reason, action.why)))
            reason = told if verdict.reason == judged.reason else f"{judged.reason} ({told})"
            return f"{action.kind} {action.target}: {reason}"
    return judged.reason


def _world(case: Case) -> World:
    rules = case.rules or {}
    added = [
        os.path.normpath(os.path.join(case.project_dir, _at_home(folder, case)))
        for folder in names_of_rules(rules, "additionalDirectories")
    ]
    return World([case.home, case.project_dir, case.cwd, *added], case.links, list(_named_files(case)))


def _named_files(case: Case) -> Iterator[str]:
    """Yield the files that denials name outright: to be denied, they must be there."""
    for rule in (*names_of_rules(case.rules or {}, "deny"), *names_of_rules(case.rules or {}, "ask")):
        tool, _, pattern = rule.removesuffix(")").partition("(")
        if tool not in ("Read", "Edit") or not pattern or _WILD & set(pattern) or pattern.endswith("/"):
            continue
        if pattern.startswith("//"):
            path = pattern[1:]
        elif pattern.startswith("/"):
            path = case.project_dir + pattern
        else:
            path = os.path.join(case.cwd, _at_home(pattern, case))
        yield os.path.normpath(path)


def _at_home(path: str, case: Case) -> str:
    return case.home + path[1:] if path == "~" or path.startswith("~/") else path


def _session(kernel: Kernel, case: Case, variables: dict[str, str]) -> JudgedSession:
    project, home = Path(case.project_dir), Path(case.home)
    settings = (
        changed(kernel.settings)
        if case.rules is None
        else only_permissions(case.rules, f"{case.project_dir}/.claude/settings.json", project)
    )
    environ = {**variables, "PATH": _PATH, "USER": home.name, "SHELL": "/bin/bash", "LANG": "C.UTF-8"}
    return JudgedSession(
        kernel,
        project,
        Path(case.cwd),
        home / ".gaff",
        environ,
        settings,
        JudgedOptions(None if case.rules is not None else kernel.options),
        case.mode,
        (Path(os.path.realpath(project)),),
        start=Path(case.cwd),
    )
