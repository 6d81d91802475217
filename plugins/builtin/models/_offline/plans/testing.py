"""The plan that runs a project's tests, and how it finds out what runs them."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..checks import TestReport, read_report
from ..manifests import member, parse_manifest
from ..markdown import code, fenced, numbered, paragraphs
from ..outcomes import Outcome, outcome_of, tail
from ..plan import Call, Plan, Reply, Step, World, one
from ..requests import RunTests
from ..results import FileText, Result
from .common import no_tool, read, shell_path
from .searching import folder_entries, ls

#: Milliseconds a test run may take: the most that Bash gives.
TIMEOUT: Final = 600_000
#: Manifests that must be looked into to know whether they have tests.
LOOKED_INTO: Final = ("package.json", "Makefile", "makefile", "pyproject.toml", "composer.json", "deno.json")
NOT_THERE: Final = re.compile(
    r"command not found|not found$|No module named|No such file or directory", re.MULTILINE
)

NO_TESTS: Final = re.compile(r"no tests ran|Ran 0 tests|collected 0 items|No tests found")

Decided = Generator[Step, tuple[Result, ...], "Sequence[TestCommand]"]


@dataclass(frozen=True)
class TestCommand:
    """A command that runs tests, and what speaks for it."""

    command: str
    why: str


def test_commands(entries: Sequence[str], held: Mapping[str, str]) -> list[TestCommand]:
    """Return what may run the tests, the likeliest first, given the names at the top and some files' texts."""
    names = set(entries)
    found: list[TestCommand] = []
    python = _python(names, held.get("pyproject.toml", ""))
    script = _npm_script(held.get("package.json", ""))
    if python and (not script or "pytest" in python[0].why):
        found += python
    if script:
        found.append(TestCommand(_npm(names), "a test script in `package.json`"))
    for name, command in OTHERS.items():
        if name in names:
            found.append(TestCommand(command, code(name.rstrip("/"))))
    for name in ("Makefile", "makefile"):
        if re.search(r"^test\s*:", held.get(name, ""), re.MULTILINE):
            found.append(TestCommand("make test", f"a test target in {code(name)}"))
    return found + [one for one in python if one not in found]


#: What runs the tests where such a file is at the top.
OTHERS: Final = {
    "Cargo.toml": "cargo test",
    "go.mod": "go test ./...",
    "pom.xml": "mvn -q test",
    "gradlew": "./gradlew test",
    "build.gradle": "gradle test",
    "mix.exs": "mix test",
    "Rakefile": "rake test",
    "deno.json": "deno test",
    "noxfile.py": "nox",
    "tox.ini": "tox",
    "Package.swift": "swift test",
}


def _python(names: set[str], pyproject: str) -> list[TestCommand]:
    signs: list[str] = [
        name
        for name in ("pytest.ini", "conftest.py", "tests/", "test/", "setup.py", "setup.cfg")
        if name in names
    ]
    signs += ["test files"] if any(re.fullmatch(r"test_\w+\.py|\w+_test\.py", name) for name in names) else []
    if re.search(r"\[tool\.pytest|\bpytest\b", pyproject):
        signs.insert(0, "pytest in `pyproject.toml`")
    if not signs or (
        signs in (["tests/"], ["test/"])
        and not (names & {"pyproject.toml", "setup.py"} or _has_python(names))
    ):
        return []
    runner = "uv run " if "uv.lock" in names else "poetry run " if "poetry.lock" in names else ""
    why = signs[0] if " " in signs[0] else code(signs[0])
    commands = [f"{runner}pytest -q", "pytest -q", "python3 -m pytest -q", "python3 -m unittest"]
    return [TestCommand(command, why) for command in dict.fromkeys(commands)]


def _has_python(names: set[str]) -> bool:
    return any(name.endswith(".py") for name in names)


def _npm_script(text: str) -> str:
    """Return the test script of a ``package.json``; empty where it is only npm's placeholder."""
    script = member(parse_manifest("package.json", text), "scripts", "test")
    return script if isinstance(script, str) and "no test specified" not in script else ""


def _npm(names: set[str]) -> str:
    locks = {
        "pnpm-lock.yaml": "pnpm test",
        "yarn.lock": "yarn test",
        "bun.lockb": "bun run test",
        "bun.lock": "bun run test",
    }
    return next((command for lock, command in locks.items() if lock in names), "npm test")


def run_tests(request: RunTests, world: World) -> Plan:
    """Find out what runs the tests, run it, and tell how it went."""
    if missing := world.missing("Bash", "Read"):
        return (yield from no_tool(missing))
    commands = yield from _decide(world)
    if not commands:
        text = (
            "I found nothing here that says how the tests are run. Tell me the command: run `pytest tests`."
        )
        return Reply(text, done=False)
    if request.tell:
        return Reply(
            f"With {code(commands[0].command)}, going by {commands[0].why}. Say `run the tests` to do it."
        )
    said = ""
    for index, command in enumerate(commands):
        line = _with_target(command.command, request.target)
        result = yield from one(_bash(line), said)
        if not (result.is_error and _is_not_there(result, line)) or index + 1 == len(commands):
            return answer_of_tests(line, result)
        said = f"{code(line)} is not there; trying the next."
    return Reply("None of the commands that may run the tests is there.", done=False)


def _decide(world: World) -> Decided:
    listing = yield from one(ls())
    entries = [] if listing.is_error else folder_entries(listing)
    wanted = [name for name in LOOKED_INTO if name in entries]
    texts = yield from read(world, wanted) if wanted else _nothing()
    held: dict[str, str] = {
        name: text.text for name, text in zip(wanted, texts, strict=True) if isinstance(text, FileText)
    }
    return test_commands(entries, held)


def _nothing() -> Generator[Step, tuple[Result, ...], tuple[FileText | Result, ...]]:
    yield from ()
    return ()


def _with_target(command: str, target: str) -> str:
    """Return the command for one file or folder, where the runner takes one."""
    if not target:
        return command
    if "unittest" in command:
        return f"{command} {shell_path(target.removesuffix('.py').replace('/', '.'))}"
    if command.startswith(("npm", "pnpm")):
        return f"{command} -- {shell_path(target)}"
    return f"{command.replace(' ./...', '')} {shell_path(target)}"


def _bash(command: str) -> Call:
    return Call("Bash", {"command": command, "description": "Run the tests", "timeout": TIMEOUT})


def _is_not_there(result: Result, command: str) -> bool:
    """Whether the runner itself is missing."""
    if result.refusal is not None or result.interrupted:
        return False
    outcome = outcome_of(result)
    runner = "pytest" if "pytest" in command else command.split()[0]
    missed = any(NOT_THERE.search(line) and runner in line for line in outcome.output.split("\n"))
    return outcome.exit_code == 127 or (missed and len(outcome.output) < 500)


def answer_of_tests(command: str, result: Result) -> Reply:
    """Return how a test run went: its counts, and the places of the first failures."""
    name = code(command)
    if result.refusal is not None:
        return Reply(f"The tests were not run ({name}): {result.refusal}.", done=False)
    if result.interrupted:
        return Reply(f"The test run ({name}) was interrupted.", done=False)
    outcome = outcome_of(result)
    output = fenced(tail(outcome.output, 25), "text") if outcome.output else ""
    if outcome.unfinished:
        return Reply(
            paragraphs(f"The tests have not ended ({name}): {outcome.unfinished}.", output), done=False
        )
    report = read_report(outcome.output)
    if not report.known and NO_TESTS.search(outcome.output):
        return Reply(f"There are no tests here: {name} found none.", done=False)
    passed = not result.is_error and not report.failed
    failures = _failures(report)
    shown = "" if report.known and (passed or failures) else output
    return Reply(
        paragraphs(_head(name, outcome, report, passed), failures, shown, outcome.saved), done=passed
    )


def _failures(report: TestReport) -> str:
    rows = [f"{code(place)}{f' {code(message)}' if message else ''}" for place, message in report.failures]
    more = f" (the first {len(rows)})" if report.failed > len(rows) else ""
    return f"Failures{more}:\n\n{numbered(rows)}" if rows else ""


def _head(name: str, outcome: Outcome, report: TestReport, passed: bool) -> str:
    ended = "" if outcome.exit_code is None else f", exit code {outcome.exit_code}"
    if not report.known:
        verdict = "ended without an error" if passed else "failed"
        return (
            f"**The test command {verdict}**, but its output holds no counts that I can read ({name}{ended})."
        )
    numbers = {"failed": report.failed, "passed": report.passed, "skipped": report.skipped}
    counted = ", ".join(f"{number:,} {word}" for word, number in numbers.items() if number)
    return f"**The tests {'pass' if passed else 'fail'}**: {counted} ({name}{'' if passed else ended})."
