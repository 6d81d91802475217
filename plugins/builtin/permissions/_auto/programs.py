"""Programs that test, check, format and build, and the options that would make them do something else.

A program is settled only in forms known here. Options are compared by their beginnings, since most parsers
take any unique one of a long option.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from .._paths import real
from . import manifests
from .files import holds_more
from .finding import Finding, fine, unclear
from .place import Place


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is harmless but for some options."""

    #: Letters that no cluster of short options may hold.
    short: str = ""
    #: Long options that it must not have, whether they begin with one dash or two.
    long: tuple[str, ...] = ()
    #: The subcommands that are harmless; empty where it has none.
    subcommands: tuple[str, ...] = ()
    #: The manifests that say what it runs.
    manifests: tuple[str, ...] = ()
    #: The only options it may have; empty where all others may be.
    only: tuple[str, ...] = ()

    def accepts(self, words: Sequence[str]) -> bool:
        """Whether these arguments are of a harmless form; paths are looked at elsewhere."""
        words = _without_switched_off(words)
        operands = [word for word in words if not word.startswith(("-", "+"))]
        if self.subcommands and (not words or words[0] not in self.subcommands):
            return not operands and words in (["--version"], ["-V"], ["--help"], ["-h"], ["version"])
        options = [word for word in words if word.startswith(("-", "+")) and word not in ("-", "--")]
        return all(self._is_harmless(option) for option in options)

    def _is_harmless(self, option: str) -> bool:
        name = option.lstrip("-").partition("=")[0]
        if name in self.long:
            return False
        if option.startswith("+"):
            return False
        if option in ("--co", "--collect-only", "--cov") or option.startswith("--cov="):
            return True
        if self.only:
            return option in self.only or f"--{name}" in self.only or f"-{name}" in self.only
        if any(long.startswith(name) for long in self.long if name and (option[:2] == "--" or len(name) > 1)):
            return False
        return option.startswith("--") or not set(self.short) & set(name)


VERSIONS: Final = frozenset({"--version", "-V", "-v", "version", "--help", "-h", "-version"})


def _without_switched_off(words: Sequence[str]) -> list[str]:
    """Return the arguments without pytest's ``-p no:NAME``, which only takes a plugin away."""
    found: list[str] = []
    for word in words:
        if word.startswith("no:") and found[-1:] == ["-p"]:
            del found[-1]
        else:
            found.append(word)
    return found


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_PYTEST: Final = Program(
    "pco",
    _words("cov-config override-ini rootdir confcutdir pdbcls basetemp pyargs"),
    manifests=manifests.PYTHON,
)
_JEST: Final = Program(
    "c",
    _words(
        "config setupFiles setupFilesAfterEnv runner reporters preset globalSetup globalTeardown testEnvironment rootDir transform "
        "resolver projects testRunner"
    ),
    manifests=manifests.NODE,
)
_GO: Final = Program(
    "",
    _words("exec toolexec vettool overlay modfile ldflags gcflags asmflags gccgoflags C o"),
    _words("build test vet fmt doc list version"),
    manifests.GO,
)
_JAVA_TASKS: Final = re.compile(
    r"(?::?[\w-]+:)*(?:build|test|check|assemble|clean|classes|testClasses|compile\w*|lint\w*|ktlintCheck|ktlintFormat|detekt|spotlessCheck"
    r"|spotlessApply|spotbugs\w*|checkstyle\w*|pmd\w*|jacoco\w+|javadoc|jar|validate|test-compile|package|verify|integration-test|dependencies|tasks)"
)
_JAVA_OPTIONS: Final = re.compile(
    r"-[qBoUeXnT]|-q|--(?:no-daemon|quiet|info|stacktrace|offline|console=\w+|batch-mode|parallel|rerun-tasks|warn|tests|continue|dry-run)"
    r"|-D(?:skipTests|maven\.test\.skip|test|tests)(?:=[\w.*#,]+)?|-pl|-am|-x"
)

PROGRAMS: Final[Mapping[str, Program]] = {
    "pytest": _PYTEST,
    "py.test": _PYTEST,
    "ruff": Program(
        "",
        _words("output-file unsafe-fixes add-noqa"),
        _words("check format rule linter version"),
        manifests.PYTHON,
    ),
    "mypy": Program(
        "",
        _words("config-file python-executable install-types custom-typing-module"),
        manifests=manifests.PYTHON,
    ),
    "dmypy": Program(
        "", _words("config-file python-executable install-types"), _words("run check status stop")
    ),
    "pyright": Program("", _words("pythonpath venvpath"), manifests=manifests.PYTHON),
    "basedpyright": Program("", _words("pythonpath venvpath"), manifests=manifests.PYTHON),
    "black": Program("c", ("code",), manifests=manifests.PYTHON),
    "isort": Program("", _words("settings-path settings-file"), manifests=manifests.PYTHON),
    "flake8": Program("", _words("config append-config output-file"), manifests=manifests.PYTHON),
    "pylint": Program("", _words("init-hook load-plugins rcfile"), manifests=manifests.PYTHON),
    "bandit": Program("c", ("configfile",), manifests=manifests.PYTHON),
    "vulture": Program(),
    "coverage": Program("", ("rcfile",), _words("report html xml json lcov combine erase"), manifests.PYTHON),
    "tox": Program("cx", _words("conf override installpkg workdir root develop"), manifests=manifests.PYTHON),
    "nox": Program("f", _words("noxfile force-python install-only"), manifests=manifests.PYTHON),
    "pre-commit": Program("c", ("config",), ("run",), (".pre-commit-config.yaml",)),
    "jest": _JEST,
    "vitest": Program(
        "cr",
        _words("config root dir globalSetup reporter.outputFile ui api environment"),
        manifests=manifests.NODE,
    ),
    "mocha": Program("ru", _words("require config opts file ui reporter package"), manifests=manifests.NODE),
    "eslint": Program(
        "co",
        _words("config rulesdir resolve-plugins-relative-to parser plugin output-file"),
        manifests=manifests.NODE,
    ),
    "prettier": Program("", _words("plugin config"), manifests=manifests.NODE),
    "tsc": Program("", _words("plugins outFile clean"), manifests=manifests.NODE),
    "vite": Program("c", _words("config force mode outDir emptyOutDir"), _words("build"), manifests.NODE),
    "webpack": Program("c", _words("config output-path"), _words("build"), manifests.NODE),
    "next": Program("", (), _words("build lint"), manifests.NODE),
    "vue-tsc": Program(manifests=manifests.NODE),
    "svelte-check": Program(manifests=manifests.NODE),
    "stylelint": Program(
        "", _words("config custom-syntax plugin custom-formatter output-file"), manifests=manifests.NODE
    ),
    "biome": Program("", _words("config-path"), _words("check lint format ci"), manifests.NODE),
    "cargo": Program(
        "Z",
        _words("config manifest-path target-dir artifact-dir"),
        _words("build b check c test t clippy fmt doc bench tree metadata fetch nextest clean"),
        manifests.RUST,
    ),
    "rustfmt": Program("", ("config",)),
    "go": _GO,
    "gofmt": Program(),
    "goimports": Program(),
    "golangci-lint": Program("c", ("config",), ("run",), (".golangci.yml", ".golangci.yaml", *manifests.GO)),
    "staticcheck": Program(),
    "dotnet": Program(
        "p", _words("property settings logger"), _words("build test restore format"), manifests.OTHER
    ),
    "ctest": Program("", _words("build-and-test script D S"), manifests=manifests.OTHER),
    "rspec": Program("rIO", _words("require options init"), manifests=manifests.OTHER),
    "rubocop": Program("rc", _words("require config plugin"), manifests=manifests.OTHER),
    "phpunit": Program(
        "c", _words("bootstrap configuration extension include-path"), manifests=manifests.OTHER
    ),
    "phpstan": Program("ca", _words("configuration autoload-file"), ("analyse", "analyze"), manifests.OTHER),
    "mix": Program("", ("eval",), _words("test format compile credo dialyzer deps.get"), manifests.OTHER),
    "swift": Program("", _words("Xswiftc Xlinker Xcc package-path"), _words("build test"), manifests.OTHER),
    "deno": Program("A", _words("allow config import-map lock"), _words("lint fmt check"), manifests.OTHER),
    "shellcheck": Program(),
    "terraform": Program(
        only=_words("-check -recursive -diff -no-color"), subcommands=_words("fmt validate")
    ),
    "shfmt": Program(),
    "yamllint": Program("c", ("config-file",)),
    "hadolint": Program(),
    "markdownlint": Program("", _words("config rules")),
    "clang-format": Program(),
    "ktlint": Program("R", ("ruleset",)),
    "make": Program(
        only=_words("-j -j1 -j2 -j4 -j8 -k -s -n -B --silent --keep-going --dry-run --no-print-directory")
    ),
    "cmake": Program(
        only=_words("--build -S -B -j --parallel --target --config --version -DCMAKE_BUILD_TYPE"),
        manifests=manifests.OTHER,
    ),
    "ninja": Program("tf", manifests=manifests.OTHER),
}

#: Options whose value may be a file that is written.
_WRITES: Final = re.compile(r"out|log|report|xml|html|json|debug|save|write|dest|^-o$")

#: Modules of ``python -m`` by the program they are; those of the standard library that only check or show.
MODULES: Final = frozenset(
    _words("pytest mypy ruff black isort flake8 pylint coverage tox nox bandit pyright vulture")
)
HARMLESS_MODULES: Final = frozenset(
    _words("unittest compileall py_compile doctest venv pydoc tabnanny build")
)


def is_java_build(words: Sequence[str]) -> bool:
    """Whether arguments of Gradle or Maven name tasks that test and build."""
    left = [word for word in words if not _JAVA_OPTIONS.fullmatch(word)]
    names = re.compile(r"[\w.*#$-]+")
    before = dict(zip(words[1:], words, strict=False))
    tasks = [word for word in left if before.get(word) not in ("--tests", "-x", "-pl")]
    return bool(tasks) and all(
        _JAVA_TASKS.fullmatch(word) if word in tasks else names.fullmatch(word) for word in left
    )


def judge_program(name: str, arguments: Sequence[str], place: Place) -> Finding:
    """Say what a program does that checks or builds."""
    if list(arguments) and all(word in VERSIONS for word in arguments) and len(arguments) == 1:
        return fine(f"{name} tells its version")
    if any(word.startswith("@") for word in arguments):
        return unclear(f"{name} takes more arguments from a file")
    if any(holds_more(path, place) for path in _written(arguments, place)):
        return unclear(f"{name} writes over a file that was there before")
    program = PROGRAMS.get(name)
    if program is None or not program.accepts(arguments):
        return unclear(f"{name} may do anything")
    if not place.is_declared(program.manifests):
        return unclear(f"what {name} runs was changed in this session")
    return fine(f"{name} checks or builds the project")


def _written(arguments: Sequence[str], place: Place) -> Iterator[str]:
    """Yield the paths that options name as where something is written to."""
    for before, word in pairwise(("", *arguments)):
        option, equals, value = word.partition("=")
        if not (word.startswith("-") and equals):
            option, value = before, word
        if option.startswith("-") and _WRITES.search(option):
            yield from (real(os.path.join(folder, value)) for folder in place.moves or ())
