"""Leaves by sys.exit when it is asked what it contributes."""

import sys

from gaff.hooks import hookimpl


@hookimpl
def gaff_register_commands() -> None:
    """Leave."""
    sys.exit(1)
