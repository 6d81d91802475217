"""The REPL: a prompt in the terminal's own scrollback, with live Markdown, dialogs, completion and history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from gaff.hooks import Frontend, Kernel, Option, Options, Setting, hookimpl


class ReplFrontend(Frontend):
    """What gaff is when it is started at a terminal without ``-p``."""

    name: ClassVar[str] = "repl"
    summary: ClassVar[str] = "a prompt at the terminal"
    rank: ClassVar[int] = 0

    def wants(self, options: Options, interactive: bool) -> bool:
        return interactive and not options.flag("print")

    async def run(self, kernel: Kernel) -> int:
        from ._terminal.start import serve  # brings prompt_toolkit along

        return await serve(kernel)


@hookimpl
def gaff_register_frontends() -> Sequence[Frontend]:
    """Offer the REPL."""
    return [ReplFrontend()]


@hookimpl
def gaff_register_options() -> Sequence[Option]:
    """Declare the options that only the REPL reads."""
    return [
        Option(("--ax-screen-reader",), "plain lines instead of a live screen, for screen readers", "flag"),
    ]


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the settings that only the REPL reads."""
    return [Setting("editorMode", "keys of the prompt: normal (Emacs) or vim", "string", ("normal", "vim"))]
