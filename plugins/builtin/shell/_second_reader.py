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
_NAME: Final = re.compile(r"[\w./+:@%\[-]*[\w\[]", re.ASCII)
#: How much of the text is looked at, and how many words a text is told with.
_MOST_CHARACTERS: Final = 200_000
_MOST_WORDS: Final = 200
_LONGEST_LOOK: Final = 16


def names_anywhere(text: str) -> dict[str, None]:
    """Return, in order, texts that may be commands of this text: those of the grammar, and from each word on."""
    text = text[:_MOST_CHARACTERS]
    return dict.fromkeys((*names_parsed(text), *_from_each_word(text)))


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
