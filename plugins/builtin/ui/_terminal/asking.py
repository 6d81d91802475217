"""Answers the kernel's questions at the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Protocol

from gaff.hooks import (
    Answer,
    JsonObject,
    PermissionAnswer,
    PermissionQuestion,
    PermissionUpdate,
    Question,
    hookimpl,
)
from gaff.hooks.events import UserAsked

from .dialog import Dialog, DialogAnswer, DialogChoice
from .escape import visible
from .reasons import asked_again, reasons, useful

_SAVED_IN: Final = {
    "localSettings": ".claude/settings.local.json",
    "projectSettings": ".claude/settings.json",
    "userSettings": "your settings",
}

_COMMENT: Final = "And tell the model"


class Asks(Protocol):
    """Where a dialog is shown."""

    async def ask(self, dialog: Dialog) -> DialogAnswer:
        """Show it and return the answer."""
        ...


class TerminalQuestions:
    """The plugin that asks the user; registered by the REPL for as long as it lives."""

    def __init__(self, screen: Asks) -> None:
        self._screen = screen

    @hookimpl
    async def gaff_ask_user(self, event: UserAsked) -> Answer | None:
        """Show the question and return the answer; an empty value where the user left it."""
        question = event.question
        if isinstance(question, PermissionQuestion):
            session = event.session
            folder = "" if session.cwd == session.project_dir else str(session.cwd)
            chosen = await self._screen.ask(permission_dialog(question, folder))
            decided = permission_answer(question, chosen)
            if decided.value == "allow" and decided.text:
                session.queue(decided.text)
            return decided
        said = await self._screen.ask(plain_dialog(question))
        return Answer(said.value, said.text)


def plain_dialog(question: Question) -> Dialog:
    """Return the dialog for a question without a call."""
    choices = [DialogChoice(visible(c.label), c.value, visible(c.description)) for c in question.choices]
    if choices and question.free_text:
        choices.append(DialogChoice("Something else", "", asks="In your words"))
    body = [visible(question.text)] if question.text else []
    return Dialog(visible(question.title), body, choices, asks="Answer")


def permission_dialog(question: PermissionQuestion, folder: str = "") -> Dialog:
    """Return the dialog that asks whether a call may run. It shows exactly what would run.

    ``folder`` is where, if that is not the project's own.
    """
    where = [f"  in {visible(folder)}"] if folder else []
    body = [*_input_lines(question.input), *where, *reasons(question)]
    return Dialog(visible(question.title), body, list(_choices(question)))


def permission_answer(question: PermissionQuestion, answer: DialogAnswer) -> PermissionAnswer:
    """Return what the chosen line means. Words with a yes are for the model, after the call's result."""
    if answer.value == "once":
        return PermissionAnswer("allow", answer.text)
    if answer.value == "session":
        updates = tuple(replace(update, destination="session") for update in useful(question))
        return PermissionAnswer("allow", answer.text, scope="session", updates=updates)
    if answer.value == "always":
        return PermissionAnswer("allow", answer.text, scope="always", updates=_lasting(useful(question)))
    return PermissionAnswer("deny", answer.text)


def _choices(question: PermissionQuestion) -> Iterator[DialogChoice]:
    yield DialogChoice("Yes", "once", keys="y", comment=_COMMENT)
    suggestions = useful(question)
    if suggestions:
        again = _again(question, suggestions)
        yield DialogChoice(
            f"Yes, for this session: {_described(suggestions)}", "session", again, "s", comment=_COMMENT
        )
    lasting = _lasting(suggestions)
    if lasting:
        places = ", ".join(dict.fromkeys(_SAVED_IN[update.destination] for update in lasting))
        told = "; ".join(filter(None, (f"saved in {places}", _again(question, lasting))))
        yield DialogChoice(f"Yes, always: {_described(lasting)}", "always", told, "a", comment=_COMMENT)
    yield DialogChoice("No", "deny", "with a reason the model goes on; without one it stops", "n", "Why not")


def _again(question: PermissionQuestion, updates: Sequence[PermissionUpdate]) -> str:
    left = asked_again(question, updates)
    return f"asked for again: {', '.join(left)}" if left else ""


def _lasting(suggestions: Sequence[PermissionUpdate]) -> tuple[PermissionUpdate, ...]:
    return tuple(update for update in suggestions if update.destination != "session")


def _described(updates: Sequence[PermissionUpdate]) -> str:
    parts: list[str] = []
    for update in updates:
        parts += [str(rule) for rule in update.rules]
        parts += [f"mode {update.mode}"] if update.mode else []
        parts += [f"work in {directory}" for directory in update.directories]
    return visible(", ".join(parts))


def _input_lines(input: JsonObject) -> Iterator[str]:
    """Yield every parameter of the call, nothing left out and nothing hidden."""
    for name, value in input.items():
        keep = "\n" if name == "command" else "\n\t"
        text = visible(value if isinstance(value, str) else _as_json(value), keep)
        if name == "command":
            yield f"  {text}".replace("\n", "\n  ")
        elif "\n" in text:
            text = text.removesuffix("\n")
            mark = {"old_string": "- ", "new_string": "+ ", "content": "+ "}.get(name, "  ")
            yield f"  {visible(name)}:"
            yield "\n".join(f"    {mark}{line}" for line in text.split("\n"))
        else:
            yield f"  {visible(name)}: {text}"


def _as_json(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, default=str)
