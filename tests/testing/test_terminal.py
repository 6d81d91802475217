"""Programs in a pseudo-terminal, seen as a person would see them."""

import os
import select
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from gaff.testing.messages_server import FakeMessagesServer
from gaff.testing.pytest_plugin import OpenTerminal
from gaff.testing.terminal import Terminal

pytest_plugins = ["gaff.testing.pytest_plugin"]

ENVIRON = {"PATH": "/usr/bin:/bin"}


def ends(pid: int) -> bool:
    """Whether a process has ended, or does within seconds."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    return bool(ended)


@contextmanager
def python(folder: Path, code: str, *, columns: int = 80, patience: float = 10.0) -> Generator[Terminal]:
    """Run a Python program in a terminal."""
    command: Sequence[str] = [sys.executable, "-u", "-c", code]
    with Terminal(command, ENVIRON, folder, columns=columns, rows=5, patience=patience) as terminal:
        yield terminal


def test_typing_and_seeing(tmp_path: Path) -> None:
    """What is typed reaches the program, and what it prints the screen."""
    with python(tmp_path, "print('name?'); print('hello ' + input().upper())") as terminal:
        terminal.expect("name?")
        terminal.type("ann")
        terminal.key("enter")
        terminal.expect("hello ANN")
        assert terminal.wait() == 0


def test_colours_and_cursor_movements_are_applied(tmp_path: Path) -> None:
    """The screen holds what is seen, not the bytes."""
    with python(tmp_path, r"print('\x1b[31mred\x1b[0m  \x1b[1D\x1b[1D!')") as terminal:
        terminal.wait()
        assert terminal.screen == "red!"
        assert b"\x1b[31m" in terminal.raw


def test_lines_that_scrolled_away(tmp_path: Path) -> None:
    """Text is found after it left the screen; the screen is what is visible."""
    with python(tmp_path, "for n in range(30): print('line', n)") as terminal:
        terminal.wait()
        terminal.expect("line 3\n")
        assert "line 3\n" not in terminal.screen
        assert "line 29" in terminal.screen


def test_the_cursor_position_is_answered(tmp_path: Path) -> None:
    """A program that asks where the cursor is gets an answer."""
    code = (
        "import sys, tty; tty.setraw(0); print('\\x1b[3;4H\\x1b[6n', end=''); print(repr(sys.stdin.read(6)))"
    )
    with python(tmp_path, code) as terminal:
        terminal.expect("[3;4R")
        assert terminal.wait() == 0


def waiting_for(signal: str, then: str) -> str:
    """Return a program that says when it is ready for a signal, and what it does after it."""
    return (
        f"import os, signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {{signal.{signal}}})\n"
        f"print('ready')\nsignal.sigwait({{signal.{signal}}})\n{then}"
    )


def test_ctrl_c_is_a_signal(tmp_path: Path) -> None:
    """The pseudo-terminal controls the program, as a real one does."""
    with python(tmp_path, waiting_for("SIGINT", "print('caught')")) as terminal:
        terminal.expect("ready")
        terminal.key("c-c")
        terminal.expect("caught")


def test_resizing(tmp_path: Path) -> None:
    """The program is told of the new size."""
    with python(tmp_path, waiting_for("SIGWINCH", "print(os.get_terminal_size())")) as terminal:
        terminal.expect("ready")
        terminal.resize(60, 20)
        terminal.expect("columns=60, lines=20")


def test_pasting(tmp_path: Path) -> None:
    """Pasted text comes in brackets."""
    code = "import sys, tty; tty.setraw(0); print('ready'); print(repr(sys.stdin.read(14)))"
    with python(tmp_path, code) as terminal:
        terminal.expect("ready")
        terminal.paste("ab")
        terminal.expect(r"[200~ab")


def test_what_does_not_come_is_told_with_the_screen(tmp_path: Path) -> None:
    """A wait that fails shows the screen."""
    with python(tmp_path, "print('here'); input()") as terminal:
        terminal.expect("here")
        with pytest.raises(AssertionError, match=r"(?s)expected 'never', but it did not come.*here"):
            terminal.expect("never", patience=0.3)


def test_nobody_waits_for_a_program_that_ended(tmp_path: Path) -> None:
    """A wait ends with the program, however patient it is."""
    ended = pytest.raises(AssertionError, match=r"(?s)but the program ended.*bye")
    with python(tmp_path, "print('bye')", patience=1000) as terminal, ended:
        terminal.expect("never")


def test_a_program_that_stays_is_killed_with_its_children(tmp_path: Path) -> None:
    """Nothing outlives the terminal."""
    code = "import subprocess; p = subprocess.Popen(['sleep', '60']); print('pid', p.pid, end='.'); p.wait()"
    with python(tmp_path, code) as terminal:
        terminal.expect(".")
        pid = terminal.text.removeprefix("pid ").rstrip(".")
    assert ends(int(pid))


def test_gaff_in_a_terminal(terminal: OpenTerminal, messages_server: FakeMessagesServer) -> None:
    """The fixture starts the REPL, with a fake server as its model."""
    messages_server.add("Hello from the fake server.")
    opened = terminal("--model", "messages:claude-sonnet-test")
    opened.expect(">")
    opened.type("hi there")
    opened.key("enter")
    opened.expect("Hello from the fake server.")
    assert messages_server.requests[0].json["model"] == "claude-sonnet-test"
