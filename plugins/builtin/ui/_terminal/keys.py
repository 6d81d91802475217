"""The keys of the prompt and of dialogs that belong to the REPL itself; plugins add others."""

from __future__ import annotations

import re
import time
from typing import Final

from prompt_toolkit.application.current import get_app
from prompt_toolkit.filters import Condition, has_completions, has_focus, vi_insert_mode
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from .face import Desk
from .paste import Pastes
from .screen import Screen

#: Seconds within which a key pressed twice means to leave.
_TWICE: Final = 0.8
_COMMAND_BEGUN: Final = re.compile(r"/[\w:.-]*")


def bind_prompt_keys(screen: Screen, desk: Desk, pastes: Pastes) -> None:
    """Bind the keys that work in the prompt."""
    keys, at_prompt = screen.keys, has_focus(screen.buffer)
    _bind_sending(keys, at_prompt, screen, desk, pastes)
    _bind_stopping(keys, at_prompt, screen, desk)

    @keys.add(Keys.BracketedPaste, filter=at_prompt)
    def _paste(event: KeyPressEvent) -> None:
        screen.buffer.insert_text(pastes.take(event.data))

    @keys.add("up", filter=at_prompt & Condition(lambda: desk.busy and not screen.buffer.text))
    def _take_back(event: KeyPressEvent) -> None:
        prompt = desk.take_back()
        if prompt is None:
            screen.buffer.auto_up()
        else:
            screen.buffer.text = prompt
            screen.buffer.cursor_position = len(prompt)

    @keys.add("c-l")
    def _redraw(event: KeyPressEvent) -> None:
        screen.redraw()

    @keys.add("c-z")
    def _suspend(event: KeyPressEvent) -> None:
        event.app.suspend_to_background()


def _bind_sending(
    keys: KeyBindings, at_prompt: Condition, screen: Screen, desk: Desk, pastes: Pastes
) -> None:
    buffer = screen.buffer

    @keys.add("enter", filter=at_prompt)
    def _enter(event: KeyPressEvent) -> None:
        if buffer.document.char_before_cursor == "\\":
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        elif not _complete(screen):
            text = pastes.expand(buffer.text).strip()
            if text:
                buffer.history.append_string(text)
                buffer.reset()
                desk.enter(text)

    @keys.add("escape", "enter", filter=at_prompt)
    @keys.add("c-j", filter=at_prompt)
    def _newline(event: KeyPressEvent) -> None:
        buffer.insert_text("\n")


def _complete(screen: Screen) -> bool:
    """Let Enter take a completion; say whether that is all it shall do."""
    buffer = screen.buffer
    state = buffer.complete_state
    if state is None:
        return False
    command = _COMMAND_BEGUN.fullmatch(state.original_document.text) is not None
    if command and state.current_completion is None and state.completions:
        exact = any(one.text.strip() == buffer.text for one in state.completions)
        if not exact:
            buffer.apply_completion(state.completions[0])
            return False
    chosen = state.current_completion is not None
    buffer.complete_state = None
    return chosen and not command


def _bind_stopping(keys: KeyBindings, at_prompt: Condition, screen: Screen, desk: Desk) -> None:
    buffer = screen.buffer
    pressed = _Twice(screen)

    @keys.add("escape", filter=at_prompt & has_completions)
    def _close_menu(event: KeyPressEvent) -> None:
        buffer.cancel_completion()

    # In vi mode Esc leaves the insert mode; Ctrl+C interrupts there.
    @keys.add("escape", filter=at_prompt & ~has_completions & ~vi_insert_mode)
    def _escape(event: KeyPressEvent) -> None:
        if desk.busy:
            desk.interrupt()
        elif buffer.text and pressed.again("escape", "Press Esc again to clear the prompt"):
            buffer.reset()

    @keys.add("c-c", filter=at_prompt)
    def _control_c(event: KeyPressEvent) -> None:
        if desk.busy and desk.interrupt():
            return
        if buffer.text:
            buffer.reset()
        elif pressed.again("c-c", "Press Ctrl+C again to leave"):
            desk.leave()

    @keys.add("c-d", filter=at_prompt & Condition(lambda: not buffer.text))
    def _control_d(event: KeyPressEvent) -> None:
        if pressed.again("c-d", "Press Ctrl+D again to leave"):
            desk.leave()


class _Twice:
    """Keys that act when pressed twice."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._last = ("", 0.0)

    def again(self, key: str, hint: str) -> bool:
        """Say whether this is the second time; after the first, show the hint for a while."""
        now = time.monotonic()
        name, when = self._last
        if name == key and now - when < _TWICE:
            self._screen.show_hint("")
            return True
        self._last = (key, now)
        self._screen.show_hint(hint)
        loop = get_app().loop
        if loop is not None:
            loop.call_later(_TWICE, self._screen.show_hint, "")
        return False


def bind_dialog_keys(screen: Screen) -> None:
    """Bind the keys that answer a dialog."""
    keys = screen.dialog_keys
    for key, by in (("up", -1), ("down", 1), ("c-p", -1), ("c-n", 1), ("s-tab", -1)):
        _bind_move(screen, key, by)

    @keys.add("tab")
    def _comment(event: KeyPressEvent) -> None:
        if screen.dialog is not None and not screen.dialog.comment():
            screen.dialog.move(1)
        screen.focus_dialog()

    @keys.add("enter")
    def _choose(event: KeyPressEvent) -> None:
        if screen.dialog is not None:
            screen.dialog.choose()
            screen.focus_dialog()

    @keys.add("escape")
    @keys.add("c-c")
    @keys.add("c-d")
    def _leave(event: KeyPressEvent) -> None:
        if screen.dialog is not None:
            screen.dialog.leave()

    @keys.add("backspace")
    def _erase(event: KeyPressEvent) -> None:
        if screen.dialog is not None:
            screen.dialog.erase()

    @keys.add("<any>")
    def _key(event: KeyPressEvent) -> None:
        if screen.dialog is None or not event.data.isprintable():
            return
        if screen.dialog.key(event.data):
            screen.focus_dialog()
        else:
            screen.type_on(event.data)

    _bind_answer_keys(screen)


def _bind_move(screen: Screen, key: str, by: int) -> None:
    @screen.dialog_keys.add(key)
    def _move(event: KeyPressEvent) -> None:
        if screen.dialog is not None:
            screen.dialog.move(by)


def _bind_answer_keys(screen: Screen) -> None:
    typing = has_focus(screen.answer_buffer)

    @screen.keys.add("enter", filter=typing)
    def _send(event: KeyPressEvent) -> None:
        if screen.dialog is not None:
            screen.dialog.typed(screen.answer_buffer.text)

    @screen.keys.add("escape", filter=typing)
    @screen.keys.add("c-c", filter=typing)
    def _back(event: KeyPressEvent) -> None:
        if screen.dialog is not None:
            screen.answer_buffer.reset()
            screen.dialog.leave()
            screen.focus_dialog()
