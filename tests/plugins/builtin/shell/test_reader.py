"""What the strict reader makes of tricky commands. That it is right about them, the oracle test shows."""

from __future__ import annotations

from contextlib import suppress
from time import process_time

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.shell._reader import Command, read_commands
from gaff.plugins.builtin.shell._words import Refused


def read(text: str) -> list[Command]:
    return list(read_commands(text, "/p", "/home/u", {"A", "F", "http_proxy", "LINE"}))


def words(text: str) -> list[list[str]]:
    """Return the words of every command as bash passes them; as written where only bash knows."""
    return [[word.shown for word in command.words] for command in read(text)]


def names(text: str) -> list[str]:
    """Return the names of all commands, inner ones first."""
    return [command.words[0].shown for command in read(text) if command.words]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ls -la", [["ls", "-la"]]),
        ("  ls\t-a  ", [["ls", "-a"]]),
        ("npm test && rm -rf src", [["npm", "test"], ["rm", "-rf", "src"]]),
        ("a || b; c & d | e |& f\ng", [[name] for name in "abcdefg"]),
        ("ls;ls", [["ls"], ["ls"]]),
        ("ls\n\\rm -rf x", [["ls"], ["rm", "-rf", "x"]]),
        ("r'm' x", [["rm", "x"]]),
        ('"rm" x', [["rm", "x"]]),
        (r"r\m x", [["rm", "x"]]),
        ("'if' x", [["if", "x"]]),
        (r"\if x", [["if", "x"]]),
        ("echo 'a b' \"c d\" e\\ f", [["echo", "a b", "c d", "e f"]]),
        ('echo "a\\"b\\\\c\\d"', [["echo", 'a"b\\c\\d']]),
        ("echo '' \"\"", [["echo", "", ""]]),
        ("echo a#b # c; rm x", [["echo", "a#b"]]),
        ("echo 'a\nb'", [["echo", "a\nb"]]),
        ("echo a \\\n  b", [["echo", "a", "b"]]),
        ("A=1 B='x y' cmd", [["cmd"]]),
        ("cat a | A=1 >/dev/null rm -rf y", [["cat", "a"], ["rm", "-rf", "y"]]),
        ("! A=1 >f rm x", [["rm", "x"]]),
        (">f rm x", [["rm", "x"]]),
        ("rm > f x", [["rm", "x"]]),
        ("cat <<EOF; rm -rf src\nhello\nEOF\nls", [["cat"], ["rm", "-rf", "src"], ["ls"]]),
        ("cat <<'EOF'\n$(rm x)\nEOF", [["cat"]]),
        ("cat <<-E\n\thi\n\tE\nls", [["cat"], ["ls"]]),
        ("git commit -m \"$(cat <<'EOF'\nit's `x`)\nEOF\n)\"", [["cat"], None]),
        ("echo $(rm -rf src)", [["rm", "-rf", "src"], ["echo", "$(rm -rf src)"]]),
        ('echo "$(a $(b))"', [["b"], ["a", "$(b)"], None]),
        ("x=$(rm y)", [["rm", "y"], []]),
        ("(ls; rm x)", [["ls"], ["rm", "x"]]),
        ("{ ls; rm x; } > f", [["ls"], ["rm", "x"], []]),
        ("if a; then b; elif c; then d; else e; fi", [["a"], ["b"], ["c"], ["d"], ["e"]]),
        ("for f in *.py; do wc $f; done", [["wc", "*.py"]]),
        ("while a; do b; done; until c\ndo d\ndone", [["a"], ["b"], ["c"], ["d"]]),
        ("time ls", [["ls"]]),
        ("time ! a | b", [["a"], ["b"]]),
        ("echo if then { } ! done", [["echo", "if", "then", "{", "}", "!", "done"]]),
        ("echo `rm x` \"`a b`\"", [["rm", "x"], ["a", "b"], None]),
        ("diff <(a b) -u <(c | d)", [["a", "b"], ["c"], ["d"], None]),
        ("case $x in a|b) c;; (*) d e; esac", [["c"], ["d", "e"]]),
        ("[[ -f a && ( $b == c* || ! d =~ ^(e|f)$ ) ]] && g", [None, ["g"]]),
        ("[[ 1 -lt $((2+3)) ]]; ((1)); a", [None, ["a"]]),
        ("for ((i = 0; i < 3; i++)); do a; done", [["a"]]),
        ("i=0; while b; do i=$((i+1)); c $i; done", [[], ["b"], [], ["c", "$i"]]),
        ("for f in a 'b c'; do x \"$f\" $f; done", [["x", "a", "a"], ["x", "b c", "b", "c"]]),
        ("for f in {1..2}; do x $f; done", [["x", "1"], ["x", "2"]]),
        ("f='*.py -l'; x $f \"$f\"", [[], ["x", "*.py", "-l", "*.py -l"]]),
        ("f=; x $f \"$f\" a", [[], ["x", "", "a"]]),
        ("f=d/a.py; x ${f%.py} ${f##*/} ${f%/*} ${f#d/} ${g:-z}", [[], ["x", "d/a", "a.py", "d", "a.py", "${g:-z}"]]),
        ("f=a; (f=b; x $f); y $f", [[], [], ["x", "b"], ["y", "a"]]),
        ("f=a; c && f=b; x $f", [[], ["c"], [], ["x", "a"], ["x", "b"]]),
        ("f=a; f=b | c; x $f", [[], [], ["c"], ["x", "a"]]),
        ("f=a; read f; x $f", [[], ["read", "f"], ["x", "$f"]]),
        ("f=a; while c; do x $f; f=b; done", [[], ["c"], ["x", "$f"], []]),
        ("export f=a; x $f", [["export", "f=a"], ["x", "a"]]),
        ("x {a,b}/c.{d,e} f{,.g} {}", [["x", "a/c.d", "a/c.e", "b/c.d", "b/c.e", "f", "f.g", "{}"]]),
        ("x $HOME/a $(pwd)/b \"$PWD\"", [["pwd"], ["x", "/home/u/a", "/p/b", "/p"]]),
        ("x $'a\\tb'", [["x", "a\tb"]]),
        ("cat <<E\n$a ${b:-c} \\$(x)\nE", [["cat"]]),
        ("find . -name '*.py' -exec rm {} \\;", [["find", ".", "-name", "*.py", "-exec", "rm", "{}", ";"]]),
        ("git show stash@{0} HEAD~1 HEAD^", [["git", "show", "stash@{0}", "HEAD~1", "HEAD^"]]),
        ("cat ~/x ~", [["cat", "/home/u/x", "/home/u"]]),
        ("[ -f x ] && test -n \"$y\"", [["[", "-f", "x", "]"], ["test", "-n", '"$y"']]),
        ("grep 'x$' f 2>&1 >/dev/null", [["grep", "x$", "f"]]),
        ("echo $ a$ \"b$\"", [["echo", "$", "a$", "b$"]]),
        ("set -euo pipefail; ls", [["set", "-euo", "pipefail"], ["ls"]]),
        ("while IFS= read -r line; do echo \"$line\"; done < f", [["read", "-r", "line"], ["echo", '"$line"'], []]),
    ],
)  # fmt: skip
def test_commands_are_read(text: str, expected: list[list[str] | None]) -> None:
    """The words are those bash would pass; ``None`` stands for a command whose words are not compared."""
    found = words(text)
    assert len(found) == len(expected)
    assert [one for one, wanted in zip(found, expected, strict=True) if wanted is not None] == [
        wanted for wanted in expected if wanted is not None
    ]


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "# only a comment", "&& ls", "ls &&", "ls |", "ls ; ; ls", "ls &; ls", ";; ls", "ls ||| ls",
        'echo "unterminated', "echo 'unterminated", "echo \\", "echo $(ls", "(ls", "{ ls; ", "{ ls }", "ls)", "if a; then b",
        "for x in a; do b", "while a; do b", "cat <<EOF\nno end", "cat <<EOF", "echo >", "cat <",
        "$CMD x", "${CMD}", "$(echo rm) x", "r$X", "/bin/l?", "l{s,}", "l[s]", "''", '"$x"', "~/$x", "timeout 5 $X",
        "echo `a \\`rm x\\``", 'echo "`rm "x"`"', "echo `rm", "echo ``", "echo `a # `", "echo `cat <<E\nE\n`", "echo ${x@P}", "echo ${x:=y}", "echo ${!x}", "echo ${x:-$(rm y)}", "echo $((a[1]))", "echo $((x=1))", "echo $((A))", "echo $((1)",
        "echo $[1]", "echo $'\\x41'", 'echo $"a"', "cat$IFS/x", "((a[$(rm x)]))", "((A))", "A='a[$(rm x)]'; ((A))", "read i; ((i))", "i=$(cat f); ((i > 1))", "[[ $x -eq 1 ]]",
        "[[ -v a[0] ]]", "[[ -R x ]]", "[[ -t 1 ]]", "[[ a ]", "[[ a\n]]", "[[ ]]", "[[ a b ]]", "[[ a == @(b) ]]", "[[ a =~ \\(b ]]",
        "cat <(rm x)a", "cat a<(rm x)", "cat \\ <(rm x)", "cat a\\\\\\ <(rm x)", "cat <<E <(rm x)\nE", "<(rm x)", "cat < <(rm x)", "tee >(rm x)", "ls() { rm x; }; ls", "function f { rm x; }", "case a in a) ls;& b) ls;; esac", "case a in a) ls;;& esac",
        "case a in a) ls; fi", "case a in", "case a b", "echo $(case a in a) ls;; esac)", "coproc rm x",
        "select x in a; do rm x; done", "for ((;;)); do", "for ((a[0];;)); do ls; done", "for ((;)); do ls; done", "for x; do ls; done", "for ((;;)) & do ls; done",
        "eval rm x", "source f", ". f", "exec rm x",
        "trap 'rm x' EXIT", "alias ls=rm", "shopt -s expand_aliases", "enable -f x y", "hash -p /bin/rm ls", "bind x",
        "command eval rm x", "builtin eval rm x", r"\eval rm x", "e'v'al rm x", "a[0]=1", "a=(1 2)", "a[$(rm x)]=1",
        "declare x=1", "declare -n r=x", "unset -f ls", "unset PATH", "let x=1", "readarray a", "mapfile -C rm a", "fc -s", "compgen -C rm",
        "test -v 'a[$(rm x)]'", "[ -v 'a[$(rm x)]' ]", "test $x", "[ $x ]", "[ * ]", "[ -R x ]", "printf -v 'a[$(rm x)]' y",
        "printf \"$f\" x", "printf %n 'a[$(rm x)]'", "read 'a[$(rm x)]'", "wait -p 'a[$(rm x)]'", "wait $x", "jobs -x rm y",
        "PATH=/evil; ls", "IFS=x; ls", "export PATH=/evil", "for PATH in /evil; do ls; done", "read PATH", "HOME=/x; cd",
        "SECONDS='a[$(rm x)]' ls", "RANDOM='a[$(rm x)]'", "BASH_ENV=x; ls", "LD_PRELOAD=x; ls", "PS4='$(rm x)'; set -x",
        "set -o posix", "set -- x", "export -f ls", "export $X", "A=1 if true", ">f if true",
        "cat <<EOF\n$(rm x)\nEOF", "cat <<EOF\n`rm x`\nEOF", "cat <<EOF\nx\\\nEOF", "cat <<EOF\n${x:-$(rm y)}\nEOF", "cat <<EOF\n$((x))\nEOF", "cat <<$X\nEOF", "cat <<'E\nF'\nE\nF",
        "cat <<EOF\nEOFx\nEOF", "echo $(cat <<E\nx\nE)", "echo $(ls # rm )\n)", "cat <<E $(ls\n)\nE", "cat <<E 'a\nb'\nE",
        "echo $(a <<'E'\nx\nE\n b; c)", "echo $(a <<'E' | b\nx\nE\n)", "echo $(! a <<'E'\nx\nE\n)",
        "echo $( (a <<'E'\nx\nE\n) )", "i\\\nf", "echo a\\\nb", "echo \"a\\\nb\"", "ls;\\\nrm x", "{fd}>f rm x", "ls >&$x", "ls >&'a b'", "ls <&x", "ls 2>&-x",
        "ls 99999999999>f", "ls\r\nrm x", "ls\x00", "ls \u200b", "ls\u00a0-a", "ls \u202ex", "ls \U000e0041", "ls \x1b[0m",
        "ls \ue000", "ls \ud800", "echo " + "x" * 10_000, "( " * 40 + "ls" + " )" * 40, "$(" * 40 + "ls" + ")" * 40, "time -p ls", "a | time b",
        "a | ! b", "!", "time", "do", "fi", "}", "in x", "ls (x)", "echo a(b)", "echo ?(a)", "xargs $x", "command -p ls",
    ],
)  # fmt: skip
def test_what_is_not_known_is_refused(text: str) -> None:
    """Whatever may run more than it says, or cannot be read, is refused, with a reason and a place."""
    with pytest.raises(Refused) as refusal:
        read(text)
    assert refusal.value.reason
    assert 0 <= refusal.value.position <= len(text)


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("cd src && x", {"/p/src"}),
        ("cd src; x", {"/p", "/p/src"}),
        ("cd src\ncd sub && x", {"/p/sub", "/p/src/sub"}),
        ("cd src || x", {"/p"}),
        ("cd a && cd ../b && x", {"/p/b"}),
        ("cd /abs && x", {"/abs"}),
        ("cd && x", {"/home/u"}),
        ("cd ~/y && x", {"/home/u/y"}),
        ("(cd src) && x", {"/p"}),
        ("cd src | cat; x", {"/p"}),
        ("cd src & x", {"/p"}),
        ("echo $(cd src); x", {"/p"}),
        ("{ cd src; } && x", {"/p/src"}),
        ("if cd a; then x; fi", {"/p/a"}),
        ("! cd a && x", {"/p"}),
        ("cd - && x", None),
        ("cd $d && x", None),
        ("cd * && x", None),
        ("cd a b && x", None),
        ("pushd a && x", None),
        ("A=1 cd a && x", None),
        ("command cd a && x", None),
        ("while cd ..; do x; done", None),
        ("for d in a b; do cd $d; x; done", None),
        ("cd a; cd b; cd c; x", None),
    ],
)
def test_places_are_followed(text: str, places: set[str] | None) -> None:
    """Where ``x`` may run; ``None`` where it is not known."""
    found = next(command.places for command in read(text) if command.words and command.words[0].value == "x")
    assert found == (None if places is None else frozenset(places))


@pytest.mark.parametrize(
    ("text", "inherited"),
    [
        ("A=1; x", ("A=1",)),
        ("export A=1 b=2; x", ("A=1", "b=2")),
        ("B=1; x", ()),
        ("for b in a; do x; done", ()),
        ("http_proxy=evil; x", ("http_proxy=evil",)),
        ("for F in a; do x; done", ("F=...",)),
        ("read -r LINE; x", ("LINE=...",)),
        ("A=1 y; x", ()),
        ("for b in 1 2; do x; A=1; done", ("A=1",)),
        ("while x; do export B=1; done", ("B=1",)),
    ],
)
def test_assignments_that_last_are_told_with_later_commands(text: str, inherited: tuple[str, ...]) -> None:
    """A variable that programs may see stands in front of every command after it."""
    assert next(one.inherited for one in read(text) if one.words and one.words[0].value == "x") == inherited


def test_redirections_are_listed() -> None:
    """Every operator with its target, wherever it stands."""
    command = read("<in x >out 2>> log &>all <<< word 3<>both >|force")[0]
    listed = [(one.operator, one.target.value) for one in command.redirections]
    assert listed == [
        ("<", "in"), (">", "out"), (">>", "log"), ("&>", "all"), ("<<<", "word"), ("<>", "both"), (">|", "force"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "unit",
    [
        "(", "$(", "[", "{", "{a,", "{a,b}", "{a..z}{a..z} ", "a=1;", "a&&", "$a ", '"$a"', "for a in 1 2;do ", "if a;then ", "<<E ", "`", "[[ ! ", "[[ a && ", "((", "$((1+",
        "case a in a) ", "find . -exec ", "xargs ", "timeout 5 ", "cat <(", "export a=1;", "cd a;", "~ ", "\\a", "* ", "!", "${a%b}", "'a' ", "a>b ", "-", "x|", "{1..50}{1..50} ",
    ],
)  # fmt: skip
def test_a_hostile_text_is_read_quickly(unit: str) -> None:
    """Nothing takes long by being repeated, and nothing nested exhausts the stack."""
    start = process_time()
    for text in (
        unit * (9_900 // len(unit)),
        "ls " + unit * (9_900 // len(unit)),
        f"for x in {{1..30}};do ls $x {unit};done",
    ):
        with suppress(Refused):
            read(text)
    assert process_time() - start < 1


@given(st.text(st.sampled_from("ab$(){}[]<>|&;'\"\\`!#~*?= \t\nEOF"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes the reader fail in another way, and each command has a name that is known."""
    try:
        commands = read(text)
    except Refused:
        return
    assert all(command.words[0].literal for command in commands if command.words)
