"""``python -m gaff``."""

import os
import sys


def _run() -> int:
    """Run gaff without the current folder on the path: a project's files must not pass for libraries."""
    try:
        here = os.getcwd()
    except OSError:
        here = None  # the folder is gone, so Python put nothing on the path
    if not sys.flags.safe_path and sys.path[0] == here:
        del sys.path[0]
    from .cli import main

    return main()


sys.exit(_run())
