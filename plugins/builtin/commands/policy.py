"""gaff policy: test permission rules against labelled cases, and replay recorded sessions against changed ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from gaff.hooks import Kernel, Subcommand, hookimpl

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


class Policy(Subcommand):
    """``gaff policy test FILE`` and ``gaff policy replay``."""

    name: ClassVar[str] = "policy"
    summary: ClassVar[str] = "test permission rules, or replay recorded sessions against changed ones"

    def add_arguments(self, parser: ArgumentParser) -> None:
        from argparse import RawDescriptionHelpFormatter

        actions = parser.add_subparsers(dest="action", required=True, metavar="test|replay")
        test = actions.add_parser("test", help="judge labelled cases; exit code 1 if any is unsafe")
        test.add_argument("files", nargs="+", metavar="FILE", help="cases, a JSON object a line; - is stdin")
        test.add_argument("--verbose", action="store_true", help="say of every case what was decided and why")
        test.add_argument("--json", action="store_true", help="say it of every case as a JSON object a line")
        test.add_argument(
            "--strict", action="store_true", help="exit code 1 if any decision is not as expected"
        )
        replay = actions.add_parser(
            "replay", help="judge the calls of recorded sessions anew; nothing is run"
        )
        replay.add_argument(
            "session", nargs="?", metavar="SESSION", help="id of one session; else all of them"
        )
        replay.add_argument(
            "--since", metavar="DATE|30d", help="only calls from then on: 2026-11-01, 30d, 12h"
        )
        replay.add_argument(
            "--rules", metavar="FILE", help="a settings file whose permissions are used instead"
        )
        replay.add_argument(
            "--mode", metavar="MODE", help="permission mode to judge in instead of the recorded"
        )
        replay.add_argument("--hooks", action="store_true", help="run the configured hooks, too")
        replay.add_argument(
            "--verbose", action="store_true", help="print the calls that stay as they were, too"
        )
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = f"{test.format_help()}\n{replay.format_help()}"

    async def run(self, kernel: Kernel, arguments: Namespace) -> int:
        if arguments.action == "test":
            from ._policy.testing import test

            return await test(kernel, arguments)
        from ._policy.replay import replay

        return await replay(kernel, arguments)


@hookimpl
def gaff_register_subcommands() -> Sequence[Subcommand]:
    """Offer the subcommand."""
    return [Policy()]
