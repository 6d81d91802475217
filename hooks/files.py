"""Files written so that no crash halves them, and what a git work tree says of them without git being run."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_LARGEST_POINTER: Final = 4096


def write_atomically(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file's content at once, or leave it as it was.

    Raises:
        OSError: it could not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    import tempfile

    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def git_root(folder: Path) -> Path | None:
    """Return the git work tree that holds ``folder``, found without running git."""
    for candidate in (folder, *folder.parents):
        if os.path.lexists(candidate / ".git"):
            return candidate
    return None


def keep_out_of_git(path: Path) -> None:
    """Have git ignore a file, by the repository's own exclude file.

    Raises:
        OSError: the exclude file could not be written.
    """
    root = git_root(path.parent)
    git = None if root is None else _git_folder(root / ".git")
    if root is None or git is None:
        return
    line = f"/{path.relative_to(root)}"
    exclude = git / "info" / "exclude"
    if not exclude.resolve().is_relative_to(git.resolve()):
        return  # a link that leads elsewhere is no exclude file of this repository
    known = _lines(exclude)
    if line not in known:
        exclude.parent.mkdir(exist_ok=True)
        with exclude.open("a", encoding="utf-8") as file:
            file.write(("" if not known or known[-1] == "" else "\n") + line + "\n")


def _git_folder(dot_git: Path) -> Path | None:
    """Return the folder that holds ``info/exclude``; ``None`` where it is not certain whose it is."""
    if dot_git.is_dir():
        return dot_git
    git = dot_git.parent / _pointer(dot_git).removeprefix("gitdir: ")
    # The repository must know this work tree, or a forged pointer would have another one changed.
    if os.path.realpath(_pointer(git / "gitdir")) != os.path.realpath(dot_git):
        return None
    return Path(os.path.normpath(git / _pointer(git / "commondir")))


def _pointer(path: Path) -> str:
    with suppress(OSError, UnicodeDecodeError), path.open(encoding="utf-8") as file:
        return file.read(_LARGEST_POINTER).strip()
    return ""


def _lines(path: Path) -> list[str]:
    with suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8").split("\n")
    return []
