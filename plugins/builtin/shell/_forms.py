"""The options of commands that change nothing, and which of their arguments are files.

Only what is listed is known: an option that is missing here makes the command an unknown one. Options that
write, run a program or read a list of further names are left out on purpose (``sort -o``, ``rg --pre``,
``file -f``, ``wc --files0-from``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from ._words import Word

Operands: TypeAlias = Literal["files", "pattern", "names", "one file", "none", "format"]


@dataclass(frozen=True, slots=True)
class Form:
    """A command's options and operands.

    ``operands``: ``files`` are read; ``pattern`` is one pattern, then files; ``names`` are looked at but not
    read, or are mere text; ``one file`` is at most one; ``format`` are texts that begin with a plus sign.
    """

    operands: Operands
    #: Letters of options without and with a value.
    flags: str = ""
    valued: str = ""
    #: Long options; ``=`` takes a value, ``?`` may take one behind an equals sign.
    long: frozenset[str] = frozenset()
    #: Whether ``-5`` is an option.
    numeric: bool = False
    #: Whether a pattern that the shell expands may stand among the arguments: no file name is a harmful option.
    globs: bool = True


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments by kind."""

    options: frozenset[str]
    #: Words that are files to read: operands, and values of options that name a file.
    files: tuple[Word, ...]
    operands: tuple[Word, ...]


def _form(operands: Operands, flags: str = "", valued: str = "", long: str = "", **marks: bool) -> Form:
    return Form(operands, flags, valued, frozenset(long.split()), **marks)


_GREP: Final = _form(
    "pattern",
    "abcEFGhHiIlLnoPqrRsTUvwxyzZ",
    "ABCmefdD",
    "extended-regexp fixed-strings basic-regexp perl-regexp regexp= file= ignore-case no-ignore-case word-regexp "
    "line-regexp null-data no-messages invert-match max-count= byte-offset line-number line-buffered with-filename "
    "no-filename label= only-matching quiet silent binary-files= text directories= devices= recursive "
    "dereference-recursive include= exclude= exclude-dir= files-without-match files-with-matches count initial-tab "
    "null before-context= after-context= context= color? colour?",
    numeric=True,
)
_CHECKSUM: Final = _form("files", "btz", "", "binary text tag zero")

FORMS: Final[dict[str, Form]] = {
    "cat": _form(
        "files",
        "AbeEnstTuv",
        "",
        "show-all number-nonblank show-ends number squeeze-blank show-nonprinting show-tabs",
    ),
    "tac": _form("files", "br", "s", "before regex separator="),
    "head": _form("files", "qvz", "nc", "bytes= lines= quiet silent verbose zero-terminated", numeric=True),
    "tail": _form(
        "files",
        "fFqvz",
        "ncs",
        "bytes= lines= follow? quiet silent verbose zero-terminated retry pid= sleep-interval=",
        numeric=True,
    ),
    "nl": _form(
        "files", "p", "bdfhilnsvw", "body-numbering= number-format= number-width= starting-line-number="
    ),
    "wc": _form("files", "cmlLw", "", "bytes chars lines words max-line-length"),
    "sort": _form(
        "files",
        "bdfghiMnRrVcCmsuz",
        "ktS",
        "ignore-leading-blanks dictionary-order ignore-case general-numeric-sort ignore-nonprinting month-sort "
        "human-numeric-sort numeric-sort random-sort reverse version-sort check? key= field-separator= stable unique "
        "zero-terminated",
        globs=False,
    ),
    "uniq": _form(
        "one file",
        "cdDuiz",
        "fsw",
        "count repeated unique ignore-case skip-fields= skip-chars= check-chars=",
        globs=False,
    ),
    "cut": _form(
        "files",
        "nsz",
        "bcdf",
        "bytes= characters= delimiter= fields= complement only-delimited output-delimiter= zero-terminated",
    ),
    "paste": _form("files", "sz", "d", "serial delimiters= zero-terminated"),
    "comm": _form("files", "123z", "", "check-order nocheck-order output-delimiter= total zero-terminated"),
    "fold": _form("files", "bs", "w", "bytes spaces width="),
    "column": _form("files", "tx", "sc", "table separator= output-width=", globs=False),
    "rev": _form("files"),
    "tr": _form("names", "cCdst", "", "complement delete squeeze-repeats truncate-set1"),
    "diff": _form(
        "files",
        "abBcdeEinNpqrsTuwyZ",
        "UCFIxWL",
        "brief report-identical-files unified? context? side-by-side width= recursive ignore-case ignore-all-space "
        "ignore-space-change ignore-trailing-space ignore-blank-lines ignore-tab-expansion ignore-matching-lines= text "
        "new-file minimal suppress-common-lines show-c-function show-function-line= label= exclude= color? no-dereference",
    ),
    "cmp": _form("files", "bls", "in", "print-bytes ignore-initial= bytes= verbose quiet silent"),
    "od": _form("files", "abcdfilosxv", "AjNStw", "address-radix= skip-bytes= read-bytes= format= width?"),
    "hexdump": _form("files", "bcCdovx", "ns"),
    "md5sum": _CHECKSUM,
    "sha1sum": _CHECKSUM,
    "sha256sum": _CHECKSUM,
    "sha512sum": _CHECKSUM,
    "cksum": _form("files"),
    "grep": _GREP,
    "egrep": _GREP,
    "fgrep": _GREP,
    "rg": _form(
        "pattern",
        "aFciIlLnNopPqsSuUvwxH.0",
        "ABCEdefgjmMrtT",
        "ignore-case smart-case case-sensitive word-regexp line-regexp fixed-strings pcre2 multiline multiline-dotall "
        "invert-match count count-matches files files-with-matches files-without-match line-number no-line-number "
        "with-filename no-filename hidden no-ignore no-ignore-vcs heading no-heading column color= colors= glob= iglob= "
        "type= type-not= type-list max-count= max-columns= max-depth= context= after-context= before-context= "
        "only-matching replace= sort= sortr= stats json vimgrep text no-messages quiet null trim follow passthru regexp= "
        "file= encoding= threads= unrestricted max-filesize= no-config pretty",
        globs=False,
    ),
    "ls": _form(
        "names",
        "aAbBcCdfFgGhHiklLmnNopqQrRsStuUvxXZ1",
        "ITw",
        "all almost-all author escape block-size= ignore-backups color? directory classify? file-type format= full-time "
        "no-group group-directories-first human-readable si dereference hide= indicator-style= inode ignore= kibibytes "
        "numeric-uid-gid literal quote-name quoting-style= reverse recursive size sort= time= time-style= tabsize= width= "
        "context zero hyperlink?",
    ),
    "stat": _form("names", "LftxF", "c", "dereference file-system format= printf= terse"),
    "du": _form(
        "names",
        "abcDHhklLmPsSx0",
        "dBt",
        "all apparent-size block-size= bytes total max-depth= human-readable inodes dereference null separate-dirs si "
        "summarize threshold= time? exclude= one-file-system",
    ),
    "df": _form(
        "names",
        "ahHiklPT",
        "Btx",
        "all block-size= human-readable si inodes local portability type= exclude-type= print-type output? total",
    ),
    "tree": _form(
        "names",
        "adfilnpsughDFvtcUrqNAC",
        "LPI",
        "dirsfirst filesfirst noreport gitignore prune filelimit= du si inodes device",
        globs=False,
    ),
    "file": _form(
        "names",
        "bhiLN",
        "",
        "brief mime mime-type mime-encoding dereference no-dereference no-pad",
        globs=False,
    ),
    "basename": _form("names", "az", "s", "multiple suffix= zero"),
    "dirname": _form("names", "z", "", "zero"),
    "realpath": _form(
        "names", "eLmPqsz", "", "canonicalize-existing canonicalize-missing relative-to= relative-base="
    ),
    "readlink": _form(
        "names", "efmnqsvz", "", "canonicalize canonicalize-existing canonicalize-missing no-newline"
    ),
    "which": _form("names", "as"),
    "date": _form(
        "format", "uR", "dr", "date= reference= utc universal iso-8601? rfc-3339= rfc-email", globs=False
    ),
    "seq": _form("names", "w", "fs", "equal-width format= separator="),
    "sleep": _form("names"),
    "whoami": _form("none"),
    "id": _form("names", "agGnruz"),
    "groups": _form("names"),
    "uname": _form("none", "asnrvmpio"),
    "arch": _form("none"),
    "nproc": _form("none", "", "", "all"),
    "uptime": _form("none", "ps"),
    "hostname": _form("none", "fsdiIA"),
    "free": _form("none", "bkmght"),
    "ps": _form("names", "aAdefFjlLTuwxyH", "opCGtpuU", "forest sort= no-headers pid= ppid= user="),
}

#: Options whose value is a file that is read.
_FILE_VALUES: Final = frozenset({("grep", "f"), ("grep", "file"), ("rg", "f"), ("rg", "file")})
_PATTERN_OPTIONS: Final = frozenset({"e", "f", "regexp", "file", "files", "type-list"})


class _Parser:
    """Sorts the arguments of one command the way getopt does."""

    def __init__(self, name: str, form: Form, words: Sequence[Word]) -> None:
        self._name = "grep" if name in {"egrep", "fgrep"} else name
        self._form = form
        self._left = list(words)
        self._options: set[str] = set()
        self._files: list[Word] = []
        self._operands: list[Word] = []

    def parse(self) -> Arguments | None:
        while self._left:
            word = self._left.pop(0)
            value = word.value
            if value is None:
                return None
            if value == "--":
                self._operands += self._left
                break
            if not self._take(word, value):
                return None
        if any(word.value is None for word in self._operands):
            return None
        return self._sorted()

    def _take(self, word: Word, value: str) -> bool:
        if value.startswith("--"):
            return self._take_long(value[2:])
        if value.startswith("-") and value != "-":
            return (self._form.numeric and value[1:].isdecimal()) or self._take_cluster(value[1:])
        self._operands.append(word)
        return True

    def _take_long(self, text: str) -> bool:
        name, equals, _ = text.partition("=")
        long = self._form.long
        self._options.add(name)
        if f"{name}=" in long:
            return (bool(equals) and (self._name, name) not in _FILE_VALUES) or (
                not equals and self._value(name)
            )
        return f"{name}?" in long or (not equals and name in long)

    def _take_cluster(self, letters: str) -> bool:
        for index, letter in enumerate(letters):
            self._options.add(letter)
            if letter in self._form.valued:
                attached = letters[index + 1 :]
                return (self._name, letter) not in _FILE_VALUES if attached else self._value(letter)
            if letter not in self._form.flags:
                return False
        return True

    def _value(self, option: str) -> bool:
        """Take the next word as the option's value."""
        if not self._left or self._left[0].value is None:
            return False
        word = self._left.pop(0)
        if (self._name, option) in _FILE_VALUES:
            self._files.append(word)
        return True

    def _sorted(self) -> Arguments | None:
        operands, kind = self._operands, self._form.operands
        texts = [word.value or "" for word in operands]
        if (kind == "none" and operands) or (kind == "one file" and len(operands) > 1):
            return None
        if kind == "format" and not all(text.startswith("+") for text in texts):
            return None
        if kind == "pattern" and self._options.isdisjoint(_PATTERN_OPTIONS):
            self._files += operands[1:]
        elif kind in {"files", "pattern", "one file"}:
            self._files += operands
        files = tuple(word for word in self._files if word.value != "-")
        return Arguments(frozenset(self._options), files, tuple(operands))


def sort_arguments(name: str, words: Sequence[Word]) -> Arguments | None:
    """Sort a command's arguments (``words`` without its name); ``None`` where one of them is not known."""
    form = FORMS.get(name)
    return None if form is None else _Parser(name, form, words).parse()
