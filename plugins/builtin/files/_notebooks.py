"""Jupyter notebooks as cells with their outputs. Source: nbformat.readthedocs.io, format 4."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gaff.hooks import Json, JsonObject, text_block
from gaff.hooks.values import list_at, object_at, text_at

#: A notebook larger than this is not taken apart.
MAX_FILE: Final = 64 << 20
#: Characters of one output that are shown, and bytes of base64 of one picture.
MAX_OUTPUT: Final = 10_000
MAX_PICTURE: Final = 1_500_000

#: Colours and the like, which programs print for terminals.
CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")

PICTURES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")


@dataclass(frozen=True)
class Notebook:
    """The cells in the documented result shape, and what the model sees of each."""

    cells: Sequence[JsonObject]

    def blocks(self, number: int, longest: int) -> Iterator[JsonObject]:
        """Return the content blocks that show the cell at this place, counted from 1; texts up to ``longest``."""
        cell = self.cells[number - 1]
        count = cell.get("execution_count")
        run = f" run={count}" if isinstance(count, int) else ""
        heading = f'<cell {number} id="{text_at(cell, "cell_id")}" {text_at(cell, "cellType")}{run}>'
        text = f"{heading}\n{_shortened(text_at(cell, 'source'), longest)}"
        for output in list_at(cell, "outputs"):
            shown = output if isinstance(output, dict) else {}
            if words := text_at(shown, "text"):
                text += f"\n<output>\n{words}"
            if picture := object_at(shown, "image"):
                yield text_block(text)
                yield _picture_block(picture)
                text = ""
        if text.strip():
            yield text_block(text)


def _picture_block(picture: JsonObject) -> JsonObject:
    kind, data = text_at(picture, "media_type"), text_at(picture, "image_data")
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}


def parse_notebook(text: str) -> Notebook | None:
    """Read a notebook; ``None`` where the text is none."""
    try:
        document: JsonObject = object_at({"": json.loads(text)}, "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(document.get("cells"), list):
        return None
    language = text_at(object_at(object_at(document, "metadata"), "language_info"), "name", "python")
    cells = (cell for cell in list_at(document, "cells") if isinstance(cell, dict))
    return Notebook([_cell(cell, index, language) for index, cell in enumerate(cells)])


def _cell(cell: JsonObject, index: int, language: str) -> JsonObject:
    kind = text_at(cell, "cell_type", "code")
    out: dict[str, Json] = {"cellType": kind, "source": _joined(cell.get("source"))}
    out["cell_id"] = text_at(cell, "id", f"cell-{index}")
    if kind == "code":
        out["language"] = language
        out["execution_count"] = cell.get("execution_count")
        outputs = (output for output in list_at(cell, "outputs") if isinstance(output, dict))
        out["outputs"] = [_output(output) for output in outputs]
    return out


def _output(output: JsonObject) -> JsonObject:
    kind = text_at(output, "output_type")
    out: dict[str, Json] = {"output_type": kind}
    data = object_at(output, "data")
    if kind == "error":
        text = "\n".join(str(line) for line in list_at(output, "traceback")) or _error_line(output)
    else:
        text = _joined(output.get("text")) or _joined(data.get("text/plain"))
    if text:
        out["text"] = _shortened(CONTROL.sub("", text), MAX_OUTPUT)
    for media_type in PICTURES:
        picture = _joined(data.get(media_type)).replace("\n", "")
        if 0 < len(picture) <= MAX_PICTURE:
            return {**out, "image": {"image_data": picture, "media_type": media_type}}
    return out


def _error_line(output: JsonObject) -> str:
    return f"{text_at(output, 'ename')}: {text_at(output, 'evalue')}"


def _joined(value: Json) -> str:
    """Texts are strings or lists of lines in this format."""
    if isinstance(value, str):
        return value
    return "".join(str(line) for line in value) if isinstance(value, list) else ""


def _shortened(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    half = max(longest, 200) // 2
    left_out = len(text) - 2 * half
    return f"{text[:half]}\n[... {left_out:,} characters left out ...]\n{text[-half:]}"
