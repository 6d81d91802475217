"""``--init``, ``--init-only`` and ``--maintenance``: options that fire ``Setup`` before the session starts.

Source: code.claude.com/docs/en/hooks, "Setup".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from gaff.hooks import Frontend, Kernel, Option, Options, hookimpl

_GROUP: Final = "setup"


@hookimpl
def gaff_register_options() -> Sequence[Option]:
    """Declare the options."""
    return (
        Option(("--init",), "run the Setup hooks first", "flag", group=_GROUP),
        Option(("--init-only",), "run the Setup and SessionStart hooks, and leave", "flag", group=_GROUP),
        Option(("--maintenance",), "run the Setup hooks for maintenance first", "flag", group=_GROUP),
    )


class SetupOnly(Frontend):
    """``--init-only``: opens a session, so that its hooks run, and leaves."""

    name: ClassVar[str] = "setup"
    summary: ClassVar[str] = "run the Setup and SessionStart hooks, and leave"
    rank: ClassVar[int] = 20
    interactive: ClassVar[bool] = False

    def wants(self, options: Options, interactive: bool) -> bool:
        return options.flag("init-only")

    async def run(self, kernel: Kernel) -> int:
        """Run the hooks and tell what they warn of. Exit code: 0."""
        import sys

        from gaff.hooks import Notice

        async with kernel.open_session() as session:
            notices = session.subscribe(Notice)
        lines = [notice.text async for notice in notices if isinstance(notice, Notice)]
        for line in dict.fromkeys([*kernel.notices, *lines]):
            print(f"gaff: {line}", file=sys.stderr)
        return 0


@hookimpl
def gaff_register_frontends() -> Sequence[Frontend]:
    """Offer ``--init-only``."""
    return (SetupOnly(),)
