"""The command line of the kit."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence

from . import LIMIT, Outcome
from .examination import examine_all
from .targets import Target, find_targets


def main(arguments: Sequence[str]) -> int:
    """Examine plugins and print what was found; return 0 where all conform, 1 on faults, 2 where one is not there."""
    given = _parser().parse_args(arguments)
    # Told to end, what is under examination ends too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    targets: list[Target] = []
    for wanted in given.target:
        try:
            targets += find_targets(wanted, given.name)
        except ValueError as fault:
            print(f"gaff plugin check: {fault}", file=sys.stderr)
            return 2
    outcomes: list[Outcome] = []
    for outcome in examine_all(targets, given.limit):
        outcomes.append(outcome)
        if not given.json:
            print(outcome, flush=True)
    if given.json:
        print(json.dumps([outcome.to_json() for outcome in outcomes], indent=2))
    return 0 if all(outcome.conforms for outcome in outcomes) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m gaff.testing.conformance",
        description="Hold plugins against everything a good one keeps.",
    )
    parser.add_argument(
        "target", nargs="+", help="a file, a folder with a pyproject.toml, a module, or a plugin's name"
    )
    parser.add_argument("--name", default="", help="the plugin's name, where the target does not say it")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument(
        "--limit",
        type=float,
        default=LIMIT,
        help="seconds without a sign of life after which code counts as hanging",
    )
    return parser
