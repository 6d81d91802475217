"""The folders, the package list and the import contracts say the same."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = {"gaff": "core", "gaff.hooks": "hooks", "gaff.plugins": "plugins"}


def package_of(folder: Path) -> str:
    """Return the package a folder is laid over."""
    first, *rest = folder.relative_to(ROOT).parts
    return ".".join(["gaff" if first == "core" else f"gaff.{first}", *rest])


def test_every_folder_with_code_is_a_listed_package() -> None:
    """A folder that is not listed is missing from every wheel."""
    found = {
        package_of(init.parent)
        for top in FOLDERS.values()
        for init in (ROOT / top).rglob("__init__.py")
        if "examples" not in init.parts
    }

    assert found == set(PROJECT["tool"]["setuptools"]["packages"])


def test_every_kernel_module_is_under_the_contracts() -> None:
    """A new module of the kernel is held to knowing no plugin."""
    modules = {f"gaff.{path.stem}" for path in (ROOT / "core").glob("*.py") if path.stem != "__init__"}

    for contract in PROJECT["tool"]["importlinter"]["contracts"]:
        named = {*contract["source_modules"], *contract["forbidden_modules"]}
        assert modules <= named, contract["name"]


def test_the_readme_s_test_command_is_what_ci_runs() -> None:
    """CI takes the command from the README, where exactly one line is it."""
    lines = [
        line
        for line in (ROOT / "README.md").read_text().splitlines()
        if line.startswith("    python3 -m venv")
    ]

    assert len([line for line in lines if "pytest" in line]) == 1


def test_nothing_imports_the_folders_by_their_own_names() -> None:
    """``import core`` would load a second copy of the kernel."""
    bare = ("from core", "import core", "from hooks", "import hooks", "from plugins", "import plugins")
    for top in (*FOLDERS.values(), "tests", "benchmarks"):
        for path in (ROOT / top).rglob("*.py"):
            for line in path.read_text().splitlines():
                assert not line.startswith(tuple(f"{start} " for start in bare)), path
                assert not line.startswith(tuple(f"{start}." for start in bare)), path
