"""The command ``gaff``. What only prints is over before anything heavy is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from . import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run gaff and return the exit code: 0 done, 1 failed, 2 used wrongly, 128 + n ended by signal n."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in (["--version"], ["-v"]):
        print(f"{__version__} (gaff)")
        return 0
    try:
        return _run(given)
    except BrokenPipeError:
        # Whoever read our output is gone; the interpreter must not try to flush to it once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        return 130


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
    from .start import all_options, of_process

    print(
        parser(all_options(of_process([one for one in given if one not in ("--help", "-h")]))).format_help(),
        end="",
    )
    return 0


def _start(given: Sequence[str]) -> int:
    import asyncio
    from typing import cast

    from gaff.hooks.errors import UsageError
    from gaff.hooks.interface import Frontend

    from .start import of_process, start

    kernel = start(of_process(given))
    if kernel.options.flag("version"):
        print(f"{__version__} (gaff)")
        return 0
    frontends = sorted(
        kernel.contributed("gaff_register_frontends"), key=lambda one: -cast("int", one.facts["rank"])
    )
    for one in frontends:
        frontend = cast("Frontend", kernel.load(one))
        if frontend.wants(kernel.options, kernel.interactive):
            kernel.interactive = kernel.interactive and frontend.interactive
            return asyncio.run(frontend.run(kernel))
    raise UsageError("no plugin shows anything for this command line; enable ui.repl or ui.headless")


if __name__ == "__main__":
    sys.exit(main())
