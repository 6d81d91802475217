"""Paths as the policies judge them: normal, with every symlink on the way, and folded for comparison.

A path the model names is hostile: it may hold ``..``, lead through symlinks, or spell a name in another
case or Unicode form. Nothing here opens a file.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_DISHONEST: Final = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff\\U000e0000-\\U000e0fff]"
)
#: How NTFS may also call a name: its beginning, a tilde and a number.
_SHORT_NAME: Final = re.compile(r"([a-z0-9_]{1,6})~\d(?:\..*)?")
#: How many links of a chain are followed; Linux itself gives up at 40.
_LONGEST_CHAIN: Final = 40
_WINDOWS: Final = re.compile(r"/([A-Za-z]):[\\/](.*)", re.DOTALL)


def normal(path: str) -> str:
    """Return an absolute path without ``.``, ``..`` and doubled slashes; links are left as they are."""
    found = os.path.normpath(path)
    return found[1:] if found.startswith("//") else found


def real(path: str) -> str:
    """Return an absolute path with its links followed; empty, which is nowhere, for what can be no path."""
    try:
        return os.path.realpath(path)
    except ValueError:  # a NUL, or half of a surrogate pair
        return ""


def expanded(path: str) -> str:
    """Return a path with ``~`` and ``~user`` replaced; as it is where there is no such user."""
    try:
        return os.path.expanduser(path)
    except ValueError:
        return path


def within(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or below it, both normal; nothing is within the empty path."""
    if not folder:
        return False
    return path == folder or path.startswith(folder if folder.endswith("/") else folder + "/")


def within_any(path: str, folders: Iterable[str]) -> bool:
    """Whether ``path`` is one of the folders or below one."""
    return any(within(path, folder) for folder in folders)


def location(path: str) -> str:
    """Return where the name itself lives: the folder's links followed, the last name left as it is."""
    folder, name = os.path.split(normal(path))
    return os.path.join(real(folder), name)


def spellings(folder: str) -> tuple[str, ...]:
    """Return a folder as given and with its links followed, once where that is the same."""
    return tuple(dict.fromkeys((normal(folder), real(folder))))


def all_names(target: str, resolved: str) -> tuple[str, ...]:
    """Return every path by which a file is known on the way from ``target`` to ``resolved``.

    A denial holds if it names any of them: the link, a link that the link points to, or the file.
    """
    if target == resolved:
        return (target,)
    return tuple(dict.fromkeys((target, *_links(target), resolved)))


def _links(path: str) -> Iterator[str]:
    for _ in range(_LONGEST_CHAIN):
        path = location(path)
        yield path
        try:
            path = os.path.join(os.path.dirname(path), os.readlink(path))
        except (OSError, ValueError):
            return


def windows_names(path: str) -> tuple[str, ...]:
    """Return the documented form of a Windows path, ``/c/...``; nothing where the path holds none."""
    found = _WINDOWS.search(path)
    if found is None:
        return ()
    return (normal(f"/{found[1]}/" + found[2].replace("\\", "/")),)


def canonical(text: str) -> str:
    """Return the form in which a denied name and its twins are equal: NFC, and one case.

    Case is dropped on every system: Linux, too, mounts file systems that ignore it.
    """
    found = text if text.isascii() else unicodedata.normalize("NFC", text)
    return found.casefold()


def folded(name: str) -> str:
    """Return a name as the laxest file system compares it.

    Case is dropped, and so are invisible characters (HFS+), trailing dots and spaces, and what
    follows a colon (NTFS): ``.Git``, ``.g\\u200cit`` and ``.git::$DATA`` all open ``.git`` somewhere.
    """
    if not name.isascii():
        visible = (char for char in name if unicodedata.category(char) != "Cf")
        name = unicodedata.normalize("NFKC", "".join(visible))
    return name.partition(":")[0].rstrip(". ").casefold() or name.casefold()


def may_be_short_for(name: str, full: str) -> bool:
    """Whether a folded name may be the short one that NTFS has for ``full`` (``git~1`` for ``.git``)."""
    found = _SHORT_NAME.fullmatch(name)
    return found is not None and full.lstrip(".").partition(".")[0].startswith(found.group(1))


def has_control_characters(text: str) -> bool:
    """Whether the text holds a character that no honest path has.

    Controls such as a line break or an escape, what turns the direction of writing, and what shows as nothing;
    joiners are left to the scripts that need them.
    """
    return _DISHONEST.search(text) is not None


def stays_within(target: str, resolved: str, folders: Sequence[str], *, follows: bool) -> bool:
    """Whether a file access stays inside the folders, which are resolved.

    What is opened (``resolved``) must be inside. Where the access does not follow a link at the end
    (``follows`` false: delete, rename, replace), so must the place of the name itself; otherwise a
    name inside by its text is enough.
    """
    if has_control_characters(target) or not within_any(resolved, folders):
        return False
    if follows and within_any(target, folders):
        return True
    return within_any(location(target), folders)


def shown(path: str, home: str) -> str:
    """Return the path for people: below the user's own folder it starts with ``~``."""
    return "~" + path[len(home) :] if home != "/" and within(path, home) else path
