"""What a command may come across without naming it: files below a folder, names known only when it runs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final

from gaff.hooks import Action, Session

from ._book import RuleBook
from ._call import Call
from ._commands import FIND_EFFECTS, SHELL_TOOLS

#: Folders with more entries than this are not looked through.
_MOST: Final = 20_000
#: Programs that show nothing of what is in the files of a folder they are given.
_SHALLOW: Final = frozenset(
    "ls stat du file tree cat tac head tail nl wc sort uniq cut paste comm fold column rev od hexdump cmp md5sum "
    "sha1sum sha256sum sha512sum cksum sed touch mkdir tee rm rmdir dd test".split()
)
_GREPS: Final = frozenset({"grep", "egrep", "fgrep"})
_RECURSIVE: Final = re.compile(r"-[A-Za-z]*[rRd].*|--(?:r|d).*")
#: What a word holds that is not what the command will be given.
_NOT_FINAL: Final = re.compile(r"[$`{~]")


def question(book: RuleBook, call: Call) -> str | None:
    """Return why a shell command may reach a denied file that it does not name; ``None`` where it cannot."""
    action = call.action
    if call.tool not in SHELL_TOOLS or not call.is_file:
        return None
    denials = [rule for rule in book.rules["deny", action.kind] if rule.is_about_files]
    if not denials:
        return None
    if _NOT_FINAL.search(action.target.removeprefix(str(call.session.cwd))):
        return f"which file this is is known only when the command runs, and there is a {denials[0].reason}"
    if action.kind == "write" or not _goes_through(action) or not os.path.isdir(call.resolved):
        return None
    return _found_below(book, call)


def _found_below(book: RuleBook, call: Call) -> str | None:
    for count, path in enumerate(_files_below(call.resolved)):
        if count >= _MOST:
            return f"{call.target} holds too many files to say whether a deny rule covers one of them"
        denial = book.find("deny", _reading(call.session, path))
        if denial is not None:
            return f"the command goes through {call.target}, where {path} is covered by {denial.reason}"
    return None


def _goes_through(action: Action) -> bool:
    """Whether a command given a folder takes what is in its files."""
    name = os.path.basename(action.words[0]) if action.words else ""
    if name in _GREPS:
        return any(_RECURSIVE.fullmatch(word) for word in action.words[1:])
    if name == "find":
        return not FIND_EFFECTS.isdisjoint(action.words)
    return name not in _SHALLOW


def _reading(session: Session, path: str) -> Call:
    # Links are not followed here: those that lead elsewhere are judged by the command that follows them.
    resolved = os.path.realpath(path) if os.path.islink(path) else path
    return Call(session, "Read", {}, Action("read", path, resolved))


def _files_below(folder: str) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        yield from (os.path.join(parent, name) for name in (*folders, *files))
