"""The options of commands that read text and print it.

Options that write, run a program or read a list of further names are left out on purpose (``sort -o``,
``rg --pre``, ``wc --files0-from``).
"""

from __future__ import annotations

from typing import Final

from ._form import Form, form

_GREP: Final = form(
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
_CHECKSUM: Final = form("files", "btz", "", "binary text tag zero")

TEXT_FORMS: Final[dict[str, Form]] = {
    "cat": form(
        "files",
        "AbeEnstTuv",
        "",
        "show-all number-nonblank show-ends number squeeze-blank show-nonprinting show-tabs",
    ),
    "tac": form("files", "br", "s", "before regex separator="),
    "head": form("files", "qvz", "nc", "bytes= lines= quiet silent verbose zero-terminated", numeric=True),
    "tail": form(
        "files",
        "fFqvz",
        "ncs",
        "bytes= lines= follow? quiet silent verbose zero-terminated retry pid= sleep-interval=",
        numeric=True,
    ),
    "nl": form(
        "files", "p", "bdfhilnsvw", "body-numbering= number-format= number-width= starting-line-number="
    ),
    "wc": form("files", "cmlLw", "", "bytes chars lines words max-line-length"),
    "sort": form(
        "files",
        "bdfghiMnRrVcCmsuz",
        "ktS",
        "ignore-leading-blanks dictionary-order ignore-case general-numeric-sort ignore-nonprinting month-sort "
        "human-numeric-sort numeric-sort random-sort reverse version-sort check? key= field-separator= stable unique "
        "zero-terminated parallel=",
        globs=False,
    ),
    "uniq": form(
        "one file",
        "cdDuiz",
        "fsw",
        "count repeated unique ignore-case skip-fields= skip-chars= check-chars=",
        globs=False,
    ),
    "cut": form(
        "files",
        "nsz",
        "bcdf",
        "bytes= characters= delimiter= fields= complement only-delimited output-delimiter= zero-terminated",
    ),
    "paste": form("files", "sz", "d", "serial delimiters= zero-terminated"),
    "comm": form("files", "123z", "", "check-order nocheck-order output-delimiter= total zero-terminated"),
    "fold": form("files", "bs", "w", "bytes spaces width="),
    "column": form(
        "files",
        "txeJ",
        "scoNRHO",
        "table separator= output-width= output-separator= table-columns= table-right= table-hide= json",
        globs=False,
    ),
    "rev": form("files"),
    "tr": form("names", "cCdst", "", "complement delete squeeze-repeats truncate-set1"),
    "diff": form(
        "files",
        "abBcdeEinNpqrsTuwyZ",
        "UCFIxWL",
        "brief report-identical-files unified? context? side-by-side width= recursive ignore-case ignore-all-space "
        "ignore-space-change ignore-trailing-space ignore-blank-lines ignore-tab-expansion ignore-matching-lines= text "
        "new-file minimal suppress-common-lines show-c-function show-function-line= label= exclude= color? no-dereference "
        "left-column expand-tabs initial-tab new-line-format= old-line-format= unchanged-line-format= line-format= "
        "new-group-format= old-group-format= unchanged-group-format= changed-group-format=",
    ),
    "cmp": form("files", "bls", "in", "print-bytes ignore-initial= bytes= verbose quiet silent"),
    "od": form("files", "abcdfilosxvw", "AjNSt", "address-radix= skip-bytes= read-bytes= format= width?"),
    "hexdump": form("files", "bcCdovx", "ns"),
    "hd": form("files", "bcCdovx", "ns"),
    "md5sum": _CHECKSUM,
    "sha1sum": _CHECKSUM,
    "sha256sum": _CHECKSUM,
    "sha512sum": _CHECKSUM,
    "cksum": form("files"),
    "grep": _GREP,
    "egrep": _GREP,
    "fgrep": _GREP,
    "rg": form(
        "pattern",
        "aFciIlLnNopPqsSuUvwxH.0",
        "ABCEdefgjmMrtT",
        "ignore-case smart-case case-sensitive word-regexp line-regexp fixed-strings pcre2 multiline multiline-dotall "
        "invert-match count count-matches files files-with-matches files-without-match line-number no-line-number "
        "with-filename no-filename hidden no-ignore no-ignore-vcs heading no-heading column color= colors= glob= iglob= "
        "type= type-not= type-list max-count= max-columns= max-depth= context= after-context= before-context= "
        "only-matching replace= sort= sortr= stats json vimgrep text no-messages quiet null trim follow passthru regexp= "
        "file= encoding= threads= unrestricted max-filesize= no-config pretty type-add= engine= context-separator= "
        "glob-case-insensitive stop-on-nonmatch no-unicode crlf one-file-system auto-hybrid-regex include-zero",
        globs=False,
    ),
    "sha224sum": _CHECKSUM,
    "sha384sum": _CHECKSUM,
    "b2sum": _CHECKSUM,
    "sum": form("files", "rs"),
    "shasum": form("files", "bpt", "a", "binary portable text algorithm="),
    "bc": form("none", "lqsw", "", "mathlib quiet standard warn"),
    "base64": form("one file", "di", "w", "decode ignore-garbage wrap=", globs=False),
    "base32": form("one file", "di", "w", "decode ignore-garbage wrap=", globs=False),
    "xxd": form("one file", "abeEipru", "cglos", globs=False),
    "strings": form("files", "afw", "nte", "all bytes= radix= encoding=", globs=False),
    "expand": form("files", "i", "t", "initial tabs=", numeric=True),
    "unexpand": form("files", "a", "t", "all first-only tabs="),
    "fmt": form("files", "cstu", "wgp", "width= goal= split-only uniform-spacing"),
    "pr": form("files", "adeFfiJmnrsStT", "hlNowW", numeric=True),
    "tsort": form("one file", globs=False),
    "join": form("files", "iz", "aetvj12o", "ignore-case check-order nocheck-order header zero-terminated"),
    "look": form("pattern", "adf", "t", globs=False),
    "shuf": form(
        "one file", "erz", "in", "echo repeat zero-terminated input-range= head-count=", globs=False
    ),
    "iconv": form("files", "cls", "ft", "from-code= to-code= list silent", globs=False),
    "zcat": form("files", "fq", globs=False),
    "bzcat": form("files", "q", globs=False),
    "xzcat": form("files", "q", globs=False),
    "nm": form("files", "aAgunCDrpS", "", "demangle", globs=False),
    "size": form("files", "ABGt", "", "", globs=False),
    "readelf": form("files", "ahlSsrndVAIWegtu", "", "", globs=False),
    "objdump": form("files", "adDfhprRstTxCw", "jM", "", globs=False),
    "bat": form(
        "files",
        "pnAu",
        "lr",
        "plain number language= line-range= style= color= theme= show-all",
        globs=False,
    ),
    "jq": form(
        "pattern",
        "cCrRsSnaMej",
        "",
        "compact-output raw-output raw-input slurp sort-keys null-input ascii-output monochrome-output color-output "
        "exit-status join-output tab",
        globs=False,
    ),
}
