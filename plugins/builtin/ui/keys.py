"""Keys of the prompt: external editor, permission mode, the newest result in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gaff.hooks import KeyBinding, PermissionMode, PromptControl, Session, hookimpl
from gaff.plugins.builtin.commands.permissions import offered_modes

#: The order of Shift+Tab. Source: code.claude.com/docs/en/permission-modes.
_CYCLE: Final[tuple[PermissionMode, ...]] = ("default", "acceptEdits", "plan", "bypassPermissions", "auto")


def edit(control: PromptControl) -> None:
    """Write the prompt in an editor."""
    from ._terminal.control import ReplControl

    if isinstance(control, ReplControl):
        control.edit()


def show_full(control: PromptControl) -> None:
    """Show the newest tool result in full."""
    from ._terminal.control import ReplControl

    if isinstance(control, ReplControl):
        control.show_full()


def cycle_mode(control: PromptControl) -> None:
    """Go on to the next permission mode."""
    modes = cycle(control.session)
    mode = control.session.mode
    place = modes.index(mode) + 1 if mode in modes else 0
    control.session.set_mode(modes[place % len(modes)])


def cycle(session: Session) -> list[PermissionMode]:
    """Return the modes that Shift+Tab goes through, those of them that this session can be in."""
    offered = offered_modes(session)
    return [mode for mode in _CYCLE if mode in offered]


@hookimpl
def gaff_register_key_bindings() -> Sequence[KeyBinding]:
    """Offer the keys."""
    return [
        KeyBinding("editor", ("c-x", "c-e"), "write the prompt in $EDITOR", edit),
        KeyBinding("editor-short", ("c-g",), "write the prompt in $EDITOR", edit),
        KeyBinding("mode", ("s-tab",), "next permission mode", cycle_mode),
        KeyBinding("result", ("c-o",), "show the newest tool result in full", show_full),
    ]
