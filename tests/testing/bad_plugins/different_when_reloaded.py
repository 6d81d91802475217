"""Contributes something only when it is loaded for the first time in a process."""

import sys
from collections.abc import Sequence

from gaff.hooks import Setting, hookimpl

FIRST = "gaff_different_when_reloaded" not in sys.modules
sys.modules.setdefault("gaff_different_when_reloaded", sys)


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare a setting, or none."""
    return [Setting("once.only", "a setting")] if FIRST else []
