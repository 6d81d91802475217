"""Critical paths: which words of which commands remove them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from gaff.plugins.builtin.permissions._critical import HANDED_ON, CriticalFolders

FOLDERS = CriticalFolders(
    home="/home/u", cwd="/home/u/work/proj/sub", project="/home/u/work/proj", added=("/data/added",)
)

CRITICAL = """
/ // /. /../.. /etc /etc/ /ETC /e* /* /{etc,usr} /home /home/* /home/u /home/u/ /HOME/U /home/? /home/{u,x}
/home/u/work /home/u/work/proj /home/u/work/* /home/*/work /home/u/work/proj/sub . ./ .. ../ ../.. ../../..
../* * .* ./* ./.* ** ?* {*,.*} ../sub ../../proj ~ ~/ ~/. ~/work ~root
~nobody-of-that-name $HOME ${HOME} $HOME/ $HOME/work $PWD
$PWD/.. "$HOME" $X/ $X/* ${X}/ ${X:?}/* "$X"/* "${X}"/. $X/..
$X/{a,b} $(pwd)/* `pwd`/
C: C:/ C:\\ c:/* /mnt/c /mnt/c/
/data /data/added/*.txt /data/added/* /data/added/x/*.txt /etc/* /data/* /proc/self/root/ /proc/self/root/etc
""".split()

HARMLESS = """
build ./build build/ build/* build/*.o *.pyc *.o .cache /etc/passwd /home/u/x /home/u/work/other /home/v/x
/home/*/x ~/x ~/work/other $X "$X" $X/build ${X}/build/* $HOME/x $HOME/x/* $PWD/build ../other ../other/*
/data/added/x /data/x /data/added/x/a.txt /mnt/c/x x/.. sub
""".split()


@pytest.mark.parametrize("word", CRITICAL)
def test_critical_words(word: str) -> None:
    """These words are the root, home, the project, what holds them, or might be."""
    assert FOLDERS.includes(word)
    assert FOLDERS.named_by(("rm", "-rf", word)) == word


@pytest.mark.parametrize("word", [word for word in HARMLESS if word != "x/.."])
def test_harmless_words(word: str) -> None:
    """These are below, beside, or not known to be anything but a name."""
    assert not FOLDERS.includes(word)


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf /",
        "/bin/rm -rf -- /",
        "rmdir /etc",
        "sudo rm -rf /",
        "sudo -u x env A=1 rm -rf /",
        "busybox rm -rf /",
        "xargs rm -rf /",
        "find / -delete",
        "find -L / -name x -delete",
        "find / -exec rm -rf {} +",
        "find -delete",
        "sudo find / -delete",
        "eval rm -rf /",
    ],
)
def test_commands_that_remove(command: str) -> None:
    """Removal is seen behind launchers and in ``find``."""
    assert FOLDERS.named_by(command.split()) in ("/", "/etc", ".")


@pytest.mark.parametrize(
    "words",
    [("xargs", "rm", "-rf"), ("sudo", "xargs", "-n1", "rm"), ("xargs", "sh", "-c", "rm -rf $@"), ("bash", "-c", "rm -rf $1", "_", "~"),
     ("env", "bash", "-c", "x=1; rm -rf $x")],
)  # fmt: skip
def test_what_is_handed_on_may_be_critical(words: tuple[str, ...]) -> None:
    """Names that come from another command or a variable of another shell may be any."""
    assert FOLDERS.named_by(words) == HANDED_ON


def test_commands_in_texts_for_another_shell() -> None:
    """What ``sh -c`` runs is looked through."""
    assert FOLDERS.named_by(("bash", "-c", "cd x && rm -rf /")) == "/"
    assert FOLDERS.named_by(("sudo", "sh", "-c", "rm -rf ~")) == "~"
    assert FOLDERS.named_by(("bash", "-c", "echo hello there")) is None


@pytest.mark.parametrize(
    "command", ["", "ls /", "find / -name rmdir.txt", "find build -delete", "grep rm /", "echo rm -rf /"]
)
def test_commands_that_remove_nothing_critical(command: str) -> None:
    """Naming a critical path is not removing it."""
    assert FOLDERS.named_by(command.split()) is None


@pytest.mark.parametrize(
    "text",
    [
        "x=1; rm -rf /",
        "a && rm -rf '/'",
        "echo $(rm -rf ~)",
        "echo `rm -rf ~`",
        "cat <(rm -rf /)",
        "for x in a; do rm -rf /; done",
        "if true; then\n rm -rf /\nfi",
        "r\\m -rf /",
        "FOO=1 nice rm -rf /",
        'rm -rf "${X:-}"/*',
        "rm -rf $(pwd)/*",
        "{ rm -rf /; }",
        "! rm -rf /",
    ],
)
def test_texts_that_cannot_be_read(text: str) -> None:
    """In a text that was not understood, every place a command may stand is looked at."""
    assert FOLDERS.named_in(text)


@given(st.text(), st.sampled_from([";", "&&", "|", "\n", "&"]))
def test_removal_behind_any_text(text: str, operator: str) -> None:
    """Whatever stands in front of an operator hides nothing behind it."""
    assert FOLDERS.named_in(f"{text} {operator} rm -rf /")


@given(st.text(alphabet="ab*.?~$/{}[]\\'\" ", max_size=12))
def test_no_word_breaks_the_check(word: str) -> None:
    """Every word gets an answer."""
    assert FOLDERS.includes(word) in (True, False)


def test_a_link_to_a_critical_folder(tmp_path: Path) -> None:
    """A name that leads to the home folder counts as the home folder."""
    (tmp_path / "home").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "home")
    folders = CriticalFolders(
        home=os.fspath(tmp_path / "home"), cwd=os.fspath(tmp_path), project=os.fspath(tmp_path), added=()
    )
    assert folders.includes("link/")
    assert not folders.includes("other")
