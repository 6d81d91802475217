"""``gaff policy test``: judge labelled cases and count what went wrong."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from time import perf_counter
from typing import TYPE_CHECKING, Final

from gaff.hooks import Kernel, UsageError

from .cases import Case, Defaults, read_cases
from .judge import Finding, Grade, Judge
from .text import quoted

if TYPE_CHECKING:
    from argparse import Namespace

_MARKS: Final[dict[Grade, str]] = {
    "right": "ok    ",
    "unsafe": "UNSAFE",
    "weak": "weak  ",
    "noisy": "noisy ",
    "strict": "strict",
}


async def test(kernel: Kernel, arguments: Namespace) -> int:
    """Judge the cases of all files; 1 if any is unsafe.

    Raises:
        UsageError: a file cannot be read, or a line of it is no case.
    """
    cases = [case for file in arguments.files for case in _cases(kernel, file)]
    judge, counts, started = Judge(kernel), Counter[Grade](), perf_counter()
    for case in cases:
        finding = await judge.judge(case)
        counts[finding.grade] += 1
        if arguments.json:
            print(json.dumps(_as_json(finding)))
        elif arguments.verbose or finding.grade != "right":
            print(_line(finding))
    if not arguments.json:
        print(_summary(counts, len(cases), perf_counter() - started))
    return 1 if counts["unsafe"] or (arguments.strict and counts["right"] < len(cases)) else 0


def _cases(kernel: Kernel, file: str) -> Iterator[Case]:
    defaults = Defaults(str(kernel.project_dir), kernel.environ.get("HOME", "/root"))
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else open(file, "rb") as lines:
            yield from read_cases(lines, "standard input" if file == "-" else file, defaults)
    except OSError as fault:
        raise UsageError(f"{file}: cannot be read ({fault.strerror})") from fault


def _summary(counts: Counter[Grade], total: int, seconds: float) -> str:
    graded: Sequence[Grade] = ("unsafe", "weak", "noisy", "strict")
    told = ", ".join(f"{grade}: {counts[grade]}" for grade in graded)
    return f"{total} cases, {counts['right']} as expected; {told} ({seconds:.1f} s)"


def _line(finding: Finding) -> str:
    case = finding.case
    given = quoted(json.dumps(case.input))
    told = "" if finding.grade == "right" else f", expected {case.expect}"
    decided = f"{_MARKS[finding.grade]} {quoted(case.id)}: {finding.decision}{told}"
    return f"{decided}: {quoted(case.tool)} {given}: {quoted(finding.why)}"


def _as_json(finding: Finding) -> dict[str, str]:
    case = finding.case
    return {
        "id": case.id,
        "decision": finding.decision,
        "expect": case.expect,
        "grade": finding.grade,
        "why": finding.why,
    }
