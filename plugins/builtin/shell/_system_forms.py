"""The options of commands that tell of files without reading them, and of the system.

Options that change something or read further names are left out on purpose (``date -s``, ``file -f``).
"""

from __future__ import annotations

from typing import Final

from ._form import Form, form

SYSTEM_FORMS: Final[dict[str, Form]] = {
    "ls": form(
        "names",
        "aAbBcCdfFgGhHiklLmnNopqQrRsStuUvxXZ1",
        "ITw",
        "all almost-all author escape block-size= ignore-backups color? directory classify? file-type format= full-time "
        "no-group group-directories-first human-readable si dereference hide= indicator-style= inode ignore= kibibytes "
        "numeric-uid-gid literal quote-name quoting-style= reverse recursive size sort= time= time-style= tabsize= width= "
        "context zero hyperlink?",
    ),
    "stat": form("names", "LftxF", "c", "dereference file-system format= printf= terse"),
    "du": form(
        "names",
        "abcDHhklLmPsSx0",
        "dBt",
        "all apparent-size block-size= bytes total max-depth= human-readable inodes dereference null separate-dirs si "
        "summarize threshold= time? exclude= one-file-system",
    ),
    "df": form(
        "names",
        "ahHiklPT",
        "Btx",
        "all block-size= human-readable si inodes local portability type= exclude-type= print-type output? total",
    ),
    "tree": form(
        "names",
        "adfilnpsughDFvtcUrqNACJX",
        "LPI",
        "dirsfirst filesfirst noreport gitignore prune filelimit= du si inodes device",
        globs=False,
    ),
    "file": form(
        "names",
        "bhiLnN",
        "",
        "brief mime mime-type mime-encoding dereference no-dereference no-pad",
        globs=False,
    ),
    "basename": form("names", "az", "s", "multiple suffix= zero"),
    "dirname": form("names", "z", "", "zero"),
    "realpath": form(
        "names", "eLmPqsz", "", "canonicalize-existing canonicalize-missing relative-to= relative-base="
    ),
    "readlink": form(
        "names", "efmnqsvz", "", "canonicalize canonicalize-existing canonicalize-missing no-newline"
    ),
    "which": form("names", "as"),
    "date": form(
        "format",
        "uR",
        "dr",
        "date= reference= utc universal iso-8601? rfc-3339= rfc-email",
        optional="I",
        globs=False,
    ),
    "seq": form("names", "w", "fs", "equal-width format= separator="),
    "sleep": form("names"),
    "whoami": form("none"),
    "id": form("names", "agGnruz"),
    "groups": form("names"),
    "uname": form("none", "asnrvmpio"),
    "arch": form("none"),
    "nproc": form("none", "", "", "all"),
    "uptime": form("none", "ps", "", "pretty since"),
    "hostname": form("none", "sI"),
    "free": form("none", "bkmght"),
    "ps": form("names", "aAdefFjlLTuwxyHM", "opCGtpuU", "forest sort= no-headers pid= ppid= user="),
    "fd": form(
        "names",
        "HIsigFuLp0a1q",
        "tedEcjS",
        "hidden no-ignore case-sensitive ignore-case glob fixed-strings unrestricted follow full-path print0 "
        "absolute-path type= extension= max-depth= min-depth= exact-depth= exclude= color= size= changed-within= "
        "changed-before= max-results= strip-cwd-prefix",
        globs=False,
    ),
    "whereis": form("names", "bmsu"),
    "tty": form("none", "s"),
    "logname": form("none"),
    "users": form("none"),
    "who": form("none", "abdHlmpqrstTu", "", "all boot count heading"),
    "w": form("none", "hsfoi"),
    "locale": form("names", "amck"),
    "getconf": form("names", "a"),
    "cal": form("names", "13jmsyh"),
    "lscpu": form("none", "aeJp"),
    "lsblk": form("names", "abdflmnpprStJ", "oe"),
    "lsusb": form("none", "tv"),
    "lspci": form("none", "knvmq"),
    "lsmod": form("none"),
    "vmstat": form("names", "adfmnstwSV"),
    "pgrep": form("names", "acflnovwxi", "uUPtgsGd"),
    "pidof": form("names", "sx"),
    "pstree": form("names", "aAchlnpstuU"),
    "ss": form("names", "aehilmnopstuxwO46", "", "all listening numeric processes summary tcp udp"),
    "netstat": form("none", "aegilnprstuvw"),
    "lsof": form("names", "nPtlUR", "ipcus"),
    "top": form("none", "bcHiS1", "nodpuU"),
    "factor": form("names", "h"),
    "numfmt": form("names", "", "", "to= from= suffix= padding= format= field= grouping header?"),
    "whatis": form("names"),
    "lastlog": form("none", "", "but"),
    "atq": form("none"),
    "uuidgen": form("none", "r", "", "random"),
    "ncal": form("names", "13jmsyhwMbC"),
    "fuser": form("names", "avu4"),
    "modinfo": form("names", "0adlnp"),
    "apropos": form("names"),
    "dpkg": form(
        "names", "lLsSp", "", "list listfiles status search version print-architecture", globs=False
    ),
    "dpkg-query": form("names", "lLsSW", "f", "list listfiles status search show showformat=", globs=False),
}
