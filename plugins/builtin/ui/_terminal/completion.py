"""Completions of all plugins, as prompt_toolkit wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from gaff.hooks import Completer as PluginCompleter, Completion as PluginCompletion, Session

from .escape import visible


class PluginCompletions(Completer):
    """Asks the plugins; runs in prompt_toolkit's worker thread."""

    def __init__(
        self, completers: Callable[[], Sequence[PluginCompleter]], session: Callable[[], Session | None]
    ) -> None:
        self._completers = completers
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yield the completions at the cursor; a completer that fails completes nothing."""
        session = self._session()
        before = document.text_before_cursor
        if session is None or not before:
            return
        for completer in self._completers():
            # isolation boundary: a completer that fails completes nothing
            with suppress(Exception):
                plugin = session.kernel.plugin_of("gaff_register_completers", completer.name)
                found = session.kernel.call(plugin, completer.complete, before, session)
                yield from [_completion(one) for one in found]


def _completion(one: PluginCompletion) -> Completion:
    display = visible(one.display or one.text)
    return Completion(one.text, -one.length, display=display, display_meta=visible(one.meta))
