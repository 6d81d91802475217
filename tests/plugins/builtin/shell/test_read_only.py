"""Which simple commands are taken to change nothing."""

from __future__ import annotations

import pytest

from gaff.plugins.builtin.shell._awk import is_plain_program
from gaff.plugins.builtin.shell._git import only_looks
from gaff.plugins.builtin.shell._read_only import is_read_only_command
from gaff.plugins.builtin.shell._reader import read_commands
from gaff.plugins.builtin.shell._sed import is_plain
from gaff.plugins.builtin.shell._wrappers import unwrap


def is_read_only(text: str) -> bool:
    """Whether the last command of the text is."""
    command = read_commands(text, "/p", "/home/u", {"FOO"})[-1]
    wrappers, words = unwrap(command.words)
    prefix = (*command.inherited, *command.assignments, *wrappers)
    return is_read_only_command(words, prefix, moved=command.places != frozenset({"/p"}))


@pytest.mark.parametrize(
    "text",
    [
        "ls", "ls -la src", "ls *.ts", "cat a b", "cat -n a", "head -n 5 a", "head -5 a", "tail -c +10 a", "tail -f log",
        "wc -l *.py", "nl a", "pwd", "echo $HOME \"$(ls)\" *", "printf '%s\\n' \"$x\"", "true", ":", "cd src", "cd src && cd -", "[ -f a ]",
        "test \"$a\" = b", "grep -rn --include='*.py' foo .", "grep -A3 -e x -f pats a", "rg -n foo src", "rg --files", "which ls",
        "type ls", "command -v ls", "diff -u a b", "stat -c %s a", "du -sh .", "df -h", "file a", "sort -u a", "uniq -c",
        "cut -d: -f1 a", "tr a b", "find . -name '*.py' -type f", "find . \\( -name a -o -name b \\) -print0", "sed -n '1,20p' a",
        "sed 's/a/b/g' f", "sed -ne 1p -e 2p a", "sed --quiet -E --expression=1p -- a", "sed -n 1p -", "git status", "git log --oneline -5", "git diff HEAD~1 -- src", "git --no-pager show HEAD:a",
        "git branch -a", "git remote -v", "date +%F", "uname -a", "whoami", "ps aux", "docker ps -a", "docker logs --tail=5 x",
        "timeout 5 ls", "nice -n 5 cat a", "time ls", "command ls", "LC_ALL=C sort a", "NO_COLOR=1 TZ=UTC ls", "xargs echo",
        "x=1; ls", "export FOO=1", "X=1 true", "basename \"$x\"", "dirname $x", "realpath a", "set -e", "exit 1", "sha256sum a",
        "wait", "sleep 1", "id", "tree -L 2", "od -c a",
    ],
)  # fmt: skip
def test_looking_is_read_only(text: str) -> None:
    """The documented commands in their looking forms."""
    assert is_read_only(text)


@pytest.mark.parametrize(
    "text",
    [
        "rm x", "touch x", "npm test", "python x.py", "bash x", "./ls", "/bin/ls", "curl x", "env", "printenv", "tee a",
        "cat $x", "head $x", "grep foo $x", "ls $x", "cat --unknown a", "ls --unknown", "wc --files0-from=a", "du --files0-from=a",
        "find . -delete", "find . -exec ls {} \\;", "find . -execdir ls {} \\;", "find . -fprintf f x", "find . -fls f", "find . -ok ls {} \\;", "find *",
        "find . -name", "find . -files0-from a", "sort -o a b", "sort -ob a", "sort --output=a b", "sort --outp=a b",
        "sort --compress-program=x a", "sort -T /x a", "sort *", "uniq a b", "sed -i s/a/b/ f", "sed -ni 1p f", "sed --in-place=.bak 1d f", "sed -i '' 1d f", "sed -e", "sed", "sed -n $x", "sed -e 1p $x", "sed 'w f'", "sed s/a/b/e",
        "sed s/a/b/w f", "sed -f x f", "sed -n '1e rm x' f", "sed s/a/b/ *", "rg --pre x a", "rg --pre=x a", "rg -z a",
        "rg --hostname-bin x a", "rg foo *", "file -m x a", "file -f x", "file -C -m x", "date -s x", "date 01010000", "date -f x",
        "hostname x", "tree -o f", "tree -R", "git push", "git commit", "git -c core.pager=x log", "git -C x status",
        "git --git-dir=x status", "git diff --output=f", "git log --output f", "git grep -O x", "git grep --open-files-in-pager x",
        "git ls-remote --upload-pack=x y", "git diff --no-index a b", "git diff /dev/null /etc/passwd", "git diff ../a ../b",
        "git branch new", "git branch -D x", "git tag v1", "git stash", "git stash pop", "git stash -- show", "git remote add a b",
        "git remote update", "git reflog expire", "git worktree add x", "git status *", "git $x", "git config a", "git config --file f --get a", "git config --add a b", "git config --unset a",
        "git diff --ext-diff", "git show --textconv", "git fetch", "git blame --contents x a", "cd src && git status", "docker run x",
        "docker -H x ps", "docker ps -H x", "docker --context x ps", "docker exec a b", "ps auxe", "ps e", "xargs cat", "xargs ls -l", "xargs stat", "xargs -n1 ls",
        "LD_PRELOAD=x ls", "PATH=x ls", "GIT_PAGER=x git log", "FOO=1; ls", "FOO=1 ls", "LC_ALL=/x ls", "A=1 timeout 5 echo",
        "A=1 nice --adjustment=5 echo", "export FOO=1; ls", "nohup", "noglob ls", "sudo ls", "watch ls", "timeout --weird 5 ls",
        "env ls", "xxd a b", "strings @a", "md5sum -c a", "diff -l a b", "kill 1", "chmod +x a",
    ],
)  # fmt: skip
def test_all_else_is_not(text: str) -> None:
    """Writing, running and unknown forms, and everything whose arguments are not known."""
    assert not is_read_only(text)


@pytest.mark.parametrize(
    "script",
    ["p", "1,20p", "$p", "/a/,/b/p", "/a/I!d", "1!G;h;$!d", "s/a/b/", "s|a|b|g", "s/[a-z]*x/y\\/z/2", "y/abc/xyz/", "2q", "1d;$d",
     "b x", ":x;t x", ":a;N;$!ba;s/\\n/ /g", "s/^$//;t;p", "s/\\/[^/]*$//", "s/[^/]*//", "s|[^|]*|\\U&|", "s;a;b;", "s/[^/]*[/]x//", "/x/{s/a/b/;p}", "a text w x", "s/[[:space:]]*$//", "s/a/b/;s/c/d/"],
)  # fmt: skip
def test_plain_sed_scripts(script: str) -> None:
    """Scripts that work on the text alone."""
    assert is_plain(script)


@pytest.mark.parametrize(
    "script",
    ["w f", "1w f", "s/a/b/w f", "s/a/b/e", "s/a/b/ge", "e", "1e ls", "r f", "R f", "W f", "s/a/b/;w f", "p;e ls", "/[/s/]/w x/",
     "s/a/b", "s/a/b/\nw f", "a\\\nx\\\nw f", "}w f", "{w f}", "y/a/b/e", "F", "b x w f", ":a;w f", "ts/a/b/e", "s/[^/]*x/w f/", "s/[^/w f]*//x/",
     "s;[^;]*;;w f", "s;[^;]*;;;w f", "s#[^#]*#;w f#", "b}w f", "s/[^/]*x/e/", "s,[^,]*,e,", "s\na\nb\ne", "sxaxbxe"],
)  # fmt: skip
def test_other_sed_scripts(script: str) -> None:
    """Scripts that write, read or run, and those that are not known."""
    assert not is_plain(script)


@pytest.mark.parametrize(
    "program",
    [
        "{print $1}",
        "$3 > 5",
        "/a|b/ {n++} END {print n}",
        'a > 1 || b {printf "%s\\n", $1}',
        'BEGIN {FS=","} NR>1 {s+=$2} END {print s}',
        "!seen[$0]++",
        '{gsub(/a/, "b")} 1',
    ],
)
def test_plain_awk_programs(program: str) -> None:
    """Programs that work on their input alone."""
    assert is_plain_program(program)


@pytest.mark.parametrize(
    "program",
    [
        '{print > "f"}', '{print >> "f"}', '{printf "x" > "f"}', '{print | "sh"}', '{print |& "sh"}', 'BEGIN {system("id")}', '"id" | getline', "getline < f", "@load x",
        "{print ENVIRON[1]}", 'BEGIN {ARGV[1] = "f"}', "BEGIN {ARGC = 1}", '@include "x"', "{@f()}", "PROCINFO[1]", 'pri\\\nnt > "f"', '{print $1} {print "a;" > "f"}',
    ],
)  # fmt: skip
def test_other_awk_programs(program: str) -> None:
    """Programs that write, run or read something else, and those that may."""
    assert not is_plain_program(program)


@pytest.mark.parametrize(
    "text",
    ["docker ps -n 5", "docker ps --format '{{.Names}} a b'", "docker logs -f --since 5m x", "pip show -f a b", "systemctl status --no-pager a", "ip -br a", "tar tvf a.tar a/b", "kill -0 12",
     "apt-cache policy x", "java -version", "unzip -l a.zip", "ulimit -n"],
)  # fmt: skip
def test_telling_calls(text: str) -> None:
    """Calls of larger programs that only tell something."""
    assert is_read_only(text)


@pytest.mark.parametrize(
    "text",
    ["docker ps -x", "docker logs x --config y", "docker", "pip list --log f", "pip list -i http://x", "pip show --cache-dir x", "systemctl status --root=x", "systemctl daemon-reload", "ip a add x dev y",
     "tar tf a --to-command=x", "tar tf host:a", "tar ctf a", "tar -tf a -I x", "kill 12", "kill -9 12", "apt list -o x=y", "apt install x", "java -jar x", "java -version -jar x", "unzip a.zip", "ulimit -n 5",
     "mount a b", "python --version x", "python -Vc x", "node -v x", "rpm -qp http://x", "rpm -e x", "crontab f", "openssl version x", "npm ls", "npm --version x", "pip list " + "-l " * 1000],
)  # fmt: skip
def test_other_calls(text: str) -> None:
    """Whatever an option may add to them."""
    assert not is_read_only(text)


def test_git_options_are_compared_in_full() -> None:
    """Git takes the beginning of a long option for the option: here it does not count."""
    assert only_looks(["log", "--oneline"])
    assert not only_looks(["log", "--onel"])
