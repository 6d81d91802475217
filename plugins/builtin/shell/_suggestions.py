"""Which rule would allow a command and its like again."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Final

from ._words import Word

#: Programs whose first word says what they do; ``run`` and ``-m`` are told apart by one word more.
MULTI_COMMAND: Final = frozenset(
    "git gh npm pnpm yarn bun cargo docker podman kubectl helm pip pip3 uv poetry pdm hatch go make just rake bundle gem "
    "composer mix dotnet gradle mvn brew apt apt-get dnf systemctl terraform aws gcloud az rustup deno tox nox".split()
)
_SCRIPTS: Final = frozenset({"npm", "pnpm", "yarn", "bun", "uv", "poetry", "pdm", "hatch", "composer"})
#: Subcommands that run whatever they are given: only the whole command is offered.
_RUNNERS: Final = frozenset({"run", "exec", "x", "dlx", "tool"})
_PYTHON: Final = re.compile(r"python(?:\d(?:\.\d+)?)?")

_NEVER: Final = re.compile(
    r"(?:ba|da|z|k|c|tc|fi)?sh|python[\d.]*|pypy[\d.]*|ipython|node|nodejs|deno|bun|ruby|perl|php|lua|Rscript|osascript"
    r"|sudo|doas|su|env|xargs|parallel|rm|rmdir|dd|mkfs.*|curl|wget|nc|ncat|ssh|scp|rsync|find|eval|exec|awk|gawk|sed|vim?"
    r"|ed|watch|setsid|ionice|flock|chroot|nsenter|unshare|busybox|npx|bunx|uvx|pipx|kill|pkill|killall|chmod|chown|tee"
    r"|tar|crontab|at|timeout|time|nice|nohup|stdbuf|command|builtin"
)
_PLAIN: Final = re.compile(r"[\w./:@+=,%-]+", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z][\w:.-]*", re.ASCII)
_LONGEST: Final = 200


def suggestion(words: Sequence[Word]) -> str:
    """Return the specifier of a rule for a command, wrappers taken off; empty where none should be offered.

    A rule does not see through quoting, so that none is offered for words that are quoted.
    """
    values = [word.text if word.text == word.literal else "" for word in words]
    name = os.path.basename(values[0])
    if (
        _PYTHON.fullmatch(values[0])
        and values[1:2] == ["-m"]
        and len(values) > 2
        and _NAME.fullmatch(values[2])
    ):
        return f"{values[0]} -m {values[2]} *"
    if _NEVER.fullmatch(name) and not (name in {"bun", "deno"} and len(values) > 1):
        return ""
    if values[0] in MULTI_COMMAND:
        return _of_subcommand(values) or _exact(values)
    return _exact(values)


def _of_subcommand(values: Sequence[str]) -> str:
    if len(values) < 2 or not _NAME.fullmatch(values[1]):
        return ""
    if values[1] not in _RUNNERS:
        return f"{values[0]} {values[1]} *"
    scripted = values[0] in _SCRIPTS and values[1] == "run" and len(values) > 2 and _NAME.fullmatch(values[2])
    return f"{values[0]} run {values[2]} *" if scripted and not _NEVER.fullmatch(values[2]) else ""


def _exact(values: Sequence[str]) -> str:
    text = " ".join(values)
    plain = all(_PLAIN.fullmatch(value) for value in values)
    return text if plain and len(text) <= _LONGEST else ""
