"""When bypassPermissions may be used. Source: code.claude.com/docs/en/permission-modes."""

from __future__ import annotations

import os
from typing import Final

from gaff.hooks import Session

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_TRUSTED_LEVELS: Final = frozenset({"managed", "command line", "user"})


def bypass_refusal(session: Session) -> str | None:
    """Return why the mode may not be used in this session; ``None`` where it may."""
    settings = session.settings
    for value in settings.by_level("permissions", "disableBypassPermissionsMode"):
        if value.value == "disable":
            return f"{value.path} takes the mode away"
    if not _is_available(session):
        return "it was not made available at launch; start with --allow-dangerously-skip-permissions"
    return root_refusal()


def root_refusal() -> str | None:
    """Return why this process may not ask nothing: it is root and in no sandbox; ``None`` where it may."""
    # The process's own environment: settings of a project must not be able to claim a sandbox.
    if os.geteuid() != 0 or os.environ.get("IS_SANDBOX", "").lower() in _TRUE:
        return None
    return "gaff runs as root; use another user, or set IS_SANDBOX=1 where the whole machine is a sandbox"


def _is_available(session: Session) -> bool:
    options = session.options
    if options.flag("dangerously-skip-permissions") or options.flag("allow-dangerously-skip-permissions"):
        return True
    if options.text("permission-mode") == "bypassPermissions":
        return True
    return any(
        value.level in _TRUSTED_LEVELS and value.value == "bypassPermissions"
        for value in session.settings.by_level("permissions", "defaultMode")
    )
