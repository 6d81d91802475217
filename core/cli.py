"""The command ``gaff``. What only prints is over before anything heavy is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from . import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:  # the module typing costs more than `gaff --version` may take
    from argparse import ArgumentParser

    from gaff.hooks.commands import Subcommand
    from gaff.hooks.interface import Frontend
    from gaff.hooks.session import Contributed

    from .kernel import Kernel


def main(arguments: Sequence[str] | None = None) -> int:
    """Run gaff and return the exit code: 0 done, 1 failed, 2 used wrongly, 128 + n ended by signal n."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["--version"], ["-v"]):
        print(f"{__version__} (gaff)")
        return 0
    try:
        code = _run(given)
    except BrokenPipeError:
        # Whoever read our output is gone; the interpreter must not try to flush to it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except KeyboardInterrupt:
        code = 130
    return _end(code)


def _end(code: int) -> int:
    """Return the exit code; leave at once where something of a plugin would keep the process from ending."""
    running = sys.modules.get("gaff.running")
    if running is not None and running.LEFT:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        os._exit(code)
    return code


def _run(given: Sequence[str]) -> int:
    import gc

    # Nothing made while starting is garbage, and looking for some costs a tenth of the start.
    # The first session switches the collector on again.
    gc.disable()
    from gaff.hooks.errors import GaffError, UsageError

    try:
        if "--help" in given or "-h" in given:
            return _help(given)
        return _start(given)
    except UsageError as fault:
        print(f"gaff: {fault}", file=sys.stderr)
        return 2
    except GaffError as fault:
        print(f"gaff: {fault}", file=sys.stderr)
        return 1


def _help(given: Sequence[str]) -> int:
    from .options import parser
    from .start import all_options, of_process, start, subcommands_help

    wanted = [one for one in given if one not in ("--help", "-h")]
    if wanted and not wanted[0].startswith("-"):
        kernel = start(of_process(wanted))
        if kernel.subcommand is not None:
            print(_parser_of(kernel, kernel.subcommand[0])[0].format_help(), end="")
            return 0
    begin = of_process(wanted)
    made = parser(all_options(begin))
    made.epilog = subcommands_help(begin)
    print(made.format_help(), end="")
    return 0


def _start(given: Sequence[str]) -> int:
    from typing import cast

    from gaff.hooks.errors import UsageError

    from .running import serve
    from .start import of_process, start

    kernel = start(of_process(given))
    if kernel.options.flag("version"):
        print(f"{__version__} (gaff)")
        return 0
    if kernel.subcommand is not None:
        return _run_subcommand(kernel, *kernel.subcommand)
    frontends = sorted(
        kernel.contributed("gaff_register_frontends"), key=lambda one: -cast("int", one.facts["rank"])
    )
    for one in frontends:
        frontend = _wanted(kernel, one)
        if frontend is not None:
            kernel.interactive = kernel.interactive and frontend.interactive
            return serve(kernel, frontend)
    for notice in kernel.notices:
        print(f"gaff: {notice}", file=sys.stderr)
    raise UsageError("no plugin shows anything for this command line; enable ui.repl or ui.headless")


def _run_subcommand(kernel: Kernel, contributed: Contributed, words: Sequence[str]) -> int:
    from .running import run

    made, subcommand = _parser_of(kernel, contributed)
    for notice in kernel.notices:
        print(f"gaff: {notice}", file=sys.stderr)
    return run(kernel, subcommand.run(kernel, made.parse_args(words)))


def _parser_of(kernel: Kernel, contributed: Contributed) -> tuple[ArgumentParser, Subcommand]:
    """Return a subcommand, and the parser for what follows its name."""
    from typing import cast

    from .options import subcommand_parser

    subcommand = cast("Subcommand", kernel.load(contributed))
    made = subcommand_parser(subcommand.name, subcommand.summary)
    subcommand.add_arguments(made)
    return made, subcommand


def _wanted(kernel: Kernel, contributed: Contributed) -> Frontend | None:
    """Return the frontend, if it is for this command line; one that fails is left out.

    Raises:
        UsageError: the frontend refuses the command line.
    """
    from typing import cast

    from gaff.hooks.errors import UsageError

    from .kernel import left_out

    try:
        frontend = cast("Frontend", kernel.load(contributed))
        return frontend if frontend.wants(kernel.options, kernel.interactive) else None
    except UsageError:
        raise
    except (Exception, SystemExit) as fault:  # isolation boundary: there is another to show something
        kernel.plugins.notices.append(left_out(contributed, fault))
        return None


if __name__ == "__main__":
    sys.exit(main())
