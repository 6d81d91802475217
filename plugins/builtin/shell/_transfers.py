"""The files of programs that carry them elsewhere: over the network, into archives and out of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from ._uses import HERE, FileKind, FileUse, option_values, plain_operands, renamed
from ._words import Word

#: Options of curl and wget whose value is a file, or may name one behind an at sign or an equals sign.
_CURL_READ: Final = frozenset(
    "-T --upload-file -K --config -E --cert --key --cacert -b --cookie --netrc-file".split()
)
_CURL_DATA: Final = frozenset(
    "-d --data --data-ascii --data-binary --data-raw --data-urlencode --json -F --form -H --header".split()
)
_CURL_WRITE: Final = frozenset(
    "-o --output -c --cookie-jar -D --dump-header --trace --trace-ascii --stderr".split()
)
_WGET_READ: Final = frozenset("--post-file --body-file -i --input-file --certificate --private-key".split())
_WGET_WRITE: Final = frozenset(
    "-O --output-document -o --output-file -a --append-output -P --directory-prefix".split()
)
_IN_DATA: Final = re.compile(r"(?:[^@<]*=)?[@<](?P<form>[^;]+).*|[\w.-]*@(?P<named>.+)", re.DOTALL)
_LOCAL_URL: Final = re.compile(r"file:(?://[^/]*)?(/.*)", re.IGNORECASE | re.DOTALL)
_REMOTE: Final = re.compile(r"[^/]*:.*|[a-z]+://.*", re.DOTALL)
_TAR_MODE: Final = re.compile(r"-?[A-Za-z]*[cruxtdA][A-Za-z]*")


def _curl(arguments: Sequence[Word]) -> Iterator[FileUse]:
    for name, value in option_values(arguments):
        if name in _CURL_READ and value.shown not in {"-", "."}:
            yield FileUse("read", value)
        elif name in _CURL_DATA and (found := _IN_DATA.fullmatch(value.shown)):
            yield FileUse("read", renamed(value, found["form"] or found["named"]))
        elif name in _CURL_WRITE and value.shown != "-":
            yield FileUse("write", value)
    for word in arguments:
        if local := _LOCAL_URL.fullmatch(word.shown):
            yield FileUse("read", renamed(word, local.group(1)))
        elif word.shown in {"--remote-name", "--remote-name-all"} or re.fullmatch(
            r"-[A-Za-z]*O[A-Za-z]*", word.shown
        ):
            yield FileUse("write", HERE)


def _wget(arguments: Sequence[Word]) -> Iterator[FileUse]:
    written = False
    for name, value in option_values(arguments):
        if name in _WGET_READ:
            yield FileUse("read", value)
        elif name in _WGET_WRITE:
            written = True
            yield from () if value.shown == "-" else (FileUse("write", value),)
    if not written:
        yield FileUse("write", HERE)


def _copies_afar(arguments: Sequence[Word]) -> Iterator[FileUse]:
    """``scp`` and ``rsync``: what is not on another machine is read, the last of them written."""
    operands = plain_operands(arguments)
    for index, word in enumerate(operands):
        if not _REMOTE.fullmatch(word.shown):
            kind: FileKind = "write" if index and index == len(operands) - 1 else "read"
            yield FileUse(kind, word)


def _tar(arguments: Sequence[Word]) -> Iterator[FileUse]:
    """A packing call reads its operands, an unpacking one writes where it is."""
    modes = "".join(
        word.shown
        for index, word in enumerate(arguments)
        if (index == 0 or re.match(r"-[A-Za-z]", word.shown)) and _TAR_MODE.fullmatch(word.shown)
    )
    longs = {word.shown for word in arguments if word.shown.startswith("--")}
    packs = not set(modes).isdisjoint("cruA") or not longs.isdisjoint({"--create", "--append", "--update"})
    unpacks = "x" in modes or not longs.isdisjoint({"--extract", "--get"})
    folders = [value for name, value in option_values(arguments) if name in {"-C", "--directory"}]
    archives = [value for name, value in option_values(arguments) if name in {"-f", "--file"}]
    bundled = arguments[:1] and not arguments[0].shown.startswith("-") and "f" in arguments[0].shown
    archives += arguments[1:2] if bundled else []
    for word in archives:
        yield FileUse("write" if packs else "read", word)
    if packs:
        members = [word for word in plain_operands(arguments)[1 if bundled else 0 :] if word not in archives]
        yield from (FileUse("read", word) for word in (*members, *folders))
    if unpacks:
        yield from (FileUse("write", word) for word in folders or [HERE])


def _zip(arguments: Sequence[Word]) -> Iterator[FileUse]:
    for index, word in enumerate(plain_operands(arguments)):
        yield FileUse("read" if index else "write", word)


def _unzip(arguments: Sequence[Word]) -> Iterator[FileUse]:
    yield from (FileUse("read", word) for word in plain_operands(arguments)[:1])
    folders = [value for name, value in option_values(arguments) if name == "-d"]
    yield from (FileUse("write", word) for word in folders or [HERE])


def _compress(arguments: Sequence[Word]) -> Iterator[FileUse]:
    """``gzip`` and its like put another file in the place of each."""
    kept = any(
        re.fullmatch(r"-[A-Za-z0-9]*[ckt][A-Za-z0-9]*|--(?:stdout|keep|test|list)", word.shown)
        for word in arguments
    )
    for word in plain_operands(arguments):
        yield FileUse("read", word)
        yield from () if kept else (FileUse("write", word), FileUse("delete", word))


def _openssl(arguments: Sequence[Word]) -> Iterator[FileUse]:
    for option, word in pairwise(arguments):
        if option.value in {"-in", "-inkey", "-key", "-kfile", "-CAfile"}:
            yield FileUse("read", word)
        elif option.value in {"-out", "-keyout"}:
            yield FileUse("write", word)


TRANSFERS: Final[dict[str, Callable[[Sequence[Word]], Iterator[FileUse]]]] = {
    "curl": _curl,
    "wget": _wget,
    "scp": _copies_afar,
    "rsync": _copies_afar,
    "tar": _tar,
    "bsdtar": _tar,
    "zip": _zip,
    "unzip": _unzip,
    "openssl": _openssl,
    **dict.fromkeys("gzip gunzip bzip2 bunzip2 xz unxz zstd unzstd compress uncompress".split(), _compress),
}
