"""Which git commands only look.

Options are compared in full, since git takes any unique beginning of a long one. Left out on purpose are
those that write (``--output``), run a program (``-O``, ``--ext-diff``, ``--upload-pack``) or leave the
repository (``--no-index``, ``-C``, ``--git-dir``, ``--submodule``, by which the settings of one within count).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

_BEFORE_COMMAND: Final = frozenset({"--no-pager", "-P", "--no-optional-locks", "--literal-pathspecs"})
#: What makes git check a signature, by the program that the repository's settings name.
_SIGNATURE: Final = re.compile(r"%[-+ ]?G|signature")
_OUTSIDE: Final = re.compile(r"[/~]|(?:.*/)?\.\.(?:/|\Z)")

_COMMITS: Final = frozenset(
    "oneline graph decorate all branches tags remotes pretty format date author committer grep since after until before "
    "max-count skip reverse merges no-merges first-parent follow topo-order date-order author-date-order abbrev "
    "abbrev-commit no-abbrev-commit invert-grep all-match regexp-ignore-case extended-regexp fixed-strings perl-regexp "
    "walk-reflogs mailmap use-mailmap parents children full-history simplify-merges no-walk boundary left-right "
    "cherry-pick cherry-mark simplify-by-decoration ancestry-path source count objects encoding no-decorate".split()
)
_CHANGES: Final = frozenset(
    "stat shortstat numstat dirstat summary name-only name-status patch no-patch raw unified word-diff color no-color "
    "cached staged ignore-all-space ignore-space-change ignore-space-at-eol ignore-blank-lines diff-filter find-renames "
    "find-copies minimal histogram patience diff-algorithm exit-code quiet check full-index no-renames relative "
    "merge-base no-ext-diff no-textconv no-prefix inter-hunk-context function-context text ignore-submodules "
    "color-moved no-color-moved stat-width patch-with-stat binary cc pickaxe-all pickaxe-regex".split()
)
_LISTING: Final = frozenset(
    "all remotes list verbose show-current merged no-merged contains no-contains sort format color no-color column "
    "no-column points-at ignore-case abbrev".split()
)
_FILTERS: Final = frozenset(
    {"-l", "--list", "--contains", "--no-contains", "--merged", "--no-merged", "--points-at"}
)

_LONG: Final[dict[str, frozenset[str]]] = {
    "status": frozenset(
        "short branch porcelain long verbose untracked-files ignored ignore-submodules column no-column ahead-behind "
        "no-ahead-behind renames no-renames find-renames null show-stash".split()
    ),
    "log": _COMMITS | _CHANGES,
    "show": _COMMITS | _CHANGES,
    "diff": _CHANGES,
    "diff-tree": _CHANGES | {"root", "no-commit-id"},
    "diff-index": _CHANGES,
    "diff-files": _CHANGES,
    "rev-list": _COMMITS,
    "shortlog": _COMMITS | {"summary", "numbered", "email", "group"},
    "reflog": _COMMITS | _CHANGES,
    "stash": _COMMITS | _CHANGES,
    "blame": frozenset(
        "porcelain line-porcelain date show-name show-number show-email root abbrev minimal".split()
    ),
    "branch": _LISTING,
    "tag": _LISTING,
    "remote": frozenset({"verbose", "push", "all"}),
    "worktree": frozenset({"porcelain", "verbose"}),
    "ls-files": frozenset(
        "cached deleted modified others stage unmerged ignored exclude-standard error-unmatch full-name abbrev directory "
        "no-empty-directory eol exclude deduplicate".split()
    ),
    "ls-tree": frozenset("name-only name-status long full-name full-tree abbrev object-only".split()),
    "cat-file": frozenset(),
    "describe": frozenset(
        "tags all long abbrev always dirty broken exact-match match exclude candidates contains first-parent".split()
    ),
    "merge-base": frozenset("all octopus is-ancestor fork-point independent".split()),
    "name-rev": frozenset("tags refs exclude name-only always no-undefined".split()),
    "for-each-ref": frozenset(
        "count sort format points-at merged no-merged contains no-contains ignore-case".split()
    ),
    "show-ref": frozenset("heads tags branches verify hash quiet abbrev head dereference".split()),
    "check-ignore": frozenset("quiet verbose non-matching".split()),
    "count-objects": frozenset({"verbose", "human-readable"}),
    "fsck": frozenset(
        "full no-full strict unreachable no-reflogs connectivity-only verbose no-dangling name-objects".split()
    ),
    "grep": frozenset(
        "cached untracked text ignore-case word-regexp invert-match full-name extended-regexp basic-regexp perl-regexp "
        "fixed-strings line-number column files-with-matches name-only files-without-match only-matching count heading "
        "break show-function context after-context before-context function-context and or not all-match quiet max-depth "
        "color no-color max-count".split()
    ),
    "rev-parse": frozenset(
        "show-toplevel git-dir git-common-dir absolute-git-dir is-inside-work-tree is-inside-git-dir is-bare-repository "
        "show-prefix show-cdup short abbrev-ref verify quiet symbolic symbolic-full-name all branches tags remotes "
        "show-superproject-working-tree is-shallow-repository show-object-format".split()
    ),
    "version": frozenset({"build-options"}),
    "config": frozenset(
        "get get-all get-regexp list global local system worktree show-origin show-scope name-only null type".split()
    ),
    "cherry": frozenset({"verbose", "abbrev"}),
    "symbolic-ref": frozenset({"short", "quiet"}),
    "show-branch": frozenset({"all", "remotes", "list", "more", "color", "no-color"}),
    "whatchanged": _COMMITS | _CHANGES,
    "var": frozenset(),
    "notes": frozenset(),
    "bisect": frozenset(),
    "check-attr": frozenset({"all", "cached"}),
}

_DIFF_SHORT: Final = r"-(?:[pusabwWzqRmcMCBDt]+|[UMC]\d+%?|[SG].*|\d+)"
_LOG_SHORT: Final = rf"{_DIFF_SHORT}|-(?:[giEFP]+|n\d*|L.*)"
_SHORT: Final[dict[str, str]] = {
    "status": r"-[sbvuz]+|-u(?:no|normal|all)",
    "log": _LOG_SHORT,
    "show": _LOG_SHORT,
    "diff": _DIFF_SHORT,
    "diff-tree": r"-[pruzmcst]+",
    "diff-index": r"-[pruzmcst]+",
    "diff-files": r"-[pruzmcst]+",
    "rev-list": r"-(?:n\d*|\d+|[giEFP]+)",
    "shortlog": r"-[snec]+|-n\d*",
    "reflog": _LOG_SHORT,
    "stash": _LOG_SHORT,
    "blame": r"-(?:[weslftnpcbMC]+|L.*)",
    "branch": r"-(?:[arvliq]+)",
    "tag": r"-(?:[li]+|n\d*)",
    "remote": r"-v",
    "worktree": r"-[vz]+",
    "ls-files": r"-[cdmosutvzik]+|-x.*",
    "ls-tree": r"-[drtlz]+",
    "cat-file": r"-[tspe]",
    "merge-base": r"-a",
    "show-ref": r"-[dqs]+",
    "check-ignore": r"-[qvnz]+",
    "check-attr": r"-a",
    "count-objects": r"-[vH]+",
    "grep": r"-(?:[aiIwvhHEGPFnlLzcopWq]+|[ABCm]\d+|\d+|[eABCm])",
    "rev-parse": r"-q",
    "config": r"-[lz]+",
    "cherry": r"-v",
    "symbolic-ref": r"-q",
    "show-branch": r"-[ar]+",
    "whatchanged": _LOG_SHORT,
}
_READS_SETTINGS: Final = frozenset({"--get", "--get-all", "--get-regexp", "--list", "-l"})


def _listing(arguments: Sequence[str], operands: Sequence[str]) -> bool:
    """A name alone would make a branch or tag."""
    return not operands or any(argument.partition("=")[0] in _FILTERS for argument in arguments)


def _within(arguments: Sequence[str], operands: Sequence[str]) -> bool:
    """Paths outside the repository would make it a plain comparison of files."""
    return not any(_OUTSIDE.match(operand) for operand in operands)


def _first_is(*names: str) -> Callable[[Sequence[str], Sequence[str]], bool]:
    return lambda arguments, operands: arguments[:1] in [[name] for name in names]


def _alone_or(*names: str) -> Callable[[Sequence[str], Sequence[str]], bool]:
    return lambda arguments, operands: not operands or arguments[0] in names


def _reading(arguments: Sequence[str], operands: Sequence[str]) -> bool:
    """A name alone is read; with a value it is set."""
    asked = list(operands[1:]) if operands[:1] == ["get"] else list(operands)
    named = len(asked) == 1 and "." in asked[0]
    return named or operands == ["list"] or not _READS_SETTINGS.isdisjoint(arguments)


def _remotes(arguments: Sequence[str], operands: Sequence[str]) -> bool:
    return not operands or arguments[0] == "get-url" or arguments == ["show"]


_OPERANDS: Final[dict[str, Callable[[Sequence[str], Sequence[str]], bool]]] = {
    "branch": _listing,
    "tag": _listing,
    "diff": _within,
    "grep": _within,
    "stash": _first_is("list", "show"),
    "worktree": _first_is("list"),
    "remote": _remotes,
    "reflog": _alone_or("show", "list"),
    "version": _alone_or(),
    "config": _reading,
    "symbolic-ref": lambda arguments, operands: len(operands) == 1,
    "notes": _first_is("list", "show"),
    "bisect": lambda arguments, operands: arguments == ["log"],
    "var": _first_is("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT", "GIT_DEFAULT_BRANCH"),
}


def _checks_signatures(arguments: Sequence[str]) -> bool:
    return any(
        _SIGNATURE.search(option if "=" in option else value)
        for option, value in pairwise((*arguments, ""))
        if option.startswith(("--format", "--pretty", "--sort"))
    )


def only_looks(arguments: Sequence[str]) -> bool:
    """Whether git with these arguments changes nothing and runs nothing; false for all that is not known."""
    left = list(arguments)
    while left and left[0] in _BEFORE_COMMAND:
        del left[0]
    if left == ["--version"]:
        return True
    if not left or left[0] not in _LONG:
        return False
    command, *left = left
    end = left.index("--") if "--" in left else len(left)
    options = [text for text in left[:end] if text.startswith("-") and text != "-"]
    operands = [text for text in left[:end] if not text.startswith("-")] + left[end + 1 :]
    known = not _checks_signatures(left) and all(_is_known(command, option) for option in options)
    return known and (command not in _OPERANDS or _OPERANDS[command](left, operands))


def _is_known(command: str, option: str) -> bool:
    if option.startswith("--"):
        return option[2:].partition("=")[0] in _LONG[command]
    return command in _SHORT and re.fullmatch(_SHORT[command], option, re.DOTALL) is not None
