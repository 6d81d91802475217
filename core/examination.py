"""Finds out what plugins contribute: from the cache, or by importing them where they can do no harm.

What a stranger wrote may end the process, hang, print, or leave threads behind when it is imported. So
a plugin that is not known yet is examined in a process of its own, which is killed afterwards.
"""

from __future__ import annotations

import json
import os
import resource
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from time import monotonic
from typing import IO, Final, Self

from gaff.hooks.errors import PluginError

from .inspection import inspect_plugin
from .manifest import Manifest, ManifestCache
from .sources import Candidate
from .watchdog import WATCHDOG, Escaped, HeldUp

#: Seconds the examining process has to say that it has started, and those it has, beside a plugin's own, to break it off.
_START: Final = 10.0
_GRACE: Final = 2.0
#: Bytes of memory that process may use: what contributes without end is to fail before the machine does.
_MEMORY: Final = 4 << 30

#: Run without the current folder on the path: a project's files must not pass for libraries.
_CHILD: Final = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from gaff.examination import main; main()"
)


def examine(cache: ManifestCache, candidates: Sequence[Candidate]) -> Mapping[str, Manifest | PluginError]:
    """Return what each plugin contributes, or why it cannot be used, by the candidate's key."""
    results: dict[str, Manifest | PluginError] = {}
    unknown: list[Candidate] = []
    for one in candidates:
        known = cache.get(one.name, one.key, one.stamps)
        if known is not None:
            results[one.key] = known
        elif one.source == "built-in":
            results[one.key] = _in_this_process(one)
            cache.put(one.key, one.stamps, results[one.key])
        else:
            unknown.append(one)
    found = dict(_in_another_process(unknown))
    for one in unknown:
        cache.put(one.key, one.stamps, found[one.key])
    return results | found


def examine_apart(candidate: Candidate) -> Manifest | PluginError:
    """Return what a plugin contributes, found in a process of its own, or why it cannot be used."""
    return dict(_in_another_process([candidate]))[candidate.key]


def _in_this_process(one: Candidate) -> Manifest | PluginError:
    if one.is_file and not os.path.isfile(one.target):  # to read a pipe would take for ever
        return PluginError(one.name, f"{one.target} is no regular file")
    try:
        return inspect_plugin(one.name, WATCHDOG.call(one.name, one.load))
    except PluginError as fault:
        return fault
    except (HeldUp, Escaped) as fault:  # isolation boundary: an import without end
        return PluginError(one.name, f"cannot be imported: it {fault}")


def _in_another_process(candidates: Sequence[Candidate]) -> Iterator[tuple[str, Manifest | PluginError]]:
    """Yield what is found of these plugins; after one that ends or stops the process, a new one goes on."""
    rest = list(candidates)
    while rest:
        try:
            with _Examiner(rest) as examiner:
                while rest:
                    result = examiner.next(rest[0])
                    yield rest.pop(0).key, result
                    if examiner.broken:
                        break
        except OSError:  # no more processes may be started: better here than not at all
            yield from ((one.key, _in_this_process(one)) for one in rest)
            return


class _Examiner:
    """A process that examines plugins in turn and writes a line for each."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        command = [sys.executable, "-P", "-c", _CHILD, json.dumps(sys.path)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        self._output: IO[bytes] = stdout
        self._read = b""
        #: Whether it ended, or had to be stopped.
        self.broken = False
        with suppress(BrokenPipeError):  # it ended at once, which is seen where it is asked
            stdin.write(json.dumps([asdict(one) for one in candidates]).encode())
            stdin.close()

    def __enter__(self) -> Self:
        self._line(_START)
        return self

    def __exit__(self, *exc: object) -> None:
        with suppress(ProcessLookupError):  # with all that the plugins started
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._output.close()

    def next(self, candidate: Candidate) -> Manifest | PluginError:
        """Return what is found of the next plugin."""
        limit = WATCHDOG.limit
        line = self._line(limit + _GRACE)
        if line is None:
            self.broken = True
            return PluginError(candidate.name, f"its import did not end within {limit:g} s")
        try:
            found = json.loads(line)
            return Manifest.of_json(found["manifest"]) if "manifest" in found else _fault(candidate, found)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.broken = True
            return PluginError(candidate.name, f"its import ended the process{self._how()}")

    def _line(self, seconds: float) -> bytes | None:
        """Return the next line; nothing at the end of the output, ``None`` when the time is over."""
        end = monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while b"\n" not in self._read:
                if not selector.select(max(0.0, end - monotonic())):
                    return None
                piece = os.read(self._output.fileno(), 1 << 16)
                if not piece:
                    return b""
                self._read += piece
        line, _, self._read = self._read.partition(b"\n")
        return line

    def _how(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            code = self._process.wait(1.0)
            return f" (exit code {code})" if code >= 0 else f" (signal {-code})"
        return ""


def _fault(candidate: Candidate, found: Mapping[str, str]) -> PluginError:
    return PluginError(candidate.name, found["fault"])


def main() -> None:
    """Examine the plugins that stdin names, in the process made for it."""
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what plugins print goes nowhere
    with suppress(ValueError, OSError):  # there is a lower limit, or no such
        resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    os.write(answers, b"\n")
    for facts in json.loads(sys.stdin.buffer.read()):
        candidate = replace(Candidate(**facts), stamps=())
        result = _in_this_process(candidate)
        answer = (
            {"fault": result.reason} if isinstance(result, PluginError) else {"manifest": result.to_json()}
        )
        os.write(answers, json.dumps(answer).encode() + b"\n")
    os._exit(0)
