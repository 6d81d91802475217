"""The examples of docs/testing.md run as they are printed."""

import re
import subprocess
import sys
from pathlib import Path

from gaff.testing.script import BUILDERS, load_script

PAGE = Path(__file__).parents[2] / "docs" / "testing.md"


def examples(language: str) -> list[str]:
    """Return the code blocks of the page in this language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def test_the_python_examples_pass(tmp_path: Path) -> None:
    """Every example is a file named in its first line; pytest runs them all."""
    (tmp_path / "pyproject.toml").write_text("\n".join(examples("toml")))
    names = [code.partition("\n")[0].removeprefix("# ") for code in examples("python")]
    for name, code in zip(names, examples("python"), strict=True):
        (tmp_path / name).write_text(code)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{sum(code.count('def test_') for code in examples('python'))} passed" in done.stdout


def test_the_script_example_loads(tmp_path: Path) -> None:
    """The script file of the page is one."""
    (code,) = examples("json")
    file = tmp_path / "replies.json"
    file.write_text(code)
    script = load_script(file)
    assert not callable(script)
    assert len(list(script)) == 4


def test_every_reply_is_on_the_page() -> None:
    """The tables name the whole language."""
    page = PAGE.read_text(encoding="utf-8")
    assert [name for name in BUILDERS if f"`{name}(" not in page] == []
