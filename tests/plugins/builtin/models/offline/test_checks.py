"""What test runners print, boiled down."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.models._offline.checks import read_report
from gaff.plugins.builtin.models._offline.plans.testing import test_commands as commands_for

PYTEST = """\
..F.s                                                       [100%]
=================================== FAILURES ===================================
__________________________________ test_bad ____________________________________

    def test_bad():
>       assert 1 == 2
E       assert 1 == 2

tests/test_a.py:5: AssertionError
=========================== short test summary info ============================
FAILED tests/test_a.py::test_bad - assert 1 == 2
========================= 1 failed, 3 passed, 1 skipped in 0.05s ===============
"""
UNITTEST = """\
F.
======================================================================
FAIL: test_bad (test_a.T.test_bad)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/x/test_a.py", line 7, in test_bad
    self.assertEqual(1, 2)
AssertionError: 1 != 2

----------------------------------------------------------------------
Ran 2 tests in 0.001s

FAILED (failures=1)
"""
JEST = """\
  ● adds
    expect(received).toBe(expected)
      at Object.<anonymous> (src/a.test.js:4:15)
      at node_modules/jest/x.js:1:1

Tests:       1 failed, 2 passed, 3 total
"""
CARGO = """\
---- tests::it stdout ----
thread 'tests::it' panicked at src/lib.rs:10:5:
assertion failed
test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured
test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured
"""
GO = """\
--- FAIL: TestBad (0.00s)
    a_test.go:12: want 1
--- PASS: TestGood (0.00s)
FAIL
"""
NODE = "# tests 3\n# pass 2\n# fail 1\n"
MOCHA = "\n  3 passing (5ms)\n  1 failing\n"
VITEST = " ❯ src/a.test.ts:4:15\n\n      Tests  1 failed | 2 passed (3)\n"
COLOURED = "\x1b[31m1 failed\x1b[0m, \x1b[32m2 passed\x1b[0m in 0.1s\n"

#: Output, failed, passed, skipped, and the failures.
OUTPUTS: dict[str, tuple[str, int, int, int, list[tuple[str, str]]]] = {
    "pytest": (PYTEST, 1, 3, 1, [("tests/test_a.py:5", "assert 1 == 2")]),
    "unittest": (UNITTEST, 1, 1, 0, [("/x/test_a.py:7", "AssertionError: 1 != 2")]),
    "jest": (JEST, 1, 2, 0, [("src/a.test.js:4", "")]),
    "cargo": (CARGO, 1, 5, 1, [("src/lib.rs:10", "assertion failed")]),
    "go": (GO, 1, 1, 0, [("a_test.go:12", "want 1")]),
    "node": (NODE, 1, 2, 0, []),
    "mocha": (MOCHA, 1, 3, 0, []),
    "vitest": (VITEST, 1, 2, 0, [("src/a.test.ts:4", "")]),
    "coloured": (COLOURED, 1, 2, 0, []),
    "other": ("all is well\n", 0, 0, 0, []),
}


@pytest.mark.parametrize("runner", OUTPUTS)
def test_reports(runner: str) -> None:
    """Counts and places are read off each runner's output."""
    output, failed, passed, skipped, failures = OUTPUTS[runner]
    report = read_report(output)
    assert (report.failed, report.passed, report.skipped, report.failures) == (
        failed,
        passed,
        skipped,
        failures,
    )
    assert report.known == (runner != "other")


#: Names at the top, texts of files, and the command that comes first.
PROJECTS: list[tuple[list[str], dict[str, str], str | None]] = [
    (["pyproject.toml", "tests/"], {"pyproject.toml": "[tool.pytest.ini_options]"}, "pytest -q"),
    (["pyproject.toml", "uv.lock", "tests/"], {"pyproject.toml": ""}, "uv run pytest -q"),
    (["test_a.py"], {}, "pytest -q"),
    (["package.json"], {"package.json": '{"scripts": {"test": "jest"}}'}, "npm test"),
    (["package.json", "yarn.lock"], {"package.json": '{"scripts": {"test": "jest"}}'}, "yarn test"),
    (["package.json", "tests/"], {"package.json": '{"scripts": {"test": "jest"}}'}, "npm test"),
    (["Cargo.toml", "tests/"], {}, "cargo test"),
    (["go.mod"], {}, "go test ./..."),
    (["Makefile"], {"Makefile": "all:\n\ntest: all\n\tx\n"}, "make test"),
    (
        ["package.json"],
        {"package.json": '{"scripts": {"test": "echo \\"no test specified\\" && exit 1"}}'},
        None,
    ),
    (["package.json"], {"package.json": "{broken"}, None),
    (["README.md", "tests/"], {}, None),
]


@pytest.mark.parametrize(("names", "texts", "command"), PROJECTS)
def test_what_runs_the_tests(names: list[str], texts: dict[str, str], command: str | None) -> None:
    """The runner is read off the files at the top."""
    found = commands_for(names, texts)
    assert (found[0].command if found else None) == command


@given(st.text(st.characters() | st.sampled_from("0123456789 \npassedfailed.:="), max_size=300))
def test_nothing_crashes_the_report(output: str) -> None:
    """Any output can be read."""
    assert read_report(output).failed >= 0


@pytest.mark.parametrize("piece", ["\n", " ", "=", "at a.b", "    x\n", "1 failed ", "a.b:1: ", "FAILED "])
def test_hostile_output_is_read_quickly(piece: str) -> None:
    """The time does not explode with the size."""
    before = time.process_time()
    read_report(piece * 10_000)
    assert time.process_time() - before < 1
