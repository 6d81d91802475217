"""Which calls of programs with many commands only look: package managers, containers, services, versions.

A call is compared as a whole, its arguments joined by blanks, so that an option that is not known makes it
an unknown one. Left out on purpose is what a project may direct to programs of its own, even for a version
(``cargo``, ``yarn``, ``mvn``, ``pytest``, ``docker compose ps``), and what goes over the network (``npm ls``
looks for a newer npm).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_NAME: Final = r"[\w@][\w@./:+-]*"
_PIP: Final = (
    rf"list(?: (?:--format=\w+|--not-required|--user|-l|--local))*|freeze(?: (?:--all|--user|-l|--local))*"
    rf"|show(?: -f| --files)?(?: {_NAME})+|check"
)
_CONTAINERS: Final = (
    r"(?:container |image |volume |network |context |plugin )?(?:ls|list)|ps|images|version|info|system df"
    r"|(?:(?:container|image|volume|network) )?inspect|(?:container )?(?:logs|port|top)|(?:image )?history|diff"
    r"|stats --no-stream|compose (?:ls|version)"
)
_CONTAINER_OPTION: Final = (
    r"(?:-[aqslnft]+|--(?:all|quiet|no-trunc|size|digests|follow|timestamps|services|no-color|no-stream|tail)"
    r"|--tail=\d+|--(?:last|filter|format|since|until|type)[= ][^-]\S*)"
)
_ARCHIVE: Final = r"(?P<file>[\w./~+@%][\w./~+@%-]*)"
#: The same where a pattern holds two of them.
_SECOND: Final = _ARCHIVE.replace("<file>", "<second>")
_UNIT_OPTION: Final = (
    r"(?:--no-pager|--all|-a|-l|--full|--user|--system|--failed|--plain|--no-legend|--value|-q|--quiet"
    r"|(?:-p|-t|--type|--state|--property)[= ][\w,]+|-n \d+)"
)
_UNITS: Final = (
    rf"(?:{_UNIT_OPTION} )*"
    r"(?:status|is-active|is-enabled|is-failed|list-units|list-unit-files|list-timers|list-sockets|list-dependencies"
    rf"|cat|get-default)(?: (?:{_UNIT_OPTION}|{_NAME}))*|(?:{_UNIT_OPTION} ?)*"
)
_CERTIFICATE: Final = (
    r"(?: -(?:noout|text|subject|issuer|dates|startdate|enddate|fingerprint|serial|purpose|pubkey|modulus|email|sha1|sha256"
    r"|ext \w+|inform \w+|nameopt \w+))*"
)
_IP: Final = (
    r"(?:-(?:4|6|s|d|c|o|br|brief|j|p|color) )*(?:a|addr|address|l|link|r|route|n|neigh|rule|maddr)"
    r"(?: (?:show|list|ls)(?: (?:dev )?[\w.-]+)?| get [\w.:-]+)?"
)

#: What may follow the name, by program.
_CALLS: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(pattern)
    for names, pattern in (
        ("pip pip3", _PIP),
        ("docker podman", rf"(?:{_CONTAINERS})(?: (?:{_CONTAINER_OPTION}|{_NAME}))*"),
        ("systemctl", _UNITS),
        ("ip", _IP),
        ("ifconfig", rf"(?:-a)?|{_NAME}"),
        ("mount", r"(?:-[lv])?"),
        (
            "apt",
            rf"(?:list(?: --(?:installed|upgradable|upgradeable|all-versions))*|show|search)(?: {_NAME})*",
        ),
        ("apt-cache", rf"(?:show|search|policy|depends|rdepends|madison|showpkg)(?: {_NAME})*"),
        ("rpm", rf"-q[ailf]*(?: {_NAME})*"),
        ("conda", r"list|info|env list|info --envs"),
        (
            "tar",
            r"(?:-?[tvzjJa]*t[tvzjJa]*f|-[tvzjJa]*t[tvzjJa]* -f|--list -f|--list --file|-t -v -f) (?P<file>[\w./~+@%-]+)(?: [\w./+@%][\w./+@%-]*)*",
        ),
        (
            "unzip",
            rf"-(?:l|t|v|Z1?|lv) {_ARCHIVE}|-[pc]q? {_SECOND}(?: [\w.*?][\w./*?+-]*)*",
        ),
        ("zipinfo", r"(?:-1 )?(?P<file>[\w./~+@%][\w./~+@%-]*)"),
        ("gzip xz bzip2", rf"-(?:l|t|dc|cd|\d?c|c\d|\d -c)v? {_ARCHIVE}|(?:-d|-\d|-c)?|-dc|-\d?c"),
        ("gunzip unxz bunzip2", rf"-c {_ARCHIVE}"),
        ("hostnamectl timedatectl localectl", r"(?:status)?"),
        ("loginctl", r"(?:list-sessions|list-users)?"),
        ("dmesg", r"(?:-[TxLtkure]+)?"),
        ("last", r"(?:-(?:n ?\d+|\d+))?(?:(?:\A| )[a-z][a-z0-9_-]*)?"),
        ("route", r"-n"),
        ("arp", r"-(?:n|an|na|en|vn)|-a -n|-n -a"),
        ("journalctl", r"--(?:list-boots|disk-usage|version)"),
        ("lsb_release", r"(?:-[acdirsv]+|--all)?"),
        ("iostat", r"(?:-[cdhkmxyz]+)?(?: ?\d+(?: \d+)?)?"),
        ("mpstat", r"(?:-P ALL)?(?: ?\d+(?: \d+)?)?"),
        ("sysctl", r"-a|(?:-n )?[a-z]\w*(?:\.[\w-]+)+"),
        ("swapon", r"-s|--show"),
        ("findmnt", r"(?:-[lDAaJ]|-t \w+|-o [\w,]+| )*(?:[\w/][\w./-]*)?"),
        ("who", r"am i|am I"),
        ("stty", r"-a|size"),
        ("printenv", r"HOME|PATH|USER|LOGNAME|SHELL|LANG|TERM|PWD|EDITOR|PAGER"),
        (
            "openssl",
            rf"version(?: -a)?|(?:dgst )?-?(?:md5|sha(?:1|224|256|384|512)) {_ARCHIVE}|x509 -in {_SECOND}{_CERTIFICATE}",
        ),
        ("mktemp", r"(?:-u|--dry-run)(?: -t)?(?: [\w.-]+)?"),
        ("kill", r"-l|-0 \d+"),
        ("java", r"-version|--version"),
        ("nvidia-smi", r"(?:-L|-q)?"),
        ("tput", r"(?:cols|lines|colors)"),
        ("ulimit", r"(?:-[HS])?-?[acdefilmnpqrstuvx]?"),
    )
    for name in names.split()
}
#: Programs that only tell their version, and the options that ask for it.
_VERSIONS: Final = {
    **dict.fromkeys(
        "pip pip3 npm gcc g++ cc c++ clang clang++ make cmake ninja git docker podman curl wget bash zsh ruby perl php "
        "javac deno bun uv ruff jq rg fd bat sed awk gawk grep find tar sqlite3 psql mysql redis-server nginx ffmpeg gh "
        "ld as gdb lldb valgrind strace helm aws openssl tsc".split(),
        frozenset({"--version"}),
    ),
    **dict.fromkeys("python python2 python3".split(), frozenset({"--version", "-V", "-VV"})),
    "node": frozenset({"--version", "-v"}),
    "npm": frozenset({"--version", "-v"}),
    "ruby": frozenset({"--version", "-v"}),
    "perl": frozenset({"--version", "-v"}),
    "php": frozenset({"--version", "-v"}),
    "docker": frozenset({"--version", "-v"}),
    "git": frozenset({"--version", "version"}),
    **dict.fromkeys(
        "gcc g++ cc".split(),
        frozenset(
            {"--version", "-v", "-dumpversion", "-dumpmachine", "-print-search-dirs", "-print-multiarch"}
        ),
    ),
    "ld": frozenset({"--version", "--verbose", "-v", "-V"}),
    "clang": frozenset({"--version", "-dumpversion"}),
    "tmux": frozenset({"-V"}),
    "ssh": frozenset({"-V"}),
    "nginx": frozenset({"-v"}),
}
#: Longer calls are not looked at.
_LONGEST: Final = 1_000
_BLANKS: Final = re.compile(r"\s")


def _joined(arguments: Sequence[str]) -> str:
    """Join the arguments by blanks; those inside of one become a sign that no name holds."""
    return " ".join(_BLANKS.sub("\u00b7", one) or "\u00b7" for one in arguments)


def only_shows(name: str, arguments: Sequence[str]) -> bool:
    """Whether a program with these arguments only tells of something; false for all that is not known."""
    if len(arguments) == 1 and arguments[0] in _VERSIONS.get(name, ()):
        return True
    if sum(map(len, arguments)) > _LONGEST:
        return False
    calls = _CALLS.get(name)
    return calls is not None and calls.fullmatch(_joined(arguments)) is not None


def archive_of(name: str, arguments: Sequence[str]) -> str:
    """Return the archive that such a call lists; empty where it lists none."""
    if not only_shows(name, arguments):
        return ""
    found = _CALLS[name].fullmatch(_joined(arguments)) if name in _CALLS else None
    named = found.groupdict() if found else {}
    return named.get("file") or named.get("second") or ""
