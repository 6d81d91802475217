"""One prompt, one answer, no terminal: ``gaff -p`` for scripts and programs."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from gaff.hooks import Frontend, UsageError, hookimpl
from gaff.hooks.session import Kernel, Options, Session
from gaff.hooks.settings import Option
from gaff.plugins.builtin.sessions.options import opening

from ._headless_printers import JsonPrinter, Notices, Printer, StreamPrinter, TextPrinter, tell
from ._headless_prompt import NO_PROMPT, read_prompt
from ._headless_run import Run
from ._headless_signals import Signals
from ._headless_writer import Writer

_GROUP: Final = "headless runs"
#: What programs end with that nobody reads any more: 128 and the number of SIGPIPE.
_UNREAD: Final = 141
#: No file: a stdout that was closed from the start, since something else may have its number by now.
_CLOSED: Final = -1
_NO_MODEL: Final = (
    "no model is set up, so the offline stand-in answers; "
    "set ANTHROPIC_API_KEY, or name a model of a local server: --model openai:NAME"
)


class Headless(Frontend):
    """Runs one prompt and prints the outcome as text, JSON or a stream of JSON."""

    name: ClassVar[str] = "headless"
    summary: ClassVar[str] = "one prompt, one answer, for scripts and programs"
    rank: ClassVar[int] = 10
    interactive: ClassVar[bool] = False

    def wants(self, options: Options, interactive: bool) -> bool:
        """Whether nobody is there to talk to, or the command line says so."""
        return not interactive or options.flag("print") or options.text("output-format") is not None

    async def run(self, kernel: Kernel) -> int:
        """Run the prompt. Exit code: 0 done, 1 failed, 128 + n ended by signal n, 141 nobody reads."""
        _check(kernel.options)
        with Signals() as signals:
            try:
                return await _run(kernel, signals)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if signals.number is None or task is None:
                    raise
                task.uncancel()
                return signals.exit_code


async def _run(kernel: Kernel, signals: Signals) -> int:
    start = opening(kernel)
    if start.choose:
        raise UsageError("--resume needs the id or title of a session here; gaff --resume alone lists them")
    prompt = await read_prompt(kernel.options.prompt, tell, needed=start.resume is None)
    notices = Notices()
    _tell(kernel, notices)
    run = kernel.open_session(resume=start.resume, fork=start.fork, session_id=start.session_id)
    async with run as session:
        signals.session = session
        _tell(kernel, notices)
        if not prompt and session.deferred is None:
            raise UsageError(NO_PROMPT)
        if session.model.provider == "offline" and not _names_model(kernel):
            notices.tell(_NO_MODEL)
        async with Writer(_stdout(kernel), session.interrupt) as writer:
            failed = await Run(session, _printer(session, writer, notices), signals).answer(prompt)
    _tell(kernel, notices)
    if signals.number is not None:
        return signals.exit_code
    return int(failed) if writer.fault is None else _unwritten(writer.fault)


def _tell(kernel: Kernel, notices: Notices) -> None:
    for notice in kernel.notices:
        notices.tell(notice)


def _names_model(kernel: Kernel) -> bool:
    """Whether the user said which model to use."""
    return bool(
        kernel.options.text("model") or kernel.environ.get("ANTHROPIC_MODEL") or kernel.settings.get("model")
    )


def _stdout(kernel: Kernel) -> int:
    return _CLOSED if kernel.stdout is None else kernel.stdout.fileno()


def _unwritten(fault: OSError) -> int:
    """Say why the result could not be written; return the exit code. Who left on purpose is told nothing."""
    if fault.errno == errno.EPIPE:
        return _UNREAD
    tell(f"cannot write the result: {fault.strerror}")
    return 1


def _printer(session: Session, writer: Writer, notices: Notices) -> Printer:
    wanted = session.options.text("output-format")
    if wanted == "stream-json":
        partial = session.options.flag("include-partial-messages")
        return StreamPrinter(session, writer, notices, partial=partial)
    make = JsonPrinter if wanted == "json" else TextPrinter
    return make(session, writer, notices)


def _check(options: Options) -> None:
    """Refuse what contradicts itself, before anything is opened.

    Raises:
        UsageError: it does.
    """
    streams = options.text("output-format") == "stream-json"
    if streams and not options.flag("verbose"):
        raise UsageError("--output-format stream-json needs --verbose")
    if options.flag("include-partial-messages") and not streams:
        raise UsageError("--include-partial-messages needs --output-format stream-json --verbose")
    for name in ("system-prompt", "append-system-prompt"):
        if options.text(name) is not None and options.text(f"{name}-file") is not None:
            raise UsageError(f"--{name} and --{name}-file exclude each other; give one of them")
        file = options.text(f"{name}-file")
        if file is not None and not os.access(Path(file).expanduser(), os.R_OK):
            raise UsageError(f"--{name}-file {file}: there is no such file, or it cannot be read")


@hookimpl
def gaff_register_frontends() -> Sequence[Frontend]:
    """Offer headless runs."""
    return (Headless(),)


@hookimpl
def gaff_register_options() -> Sequence[Option]:
    """The documented options of headless runs. Source: code.claude.com/docs/en/cli-reference."""
    return (
        Option(("--print", "-p"), "answer one prompt and leave", "flag", group=_GROUP),
        Option(
            ("--output-format",),
            "how the answer is printed",
            choices=("text", "json", "stream-json"),
            group=_GROUP,
        ),
        Option(("--input-format",), "how the prompt is read", choices=("text",), group=_GROUP),
        Option(
            ("--include-partial-messages",),
            "with stream-json: the model's stream itself",
            "flag",
            group=_GROUP,
        ),
        Option(("--verbose",), "say more; stream-json needs it", "flag", group=_GROUP),
        Option(("--max-turns",), "stop after this many requests to the model", metavar="N", group=_GROUP),
        Option(("--max-budget-usd",), "stop when this much is spent", metavar="DOLLARS", group=_GROUP),
        Option(("--max-tokens",), "stop when so many tokens are used", metavar="COUNT", group=_GROUP),
        Option(("--system-prompt",), "replace the system prompt", metavar="TEXT", group=_GROUP),
        Option(("--system-prompt-file",), "replace it by this file's text", metavar="FILE", group=_GROUP),
        Option(("--append-system-prompt",), "add to the system prompt", metavar="TEXT", group=_GROUP),
        Option(("--append-system-prompt-file",), "add this file's text to it", metavar="FILE", group=_GROUP),
    )
