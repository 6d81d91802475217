"""Files that programs write because an option, or a last argument, names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from ._forms import sort_arguments
from ._git import only_looks
from ._uses import FileUse, option_values, plain_operands
from ._words import Word

_OUTPUT: Final = frozenset({"-o", "--output"})
_OPTIONS: Final = {
    **dict.fromkeys(
        "sort shuf tree iconv gcc g++ cc c++ clang clang++ ld as rustc go pandoc gpg base64 patch strace ltrace dot objcopy "
        "time xsltproc xmllint bison flex protoc esbuild".split(),
        _OUTPUT,
    ),
    "git": frozenset({"--output", "-o", "--output-directory"}),
    "docker": frozenset({"-o", "--output", "--iidfile", "--cidfile"}),
    "podman": frozenset({"-o", "--output", "--iidfile", "--cidfile"}),
    "ssh-keygen": frozenset({"-f"}),
    "pip": frozenset({"-d", "--dest", "-t", "--target", "--log"}),
    "pip3": frozenset({"-d", "--dest", "-t", "--target", "--log"}),
}
#: Primaries of find that write what stands behind them.
_FIND: Final = frozenset({"-fprint", "-fprint0", "-fprintf", "-fls"})
#: Programs whose second argument is written.
_SECOND: Final = frozenset({"uniq", "xxd"})


def written(name: str, arguments: Sequence[Word]) -> Iterator[FileUse]:
    """Yield the files that are written so, as far as the options are known."""
    if name == "git" and only_looks([word.value or "" for word in arguments]):
        return  # where it only looks, an ``o`` is a letter of some other option
    for option, value in option_values(arguments) if name in _OPTIONS else ():
        if option in _OPTIONS[name] and value.shown != "-":
            yield FileUse("write", value)
    for primary, word in pairwise(arguments) if name == "find" else ():
        if primary.value in _FIND:
            yield FileUse("write", word)
    if name in _SECOND and sort_arguments(name, arguments) is None:
        yield from (FileUse("write", word) for word in plain_operands(arguments)[1:2])
