"""What test runners print, boiled down to counts and the places that failed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

FAILURES_KEPT: Final = 10


@dataclass
class TestReport:
    """Counts of a test run, and where it failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    #: Place and message of the first failures; the place is empty where the runner names none.
    failures: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @property
    def known(self) -> bool:
        """Whether any count was found."""
        return bool(self.passed or self.failed or self.skipped)


#: How runners sum up: what to look for, and whether several such lines add up.
COUNTS: Final = (
    # pytest: "2 failed, 10 passed, 1 skipped in 0.12s"
    (
        r"^=*[ \t]*(?=[^=\n]*\b(?:passed|failed|errors?|skipped|no tests ran)\b)[^=\n]*\bin [\d.:]+s?.*$",
        False,
    ),
    # jest, vitest: "Tests:  1 failed, 3 passed, 4 total", "Tests  3 passed (3)"
    (r"^[ \t]*Tests:?[ \t]+.*\b(?:passed|failed)\b.*$", False),
    # cargo: "test result: ok. 3 passed; 0 failed; 1 ignored"
    (r"^test result: .*$", True),
    # mocha: "3 passing", "1 failing"
    (r"^[ \t]*\d+ (?:passing|failing|pending)\b.*$", True),
)
#: Characters of a line that are looked at.
LINE_WIDTH: Final = 500
WORDS: Final = {
    "passed": "passed",
    "passing": "passed",
    "failed": "failed",
    "failing": "failed",
    "error": "failed",
    "errors": "failed",
    "skipped": "skipped",
    "ignored": "skipped",
    "pending": "skipped",
    "xfailed": "skipped",
    "xpassed": "passed",
    "deselected": "",
}
PLACE: Final = r"(?P<place>[\w@./\\-]+\.\w{1,5}:\d+)"


def read_report(output: str) -> TestReport:
    """Return what a test runner's output says."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    output = "\n".join(line[:LINE_WIDTH] for line in plain.split("\n"))
    report = TestReport()
    for pattern, adds_up in COUNTS:
        lines = [match.group() for match in re.finditer(pattern, output, re.MULTILINE)]
        for line in lines if adds_up else lines[-1:]:
            _add_words(report, line)
        if report.known:
            break
    if not report.known:
        _add_others(report, output)
    report.failures = _failures(output)[:FAILURES_KEPT]
    return report


def _add_words(report: TestReport, line: str) -> None:
    for number, word in re.findall(r"(\d+) ([a-z]+)", line):
        if kind := WORDS.get(word):
            setattr(report, kind, getattr(report, kind) + int(number))


def _add_others(report: TestReport, output: str) -> None:
    """Count for unittest, go and node's own runner."""
    if ran := re.search(r"^Ran (\d+) tests? in", output, re.MULTILINE):
        bad = sum(int(number) for number in re.findall(r"(?:failures|errors)=(\d+)", output))
        report.skipped = sum(int(number) for number in re.findall(r"skipped=(\d+)", output))
        report.failed = bad
        report.passed = int(ran[1]) - bad - report.skipped
    elif re.search(r"^# (?:pass|fail) \d+", output, re.MULTILINE):
        for word, kind in (("pass", "passed"), ("fail", "failed"), ("skipped", "skipped")):
            setattr(report, kind, sum(int(n) for n in re.findall(rf"^# {word} (\d+)", output, re.MULTILINE)))
    else:
        report.passed = len(re.findall(r"^[ \t]*--- PASS:", output, re.MULTILINE))
        report.failed = len(re.findall(r"^[ \t]*--- FAIL:", output, re.MULTILINE))
        report.skipped = len(re.findall(r"^[ \t]*--- SKIP:", output, re.MULTILINE))


#: How failures look; the first kind that is found is taken.
FAILURES: Final = (
    # pytest: "tests/test_a.py:12: AssertionError"
    rf"^{PLACE}: (?P<message>[A-Z]\w*(?:Error|Exception|Failure|Exit|Interrupt)\b.*)$",
    # rust: "thread 'tests::it' panicked at src/lib.rs:10:5:"
    rf"panicked at {PLACE}:\d+:?\n(?P<message>.*)$",
    # go: "    a_test.go:12: message"
    rf"^[ \t]+{PLACE}: (?P<message>.+)$",
    # unittest: 'File "/x/test_a.py", line 12, in test_x' ... "AssertionError: 1 != 2"
    r"^  File \"(?P<file>[^\"\n]+)\", line (?P<line>\d+)[^\n]*\n(?:    .*\n)+(?P<message>\w*(?:Error|Exception)\b.*)$",
    # jest, vitest, mocha, node: "at Object.<anonymous> (src/a.test.js:12:5)", "❯ src/a.test.ts:12:5"
    rf"^[ \t]*(?:at .*?\(?|❯ )(?:file://)?{PLACE}(?::\d+)?\)?(?P<message>)$",
    # pytest without places: "FAILED tests/test_a.py::test_x - assert 1 == 2"
    r"^(?:FAILED|ERROR) (?P<place>\S+)(?: - (?P<message>.*))?$",
    # go without places: "--- FAIL: TestX (0.00s)"
    r"^[ \t]*--- FAIL: (?P<place>\S+)(?P<message>)",
    # anything with a place and the word error
    rf"^{PLACE}(?::\d+)?: (?P<message>.*\berror\b.*)$",
)


def _failures(output: str) -> list[tuple[str, str]]:
    named = re.findall(r"^(?:FAILED|ERROR) (\S+)(?: - (.*))?$", output, re.MULTILINE)
    for pattern in FAILURES:
        found = list(dict.fromkeys(_failure(match) for match in re.finditer(pattern, output, re.MULTILINE)))
        found = [
            (place, message)
            for place, message in found
            if "node_modules" not in place and "node:" not in place
        ]
        if found:
            return _with_reasons(found, named)
    return []


def _failure(match: re.Match[str]) -> tuple[str, str]:
    groups = match.groupdict()
    place = groups.get("place") or f"{groups.get('file')}:{groups.get('line')}"
    return place, (groups.get("message") or "").strip()


def _with_reasons(found: list[tuple[str, str]], named: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Give pytest's bare error names the reasons its summary holds, where both lists fit together."""
    if len(found) != len(named):
        return found
    return [
        (place, reason or message)
        if reason.startswith(message[:6]) or not message or "Error" in message
        else (place, message)
        for (place, message), (_, reason) in zip(found, named, strict=True)
    ]
