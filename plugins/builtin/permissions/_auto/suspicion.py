"""Texts that are never settled without a look: what they say would do harm wherever it runs.

Two uses: the text of a command, and text that an edit puts into a file, since a later test run would run
it. A hit says no more than that the reviewer has to see it, but for what nothing justifies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from gaff.hooks import Json, JsonObject, is_object

from . import secrets
from .finding import Finding, danger

#: Longer texts than this, and texts with longer lines, are not looked through, and so not settled: the time
#: that the patterns take grows faster than a line.
LONGEST: Final = 200_000
_LONGEST_LINE: Final = 2_000
_CONTINUED: Final = re.compile(r"\\\r?\n")

_SENDERS: Final = re.compile(
    r"\b(?:curl|wget|http|https|xh|httpie)\b[^;|&]*?\s(?:-\w*[dFT]\b|-\w*[dFT][@\w]|--(?:data|form|upload|post|body)\S*|-X\s*(?:POST|PUT|PATCH))"
    r"|\b(?:nc|ncat|netcat|telnet|ftp|sftp|socat|rsync|scp|rclone|mail|sendmail|mutt|aws\s+s3\s+(?:cp|sync|mv)|gsutil)\b"
    r"|\bssh\s+\S+@?\S+\s+['\"]?(?:cat|tee|dd)\b"
    r"|/dev/(?:tcp|udp)/|\bgh\s+gist\s+create\b|\b(?:dig|nslookup|host|ping)\b[^;|&]*[$`]"
    r"|\bcurl\b[^;|&]*https?://[^\s'\"]*[$`]|\bcurl\b[^;|&]*\s@?-\s*$",
    re.IGNORECASE | re.DOTALL | re.MULTILINE,
)
_LOCAL_ONLY: Final = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?=[:/\s'\"]|$)", re.IGNORECASE
)
_ANY_URL: Final = re.compile(r"\b(?:https?|ftp)://", re.IGNORECASE)
#: A key that is only used to log in is not sent anywhere.
_IDENTITY: Final = re.compile(r"\s-i\s+\S+|--(?:netrc|env)-file[= ]\S+|--exclude[= ]\S+")

_HANDS_ON: Final = re.compile(
    r"(?:^|[;&(`]\s*|\$\()(?:printenv|env|export\s+-p|declare\s+-x)\s*(?:\||\)|>|`)"
)

_NEVER: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "opens a shell on this machine to somebody else",
        re.compile(
            r"\b(?:bash|sh|zsh)\s+-i\b[^;]*>&?\s*/dev/(?:tcp|udp)/|/dev/(?:tcp|udp)/[^;]*\b(?:bash|sh)\b"
            r"|\b(?:nc|ncat|netcat)\b[^;|]*\s-\w*[ec]\w*\s+\S*(?:ba|z|da)?sh\b|\bsocat\b[^;]*exec:"
            r"|mkfifo\s[^;]*;[^;]*\b(?:nc|ncat|netcat|telnet)\b|pty\.spawn\([^)]*sh",
            re.IGNORECASE | re.DOTALL,
        ),
    ),
    (
        "wipes a disk or a file system",
        re.compile(
            r"\bmkfs(?:\.\w+)?\s|\bdd\b[^;|&]*\bof=/dev/(?!null\b)|>\s*/dev/(?:sd|hd|vd|nvme|xvd|mmcblk|disk)"
            r"|\bwipefs\b|\bshred\b[^;|&]*\s/dev/|\bblkdiscard\b|diskutil\s+erase|\bformat\s+[a-z]:",
            re.IGNORECASE,
        ),
    ),
    (
        "is a fork bomb",
        re.compile(r"(?<!\w)(\w{1,20}|:)\s*\(\)\s*\{\s*\1\s*\|\s*\1\s*&\s*\}\s*;|\bfork\s+while\s+fork\b"),
    ),
)

_TAKES_ENVIRONMENT: Final = re.compile(
    r"os\.environ\b(?!\s*(?:\[|\.get\b|\.setdefault|\.pop))|JSON\.stringify\(\s*process\.env|Object\.\w+\(\s*process\.env"
    r"|\.\.\.process\.env|\benviron\(\)|System\.getenv\(\)|ENV\.to_h"
)
_SENDS: Final = re.compile(
    r"\brequests?\.|urlopen|urllib|https?\.(?:request|get|post|client)|\bfetch\(|\baxios\b|\bsocket\b|\bhttpx\d?\b|\baiohttp\b"
    r"|require\([\"'](?:node:)?(?:https?|net|tls|dgram|dns)[\"']\)|net\.connect|\bHttpClient\b|\bsmtplib\b|\bnet/http\b"
)

_SUSPECT: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("speaks of credentials", secrets.IN_TEXT),
    (
        "downloads code and runs it",
        re.compile(
            r"\b(?:curl|wget|fetch|iwr|invoke-webrequest)\b[^;\n]*\|\s*(?:sudo\s+)?(?:\S*/)?(?:ba|z|da|k)?sh\b"
            r"|\b(?:curl|wget|iwr)\b[^;\n]*\|\s*(?:sudo\s+)?(?:python\d?|perl|ruby|node|php|iex)\b"
            r"|\b(?:ba|z|da)?sh\b\s*(?:-c\s*)?[\"'(<]*[<$]\(\s*(?:curl|wget)|\beval\b[^;\n]*(?:curl|wget)"
            r"|\bsource\s+<\(\s*(?:curl|wget)",
            re.IGNORECASE,
        ),
    ),
    (
        "hides what it runs",
        re.compile(
            r"base64\s+(?:-d|-D|--decode)\b|\bxxd\s+-r\b|eval\s*\(\s*(?:atob|base64|compile|decode)|exec\s*\(\s*(?:base64|codecs|zlib|"
            r"__import__|compile|bytes|requests|urllib)|fromcharcode\(|marshal\.loads|pickle\.loads|\\x[0-9a-f]{2}(?:\\x[0-9a-f]{2}){8}",
            re.IGNORECASE,
        ),
    ),
    (
        "talks to a place made for taking data out",
        re.compile(
            r"webhook\.site|requestbin|pipedream\.net|ngrok|burpcollaborator|interact\.sh|oast\.\w+|pastebin\.com|transfer\.sh"
            r"|termbin|file\.io\b|0x0\.st|ix\.io|hookb\.in|beeceptor|discord(?:app)?\.com/api/webhooks|hooks\.slack\.com"
            r"|api\.telegram\.org|169\.254\.169\.254|metadata\.google\.internal|fd00:ec2::254|\bdns(?:log|bin)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "removes more than a project's files",
        re.compile(
            r"\brm\s+(?:-\w+\s+|--\S+\s+)*[\"']?(?:/(?!tmp/\w)|~|\$HOME|\$\{HOME)|rmtree\([^)\n]*(?:[\"'][/~]|expanduser|\.home\b|"
            r"os\.environ|getenv)|\brm(?:Sync)?\([^)\n]*homedir|\bfind\s+[/~][^;|]*-delete|rimraf\s+[/~]|\bFormat-Volume\b",
            re.IGNORECASE,
        ),
    ),
    (
        "destroys data or infrastructure",
        re.compile(
            r"\bdrop\s+(?:database|schema|table)\b|\btruncate\s+table\b|\bdelete\s+from\s+\w+\s*(?:;|$|\")|\bterraform\s+(?:destroy|apply)|"
            r"\bpulumi\s+(?:destroy|up)\b|\bcdk\s+(?:destroy|deploy)\b|\bkubectl\s+(?:delete|apply|drain|scale|exec|patch)\b|"
            r"\bhelm\s+(?:delete|uninstall|upgrade|install)\b|\baws\s+\S+\s+(?:delete|terminate|put|create|modify|update)\S*|"
            r"\bgcloud\b[^;]*\b(?:delete|deploy)\b|\baz\b[^;]*\bdelete\b|\bdropdb\b|\bflushall\b|db\.dropDatabase|"
            r"\bdocker\s+(?:system|volume|image|container)\s+(?:prune|rm)\b",
            re.IGNORECASE | re.MULTILINE,
        ),
    ),
    (
        "rewrites or discards work under version control",
        re.compile(
            r"\bgit\b[^;|&\n]{0,80}\bpush\b[^;|&\n]*(?:\s--force\S*|\s-\w*f\b|\s--mirror\b|\s--delete\b|\s-d\b|\s:\S|\s\+\S)"
            r"|\bgit\b[^;|&\n]{0,80}\breset\b[^;|&\n]*--hard|\bgit\b[^;|&\n]{0,80}\bclean\b[^;|&\n]*\s-\w*f|\bgit\b[^;|&\n]{0,80}\bstash\s+(?:drop|clear)"
            r"|\bgit\b[^;|&\n]{0,80}\bfilter-(?:branch|repo)|\bgit\b[^;|&\n]{0,80}\bbranch\b[^;|&\n]*\s-\w*D|\bgit\b[^;|&\n]{0,80}\b(?:gc\s+--prune|reflog\s+expire|update-ref\s+-d)"
            r"|\bgit\b[^;|&\n]{0,80}\bcheckout\b[^;|&\n]*\s(?:--\s|\.(?:\s|$)|-f\b)|\bgit\b[^;|&\n]{0,80}\brestore\b(?![^;|&\n]*--staged)|--amend\b",
            re.IGNORECASE,
        ),
    ),
    (
        "weakens a safeguard",
        re.compile(
            r"--no-verify\b|\bcore\.hooksPath\b|--insecure\b|\bcurl\b[^;|&\n]*\s-\w*k\w*\s|--no-check-certificate|StrictHostKeyChecking[= ]*no|"
            r"NODE_TLS_REJECT_UNAUTHORIZED|GIT_SSL_NO_VERIFY|\bsslVerify\b|verify\s*=\s*False|InsecureSkipVerify|rejectUnauthorized\s*:\s*false|"
            r"\bsetenforce\s+0|\bufw\s+disable|iptables\s+-F|--privileged\b|--dangerously\S*|bypassPermissions|--no-sandbox\b|"
            r"--trusted-host\b|--ignore-certificate|disableAutoMode|\bset\s+\+e\b\s*;\s*true|chmod\s+(?:-R\s+)?[0-7]?777\b|chmod\s+\S*\+s\b",
            re.IGNORECASE,
        ),
    ),
    (
        "changes who may log in, or what runs by itself",
        re.compile(
            r"authorized_keys|/etc/(?:passwd|sudoers|cron|systemd|hosts|ld\.so)|\bcrontab\b|\blaunchctl\b|\bsystemctl\s+(?:enable|start|stop|restart|disable)|"
            r"\busermod\b|\buseradd\b|\bvisudo\b|\bpasswd\b\s+\w|LaunchAgents|LaunchDaemons|\bat\s+now\b|\bschtasks\b|"
            r"\.(?:bashrc|zshrc|profile|bash_profile|zshenv)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "opens this machine to others",
        re.compile(
            r"\b(?:cloudflared|localtunnel|bore|serveo|tailscale\s+funnel|telebit)\b|\blt\s+--port|\bssh\b[^;|&\n]*\s-\w*R\b",
            re.IGNORECASE,
        ),
    ),
)

#: Code that starts other programs, or calls by a name it puts together, in the languages most projects have.
_RUNS_PROGRAMS: Final = re.compile(
    r"\b(?:os|posix|nt)\s*\.\s*(?:system|popen|exec\w+|spawn\w+|posix_spawn\w*|fork|kill\w*|__dict__)|\bfrom\s+(?:os|posix)\s+import\b"
    r"|\bimport\s+os\s+as\b|\bvars\s*\(\s*os|\bsys\.(?:modules|path)\b|__dict__\s*\[|\bsubprocess\b|\bpty\b|\bctypes\b|\bcffi\b"
    r"|create_subprocess|__import__|\bimport_module\b|\brunpy\b|__builtins__|__subclasses__|__globals__|\bmultiprocessing\b|\bimport\s+(?:code|pip)\b"
    r"|\bgetattr\s*\([^)\n]*[\"'][^)\n]*[\"']\s*(?:\+|[\"'])|(?<![.\w])(?:eval|exec)\s*[(\s]\s*[\w\"'(]|\bwebbrowser\b|\bFunctionType\b"
    r"|child_process|\b(?:exec|execFile|spawn)Sync\b|\bFunction\s*\(|\.constructor\s*(?:\(|\.)|\bworker_threads\b|\brunIn\w*Context|\bvm\.run"
    r"|\b(?:require|import)\s*\(\s*(?![\"'`][^\"'`$]*[\"'`]\s*[,)])\S|(?:globalThis|global|window|process)\s*\[|\bBun\.(?:spawn|\$)"
    r"|\bDeno\.(?:run|Command)|process\.(?:binding|dlopen|mainModule)|[\"']os/exec[\"']|\bsyscall\.|\bCommand::new|process::Command"
    r"|getRuntime\b|\bProcessBuilder\b|\bProcess\.Start\b|\bSystem\.cmd\b|\bOpen3\b|\bIO\.popen\b|%x[\[({]|\bqx\b|\bKernel\.|os\.execute"
    r"|\b(?:shell_exec|proc_open|passthru|popen|execv\w*|dlopen)\s*\(|(?<![.\w])system\s*[(\s]\s*b?[\"']|^\s*(?:<\?php\s*)?`[^`]+`\s*;?\s*$",
)
#: Code that removes files in bulk, other than in a temporary folder.
_REMOVES_BULK: Final = re.compile(
    r"\brmtree\((?![^)\n]*(?:tmp|temp))|\brm(?:Sync|dirSync)?\((?![^)\n]*(?:tmp|temp))[^)\n]*recursive|\brimraf\b|\bFileUtils\.rm_r|removeDirectory|RemoveAll\("
)
_REMOVES: Final = re.compile(r"\.unlink\(|\bos\.(?:remove|unlink|rmdir)\b|\bunlinkSync\(|\bFile\.delete\b")
_WALKS: Final = re.compile(
    r"\brglob\(|\bglob\(|\bos\.(?:walk|listdir|scandir)\b|\biterdir\(|readdir(?:Sync)?\(|Dir\.(?:glob|\[)"
)
#: Code that reaches for the user's home or the system.
_LEAVES: Final = re.compile(
    r"\bPath\.home\b|\bexpanduser\b|\bhomedir\(|\bUserHomeDir\b|[\"'](?:~|\$HOME)/|[\"']/(?:etc|root|home|usr|var|boot|opt)/"
)
_READS_FILES: Final = re.compile(
    r"(?<![.\w])open\(|\bread_(?:text|bytes)\(|\breadFile(?:Sync)?\b|\bFile\.read\b|file_get_contents|ReadFile\(|ReadAllText|\bos\.walk\b"
)
_TALKS: Final = re.compile(
    r"\b(?:smtplib|ftplib|telnetlib|paramiko|poplib|imaplib|nodemailer|XMLHttpRequest|sendBeacon|WebSocket)\b"
)
#: Steps in a script that reach other people or machines, and code that is brought along.
_STEPS_OUT: Final = re.compile(
    r"\bgit\s+push\b|\b(?:npm|pnpm|yarn|cargo|poetry|uv|hatch|flit|gem|dotnet\s+nuget)\s+(?:publish|push)\b|\btwine\s+upload\b|\bdocker\s+(?:run|push|login)\b"
    r"|^\s*(?:sudo\s+)?ssh\s+\S|\b(?:curl|wget)\b[^\n]*\s-[oO]\b|\bgh\s+(?:release|workflow|secret|api|repo)\b|\bsudo\b|\bchmod\s+\+?[0-7x]",
    re.MULTILINE,
)


def never(text: str) -> Finding | None:
    """Return what a command does that no task justifies; ``None`` where it does nothing of the kind."""
    lines = _lines(text)
    if lines is None:
        return None
    for why, pattern in _NEVER:
        if any(map(pattern.search, lines)):
            return danger(f"the command {why}", "hard_deny")
    if not any(map(_SENDERS.search, lines)):
        return None
    bare = [_IDENTITY.sub(" ", line) for line in lines]
    takes = any(secrets.IN_TEXT.search(line) or _HANDS_ON.search(line) for line in bare)
    if takes and not _stays_here(lines):
        return danger("the command sends credentials or the environment to another machine", "hard_deny")
    return None


def _stays_here(lines: Sequence[str]) -> bool:
    """Whether every address in a command is of this machine."""
    local = sum(len(_LOCAL_ONLY.findall(line)) for line in lines)
    return local > 0 and local == sum(len(_ANY_URL.findall(line)) for line in lines)


def suspect(text: str, *, becomes_code: bool = False) -> Finding | None:
    """Return what in a text calls for the reviewer; ``None`` where nothing does.

    ``becomes_code``: the text is put into a file, which tests or a build may run later.
    """
    lines = _lines(text)
    if lines is None:
        return danger("the text, or a line of it, is too long to be looked through")
    for why, pattern in _SUSPECT:
        if any(map(pattern.search, lines)):
            return danger(f"it {why}")
    if any(map(_TAKES_ENVIRONMENT.search, lines)) and any(map(_SENDS.search, lines)):
        return danger("it takes the environment and sends something")
    return _suspect_code(lines) if becomes_code else None


def _suspect_code(lines: Sequence[str]) -> Finding | None:
    def holds(*patterns: re.Pattern[str]) -> bool:
        return all(any(map(pattern.search, lines)) for pattern in patterns)

    if holds(_RUNS_PROGRAMS):
        return danger("it is code that starts other programs, or hides which")
    if holds(_REMOVES_BULK) or holds(_REMOVES, _WALKS):
        return danger("it is code that removes files in bulk")
    if holds(_TALKS) or holds(_SENDS, _READS_FILES):
        return danger("it is code that reads files and sends something")
    if holds(_LEAVES):
        return danger("it is code that reaches outside of the project")
    if holds(_STEPS_OUT) or holds(_SENDERS):
        return danger("it is a script that reaches other machines or people")
    return None


def _lines(text: str) -> list[str] | None:
    """Return the lines of a text, continued ones joined; ``None`` where there is too much to look through."""
    if len(text) > LONGEST:
        return None
    lines = [line for line in _CONTINUED.sub(" ", text).splitlines() if line.strip()]
    return None if any(len(line) > _LONGEST_LINE for line in lines) else lines


def new_texts(tool_input: JsonObject) -> Iterator[str]:
    """Yield every text that a call would put somewhere: all strings of its input but what is replaced."""
    for key, value in tool_input.items():
        if key not in ("old_string", "old_source", "file_path", "description"):
            yield from _strings(value)


def _strings(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_object(value):
        yield from new_texts(value)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item)
