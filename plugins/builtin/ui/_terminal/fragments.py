"""Text with gaff's colours as prompt_toolkit draws it.

prompt_toolkit's own reader makes a fragment of every character, which costs more than drawing them.
"""

from __future__ import annotations

import re
from typing import Final

from prompt_toolkit.formatted_text import StyleAndTextTuples

_SGR: Final = re.compile(r"\x1b\[([0-9;]*)m")
_COLOURS: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "gray")
_STYLES: Final = {
    "1": "bold",
    "2": "dim",
    "3": "italic",
    "4": "underline",
    "9": "strike",
    **{str(30 + place): f"ansi{name}" for place, name in enumerate(_COLOURS)},
}


def fragments(text: str) -> StyleAndTextTuples:
    """Return text with colours as styled pieces; codes that gaff does not use count for nothing."""
    out: StyleAndTextTuples = []
    style, start = "", 0
    for found in _SGR.finditer(text):
        if found.start() > start:
            out.append((style, text[start : found.start()]))
        start = found.end()
        for code in found.group(1).split(";"):
            style = (
                f"{style} {_STYLES[code]}".lstrip() if code in _STYLES else "" if code in ("", "0") else style
            )
    if start < len(text):
        out.append((style, text[start:]))
    return out
