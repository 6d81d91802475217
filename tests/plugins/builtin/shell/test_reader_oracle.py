"""The strict reader against bash itself.

Random commands are run by a real bash that can run nothing: its search path leads nowhere, its builtins are
switched off, and a handler logs whatever it tries to run, with the directory and the arguments. All of it
must have been listed by the reader, or the command refused. So must every file that a redirection makes.

``GAFF_ORACLE_COMMANDS`` sets how many commands are tried, ``GAFF_ORACLE_SEED`` which.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from gaff.plugins.builtin.shell._reader import Command, read_commands
from gaff.plugins.builtin.shell._words import Refused, Word

COMMANDS = int(os.environ.get("GAFF_ORACLE_COMMANDS", "3000"))
SEED = int(os.environ.get("GAFF_ORACLE_SEED", "20"))
BATCH = 500

#: What the commands find on the disk, and the variables they find set.
FILES = {"a.x", "b c.x", "d/a.x", "-e.x"}
EXPORTED = {"HOME", "LC_ALL", "V", "PATH", "PWD", "OLDPWD", "SHLVL", "_"}

DRIVER = r"""
command_not_found_handle() {
    enable printf
    printf '%s\0' "$number" "$PWD" "$#" "${@//$'\n'/$'\1'}" >&9
    [[ $1 == t* ]]
}
switch_off=()
for name in $(compgen -b); do
    case $name in cd | wait | eval | enable | break | continue | exit | read | export | unset | set | pwd | : ) ;; *) switch_off+=("$name") ;; esac
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
    "$v", '"$v"', "${v}", "${v%.x}", '"${v##*/}"', "$x", '"$x"', "${x:-r1}", "${#v}", "$((i+1))", "$((1<<2))", "{a,b}{c,d}", "a{2..4}b", "{,x}",
    "'a\"b'", "'$(r1)'", "'~'", "'{a,b}'", "'a;r1'", "'*'", "'[a'", "\\*", "$'a\\nb'", "' a '", '"\'"', "'a  b'", "d/*", "'-e.x'", "'\\*'", "'*.x d'",
    '"${v%.*}"', "${v%%.*}", "${v#*/}", "${x+$v}", "${v:+a b}", "$((v))", "$x$x", '"$x"$v', "~$x", "$x*", "${V}{a,b}", "{a,b}$x", "a{$x,b}", "$((i*2))",
    "`r1 a`", '"`t1 $v`"', "`r1; t1`", "<(r1)", "<(t1; r2 a)", "$(pwd)", '"$(pwd)/$v"', "$PWD", '"$PWD"/a', "`pwd`", "a<(r1)", "<(r1)b", "`r1 \\`t1\\``",
    "$i", "$'a\\tb'", "$'r1'", "${v:-$(r1)}", "${!V}", "${v@P}", "$((a[$(r1)]))", '"${x%/*}"', "${v/a/b}", "${y+z}", '"$x$v"', "$x/$v", "$((V))",
    '"$v"/*', "${x%%b*}", "{c..a}", "{a,{b,c}}", "{a,'b c'}", "{1..$i}", "$((i++))", '"${x:1}"', "~/{a,b}", "$y", "[$x]", "*$v", "{a,$x}", "$HOME/a",
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
    "<<E\n$(r2)\nE\n", "<<E\n$v ${x:-a} \\$(r1) 5$\nE\n", "<<E\n${x:-$(r1)}\nE\n", "<<<$v", '<<<"a $x"', ">$x", '>"$v"', ">{a,b}", "<<E\n\\\\$(r1)\nE\n",
    "<<\"E\"; r1\nb\nE\n", "<<E | t1\nb\nE\n", "<<E\nEx\nE\n", "12>f15", "<&0", "2>>f16",
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
    "case",
    "esac",
    "((",
    "))",
    "[[",
    "]]",
    "in",
    "for",
    ";;",
    "$((",
    "${",
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
        tokens = [*NAMES, *NAMES, *RAW_WORDS, *OPERATORS, *NOISE, *REDIRECTIONS, *FRONTS, *ASSIGNMENTS]
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
        """A simple command, or a form whose places are filled."""
        if not depth or self.random.random() < 0.5:
            return self.simple()
        makers: dict[str, Callable[[], str]] = {
            "<S>": self.simple,
            "<L>": lambda: self.list(depth - 1),
            "<W>": self.word,
        }
        return re.sub("<[SLW]>", lambda found: makers[found.group()](), self.random.choice(FORMS))

    def simple(self) -> str:
        parts = [self.random.choice(NAMES)]
        for _ in range(self.random.choice((0, 0, 1, 1, 2, 3))):
            parts.append(self.word())
        if self.random.random() < 0.2:
            parts.insert(0, self.random.choice(ASSIGNMENTS))
        if self.random.random() < 0.3:
            parts.insert(self.random.randrange(len(parts) + 1), self.random.choice(REDIRECTIONS))
        if self.random.random() < 0.1:
            parts.insert(0, self.random.choice(FRONTS))
        return " ".join(parts)

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
ASSIGNMENTS = [
    "A=1",
    "b=$(t1)",
    "C='x y'",
    "D+=2",
    "e=~/x",
    "f=",
    "a[0]=1",
    "g={a,b}",
    "x=$v",
    "v='a b'",
    'x="$v" v=r2',
    "i=$((i+1))",
]
FORMS = [
    "( <L> )", "(<L>)", "{ <L>; }", "{ <L>\n}", "if <S>; then <L>; fi", "if <S>; then <L>; else <L>; fi",
    "if <S>\nthen <L>\nelif <S>; then <L>\nfi", "for v in a b; do <L>; done", "for v in a 'b c' $(t1)\ndo <L>\ndone",
    "while r1; do <L>; done", "until t1; do <L>; done", "cd d && <L>", "cd d; <L>", "(cd d && <S>); <L>", "cd d || <L>", "cd d | <S>; <L>",
    "cd d & <L>", "! <S>", "time <S>", "time { <L>; }", "{ cd d; }; <L>", "if cd d; then <L>; else <L>; fi",
    "for v in 1 2; do cd ..; <L>; done", "<S>; cd d && cd .. && <L>", "( <L> ) > f1 2>&1", "{ <L>; } 2>f2 | <S>", "f() { <S>; }; f",
    "coproc <S>", "((1)); <S>", "while cd d; do <L>; done", "x=1; <L>", "export X=1; <L>", "read -r v <f0; <L>", "<S> # x\n<L>", "echo $(<L>)",
    'r1 "$(<L>)"',
    # Variables whose values are followed.
    "for v in <W> <W>; do <L>; done", "for v in *.x; do <L>; done", "for v in {a,b}/c 'd e.x'; do x=\"$v\"; <L>; done", "x=<W>; <L>",
    "x=a; x+=<W>; <L>", "v=<W> x=<W>; <L>", "for v in a b; do <L>; x=$v; done; <L>", "x='a b'; <L>", "x='*.x'; <L>", "x='-v a'; v=$x; <L>",
    "if <S>; then x=a; else x=b; fi; <L>", "x=a; t1 && x=<W>; <L>", "x=a; (x=b; <L>); <L>", "x=a; x=b | <L>; <L>", "x=a; x=b & <L>", "v=; <L>",
    "x=<W> <S>; <L>", "export x=<W>; <L>", "x=r2 export x; <L>", "unset x; <L>", "x=a; unset x; <L>", "for v in a b; do for x in $v c; do <L>; done; done",
    "x=d; cd $x && <L>", "for x in d .; do cd $x; <L>; done", "x=a; while r1; do x=b$x; <L>; break; done; <L>", "read v x <<< 'a b'; <L>", "v=$(<L>); <L>",
    "x=a; { <L>; x=b; } && <L>", "for v in a b; do <S>; break; x=c; done; <L>", "while t1; do x=a; <S> && break; x=b; done; <L>", "x=a; t1 || x=b; <L>",
    "for v in a b; do <S> && continue; x=$v; done; <L>", "if <S>; then exit; fi; <L>", "set -e; <L>", "set -u; <L>", "for v in * d/*; do <L>; done",
    "for v in $x <W>; do <L>; done", "v=a; for v in b <W>; do <L>; done; <L>", "x=a; for v in 1 2; do x=$x$v; <L>; done; <L>", "x=; for v in a b; do x=\"$x $v\"; done; <L>",
    "x=a <S> $x; <L>", "x=a v=$x; <L>", "x=a v=$x <S>; <L>", "{ x=<W>; }; <L>", "if x=a; then v=<W>; fi; <L>", "case $x in a) v=<W>;; esac; <L>", "x=a\n<L>\nx=b\n<L>",
    "cd d && v=$PWD; <L>", "(cd d; <L>); <L>", "for v in *.x; do <S> ${v%.x} \"${v##*.}\" $v; done", "for v in d/*; do cd d; <L>; done", "for v in $(t1); do <L>; done",
    "x='i'; i=1; ((x)); <L>", "i=1; for v in 1 2; do ((i+=v)); <L>; done", "x=$((1)); <S> $x", "((i++)); <L>", "i=0; until ((i > 2)); do ((i++)); <L>; done", "i=5; <S> $i $((i%2))",
    # Numbers.
    "i=0; while r1 $i; do i=$((i+1)); <L>; break; done", "for ((i=0; i<3; i++)); do <L>; done", "for ((;;)) do <L>; break; done", "i=1; ((i++)) && <L>",
    "((i = 2, i > 1)); <L>", "i=<W>; ((i)); <L>", "((x = <W>)); <L>", "i='a[$(r1)]'; <L>", "i=3; i=$((i<<1)); <L>", "((a)||(b)); <S>", "((<L>))",
    # Cases.
    "case <W> in a) <L>;; esac", "case a in (a|b) <L> ;; *) <L>\nesac", "case $v in\n'a b') <L>;;\n<W>) <L>\n;;\n*) x=b;; esac; <L>", "case a in esac; <L>",
    "case a in a) ;; b) <L>;; esac", "case a in a) <L>;& b) <L>;; esac", "case <W> in <W>|<W>) x=a;; esac; <L>", "case $(t1) in *) <S>; esac && <S>",
    # Conditions.
    "[[ <W> ]] && <S>", "[[ a == <W> ]] || <L>", "[[ $v =~ ^(a|b)+$ ]]; <L>", "[[ -n <W> && ! -f a ]] && <S>", "[[ ( a < b || x > y ) && -e d ]] && <L>",
    "[[ <W> -eq <W> ]]; <L>", "[[ -v <W> ]]; <L>", "[[ a =~ <W> ]] && <S>", "if [[ -d d ]]; then <L>; fi", "[[ a ]]<S>", "[[ a\n]]; <S>", "[[ <W> <W> <W> ]] || <L>",
    "[[ x =~ a|b ]] && <S>", "[[ a == (b) ]]; <S>",
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
        for name in FILES:
            (folder / str(number) / name).touch()
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
            env={"HOME": str(folder), "LC_ALL": "C.UTF-8", "V": "-v", "PATH": os.defpath},
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
        return read_commands(text, str(place), str(home), EXPORTED)
    except Refused:
        return None


def is_listed(ran: Ran, commands: Sequence[Command]) -> bool:
    """Whether one of the commands is what bash tried to run, there and with these words."""
    return any(
        command.words
        and (command.places is None or ran.place in command.places)
        and fits(command.words, ran.words)
        for command in commands
    )


def fits(listed: Sequence[Word], ran: Sequence[str]) -> bool:
    """Whether the words that were passed are such as the listed ones may become."""
    reached = {0}
    for word in listed:
        after: set[int] = set()
        for start in reached:
            if not word.splits and not word.glob:
                known = word.value is None or ran[start : start + 1] == (word.value,)
                after |= {start + 1} if known else set()
            elif word.splits or word.value is None:
                after.update(range(start, len(ran) + 1))
            else:
                end = start
                while end < len(ran) and (ran[end] == word.value or fnmatchcase(ran[end], word.value)):
                    end += 1
                    after.add(end)
        reached = after
    return len(ran) in reached


def unlisted_files(folder: Path, commands: Sequence[Command]) -> set[str]:
    """Return the files that appeared without a redirection of the list that makes them."""
    made = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - FILES
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
