"""What keys of plugins may do at the REPL's prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from gaff.hooks import Contributed, Kernel, KeyBinding, PluginError, PromptControl, Session
from gaff.hooks.values import list_at

from .editor import edited
from .repl import Repl
from .screen import Screen


class ReplControl(PromptControl):
    """The prompt as plugins see it; built-in keys also edit it elsewhere and look at results in full."""

    def __init__(self, repl: Repl, screen: Screen, session: Session) -> None:
        self._repl = repl
        self._screen = screen
        self.session = session

    def text(self) -> str:
        return self._screen.prompt_text()

    def set_text(self, text: str) -> None:
        self._screen.set_prompt_text(text)

    def submit(self) -> None:
        text = self.text().strip()
        self.set_text("")
        if text:
            self._repl.enter(text)

    def show(self, markdown: str) -> None:
        self._repl.show(markdown)

    def edit(self) -> None:
        """Let the user write the prompt in an editor."""
        self._screen.app.create_background_task(self._edit())

    async def _edit(self) -> None:
        async with self._screen.suspended():
            text = await edited(self.text(), self.session.environ)
        if text is None:
            self._screen.show_hint("The editor failed; set EDITOR to one that works")
        else:
            self.set_text(text)

    def show_full(self) -> None:
        """Print the newest tool result in full."""
        self._repl.show_full()


class PluginKeys:
    """The keys of plugins, known from the manifest: a plugin is loaded when its key is first pressed."""

    def __init__(self, kernel: Kernel, screen: Screen, repl: Repl) -> None:
        self._kernel = kernel
        self._screen = screen
        self._repl = repl
        self._contributed: Sequence[Contributed] = ()
        self._bindings = KeyBindings()

    def bindings(self) -> KeyBindings:
        """Return the keys as of now: a plugin that was reloaded may have others."""
        contributed = self._kernel.contributed("gaff_register_key_bindings")
        if contributed is not self._contributed:
            self._contributed, self._bindings = contributed, KeyBindings()
            for one in contributed:
                keys = [str(key) for key in list_at(one.facts, "keys")]
                if keys:
                    self._bind(keys, one)
        return self._bindings

    def _bind(self, keys: list[str], contributed: Contributed) -> None:
        @self._bindings.add(*keys)
        def _pressed(event: KeyPressEvent) -> None:
            self._repl.once_open(lambda session: self._act(contributed, session))

    def _act(self, contributed: Contributed, session: Session) -> None:
        try:
            binding = self._kernel.load(contributed)
        except PluginError as fault:
            self._screen.show_hint(str(fault))
            return
        if isinstance(binding, KeyBinding):
            control = ReplControl(self._repl, self._screen, session)
            _run(
                lambda: self._kernel.call(contributed.plugin, binding.action, control), binding, self._screen
            )


def _run(action: Callable[[], None], binding: KeyBinding, screen: Screen) -> None:
    try:
        action()
    except Exception as fault:  # isolation boundary: a key of a plugin must not take the prompt down
        screen.show_hint(f"{binding.name} failed: {fault}")
