"""The strict reader against bash itself.

Random commands are run by a real bash that can run nothing: its search path leads nowhere, its builtins are
switched off, and a handler logs whatever it tries to run, with the directory and the arguments. All of it
must have been listed by the reader, or the command refused. So must every file that a redirection makes.

``GAFF_ORACLE_COMMANDS`` sets how many commands are tried, ``GAFF_ORACLE_SEED`` which.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from gaff.plugins.builtin.shell._reader import Command, read_commands
from gaff.plugins.builtin.shell._words import Refused

COMMANDS = int(os.environ.get("GAFF_ORACLE_COMMANDS", "3000"))
SEED = int(os.environ.get("GAFF_ORACLE_SEED", "20"))
BATCH = 500

DRIVER = r"""
command_not_found_handle() {
    enable printf
    printf '%s\0' "$number" "$PWD" "$#" "${@//$'\n'/$'\1'}" >&9
    [[ $1 == t* ]]
}
switch_off=()
for name in $(compgen -b); do
    case $name in cd | wait | eval | enable | break | continue | exit | read | export | : ) ;; *) switch_off+=("$name") ;; esac
done
number=0
while IFS= read -r -d '' text; do
    (
        exec 2>/dev/null >/dev/null </dev/null
        cd "$1/$number" || exit
        ulimit -t 1
        unset OLDPWD
        PATH=/nonexistent
        enable -n "${switch_off[@]}"
        eval -- "$text"
        wait
    )
    number=$((number + 1))
done
"""

NAMES = ["r1", "r2", "ls", "t1", "t2", "rm", "echo", "a.b", "x-y"]
PLAIN_WORDS = [
    "a",
    "b c",
    "-f",
    "d",
    "x=1",
    "~",
    "é",
    "if",
    "done",
    "}",
    "{",
    "!",
    "in",
    "#",
    "a#b",
    "1",
    "2",
    "%",
]
RAW_WORDS = [
    "'q r'", '"q r"', r"a\ b", "''", '""', "a'b'\"c\"", '"a\\"b"', r"'\'", r'"\n"', "*.x", "a?", "[ab]", "a[", "{a,b}",
    "{}", "@{1}", "{1..3}", "$V", '"$V"', "${V}", "$?", "$(t1)", '"$(r1 a)"', "\"x $(t2 'b') y\"", "$(r1; t1)", "a$(r2)b",
    "`r1`", "$((1))", "${V:-r1}", "$'a'", '$"a"', "a$", '"$"', "HEAD~1", "a=~", "--x=~/y", "~/x", "~u", "<(r1)", "x\\\ny",
    "[", "]", "$(t1 <<'E'\nb )\nE\n)", '"a\nb"', "'a\nb'", "$(r1 \"$(t1)\")", "a;b", "$[1]", "\\\n", "x{", "\\$V", "\\'",
]  # fmt: skip
OPERATORS = [
    ";",
    "&&",
    "||",
    "|",
    "|&",
    "&",
    "\n",
    ";\n",
    "&&\n",
    "|\n",
    " \\\n",
    "&>",
    "2>&1",
    ";;",
    "(",
    ")",
    "{",
    "}",
]
REDIRECTIONS = [
    ">f1", ">>f2", "2>f3", "&>f4", ">|f5", "> f6", "<f0", "2>&1", ">&2", ">&f7", "<>f8", "<<<w", "3>f9", ">d/f10", "&>>f11",
    ">$V", ">'f 12'", ">\"f13\"", "2>&-", "{fd}>f14", ">*", "<<E\nb\nE\n", "<<'E'\n$(r1)\nE\n", "<<-E\n\tb\n\tE\n",
    "<<E\n$(r2)\nE\n", "<<\"E\"; r1\nb\nE\n", "<<E | t1\nb\nE\n", "<<E\nEx\nE\n", "12>f15", "<&0", "2>>f16",
]  # fmt: skip
NOISE = [
    *"'\"\\$`(){}[]<>|&;!#~*? \t\n=",
    "$(",
    "<<",
    "&&",
    "||",
    "then",
    "fi",
    "do",
    "done",
    "time",
    "coproc",
    "E",
]


class Generator:
    """Makes commands: mostly well formed, some of them damaged."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def text(self) -> str:
        if self.random.random() < 0.2:
            return self.soup()
        made = self.list(self.random.choice((1, 1, 2, 3)))
        if self.random.random() < 0.2:
            front, back = self.random.choice((("$(", ")"), ('"$(', ')"'), ("x=$(", ")"), ("a$( ", ")b")))
            made = f"r1 {front}{made}{back}"
        while self.random.random() < 0.3:
            position = self.random.randrange(len(made) + 1)
            cut = position + self.random.choice((0, 0, 1, 3))
            made = made[:position] + self.random.choice([*NOISE, *OPERATORS, ""]) + made[cut:]
        return made

    def soup(self) -> str:
        """Tokens in no order."""
        tokens = [*NAMES, *NAMES, *RAW_WORDS, *OPERATORS, *NOISE, *REDIRECTIONS, *FRONTS]
        length = self.random.randrange(1, 8)
        return "".join(self.random.choice(tokens) + self.random.choice(("", " ", " ")) for _ in range(length))

    def list(self, depth: int) -> str:
        parts = [self.command(depth)]
        while self.random.random() < 0.45:
            parts += [self.random.choice(OPERATORS[:10]), self.command(depth)]
        return (
            self.random.choice(("", "", " ")).join(parts) if self.random.random() < 0.3 else " ".join(parts)
        )

    def command(self, depth: int) -> str:
        form = self.random.choice(FORMS) if depth and self.random.random() < 0.4 else "S"
        while "S" in form or "L" in form:
            form = form.replace("S", "\0", 1) if "S" in form else form.replace("L", "\1", 1)
            form = (
                form.replace("\0", self.simple()).replace("\1", self.list(depth - 1))
                if depth
                else self.simple()
            )
        return form.replace("\2", "S").replace("\3", "L")

    def simple(self) -> str:
        parts = [self.random.choice(NAMES)]
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 3))):
            parts.append(self.word())
        if self.random.random() < 0.2:
            parts.insert(
                0,
                self.random.choice(("A=1", "b=$(t1)", "C='x y'", "D+=2", "e=~/x", "f=", "a[0]=1", "g={a,b}")),
            )
        if self.random.random() < 0.3:
            parts.insert(self.random.randrange(len(parts) + 1), self.random.choice(REDIRECTIONS))
        if self.random.random() < 0.1:
            parts.insert(0, self.random.choice(FRONTS))
        return " ".join(parts).replace("S", "\2").replace("L", "\3")

    def word(self) -> str:
        if self.random.random() < 0.4:
            return self.random.choice(PLAIN_WORDS)
        return "".join(self.random.choice(RAW_WORDS) for _ in range(self.random.choice((1, 1, 1, 2))))


FRONTS = [
    "!",
    "time",
    "command",
    "nohup",
    "timeout 5",
    "nice -n 3",
    "builtin",
    "$V",
    "if",
    "A=1 time",
    "time !",
    "exec",
    ">f",
]
FORMS = [
    "( L )", "(L)", "{ L; }", "{ L\n}", "if S; then L; fi", "if S; then L; else L; fi", "if S\nthen L\nelif S; then L\nfi",
    "for v in a b; do L; done", "for v in a 'b c' $(t1)\ndo L\ndone", "while r1; do L; done", "until t1; do L; done",
    "cd d && L", "cd d; L", "(cd d && S); L", "cd d || L", "cd d | S; L", "cd d & L", "! S", "time S", "time { L; }",
    "{ cd d; }; L", "if cd d; then L; else L; fi", "for v in 1 2; do cd ..; L; done", "S; cd d && cd .. && L",
    "( L ) > f1 2>&1", "{ L; } 2>f2 | S", "case a in a) S;; esac", "f() { S; }; f", "coproc S", "[[ a ]] && S", "((1)); S",
    "while cd d; do L; done", "x=1; L", "export X=1; L", "read -r v <f0; L", "S # x\nL", "echo $(L)", "r1 \"$(L)\"",
]  # fmt: skip


@dataclass(frozen=True)
class Ran:
    """Something bash tried to run."""

    number: int
    place: str
    words: tuple[str, ...]


def run(texts: Sequence[str], folder: Path) -> list[Ran]:
    """Let bash run the texts, each in a folder of its own, and return what it tried to run."""
    for number in range(len(texts)):
        (folder / str(number) / "d").mkdir(parents=True)
    bash = shutil.which("bash")
    assert bash is not None
    log = folder / "log"
    with log.open("wb") as opened:
        subprocess.run(
            [
                bash,
                "--norc",
                "--noprofile",
                "-p",
                "-c",
                f"exec 9>&{opened.fileno()}\n{DRIVER}",
                "bash",
                str(folder),
            ],
            input=b"".join(text.encode() + b"\0" for text in texts),
            pass_fds=(opened.fileno(),),
            env={"HOME": str(folder), "LC_ALL": "C.UTF-8", "V": "-v"},
            check=True,
        )
    return parse(log.read_bytes().decode(errors="replace").split("\0")[:-1])


def parse(fields: list[str]) -> list[Ran]:
    """Read the handler's log."""
    ran: list[Ran] = []
    while fields:
        end = 3 + int(fields[2])
        ran.append(
            Ran(int(fields[0]), fields[1], tuple(field.replace("\1", "\n") for field in fields[3:end]))
        )
        del fields[:end]
    return ran


def read(text: str, place: Path, home: Path) -> tuple[Command, ...] | None:
    """Return what the reader lists; ``None`` where it refuses."""
    try:
        return read_commands(text, str(place), str(home))
    except Refused:
        return None


def is_listed(ran: Ran, commands: Sequence[Command]) -> bool:
    """Whether one of the commands is what bash tried to run, there and with these words."""
    return any(
        command.words
        and command.words[0].value == ran.words[0]
        and (command.places is None or ran.place in command.places)
        and (
            any(word.value is None or word.glob for word in command.words)
            or tuple(word.value for word in command.words) == ran.words
        )
        for command in commands
    )


def unlisted_files(folder: Path, commands: Sequence[Command]) -> set[str]:
    """Return the files that appeared without a redirection of the list that makes them."""
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    for command in commands:
        for redirection in command.redirections:
            target = redirection.target
            if target.literal is None or command.places is None:
                return set()
            made -= {os.path.relpath(os.path.join(place, target.literal), folder) for place in command.places}
    return made


@pytest.mark.parametrize("batch", range(0, COMMANDS, BATCH))
def test_bash_runs_nothing_that_was_not_listed(batch: int, tmp_path: Path) -> None:
    """Names, words, directories and files of a run are all among what the reader listed."""
    generator = Generator(SEED * 1_000_003 + batch)
    texts = [generator.text() for _ in range(min(BATCH, COMMANDS - batch))]
    accepted = [text for text in texts if read(text, tmp_path, tmp_path) is not None]
    assert len(accepted) > len(texts) // 5
    listed = [read(text, tmp_path / str(number), tmp_path) or () for number, text in enumerate(accepted)]
    missed = [
        (accepted[ran.number], ran)
        for ran in run(accepted, tmp_path)
        if not is_listed(ran, listed[ran.number])
    ]
    files = [
        (text, made)
        for number, text in enumerate(accepted)
        if (made := unlisted_files(tmp_path / str(number), listed[number]))
    ]
    assert not missed
    assert not files
