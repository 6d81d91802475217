"""Replies in words alone: what this is, what it can do, and what it did not understand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..grammar import nearest
from ..history import changed_turns
from ..markdown import code, listed, many, paragraphs, quoted
from ..plan import Plan, World
from ..requests import Again, Talk, Unknown
from .common import said

WHAT_I_AM: Final = "I am gaff's offline stand-in, not a language model: I match plain requests against a fixed list and use the real tools."
SETUP: Final = (
    "For a real model set `ANTHROPIC_API_KEY`, or start a local server (Ollama, llama.cpp, LM Studio, vLLM) and use "
    "`--model openai:NAME` or `ANTHROPIC_BASE_URL`."
)
HELP: Final = (
    (
        "Look",
        (
            "find TODO in src",
            "where is parse_config used?",
            "find files named *.toml",
            "show README.md",
            "explain core/cli.py",
        ),
    ),
    ("Know the project", ("what is this project?", "count lines in src", "show the biggest files")),
    ("Run", ("run git status", "run the tests")),
    (
        "Change",
        (
            "replace foo with bar in src",
            "rename function load to read in *.py",
            'create notes.md with the text "hello"',
            'append "one more line" to notes.md',
            "delete notes.md",
        ),
    ),
    ("See and take back", ("what changed?", "undo", "git log")),
)
SHORT: Final = (
    "find TODO in src",
    "show README.md",
    "what is this project?",
    "run the tests",
    "replace foo with bar in src",
    "undo",
)
RECALLED: Final = 15


def talk(request: Talk, world: World) -> Plan:
    """Answer in words."""
    texts: dict[str, Callable[[], str]] = {
        "help": _help,
        "setup": lambda: SETUP,
        "identity": lambda: paragraphs(WHAT_I_AM, SETUP, "Say `help` for what I can do."),
        "greeting": lambda: paragraphs(f"Hello. {WHAT_I_AM}", f"Try {_examples(SHORT[:3])}, or `help`."),
        "thanks": lambda: "You are welcome.",
        "redo": lambda: "There is no redo: ask for the change once more.",
        "reply": lambda: "I did not ask anything. Tell me what to do, or say `help`.",
        "stop": lambda: "Nothing is running. What you asked for before is finished or was left undone.",
        "recap": lambda: _recap(world),
    }
    return (yield from said(texts[request.about]()))


def _help() -> str:
    groups = [f"**{title}**\n\n{listed(code(example) for example in examples)}" for title, examples in HELP]
    tips = (
        "Join requests with “then”; put text that could be misread in quotes; say “the second one”, “it”, “again” or “more” "
        "about my last answer. `docs/offline.md` lists everything."
    )
    return paragraphs(WHAT_I_AM, *groups, tips, SETUP)


def _examples(examples: tuple[str, ...]) -> str:
    return ", ".join(code(example) for example in examples)


def unknown(request: Unknown, world: World) -> Plan:
    """Say what was not understood, what was meant perhaps, and what can be done."""
    parts = ["I did not understand that." if request.text.strip() else "There was nothing to read."]
    if request.understood and request.strange:
        strange = ", ".join(quoted(piece) for piece in request.strange)
        parts = [f"I did not understand {strange}, so nothing was done."]
        parts.append(f"I would have understood {', '.join(quoted(piece) for piece in request.understood)}.")
    guess = nearest(request.text)
    parts += [f"Did you mean something like {code(guess)}?"] if guess else []
    parts += [WHAT_I_AM, f"I can do this, for example: {_examples(SHORT)}. Say `help` for all of it.", SETUP]
    return (yield from said(paragraphs(*parts), done=False))


def nothing_to_repeat(request: Again, world: World) -> Plan:
    """Say that there is no earlier request."""
    return (yield from said("There is no earlier request that I could do again.", done=False))


def _recap(world: World) -> str:
    """List what was asked, and the files that were changed."""
    prompts = [turn.prompts[0] for turn, _ in zip(world.earlier(), range(RECALLED), strict=False)]
    if not prompts:
        return "Nothing was asked before this."
    files: dict[str, int] = {}
    for turn in changed_turns(world):
        for change in turn.changes:
            files[change.path] = files.get(change.path, 0) + 1
    asked = "\n".join(
        f"{number}. {quoted(prompt, 100)}" for number, prompt in enumerate(reversed(prompts), 1)
    )
    changed = listed(f"{code(path)}: {many(count, 'change')}" for path, count in files.items())
    last = "The last of what was asked:" if len(prompts) == RECALLED else "What was asked:"
    return paragraphs(
        last, asked, f"Files changed, as it still holds:\n\n{changed}" if files else "No file was changed."
    )
