"""The screen: text printed above for good, and below it the few live lines with the prompt.

Nothing that was printed is drawn again, and the live lines never fill the window, so the terminal's
own scrollback stays whole and nothing flickers.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from prompt_toolkit.application import Application
from prompt_toolkit.application.current import set_app
from prompt_toolkit.application.run_in_terminal import in_terminal
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Condition, has_completions, has_focus, is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import (
    ConditionalKeyBindings,
    DynamicKeyBindings,
    KeyBindings,
    KeyBindingsBase,
    merge_key_bindings,
)
from prompt_toolkit.key_binding.key_processor import KeyProcessor
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    Container,
    Dimension,
    FormattedTextControl,
    HSplit,
    Layout,
    SearchBufferControl,
    VerticalAlign,
    Window,
)
from prompt_toolkit.layout.menus import CompletionsMenuControl
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import SearchToolbar

from gaff.hooks import TerminalSequence

from .ansi import clip, fold
from .dialog import QUIET, Dialog, DialogAnswer
from .fragments import fragments
from .output import TerminalOutput

_STYLE: Final = Style.from_dict(
    {
        "prompt": "bold ansicyan",
        "hint": "ansibrightblack",
        "status": "ansibrightblack",
        "activity": "ansiyellow",
        "question.title": "bold ansiyellow",
        "question.selected": "bold ansicyan",
        "completion-menu": "bg:default",
        "completion-menu.completion": "bg:default fg:default",
        "completion-menu.completion.current": "bg:default bold ansicyan noreverse",
        "completion-menu.meta.completion": "bg:default ansibrightblack",
        "completion-menu.meta.completion.current": "bg:default ansicyan",
    }
)
_MENU_ROWS: Final = 7
_PROMPT_ROWS: Final = 12


class Screen:
    """The window of one session after another; made once, it lives as long as the REPL."""

    def __init__(
        self,
        buffer: Buffer,
        output: TerminalOutput,
        environ: Mapping[str, str],
        input: Input | None = None,
        *,
        vi: bool = False,
    ) -> None:
        self.buffer = buffer
        self.answer_buffer = Buffer(multiline=False)
        self.output = output
        self.keys = KeyBindings()
        #: Returns the keys of plugins as of now.
        self.plugin_keys: Callable[[], KeyBindingsBase] = KeyBindings
        self.dialog_keys = KeyBindings()
        self.last_key = 0.0
        self._live: Sequence[str] = ()
        self._tight = False
        self._activity = ""
        self._queue: Sequence[str] = ()
        self._hint = ""
        self._status = ""
        self._dialog: Dialog | None = None
        self._pending: list[str] = []
        self._signals: list[str] = []
        self._flushing = False
        self._suspended = False
        self._started = False
        self._drawn = asyncio.Event()
        self.app: Application[int] = self._application(environ, input, vi=vi)

    @property
    def columns(self) -> int:
        """Width of the window, in cells."""
        return self.output.get_size().columns

    @property
    def shows_input(self) -> bool:
        """What is typed goes from the prompt when it is sent."""
        return False

    @property
    def rows(self) -> int:
        """Height of the window, in cells."""
        return self.output.get_size().rows

    @property
    def dialog(self) -> Dialog | None:
        """The question that stands, if any."""
        return self._dialog

    # What is printed for good.

    def print(self, text: str, *, gap: bool = True) -> None:
        """Print lines with colours above the prompt; ``gap`` puts a blank line before them.

        Everything printed before the event loop runs again goes out as one frame.
        """
        self._pending.append(("\n" if gap and self._started else "") + text + "\n")
        self._started = True
        if self.app.is_running:
            if not self._flushing:
                self._flushing = True
                asyncio.get_running_loop().call_soon(self._flush)
        elif not self._suspended:
            self.drain()

    def drain(self) -> None:
        """Write what waits, without the prompt."""
        text, self._pending = "".join(self._pending), []
        self.output.write_painted(text)
        self.output.flush()

    def _flush(self) -> None:
        self._flushing = False
        if self._suspended or not self._pending:
            return
        if not self.app.is_running:
            self.drain()
            return
        with self.output.frame():
            self.app.renderer.erase()
            self.drain()
            self._draw()

    def _draw(self) -> None:
        self.app.render_counter += 1  # what windows show is cached by it
        with set_app(self.app):
            self.app.renderer.render(self.app, self.app.layout)
            self.app.layout.update_parents_relations()

    # What is live.

    def show_live(self, lines: Sequence[str], *, gap: bool = True) -> None:
        """Draw these lines with colours above the prompt; the last ones where there are too many."""
        if lines != self._live:
            self._live, self._tight = lines, not gap
            self.app.invalidate()

    def show_activity(self, text: str) -> None:
        """Say what is under way; empty for nothing."""
        if text != self._activity:
            self._activity = text
            self.app.invalidate()

    def show_queue(self, prompts: Sequence[str]) -> None:
        """Show the prompts that wait."""
        self._queue = prompts
        self.app.invalidate()

    def show_hint(self, text: str) -> None:
        """Show a line instead of the status line; empty to take it away."""
        if text != self._hint:
            self._hint = text
            self.app.invalidate()

    def show_status(self, text: str) -> None:
        """Set the status line."""
        if text != self._status:
            self._status = text
            self.app.invalidate()

    def signal(self, sequence: TerminalSequence) -> None:
        """Send the terminal a title, a notification or the bell; the cursor stays where it is."""
        self._signals.append(sequence.sequence)
        if not self._suspended:
            self._send_signals()

    def _send_signals(self) -> None:
        signals, self._signals = "".join(self._signals), []
        if signals:
            self.output.write_raw(signals)
            self.output.flush()

    def show_ready(self) -> None:
        """The prompt always stands."""

    def prompt_text(self) -> str:
        """Return what stands in the prompt."""
        return self.buffer.text

    def set_prompt_text(self, text: str) -> None:
        """Replace what stands in the prompt; the cursor goes to its end."""
        self.buffer.text = text
        self.buffer.cursor_position = len(text)

    # Its life.

    async def drawn(self) -> None:
        """Wait until the prompt stands."""
        await self._drawn.wait()

    async def run(self) -> int:
        """Serve until ``exit``, and return its code; that of a hang-up where the terminal goes away."""
        try:
            return await self.app.run_async(handle_sigint=False, set_exception_handler=False)
        except EOFError:
            return 128 + signal.SIGHUP

    def exit(self, code: int) -> None:
        """End ``run``."""
        if self.app.is_running and not self.app.is_done:
            self.app.exit(result=code)

    def redraw(self) -> None:
        """Draw the live lines anew, after something else wrote to the terminal."""
        with self.output.frame():
            self.app.renderer.erase()
            self._draw()

    # Dialogs, and programs that need the terminal for themselves.

    async def ask(self, dialog: Dialog) -> DialogAnswer:
        """Show a dialog in place of the prompt and return the answer.

        Until no key has been pressed for a moment, keys still go to the prompt; a key that means nothing to the
        dialog is taken for the beginning of a prompt, and it waits for such a moment again.
        """
        body = [line for text in dialog.body for line in fold(text, self.columns - 1)]
        dialog.body = ()
        if len(body) > self.rows - dialog.height(self.columns - 1) - 4:
            self.print("\n".join(body))
            body = [f"(shown above in full, {len(body)} lines)"]
        dialog.body = body
        self._dialog = dialog
        self.app.invalidate()
        try:
            while not dialog.done.done():
                dialog.news.clear()
                await self._wait_for_quiet()
                dialog.armed = True
                self.focus_dialog()
                self.app.invalidate()
                await dialog.news.wait()
            return dialog.done.result()
        finally:
            self._dialog = None
            self.answer_buffer.reset()
            self.app.layout.focus(self._prompt_window)
            self.app.invalidate()

    async def _wait_for_quiet(self) -> None:
        shown = time.monotonic()
        while (left := max(shown, self.last_key) + QUIET - time.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)

    def type_on(self, text: str) -> None:
        """Put what was typed into a dialog that has no use for it where it was meant to go."""
        if self._dialog is not None:
            self._dialog.step_back()
            self.app.layout.focus(self._prompt_window)
            self.buffer.insert_text(text)

    def focus_dialog(self) -> None:
        """Put the keyboard where the dialog listens: at its choices, or at the words being typed."""
        if self._dialog is not None:
            self.app.layout.focus(self._answer_window if self._dialog.typing else self._dialog_window)

    @asynccontextmanager
    async def suspended(self) -> AsyncGenerator[None]:
        """Leave the terminal to another program; what is printed meanwhile comes after."""
        self._suspended = True
        try:
            async with in_terminal():
                yield
        finally:
            self._suspended = False
            self._flush()
            self._send_signals()

    # How it is laid out.

    def _application(self, environ: Mapping[str, str], input: Input | None, *, vi: bool) -> Application[int]:
        search = SearchToolbar()
        self._prompt_window = self._prompt(search.control)
        self._dialog_window = Window(
            FormattedTextControl(
                self._dialog_text, focusable=True, show_cursor=False, key_bindings=self.dialog_keys
            ),
            dont_extend_height=True,
        )
        self._answer_window = Window(
            BufferControl(self.answer_buffer),
            dont_extend_height=True,
            wrap_lines=True,
            get_line_prefix=self._answer_prefix,
        )
        app: Application[int] = Application(
            layout=Layout(self._lines(search), focused_element=self._prompt_window),
            key_bindings=merge_key_bindings(
                [self.keys, self._away_from_dialogs(DynamicKeyBindings(lambda: self.plugin_keys()))]
            ),
            style=_STYLE,
            output=self.output,
            input=input,
            color_depth=ColorDepth.DEPTH_1_BIT if environ.get("NO_COLOR") else ColorDepth.DEPTH_4_BIT,
            editing_mode=EditingMode.VI if vi else EditingMode.EMACS,
            erase_when_done=True,
            terminal_size_polling_interval=None,
        )
        app.ttimeoutlen = 0.03
        app.key_processor.after_key_press += self._key_pressed
        app.after_render += self._rendered
        return app

    def _away_from_dialogs(self, keys: KeyBindingsBase) -> KeyBindingsBase:
        return ConditionalKeyBindings(keys, has_focus(self.buffer))

    def _lines(self, search: SearchToolbar) -> Container:
        asking = Condition(lambda: self._dialog is not None)
        typing = Condition(lambda: bool(self._dialog and self._dialog.armed and self._dialog.typing))
        answering = Condition(lambda: bool(self._dialog and self._dialog.armed))
        menu = Window(CompletionsMenuControl(), height=Dimension(max=_MENU_ROWS), dont_extend_height=True)
        return HSplit(
            [
                _text_window(self._upper_text),
                ConditionalContainer(self._dialog_window, asking),
                ConditionalContainer(self._answer_window, typing),
                ConditionalContainer(self._prompt_window, ~answering),
                ConditionalContainer(menu, has_completions & ~is_searching & ~answering),
                ConditionalContainer(search, is_searching),
                _text_window(self._status_text),
            ],
            align=VerticalAlign.TOP,
        )

    def _prompt(self, search: SearchBufferControl) -> Window:
        return Window(
            BufferControl(
                self.buffer,
                search_buffer_control=search,
                preview_search=True,
                include_default_input_processors=True,
            ),
            height=lambda: Dimension(min=1, max=max(1, min(_PROMPT_ROWS, self.rows // 2))),
            dont_extend_height=True,
            wrap_lines=True,
            get_line_prefix=lambda line, wraps: [("class:prompt", "> " if line == wraps == 0 else "  ")],
        )

    def _rendered(self, _: Application[int]) -> None:
        self._drawn.set()

    def _key_pressed(self, _: KeyProcessor) -> None:
        self.last_key = time.monotonic()
        waiting = self.app.key_processor.key_buffer
        # Esc alone must act at once; the keys of Alt+X arrive together, those of Ctrl+X Ctrl+E do not.
        self.app.timeoutlen = 0.02 if waiting and waiting[0].key == "escape" else 1.0

    def _upper_text(self) -> StyleAndTextTuples:
        """Draw what stands above the prompt in one go: a window for each part costs a redraw three times as much."""
        room = max(2, min(10, self.rows // 3))
        width = self.columns - 1
        out: StyleAndTextTuples = [] if self._tight else [("", "\n")]
        if self._live:
            out += [*fragments("\n".join(self._live[-room:])), ("", "\n\n")]
        active = bool(self._activity) and self._dialog is None
        if active:
            out += [("class:activity", clip(self._activity, width)), ("", "\n")]
        out += [("class:hint", clip(f"  queued: {prompt}", width) + "\n") for prompt in self._queue[-3:]]
        if active or self._queue:
            out.append(("", "\n"))
        return [*out[:-1], (out[-1][0], out[-1][1][:-1])] if out else out

    def _status_text(self) -> StyleAndTextTuples:
        return [("class:status", clip("  " + (self._hint or self._status), self.columns - 1))]

    def _dialog_text(self) -> StyleAndTextTuples:
        return self._dialog.fragments(self.columns - 1, self.rows - 3) if self._dialog else []

    def _answer_prefix(self, line: int, wraps: int) -> StyleAndTextTuples:
        typing = self._dialog.typing if self._dialog else None
        asks = typing.asks or typing.comment if typing else ""
        return [("class:prompt", f"{asks} > " if line == wraps == 0 else "  ")]


def _text_window(text: Callable[[], StyleAndTextTuples]) -> Window:
    return Window(FormattedTextControl(text), dont_extend_height=True, height=Dimension(min=0))
