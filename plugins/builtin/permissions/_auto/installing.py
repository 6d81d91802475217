"""Installing what the project's manifests declare, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from . import manifests
from .finding import Finding, fine, unclear
from .place import Place
from .programs import judge_program

_INSTALLS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "uv": (("sync",), ("pip", "install")),
    "poetry": (("install",),),
    "pdm": (("install",),),
    "bundle": (("install",),),
    "composer": (("install",),),
    "go": (("mod", "download"), ("mod", "verify"), ("mod", "tidy")),
}
_INSTALL_FLAGS: Final = re.compile(
    r"-q|--quiet|--no-interaction|--all-extras|--all-groups|--dev|--frozen|--locked|--no-deps|--no-root|--no-cache-dir"
    r"|--disable-pip-version-check|--with=[\w,]+|--extra=\w+|--no-dev"
)
REQUIREMENTS: Final = re.compile(r"[\w./-]*requirements[\w.-]*\.txt|[\w./-]*constraints[\w.-]*\.txt")
_OF_PROJECT: Final = re.compile(r"\.(?:\[[\w,-]+\])?")


def judge_pip(words: Sequence[str], place: Place) -> Finding:
    """Say what ``pip`` does: it shows, or installs what is declared."""
    rest = list(words[1:])
    if rest[:1] in (["list"], ["show"], ["freeze"], ["check"], ["--version"]):
        return fine("pip only shows")
    return (
        _install_python(rest[1:], place)
        if rest[:1] == ["install"]
        else unclear("pip changes what is installed")
    )


def _install_python(words: Sequence[str], place: Place) -> Finding:
    left = [
        word
        for word in words
        if word not in ("-r", "-e", "-c", "--editable", "--requirement", "--constraint")
    ]
    if not left or not all(
        _INSTALL_FLAGS.fullmatch(word) or REQUIREMENTS.fullmatch(word) or _OF_PROJECT.fullmatch(word)
        for word in left
    ):
        return unclear("it installs what no manifest of the project declares")
    return declared_install(place, manifests.PYTHON)


def declared_install(place: Place, names: Sequence[str]) -> Finding:
    """Say whether installing by these manifests and the lock files is as it was."""
    if place.is_declared((*names, *manifests.LOCKS)):
        return fine("it installs what the project's manifests declare")
    return unclear("the manifests were changed in this session")


def judge_install(words: Sequence[str], place: Place) -> Finding:
    """Say what a package manager with an install command of its own does."""
    for form in _INSTALLS.get(words[0], ()):
        if tuple(words[1 : len(form) + 1]) == form:
            rest = words[len(form) + 1 :]
            if form == ("pip", "install"):
                return _install_python(rest, place)
            if all(_INSTALL_FLAGS.fullmatch(word) for word in rest):
                return declared_install(place, (*manifests.PYTHON, *manifests.OTHER, *manifests.GO))
    if words[0] == "go":
        return judge_program("go", words[1:], place)
    return unclear(f"{words[0]} may change what is installed")


def judge_venv(words: Sequence[str]) -> Finding:
    """Say whether a virtual environment is made where one usually is."""
    usual = len(words) == 1 and words[0] in (".venv", "venv", ".env-test", "env")
    return (
        fine("a virtual environment in its usual place")
        if usual
        else unclear("a virtual environment elsewhere")
    )
