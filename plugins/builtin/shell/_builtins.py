"""What bash's own commands and variables can do to the commands around them.

Some builtins run text as commands, change what later names mean, or evaluate an array index hidden in an
argument (``test -v 'a[$(id)]'`` runs ``id``). The strict reader refuses those uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from ._variables import UNKNOWN, Text, Value
from ._words import Word

_RUNS_TEXT: Final = frozenset({".", "source", "eval", "exec", "trap", "fc", "coproc", "mapfile", "readarray"})
_CHANGES_MEANING: Final = frozenset(
    "unalias enable bind complete compgen compopt hash history let declare typeset local readonly getopts".split()
)

#: Assigning to these evaluates the value as arithmetic, which can run commands, or is bash's own business.
_EVALUATED: Final = re.compile(
    r"SECONDS|S?RANDOM|LINENO|HISTCMD|OPTIND|E?UID|PPID|EPOCH\w*|BASH\w*|MAILCHECK|HISTSIZE|HISTFILESIZE|COMP_\w*"
    r"|COLUMNS|LINES|TMOUT|FUNCNAME|FUNCNEST|GROUPS|DIRSTACK|PIPESTATUS|SHELLOPTS|READLINE_\w*|COPROC\w*"
)
#: Changing these for the rest of the text changes how bash reads it.
_SHELL_STATE: Final = re.compile(
    r"IFS|HOME|PWD|OLDPWD|CDPATH|ENV|LANG|LANGUAGE|LC_\w*|PS\d|PROMPT_\w*|POSIXLY_CORRECT|GLOBIGNORE|EXECIGNORE"
    r"|histchars|auto_resume|PATH|LD_\w*|DYLD_\w*|HISTIGNORE|HISTFILE|INPUTRC|TIMEFORMAT|FIGNORE|CHILD_MAX|MAILPATH"
)
#: By these, programs run others. They are often in the environment, so that an assignment is taken to reach it.
_RUN_BY_PROGRAMS: Final = re.compile(
    r"GIT_\w+|\w*PAGER|EDITOR|VISUAL|BROWSER|SHELL|LESS\w*|NODE_OPTIONS|NODE_PATH|PYTHON\w+|PERL5\w+|RUBY(?:OPT|LIB)"
    r"|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|RIPGREP_CONFIG_PATH|XDG_\w+|GCONV_PATH|LOCPATH|TMPDIR|BC_ENV_ARGS|JQ_\w+"
)
#: Options of ``read``, those with a value last: what to prompt with, where to stop, how long to wait.
_READ_OPTION: Final = re.compile(r"-(?=.)[rs]*(?:(?P<valued>[dpnNtu])(?P<value>.*))?", re.DOTALL)
NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SET_FLAGS: Final = re.compile(r"[-+][eux]+")
_SET_OPTION: Final = re.compile(r"[-+][eux]*o")
_SET_NAMES: Final = frozenset({"pipefail", "errexit", "nounset", "xtrace", "noclobber"})
_COUNTING_FORMAT: Final = re.compile(r"%[^A-Za-z]*[hlLjzt]*n")
_UNARY_TESTS: Final = frozenset(f"-{letter}" for letter in "nzefdrwxsLhpSbcgukOGN")
_BINARY_TESTS: Final = frozenset("= == != < > -eq -ne -lt -le -gt -ge -nt -ot -ef".split())
_EVALUATING_TESTS: Final = frozenset({"-v", "-R"})
_LAST_JOB: Final = frozenset({"$!", '"$!"'})


def refuses_assignment(name: str, *, lasting: bool) -> bool:
    """Whether assigning to the variable may change what the text means; ``lasting`` for more than one command."""
    return bool(_EVALUATED.fullmatch(name)) or (lasting and bool(_SHELL_STATE.fullmatch(name)))


def reaches_programs(name: str) -> bool:
    """Whether an assignment is to be taken as seen by programs, even where the variable was not exported."""
    return _RUN_BY_PROGRAMS.fullmatch(name) is not None


def objection(words: Sequence[Word]) -> str:
    """Return why a command, wrappers taken off, may do more than its words say; empty where it does not."""
    name = words[0].shown
    if name in _RUNS_TEXT:
        return f"`{name}` runs text as commands"
    if name in _CHANGES_MEANING:
        return f"`{name}` can change what other commands mean"
    check = _CHECKS.get(name)
    return "" if check is None or check(words[1:]) else f"this use of `{name}` is not supported"


def assigned_by_read(words: Sequence[Word]) -> list[str] | None:
    """Return the variables that ``read`` assigns; ``None`` where the arguments are not plain."""
    left = list(words)
    while left and left[0].shown.startswith("-"):
        option = _READ_OPTION.fullmatch(left.pop(0).literal or "")
        if option is None:
            return None
        if option["valued"] and not option["value"]:
            if not left or not left[0].is_one:
                return None
            del left[0]
    names = [word.literal or "" for word in left]
    return names if all(map(NAME.fullmatch, names)) else None


def exported_by(words: Sequence[Word]) -> list[tuple[str, Value | None]] | None:
    """Return the names and assignments that ``export`` is given, with what they assign.

    ``None`` stands for arguments that are not plain.
    """
    exported: list[tuple[str, Value | None]] = []
    for word in words:
        text = word.shown if word.expanded else word.text
        found = re.match(r"[A-Za-z_]\w*(=|$)", text, re.ASCII)
        if found is None:
            return None
        known = word.literal if word.literal and word.literal.startswith(found.group()) else None
        value = UNKNOWN if known is None else Value(frozenset({Text(known[found.end() :])}))
        exported.append((text, value if found.group(1) else None))
    return exported


def unset_names(words: Sequence[Word]) -> list[str] | None:
    """Return the variables that ``unset`` is given; ``None`` where the arguments are not plain."""
    values = [word.literal or "" for word in words]
    if values[:1] == ["-v"]:
        del values[0]
    return values if all(map(NAME.fullmatch, values)) else None


def _plain_unset(arguments: Sequence[Word]) -> bool:
    names = unset_names(arguments)
    return names is not None and not any(refuses_assignment(name, lasting=True) for name in names)


def _plain_read(arguments: Sequence[Word]) -> bool:
    names = assigned_by_read(arguments)
    return names is not None and not any(refuses_assignment(name, lasting=True) for name in names)


def _plain_export(arguments: Sequence[Word]) -> bool:
    exported = exported_by(arguments)
    names = [text.partition("=")[0] for text, _ in exported or ()]
    return bool(exported) and not any(refuses_assignment(name, lasting=True) for name in names)


def _plain_set(arguments: Sequence[Word]) -> bool:
    values = [word.literal or "" for word in arguments]
    while values:
        if _SET_FLAGS.fullmatch(values[0]):
            del values[0]
        elif _SET_OPTION.fullmatch(values[0]) and len(values) > 1 and values[1] in _SET_NAMES:
            del values[:2]
        else:
            return False
    return bool(arguments)


def _plain_printf(arguments: Sequence[Word]) -> bool:
    form = arguments[0].literal if arguments else ""
    return (
        form is not None and not form.startswith("-") and not _COUNTING_FORMAT.search(form.replace("%%", ""))
    )


def _plain_bracket(arguments: Sequence[Word]) -> bool:
    closed = bool(arguments) and arguments[-1].literal == "]"
    return closed and _plain_test(arguments[:-1])


def _plain_test(arguments: Sequence[Word]) -> bool:
    """Whether no argument of ``test`` can turn out as an operator that evaluates another."""
    operands = list(arguments)
    while operands and operands[0].literal == "!":
        del operands[0]
    if any(word.splits or (word.glob and not word.single) for word in operands):
        return False
    values = [word.literal for word in operands]
    if None not in values:
        return _EVALUATING_TESTS.isdisjoint(values)
    if len(values) == 2:
        return values[0] in _UNARY_TESTS
    return len(values) == 1 or (len(values) == 3 and values[1] in _BINARY_TESTS)


def _plain_wait(arguments: Sequence[Word]) -> bool:
    return all(word.text in _LAST_JOB or re.fullmatch(r"%?\d+", word.text) for word in arguments)


def _plain_jobs(arguments: Sequence[Word]) -> bool:
    return all(word.text in {"-l", "-p", "-r", "-s"} for word in arguments)


def _plain_lookup(arguments: Sequence[Word]) -> bool:
    return not arguments or arguments[0].literal in {"-v", "-V"}


def _only_prints(arguments: Sequence[Word]) -> bool:
    return all(word.literal == "-p" for word in arguments)


def _bare(arguments: Sequence[Word]) -> bool:
    return not arguments


_CHECKS: Final[dict[str, Callable[[Sequence[Word]], bool]]] = {
    "read": _plain_read,
    "export": _plain_export,
    "unset": _plain_unset,
    "set": _plain_set,
    "printf": _plain_printf,
    "test": _plain_test,
    "[": _plain_bracket,
    "wait": _plain_wait,
    "jobs": _plain_jobs,
    "command": _plain_lookup,
    "builtin": _bare,
    "alias": _only_prints,
    "shopt": _only_prints,
}
