"""Runs work in a forked process of its own, which may hang, crash, or leave anything behind."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, BinaryIO, Final, NoReturn, TypeAlias

from .findings import Finding

_CHUNK: Final = 65536
#: Source: man 2 prctl.
_PR_SET_PDEATHSIG: Final = 1


class Report:
    """The child's end: every line reaches the parent at once, so that a crash loses none."""

    def __init__(self, handle: int, output: BinaryIO) -> None:
        self._handle = handle
        self._output = output
        self._heard = 0
        #: The checks with faults, and at which hook, tool or other part each was found.
        self.faulty: set[tuple[str, str]] = set()

    def _send(self, **message: object) -> None:
        os.write(self._handle, json.dumps(message).encode() + b"\n")

    def begin(self, check: str, what: str) -> None:
        """Say what is done now: where nothing follows, it hangs or it ended the process."""
        self._send(begin=check, what=what)

    def done(self, *checks: str) -> None:
        """Say that these checks were looked at to their end."""
        self._send(done=checks)

    def fault(self, check: str, text: str, remedy: str = "") -> None:
        """Report something to be mended."""
        self.faulty.add((check, text.partition(" ")[0]))
        self._send(finding=[check, "fault", _one_line(text), remedy])

    def has_faults(self, check: str, part: str = "") -> bool:
        """Whether a fault was reported at this check, of this part or of any."""
        return any(found == check and (not part or part == one) for found, one in self.faulty)

    def note(self, check: str, text: str) -> None:
        """Report something to know."""
        self._send(finding=[check, "note", _one_line(text), ""])

    def value(self, name: str, value: object) -> None:
        """Hand a value to the parent, as JSON."""
        self._send(name=name, value=value)

    def listen(self, where: str) -> None:
        """Report what was printed to standard output since the last time."""
        with suppress(AttributeError, OSError, ValueError):  # whatever the plugin has put there
            sys.stdout.flush()
        self._output.seek(self._heard)
        printed = self._output.read()
        self._heard += len(printed)
        if printed and not self.has_faults("output"):
            start = printed[:60].decode(errors="replace")
            self.fault(
                "output",
                f"prints {start!r} to standard output {where}",
                "use the logging module, or publish a Notice",
            )


def _one_line(text: str) -> str:
    return " ".join(text.split())[:500]


#: What a child does.
Work: TypeAlias = Callable[[Report], None]


@dataclass
class Ending:
    """What a child reported, and how it ended: ``hung``, or with this exit ``code``."""

    findings: list[Finding] = field(default_factory=list[Finding])
    done: list[str] = field(default_factory=list[str])
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    #: The check and the words of what was begun last.
    last: tuple[str, str] = ("import", "import")
    finished: bool = False
    hung: bool = False
    code: int = 0
    #: The end of what it wrote to standard error.
    said: str = ""

    def take(self, message: dict[str, Any]) -> None:
        """Take in one line of the child."""
        if "begin" in message:
            self.last = (message["begin"], message["what"])
        elif "done" in message:
            self.done += message["done"]
        elif "finding" in message:
            self.findings.append(Finding(*message["finding"]))
        elif "value" in message:
            self.values[message["name"]] = message["value"]
        elif "end" in message:
            self.finished = True


def run(work: Work, limit: float) -> Ending:
    """Fork, do the work there, and return what it reported; it is killed after ``limit`` silent seconds."""
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        parent = os.getpid()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _be_child(work, writing, output, errors, parent)
        os.close(writing)
        ending = Ending()
        try:
            _hear(reading, ending, limit)
        finally:
            os.close(reading)
            ending.code = _bury(child, ending, limit)
        errors.seek(0)
        ending.said = errors.read()[-2000:].decode(errors="replace")
    return ending


def _be_child(work: Work, writing: int, output: BinaryIO, errors: BinaryIO, parent: int) -> NoReturn:
    code = 70
    try:
        os.setsid()
        _die_with(parent)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(output.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        work(Report(writing, output))
        os.write(writing, b'{"end": true}\n')
        code = 0
    except BaseException:  # isolation boundary: a stranger's code ran here, and nothing may get past the fork
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def _die_with(parent: int) -> None:
    """Have the system kill this process when its parent is killed; Linux only, elsewhere it may linger."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(70)


def _hear(reading: int, ending: Ending, limit: float) -> None:
    rest = b""
    while not ending.finished:
        if not select.select([reading], [], [], limit)[0]:
            ending.hung = True
            return
        chunk = os.read(reading, _CHUNK)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):  # a plugin wrote to a handle it does not own
                ending.take(json.loads(line))


def _bury(child: int, ending: Ending, limit: float) -> int:
    """Wait for a child that has finished, kill any other, and return its exit code."""
    deadline = monotonic() + (0 if ending.hung else min(limit, 2.0))
    status = 0
    ended = 0
    while not ended and monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if not ended:
            select.select([], [], [], 0.005)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    if not ended:
        status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status)
