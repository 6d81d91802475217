"""Commands that change files, work with git, or only look."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from gaff.hooks import Action

from .._edit_commands import edited_files
from .._paths import real, within
from .files import holds_more, judge_file
from .finding import Finding, danger, fine, unclear
from .git import judge_git
from .place import Place

#: Commands that show something of this machine and take no harmful argument.
SHOWING: Final = frozenset(
    "date uname whoami id nproc uptime hostname arch lsb_release sw_vers tput clear".split()
)
FILTERS: Final = frozenset("jq tree cloc tokei scc xmllint column".split())
EDITING: Final = frozenset({"mkdir", "touch", "rm", "rmdir", "mv", "cp", "sed"})
#: The first and one of the others make a folder a repository for git, also as links that lead nowhere.
_BARE: Final = ("HEAD", "objects", "commondir")
_MODES: Final = re.compile(r"[ua]?\+x|[67][45][45]|[64][04]{2}")
_ASKS_GITHUB: Final[dict[str, frozenset[str]]] = {
    "pr": frozenset({"view", "list", "diff", "checks", "status"}),
    "issue": frozenset({"view", "list", "status"}),
    "run": frozenset({"view", "list", "watch"}),
    "release": frozenset({"view", "list"}),
    "repo": frozenset({"view", "list"}),
    "workflow": frozenset({"view", "list"}),
    "search": frozenset({"code", "issues", "prs", "repos", "commits"}),
}
#: A sed script that deletes or empties lines, or an option by which only some are kept.
_CUTS_LINES: Final = re.compile(
    r"^(?:\d+|\$)?(?:,(?:\d+|\$))?d$|^s(.)\^?\.\*\$?\1|^-\w*n\w*$|^--(?:quiet|silent)$"
)


def judge_edits(words: Sequence[str], place: Place) -> Finding:
    """Judge the commands that only change files: each file by itself."""
    if place.has_moved:
        return unclear("files are named from a folder that the command moves to")
    files = edited_files(words, str(place.session.cwd), place.folders)
    if not files:
        return unclear(
            f"{words[0]} in a form that does not name its files outright, or outside of the project"
        )
    if words[0] == "sed" and any(_CUTS_LINES.search(word) for word in words[1:]):
        return unclear("sed takes lines away")
    if words[0] in ("rm", "rmdir"):
        return _worst(judge_file(Action("delete", file, real(file)), place) for file in files)
    lasting = place.names_lasting(files)
    if lasting is not None:
        return unclear(f"it changes {lasting}, which others run or read")
    if words[0] in ("cp", "mv") and any(holds_more(real(file), place) for file in _ends(files)):
        return unclear(f"{words[0]} over a file that was there before")
    return fine(f"{words[0]} inside the project")


def _ends(files: Sequence[str]) -> Iterator[str]:
    """Yield where the named files of ``cp`` and ``mv`` may end up."""
    *sources, end = files
    yield end
    if os.path.isdir(end):
        yield from (os.path.join(end, os.path.basename(source)) for source in sources)


def _worst(findings: Iterable[Finding]) -> Finding:
    found = list(findings)
    return next((one for one in found if one.sense != "fine"), found[0])


def judge_repository(arguments: Sequence[str], place: Place) -> Finding:
    """Say what a git command does, and in whose repository."""
    if not all(has_own_repository(folder, place) for folder in place.moves or ()):
        return unclear("git in a repository that came with the files, whose hooks it would run")
    found = judge_git(arguments, place)
    named = [word for word in arguments if not re.search(r"\s", word)]
    if found.sense == "fine" and "commit" not in arguments and not place.keeps_inside(named):
        return unclear("git with a path outside of the project, or one known only when it runs")
    return found


def has_own_repository(folder: str, place: Place) -> bool:
    """Whether git in a folder would use the project's repository, or one around it; not one that came with files."""
    at = real(folder)
    while True:
        if os.path.lexists(os.path.join(at, ".git")):
            return within(place.project, at)
        has_head, *has_rest = (os.path.lexists(os.path.join(at, name)) for name in _BARE)
        if has_head and any(has_rest):
            return False
        parent = os.path.dirname(at)
        if parent == at:
            return True
        at = parent


def judge_show(words: Sequence[str], place: Place) -> Finding:
    """Say whether a command that shows something of this machine sets nothing."""
    plain = all(re.fullmatch(r"[-+][\w%:. -]*", word) for word in words[1:])
    return (
        fine(f"{words[0]} only shows")
        if plain
        else unclear(f"{words[0]} with an argument that may set something")
    )


def judge_filter(words: Sequence[str], place: Place) -> Finding:
    """Say whether a filter only shows what it is given."""
    if any(re.search(r"\benv\b|\binput_filename|^-\w*o|^--output", word) for word in words[1:]):
        return danger(f"{words[0]} that may show the environment or write a file")
    return fine(f"{words[0]} only shows")


def judge_tee(words: Sequence[str], place: Place) -> Finding:
    """Say whether ``tee`` replaces nothing that was there before."""
    files = [word for word in words[1:] if word not in ("-a", "--append")]
    if any(word.startswith("-") for word in files):
        return unclear("tee with an option of its own")
    paths = [real(os.path.join(folder, file)) for file in files for folder in place.moves or ()]
    if len(files) == len(words) - 1 and any(holds_more(path, place) for path in paths):
        return unclear("tee over a file that was there before")
    return fine("tee inside the project")


def judge_chmod(words: Sequence[str], place: Place) -> Finding:
    """Say whether ``chmod`` gives a usual mode."""
    if len(words) >= 3 and _MODES.fullmatch(words[1]) and not any(word.startswith("-") for word in words[2:]):
        return fine("file modes inside the project")
    return unclear("chmod with a mode of its own")


def judge_github(words: Sequence[str], place: Place) -> Finding:
    """Say whether ``gh`` only looks."""
    if any(re.search(r"\benv\b", word) for word in words[3:]):
        return unclear("gh with a filter that may show the environment")
    if (
        len(words) >= 3
        and words[2] in _ASKS_GITHUB.get(words[1], ())
        and "--web" not in words
        and "-w" not in words
    ):
        return fine("a look at the forge")
    return unclear("gh acts on the forge")
