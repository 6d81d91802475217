"""The second reader: command names to hold denials against, where the strict reader refused.

It errs on the side of too many, and nothing it says may ever grant a permission: tree-sitter-bash takes
some commands for arguments without an error, so the words of the text are given as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tree_sitter import Node

_BREAKS: Final = re.compile(r"[\s|&;()<>`{}$=!]+")
_QUOTING: Final = re.compile(r"['\"\\]")
_ANSI_QUOTED: Final = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPE: Final = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|(.))", re.DOTALL
)
_SPELT: Final = {"n": "\n", "t": "\t", "r": "\r"}
_HOME: Final = re.compile(r"\$(?:HOME\b|\{HOME\})")
_FILE_BREAKS: Final = re.compile(r"[\s|&;()<>`{}=,]+|\$(?=\()")
_NAME: Final = re.compile(r"[\w./+:@%\[-]*[\w\[]", re.ASCII)
#: How much of the text is looked at, and how many words a text is told with.
_MOST_CHARACTERS: Final = 200_000
_MOST_WORDS: Final = 200
_LONGEST_LOOK: Final = 16


def names_anywhere(text: str) -> dict[str, None]:
    """Return, in order, texts that may be commands of this text: those of the grammar, and from each word on."""
    text = text[:_MOST_CHARACTERS]
    spelt = _ANSI_QUOTED.sub(lambda found: _ESCAPE.sub(_meant, found[1]), text)
    texts = dict.fromkeys((text, spelt, spelt.replace(",", " ")))
    return dict.fromkeys((*names_parsed(text), *(name for one in texts for name in _from_each_word(one))))


def _meant(escape: re.Match[str]) -> str:
    """Return the character that an escape inside of ``$'...'`` stands for."""
    *numbers, octal, other = escape.groups()
    if other is not None:
        return _SPELT.get(other, other)
    code = int(octal, 8) if octal else int(next(number for number in numbers if number), 16)
    return chr(code) if 0 < code < 0xD800 else ""


def words_anywhere(text: str) -> dict[str, None]:
    """Return, in order, the words of a text, quotes off, that may be the names of files."""
    text = _ANSI_QUOTED.sub(lambda found: _ESCAPE.sub(_meant, found[1]), text[:_MOST_CHARACTERS])
    text = _HOME.sub("~", text.replace("\\\n", ""))
    words = _FILE_BREAKS.split(_QUOTING.sub("", text))
    return dict.fromkeys(word for word in words[:_MOST_WORDS] if word and not word.startswith("-"))


def names_parsed(text: str) -> Iterator[str]:
    """Yield the commands that tree-sitter-bash sees, quotes off; nothing where it is not installed."""
    try:
        import tree_sitter_bash
        from tree_sitter import Language, Parser
    except ImportError:
        return
    parser = Parser(Language(tree_sitter_bash.language()))
    waiting = [parser.parse(text.encode("utf-8", "replace")).root_node]
    while waiting:
        node = waiting.pop()
        waiting += reversed(node.children)
        if node.type == "command" and (found := _command_text(node)):
            yield found


def _command_text(node: Node) -> str:
    name = node.child_by_field_name("name")
    words = [name, *node.children_by_field_name("argument")]
    texts = [(word.text or b"").decode("utf-8", "replace") for word in words if word is not None]
    return _QUOTING.sub("", " ".join(texts)).strip()


def _from_each_word(text: str) -> Iterator[str]:
    """Yield what follows from each word on, quotes off, as if a command began there."""
    words = [word for word in _BREAKS.split(_QUOTING.sub("", text.replace("\\\n", ""))) if word]
    for start, word in enumerate(words[:_MOST_WORDS]):
        if not word.startswith("-") and _NAME.fullmatch(word):
            yield " ".join(words[start : start + _LONGEST_LOOK])
