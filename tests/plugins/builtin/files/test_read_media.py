"""Read shows images, notebooks and PDF files as the model can take them."""

from __future__ import annotations

import base64
import io
import json
import struct
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from gaff.hooks import JsonObject, ToolError
from gaff.plugins.builtin.files._documents import parse_pages

from .conftest import Files


def png(width: int, height: int) -> bytes:
    """Return a grey PNG file of this size."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def pdf(pages: Sequence[str]) -> bytes:
    """Return a PDF file with a line of text on each page."""
    kids = " ".join(f"{4 + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for index, text in enumerate(pages):
        stream = f"BT /F 12 Tf 50 700 Td ({text}) Tj ET" if text else ""
        resources = "/Resources<</Font<</F 3 0 R>>>>/MediaBox[0 0 600 800]"
        objects.append(f"<</Type/Page/Parent 2 0 R{resources}/Contents {5 + 2 * index} 0 R>>")
        objects.append(f"<</Length {len(stream)}>>stream\n{stream}\nendstream")
    out, places = "%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\n"
    return f"{out}{end}startxref\n{len(out)}\n%%EOF\n".encode()


def without(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Make as if these modules were not installed."""
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


async def blocks(files: Files, **parameters: Any) -> list[JsonObject]:
    """Return the content blocks of a read."""
    output = await files.call("Read", **parameters)
    return list(cast("Sequence[JsonObject]", output.content))


def size_of(block: JsonObject) -> tuple[int, int]:
    """Return the size of the picture in a content block."""
    from PIL import Image

    data = cast("dict[str, str]", block["source"])["data"]
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        return image.size


async def test_shows_an_image_as_it_is(files: Files) -> None:
    """An image that fits is sent byte for byte, whatever its name."""
    data = png(30, 20)
    files.write("picture.txt", data)
    output = await files.response("Read", file_path="picture.txt")
    sides = {"originalWidth": 30, "originalHeight": 20, "displayWidth": 30, "displayHeight": 20}
    file = {"base64": base64.b64encode(data).decode(), "type": "image/png", "originalSize": len(data)}
    assert output == {"type": "image", "file": {**file, "dimensions": sides}}
    (block,) = await blocks(files, file_path="picture.txt")
    assert block["source"] == {"type": "base64", "media_type": "image/png", "data": file["base64"]}


async def test_makes_a_large_image_smaller(files: Files) -> None:
    """More pixels than the model takes are made fewer, in proportion."""
    files.write("wide.png", png(4_000, 1_000))
    (block,) = await blocks(files, file_path="wide.png")
    assert size_of(block) == (2_000, 500)


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "WEBP"])
async def test_knows_the_size_of_every_kind(files: Files, kind: str) -> None:
    """Width and height are read from the header of each format."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (33, 22)).save(buffer, kind)
    files.write("picture", buffer.getvalue())
    output = await files.response("Read", file_path="picture")
    assert output["file"]["dimensions"]["originalWidth"] == 33
    assert output["file"]["dimensions"]["originalHeight"] == 22
    assert output["file"]["type"] == f"image/{kind.lower()}"


async def test_says_what_to_install_for_large_images(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Pillow a large image is refused with what makes it smaller."""
    without(monkeypatch, "PIL")
    files.write("wide.png", png(4_000, 1_000))
    with pytest.raises(ToolError, match=r"4000x1000 pixels.*pip install 'gaff\[documents\]'"):
        await files.call("Read", file_path="wide.png")


async def test_refuses_a_bomb(files: Files) -> None:
    """A small file that claims 10,000 megapixels is not decoded."""
    data = bytearray(png(10, 10))
    data[16:24] = struct.pack(">II", 100_000, 100_000)
    files.write("bomb.png", bytes(data))
    with pytest.raises(ToolError, match="too many pixels"):
        await files.call("Read", file_path="bomb.png")


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\0", png(3_000, 3_000)[:5_000]])
async def test_refuses_a_damaged_image(files: Files, data: bytes) -> None:
    """What no model could read is not sent: one bad image would spoil every later request."""
    files.write("broken.png", data)
    with pytest.raises(ToolError, match="damaged"):
        await files.call("Read", file_path="broken.png")


def notebook(*cells: dict[str, Any]) -> str:
    """Return a notebook file."""
    return json.dumps({"cells": cells, "metadata": {"language_info": {"name": "python"}}, "nbformat": 4})


CODE = {
    "cell_type": "code",
    "id": "abc",
    "source": ["x = 1\n", "x"],
    "execution_count": 7,
    "outputs": [{"output_type": "execute_result", "data": {"text/plain": ["1"]}}],
}


async def test_shows_a_notebook(files: Files) -> None:
    """Cells come with their source and output, also to hooks."""
    path = files.write("n.ipynb", notebook({"cell_type": "markdown", "source": "# Title"}, CODE))
    first, second = await blocks(files, file_path="n.ipynb")
    assert first["text"] == '<cell 1 id="cell-0" markdown>\n# Title'
    assert second["text"] == '<cell 2 id="abc" code run=7>\nx = 1\nx\n<output>\n1'
    output = await files.response("Read", file_path="n.ipynb")
    assert (output["type"], output["file"]["filePath"]) == ("notebook", str(path))
    assert output["file"]["cells"][1]["outputs"] == [{"output_type": "execute_result", "text": "1"}]


async def test_shows_pictures_of_a_notebook(files: Files) -> None:
    """Plots are shown as images."""
    picture = base64.b64encode(png(5, 5)).decode()
    output = {"output_type": "display_data", "data": {"image/png": picture, "text/plain": "<Figure>"}}
    files.write("n.ipynb", notebook({**CODE, "outputs": [output]}))
    text, image = await blocks(files, file_path="n.ipynb")
    assert str(text["text"]).endswith("<output>\n<Figure>")
    assert size_of(image) == (5, 5)


async def test_cuts_long_outputs_of_a_notebook(files: Files) -> None:
    """A cell that printed a megabyte does not fill the conversation."""
    output = {"output_type": "stream", "text": "a" * 1_000_000}
    files.write("n.ipynb", notebook({**CODE, "outputs": [output]}))
    (block,) = await blocks(files, file_path="n.ipynb")
    assert "990,000 characters left out" in str(block["text"])


async def test_pages_through_a_notebook(files: Files) -> None:
    """Cells that do not fit are announced, and offset goes on."""
    files.session.environ["CLAUDE_CODE_FILE_READ_MAX_OUTPUT_TOKENS"] = "50"
    cells = [{"cell_type": "markdown", "id": f"c{number}", "source": "w" * 100} for number in range(4)]
    files.write("n.ipynb", notebook(*cells))
    *_, notice = await blocks(files, file_path="n.ipynb")
    assert notice["text"] == "[PARTIAL view: up to cell 1 of 4. Go on with offset=2.]"
    assert (await blocks(files, file_path="n.ipynb", offset=4))[0][
        "text"
    ] == f'<cell 4 id="c3" markdown>\n{"w" * 100}'


async def test_shows_a_broken_notebook_as_text(files: Files) -> None:
    """What is no notebook, though called one, can still be read."""
    files.write("n.ipynb", '{"cells": ')
    assert await files.text("Read", file_path="n.ipynb") == '     1\t{"cells": '


async def test_shows_a_document(files: Files) -> None:
    """The text of each page is shown, and kept in a folder that hooks are told."""
    data = pdf([f"This is what page {number} says to whoever reads it, in full." for number in (1, 2)])
    path = files.write("a.pdf", data)
    output = await files.response("Read", file_path="a.pdf")
    folder = Path(output["file"].pop("outputDir"))
    assert output == {"type": "parts", "file": {"filePath": str(path), "originalSize": len(data), "count": 2}}
    assert "page 2 says" in (folder / "page-2.txt").read_text()
    heading, first, _ = await blocks(files, file_path="a.pdf")
    assert heading["text"] == f"Pages 1-2 of 2: {path}"
    assert "page 1 says" in str(first["text"])


async def test_draws_pages_without_text(files: Files) -> None:
    """A scan has no text: the page is shown as a picture."""
    files.write("a.pdf", pdf([""]))
    _, text, picture = await blocks(files, file_path="a.pdf")
    assert "(no text)" in str(text["text"])
    assert size_of(picture)[1] > 1_000


async def test_long_documents_need_pages(files: Files) -> None:
    """Above 10 pages the call must say which."""
    files.write(
        "a.pdf", pdf([f"Page number {number}, long enough not to be drawn at all." for number in range(12)])
    )
    with pytest.raises(ToolError, match=r"has 12 pages\. Say which with pages"):
        await files.call("Read", file_path="a.pdf")
    heading, *_ = await blocks(files, file_path="a.pdf", pages="11-20")
    assert str(heading["text"]).startswith("Pages 11-12 of 12")


@pytest.mark.parametrize(
    ("text", "pages"), [("3", range(3, 4)), (" 1 - 5 ", range(1, 6)), ("2-21", range(2, 22))]
)
def test_understands_pages(text: str, pages: range) -> None:
    """A page or a range, at most 20."""
    assert parse_pages(text) == pages


@pytest.mark.parametrize("text", ["", "0", "5-3", "1-21", "1,2", "all", "-3"])
def test_refuses_other_pages(text: str) -> None:
    """Anything else is refused with what it must look like or how many are allowed."""
    with pytest.raises(ToolError, match=r"such as 3 or 1-5|at most 20"):
        parse_pages(text)


async def test_says_what_to_install_for_documents(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pypdfium2 one line says what to install."""
    without(monkeypatch, "pypdfium2")
    files.write("a.pdf", pdf(["text"]))
    with pytest.raises(ToolError, match=r"pip install 'gaff\[documents\]'"):
        await files.call("Read", file_path="a.pdf")


async def test_refuses_a_damaged_document(files: Files) -> None:
    """What only begins like a PDF file is refused."""
    files.write("a.pdf", b"%PDF-1.4\nnothing")
    with pytest.raises(ToolError, match="cannot be opened as a PDF file"):
        await files.call("Read", file_path="a.pdf")
