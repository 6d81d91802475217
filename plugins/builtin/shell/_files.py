"""The files that a simple command certainly reads, writes or deletes, as far as its arguments tell.

Where options are not known, every argument that is no option counts: too many files only make the
judgement stricter.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from ._awk import read_awk
from ._forms import FORMS, sort_arguments
from ._git_files import git_files
from ._outputs import written
from ._sed import read_sed
from ._tools import archive_of
from ._transfers import TRANSFERS
from ._uses import HERE, FileKind, FileUse, plain_operands
from ._words import Word

#: Programs that run the command given in their arguments.
LAUNCHERS: Final = frozenset(
    "sudo doas env xargs parallel watch setsid ionice flock chroot unshare nsenter busybox toybox nice timeout nohup "
    "stdbuf find time".split()
)
#: What ``find -exec`` puts names in for, and ends with.
_PLACEHOLDERS: Final = frozenset({"{}", ";", "+"})
_READERS: Final = frozenset(
    (
        *(name for name, form in FORMS.items() if form.operands in {"files", "pattern", "one file"}),
        *"less more zless batcat zgrep zegrep zfgrep bzcat xzcat zstdcat split csplit readelf objdump nm hd ag ack".split(),
    )
)
#: Programs that tell of the files they are given without showing what is in them.
_LISTERS: Final = frozenset({"ls", "stat", "du", "file", "tree", "fd", "fdfind"})
#: Those of them that look at the current directory where no file is named.
#: Commands that look at no file, but to which bash hands the names that a pattern matches.
_PRINTERS: Final = frozenset({"echo", "printf", "basename", "dirname", "test", "["})
_LOOKHERE: Final = frozenset({"ls", "du", "tree"})
AWKS: Final = frozenset({"awk", "gawk", "mawk", "nawk"})
_JQ_VALUES: Final = frozenset({"--arg", "--argjson"})
_GREPS: Final = frozenset({"grep", "egrep", "fgrep"})
_RECURSIVE: Final = frozenset({"r", "R", "d", "recursive", "dereference-recursive", "directories"})
#: Options that follow links below a folder, by program; diff always does.
_FOLLOWING: Final = {
    **dict.fromkeys(_GREPS, frozenset({"R", "dereference-recursive"})),
    "rg": frozenset({"L", "follow"}),
    "ls": frozenset({"L", "dereference"}),
    "du": frozenset({"L", "dereference"}),
    "tree": frozenset({"l"}),
}
#: Names that come from somewhere else than the text.
_GIVEN: Final = Word("$@", None, splits=True)
#: Programs that run programs are looked through so often.
_DEEPEST: Final = 5
_PATTERN: Final = re.compile(r"[*?\[]")
#: What find takes in front of the places it looks at.
FIND_OPTION: Final = re.compile(r"-[HLP]|-O[0-3]")
_FIND_RUNS: Final = frozenset({"-exec", "-execdir", "-ok", "-okdir"})


def _reads(name: str, arguments: Sequence[Word]) -> Iterator[FileUse]:
    sorted_out = sort_arguments(name, arguments)
    if sorted_out is None:
        files, options = list(plain_operands(arguments)), frozenset[str]()
    else:
        files, options = (
            list(sorted_out.operands if name in _LISTERS else sorted_out.files),
            sorted_out.options,
        )
    looks_here = name in _LOOKHERE or name == "rg" or (name in _GREPS and not options.isdisjoint(_RECURSIVE))
    if (looks_here and not files) or (name in _GREPS and sorted_out is None):
        files.append(HERE)
    follows = name == "diff" or sorted_out is None or not options.isdisjoint(_FOLLOWING.get(name, ()))
    for word in files:
        yield FileUse("read", word, follows=follows)


def _deletes(arguments: Sequence[Word]) -> Iterator[FileUse]:
    for word in plain_operands(arguments):
        yield FileUse("delete", word)


def _writes(arguments: Sequence[Word]) -> Iterator[FileUse]:
    for word in plain_operands(arguments):
        yield FileUse("write", word)


def _copies(arguments: Sequence[Word], source: FileKind) -> Iterator[FileUse]:
    """The last argument is written, or the one behind ``-t``; the others are sources."""
    operands = plain_operands(arguments)
    targeted = any(word.shown.startswith(("-t", "--t")) for word in arguments)
    if targeted or len(operands) < 2:
        values = [_behind_option(word) for word in arguments if word.shown.startswith(("-t", "--t"))]
        for word in (*operands, *(value for value in values if value.text)):
            yield FileUse("write", word)
        return
    *sources, target = operands
    for word in sources:
        yield FileUse(source, word)
        yield FileUse("write", target, os.path.basename(word.shown.rstrip("/")))


def _behind_option(word: Word) -> Word:
    """Return the value of ``-tDIR`` and ``--target-directory=DIR`` as a word of its own."""
    text = word.shown.partition("=")[2] if word.shown.startswith("--") else word.shown[2:]
    return Word(text, None if word.value is None else text, word.glob)


def _sed(arguments: Sequence[Word]) -> Iterator[FileUse]:
    sed = read_sed(arguments)
    files = plain_operands(arguments) if sed is None else sed.files
    edits = sed is None or sed.in_place
    for word in files:
        yield FileUse("write" if edits else "read", word)
    for word in () if sed is None else sed.backups:
        yield FileUse("write", word)


def _find(arguments: Sequence[Word]) -> Iterator[FileUse]:
    """Where it looks; what ``-delete`` would delete is everything below."""
    starts: list[Word] = []
    follows = False
    for word in arguments:
        if word.shown.startswith(("-", "(", "!")):
            follows |= word.value in {"-L", "-follow"}
            if FIND_OPTION.fullmatch(word.shown):
                continue
            break
        starts.append(word)
    deletes = any(word.value == "-delete" for word in arguments)
    follows |= any(word.value in {"-follow", *_FIND_RUNS} for word in arguments)
    for word in starts or [HERE]:
        yield FileUse("delete" if deletes else "read", word, follows=follows)


def _dd(arguments: Sequence[Word]) -> Iterator[FileUse]:
    for word in arguments:
        name, _, value = word.shown.partition("=")
        if name in {"if", "of"}:
            yield FileUse(
                "read" if name == "if" else "write",
                Word(value, None if word.value is None else value, word.glob),
            )


def _install(arguments: Sequence[Word]) -> Iterator[FileUse]:
    makes_folders = any(word.shown in {"-d", "--directory"} for word in arguments)
    yield from _writes(arguments) if makes_folders else _copies(arguments, "read")


def _awk(arguments: Sequence[Word]) -> Iterator[FileUse]:
    awk = read_awk(arguments)
    for word in plain_operands(arguments) if awk is None else awk.files:
        yield FileUse("read", word)


def _matched(arguments: Sequence[Word]) -> Iterator[FileUse]:
    """The folders that bash looks through for the names that patterns match."""
    for word in arguments:
        if word.glob and word.value is None:
            yield FileUse("read", word)
        elif word.glob:
            folder = os.path.dirname(_PATTERN.split(word.shown, maxsplit=1)[0])
            yield FileUse("read", Word(folder, folder) if folder else HERE)


def jq_without_arguments(arguments: Sequence[Word]) -> list[Word] | None:
    """Take ``--arg NAME VALUE`` out of the arguments of jq; ``None`` where one of them is incomplete."""
    left: list[Word] = []
    index = 0
    while index < len(arguments):
        if arguments[index].value == "--":
            return [*left, *arguments[index:]]
        if arguments[index].value not in _JQ_VALUES:
            left.append(arguments[index])
            index += 1
        elif not all(word.is_one for word in arguments[index : index + 3]) or index + 2 >= len(arguments):
            return None
        else:
            index += 3
    return left


def _jq(arguments: Sequence[Word]) -> Iterator[FileUse]:
    left = jq_without_arguments(arguments)
    return _reads("jq", arguments if left is None else left)


def _edits(arguments: Sequence[Word]) -> Iterator[FileUse]:
    for word in plain_operands(arguments):
        yield FileUse("read", word)
        yield FileUse("write", word)


def _listed(name: str, arguments: Sequence[Word]) -> Iterator[FileUse]:
    """What listing an archive reads."""
    archive = archive_of(name, [word.shown for word in arguments])
    if archive and archive != "-":
        yield FileUse("read", Word(archive, archive))


_EFFECTS: Final[dict[str, Callable[[Sequence[Word]], Iterator[FileUse]]]] = {
    "rm": _deletes,
    "rmdir": _deletes,
    "unlink": _deletes,
    "shred": _deletes,
    "touch": _writes,
    "mkdir": _writes,
    "tee": _writes,
    "truncate": _writes,
    "cp": lambda arguments: _copies(arguments, "read"),
    "ln": lambda arguments: _copies(arguments, "read"),
    "mv": lambda arguments: _copies(arguments, "delete"),
    "sed": _sed,
    "find": _find,
    "dd": _dd,
    "install": _install,
    "git": git_files,
    **dict.fromkeys(AWKS, _awk),
    **dict.fromkeys("vi vim nvim nano emacs ed ex code perl".split(), _edits),
    **TRANSFERS,
}
#: Those of them that, given names by another command, read the files.
_ONLY_READ: Final = frozenset({"sed", "find", "git", "jq", "curl", *AWKS})


def files_used(words: Sequence[Word], wrappers: Sequence[str] = (), depth: int = 0) -> Iterator[FileUse]:
    """Yield the files that the command of these words uses; ``wrappers`` are those taken off in front.

    ``depth`` counts the programs it is run by.
    """
    name = os.path.basename(words[0].shown)
    if name == "jq":
        yield from _jq(words[1:])
    elif name in _READERS or name in _LISTERS:
        yield from _reads(name, words[1:])
    elif archive_of(name, [word.shown for word in words[1:]]):
        yield from _listed(name, words[1:])
    elif name in _EFFECTS:
        yield from _EFFECTS[name](words[1:])
    elif name in _PRINTERS:
        yield from _matched(words[1:])
    yield from written(name, words[1:])
    if any(part.startswith("xargs") for part in wrappers):
        yield from _given(name)
    if name in LAUNCHERS:
        yield from _launched(name, words, depth + 1)


def other_patterns(words: Sequence[Word], uses: Collection[FileUse]) -> Iterator[FileUse]:
    """Yield the reading of what patterns match that stand where no file is meant.

    Bash puts the names there all the same, and from the second one on they may be files to the command.
    """
    if os.path.basename(words[0].shown) not in _PRINTERS:
        used = {use.word for use in uses}
        yield from (FileUse("read", word) for word in words[1:] if word.glob and word not in used)


def _given(name: str) -> Iterator[FileUse]:
    """Yield the use of files that are named by what ``xargs`` or ``find`` hands on."""
    if name in _READERS or name in _EFFECTS:
        changes = name in _EFFECTS and name not in _ONLY_READ
        yield FileUse("write" if changes else "read", _GIVEN)


def _launched(launcher: str, words: Sequence[Word], depth: int) -> Iterator[FileUse]:
    if depth > _DEEPEST:
        yield FileUse("write", _GIVEN)
        return
    first = 1
    if launcher == "find":
        first = next((at for at, word in enumerate(words) if word.value in _FIND_RUNS), len(words))
    names = [os.path.basename(word.shown) for word in words]
    inner = next(
        (at for at in range(first, len(words)) if names[at] in _EFFECTS or names[at] in _READERS), None
    )
    if inner is None:
        return
    yield from files_used([word for word in words[inner:] if word.shown not in _PLACEHOLDERS], (), depth)
    if launcher in {"xargs", "parallel"}:
        yield from _given(names[inner])
