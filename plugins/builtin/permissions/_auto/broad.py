"""Allow rules so broad that they would let anything past the review; auto mode does without them.

Source: code.claude.com/docs/en/permission-modes (what auto mode drops on entering).
"""

from __future__ import annotations

import re
from typing import Final

from gaff.hooks import Rule

#: Tools that run whatever they are given.
_RUNNERS: Final = frozenset({"Bash", "Monitor", "PowerShell", "Agent", "Python", "REPL", "BashInput"})
_SHELLS: Final = frozenset({"Bash", "Monitor", "PowerShell"})
_INTERPRETERS: Final = r"python[\d.]*|pypy[\d.]*|node|deno|bun|ruby|perl|php|lua|Rscript|osascript|bash|sh|zsh|dash|ksh|fish|pwsh"
_LAUNCHERS: Final = "env|xargs|sudo|doas|eval|exec|ssh|docker|podman|kubectl|nohup|watch|parallel|find|make|just|task|nix|awk|sed"
_PACKAGE_RUNNERS: Final = (
    r"npx|bunx|pnpx|uvx|pipx(?: run)?|yarn(?: (?:dlx|exec|run))?|uv(?: (?:run|tool run))?"
)
_PACKAGE_SCRIPTS: Final = (
    r"(?:npm|pnpm|bun)(?: (?:run|run-script|exec|x|dlx))?|(?:poetry|pdm|hatch|pipenv|rye)(?: run)?|cargo(?: run)?"
    r"|go(?: run)?|bundle exec|dotnet(?: run)?|(?:direnv|devbox|mise) (?:run|exec)"
)
#: The program and then a wildcard, with nothing but options between them.
_ANYTHING: Final = re.compile(
    rf"(?:\*|(?:[\w./~-]*/)?(?:{_INTERPRETERS}|{_LAUNCHERS}|{_PACKAGE_RUNNERS}|{_PACKAGE_SCRIPTS})"
    rf"(?: -[\w-]+)*(?: ?\*|:\*| -[\w-]*\*)).*",
    re.IGNORECASE,
)


def is_broad(rule: Rule) -> bool:
    """Whether an allow rule lets a tool run what it likes."""
    specifier = (rule.specifier or "*").strip()
    if rule.tool in _RUNNERS and specifier in ("*", ":*"):
        return True
    return rule.tool in _SHELLS and _ANYTHING.fullmatch(specifier) is not None
