"""gaff doctor: versions, folders, settings, plugins, sandboxes, programs and terminal, and what is wrong with them."""

from __future__ import annotations

import locale
import os
import platform
import shutil
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from gaff.hooks import Kernel, Subcommand, hookimpl

_NEEDED: Final = ("bash",)
_WELCOME: Final = {
    "git": "tools around repositories need it",
    "rg": "Grep searches with Python without it, more slowly: pip install 'gaff[search]'",
    "bwrap": "the strongest sandbox needs it: install the package bubblewrap",
}
_FAILED: Final = ("failed", "suspended")


@dataclass(frozen=True)
class Finding:
    """One line: a fact, or something that is wrong."""

    title: str
    text: str
    is_fault: bool = False

    def __str__(self) -> str:
        return f"{'✗' if self.is_fault else ' '} {self.title:<10} {self.text}"


class Doctor(Subcommand):
    """Looks at the installation."""

    name: ClassVar[str] = "doctor"
    summary: ClassVar[str] = "look for what is wrong with this installation"

    async def run(self, kernel: Kernel, arguments: Namespace) -> int:
        """Print all findings; 1 where something is wrong."""
        findings = [*_versions(kernel), *_folders(kernel), *_settings(kernel), *_plugins(kernel)]
        findings += [*await _sandboxes(kernel), *_programs(kernel), *_terminal(kernel)]
        print("\n".join(map(str, findings)))
        faults = sum(finding.is_fault for finding in findings)
        print(f"\n{faults} thing{'s' * (faults != 1)} to mend." if faults else "\nNothing is wrong.")
        return 1 if faults else 0


def _versions(kernel: Kernel) -> Iterator[Finding]:
    yield Finding("gaff", kernel.version)
    yield Finding("Python", f"{platform.python_version()} ({sys.executable})")
    yield Finding("system", f"{platform.system()} {platform.release()} {platform.machine()}")


def _folders(kernel: Kernel) -> Iterator[Finding]:
    yield _folder("home", kernel.home)
    cache = kernel.environ.get("GAFF_CACHE_DIR")
    yield _folder("cache", Path(cache) if cache else kernel.home / "cache")
    trust = (
        "trusted"
        if kernel.trusted
        else "not trusted: its plugins, hooks, allow rules and variables do not count"
    )
    yield Finding("project", f"{kernel.project_dir} ({trust})")


def _folder(title: str, path: Path) -> Finding:
    """Tell of a folder that gaff makes where it is missing."""
    there = next(one for one in (path, *path.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Finding(title, f"{path}: cannot be written", is_fault=True)
    return Finding(title, str(path) if there == path else f"{path} (not made yet)")


def _settings(kernel: Kernel) -> Iterator[Finding]:
    paths = {value.path: value.level for value in kernel.settings.by_level()}
    for path, level in paths.items():
        yield Finding("settings", f"{path} ({level})")
    for problem in kernel.settings.problems:
        yield Finding("settings", problem.message, is_fault=True)
    if not paths and not kernel.settings.problems:
        yield Finding("settings", "none but the defaults")


def _plugins(kernel: Kernel) -> Iterator[Finding]:
    counts = Counter(report.state for report in kernel.reports)
    yield Finding("plugins", ", ".join(f"{count} {state}" for state, count in counts.most_common()))
    for report in kernel.reports:
        if report.state in _FAILED:
            text = f"{report.name} ({report.source}) is {report.state}: {report.reason}"
            yield Finding("plugin", text, is_fault=True)


async def _sandboxes(kernel: Kernel) -> Sequence[Finding]:
    """Try every sandbox; where one is wanted and none holds, that is a fault."""
    from gaff.plugins.builtin.sandbox._choice import try_all
    from gaff.plugins.builtin.sandbox._settings import read

    settings = read(kernel.settings)
    choice = await try_all(kernel, settings, each=True)
    use = "in use" if settings.enabled else "off: set sandbox.enabled"
    lacking = settings.enabled and not choice.isolates
    findings = [Finding("sandbox", f"{choice.name} ({use})", is_fault=lacking)]
    for trial in choice.trials:
        outcome = "holds" if trial.holds else f"not usable: {trial.reason}"
        checks = f" ({'; '.join(trial.checks)}; {trial.ms:.0f} ms)" if trial.checks else ""
        findings.append(Finding("", f"{trial.name}: {outcome}{checks}"))
    return findings


def _programs(kernel: Kernel) -> Iterator[Finding]:
    search_path = kernel.environ.get("PATH", "")
    for name in (*_NEEDED, *_WELCOME):
        found = shutil.which(name, path=search_path)
        if found is None and name == "rg":
            found = shutil.which(name, path=os.path.join(sys.prefix, "bin"))
        if found is None:
            hint = _WELCOME.get(name, "the Bash tool does not work without it")
            yield Finding(name, f"not found: {hint}", is_fault=name in _NEEDED)
        else:
            yield Finding(name, found)


def _terminal(kernel: Kernel) -> Iterator[Finding]:
    environ = kernel.environ
    kind = environ.get("TERM", "not set")
    colours = environ.get("COLORTERM") or ("none: NO_COLOR is set" if environ.get("NO_COLOR") else "basic")
    size = shutil.get_terminal_size()
    yield Finding("terminal", f"{kind}, {size.columns}x{size.lines}, colours {colours}")
    encoding = locale.getpreferredencoding(False)
    if encoding.lower().replace("-", "") != "utf8":
        yield Finding("encoding", f"{encoding}: set LANG to a UTF-8 locale", is_fault=True)
    else:
        yield Finding("encoding", encoding)


@hookimpl
def gaff_register_subcommands() -> Sequence[Subcommand]:
    """Offer gaff doctor."""
    return (Doctor(),)
