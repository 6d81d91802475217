"""Permission options: modes, rules and folders on the command line.

Source: code.claude.com/docs/en/cli-reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gaff.hooks import PERMISSION_MODES, Option, Setting, hookimpl

_GROUP: Final = "permissions"
#: ``manual`` is the documented other name of ``default``.
_MODES: Final = (*PERMISSION_MODES, "manual")


@hookimpl
def gaff_register_options() -> Sequence[Option]:
    """Declare the options."""
    return (
        Option(("--permission-mode",), "mode to start in", metavar="MODE", choices=_MODES, group=_GROUP),
        Option(
            ("--allowedTools", "--allowed-tools"),
            "rules for what needs no question: 'Read,Bash(git log *)'",
            "texts",
            "RULES",
            group=_GROUP,
        ),
        Option(
            ("--disallowedTools", "--disallowed-tools"),
            "rules for what is never done",
            "texts",
            "RULES",
            group=_GROUP,
        ),
        Option(("--add-dir",), "folders beside the project to work in", "list", "FOLDER", group=_GROUP),
        Option(
            ("--dangerously-skip-permissions",),
            "start in mode bypassPermissions: ask nothing",
            "flag",
            group=_GROUP,
        ),
        Option(
            ("--allow-dangerously-skip-permissions",),
            "make mode bypassPermissions available",
            "flag",
            group=_GROUP,
        ),
    )


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the keys about modes."""
    return (
        Setting("permissions.defaultMode", "mode to start in", "string", _MODES),
        Setting(
            "permissions.disableBypassPermissionsMode",
            "'disable' takes the mode away",
            "string",
            ("disable",),
        ),
        Setting("permissions.disableAutoMode", "'disable' takes the mode away", "string", ("disable",)),
    )
