"""Puts the REPL together for the terminal at hand."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TextIO

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import ThreadedCompleter
from prompt_toolkit.filters import Condition

from gaff.hooks import Kernel

from .completion import PluginCompletions
from .control import PluginKeys
from .face import Desk
from .history import FileHistory, history_path
from .keys import bind_dialog_keys, bind_prompt_keys
from .output import open_output
from .paste import Pastes
from .plain import PlainFace
from .repl import Repl
from .screen import Screen


async def serve(kernel: Kernel) -> int:
    """Run the REPL until the user leaves, and return the exit code."""
    if kernel.environ.get("TERM") in ("dumb", "unknown") or kernel.options.flag("ax-screen-reader"):
        return await _serve_plain(kernel)
    screen = Screen(
        Buffer(), open_output(_stdout(kernel), kernel.environ), kernel.environ, vi=_wants_vi(kernel)
    )
    repl = Repl(kernel, screen)
    _equip(screen.buffer, kernel, repl)
    bind_prompt_keys(screen, repl, Pastes())
    bind_dialog_keys(screen)
    screen.plugin_keys = PluginKeys(kernel, screen, repl).bindings
    with _signals(repl):
        return await repl.run()


async def _serve_plain(kernel: Kernel) -> int:
    face = PlainFace(sys.stdin.fileno(), _stdout(kernel))
    repl = face.desk = Repl(kernel, face)
    with _signals(repl):
        return await repl.run()


def _stdout(kernel: Kernel) -> TextIO:
    return kernel.stdout or sys.__stdout__ or sys.stdout


def _equip(buffer: Buffer, kernel: Kernel, repl: Repl) -> None:
    """Give the prompt its completions and its history."""
    buffer.completer = ThreadedCompleter(PluginCompletions(lambda: repl.completers, lambda: repl.session))
    buffer.complete_while_typing = Condition(lambda: not buffer.text.startswith("!"))
    buffer.history = FileHistory(history_path(kernel.home, kernel.project_dir))


def _wants_vi(kernel: Kernel) -> bool:
    return kernel.settings.get("editorMode") == "vim"


@contextmanager
def _signals(desk: Desk) -> Generator[None]:
    """Close the session properly when the terminal goes away or somebody asks the process to end."""
    loop = asyncio.get_running_loop()
    on_interrupt = signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGTERM, desk.leave, 128 + signal.SIGTERM)
    loop.add_signal_handler(signal.SIGHUP, desk.leave, 128 + signal.SIGHUP)
    loop.add_signal_handler(signal.SIGINT, _interrupt, desk)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            loop.remove_signal_handler(number)
        signal.signal(signal.SIGINT, on_interrupt)


def _interrupt(desk: Desk) -> None:
    if not desk.busy or not desk.interrupt():
        desk.leave(128 + signal.SIGINT)
