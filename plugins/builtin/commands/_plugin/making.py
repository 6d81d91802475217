"""Makes a new plugin: a package with tests, or a single file of the project."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Final

from gaff.hooks import GaffError, Kernel, UsageError

from .templates import MODULE, PYPROJECT, README, TEST

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST: Final = 50


def make_package(kernel: Kernel, given: str, folder: Path) -> str:
    """Write a package ``gaff-NAME`` into a folder, and return what to tell the user.

    Raises:
        UsageError: the name cannot be used, or is taken.
        GaffError: the files cannot be written.
    """
    values = _values(kernel, given)
    target = folder / values["distribution"]
    files = {
        "pyproject.toml": PYPROJECT,
        "README.md": README,
        f"{values['module']}.py": MODULE,
        f"test_{values['module']}.py": TEST,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target.mkdir()
        for name, text in files.items():
            (target / name).write_text(Template(text).substitute(values), encoding="utf-8")
    except FileExistsError as fault:
        raise UsageError(f"{target} is there already; choose another name or another --dir") from fault
    except OSError as fault:
        raise GaffError(f"{target}: cannot be written ({fault.strerror or fault})") from fault
    steps = (f"cd {target}", 'pip install -e ".[test]"', "pytest", "gaff plugin check .")
    return "\n".join(
        [f"Made {target} with {', '.join(files)}. Next:", "", *(f"    {step}" for step in steps)]
    )


def make_file(kernel: Kernel, given: str, folder: Path) -> str:
    """Write ``.gaff/plugins/NAME.py`` below a folder, and return what to tell the user.

    Raises:
        UsageError: the name cannot be used, or is taken.
        GaffError: the file cannot be written.
    """
    values = _values(kernel, given)
    target = folder / ".gaff" / "plugins" / f"{values['name'].replace('-', '_')}.py"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(Template(MODULE).substitute(values))
    except FileExistsError as fault:
        raise UsageError(f"{target} is there already; choose another name") from fault
    except OSError as fault:
        raise GaffError(f"{target}: cannot be written ({fault.strerror or fault})") from fault
    return (
        f"Made {target}. gaff loads it in this folder once you trust the folder (gaff --trust, or /trust);\n"
        f"after a change say /plugin reload {target.stem}. Next:\n\n    gaff plugin check {target}"
    )


def _values(kernel: Kernel, given: str) -> Mapping[str, str]:
    name = given.removeprefix("gaff-")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise UsageError(
            f"{given}: small letters, digits and single hyphens, a letter first, "
            f"at most {_LONGEST} characters, such as word-count"
        )
    module = f"gaff_{name.replace('-', '_')}"
    tool = "".join(part.capitalize() for part in name.split("-"))
    if keyword.iskeyword(name) or name in sys.stdlib_module_names:
        raise UsageError(f"{given}: this is a word of Python's own; choose another name")
    _refuse_taken(kernel, given, name, tool)
    major, minor = kernel.version.split(".")[:2]
    return {
        "name": name,
        "module": module,
        "tool": tool,
        "distribution": f"gaff-{name}",
        "summary": f"{tool}: count words, and keep lock files safe.",
        "version": f"{major}.{minor}",
        "next_version": f"{major}.{int(minor) + 1}",
    }


def _refuse_taken(kernel: Kernel, given: str, name: str, tool: str) -> None:
    for report in kernel.reports:
        if report.name == name:
            raise UsageError(
                f"{given}: there is a plugin of this name already ({report.source}); choose another"
            )
    for one in kernel.contributed("gaff_register_tools"):
        if one.name == tool:
            raise UsageError(
                f"{given}: its tool would be called {tool}, as that of {one.plugin}; choose another"
            )
