"""Pictures as the model can see them: of a kind it knows, and no bigger than it takes."""

from __future__ import annotations

import base64
import io
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gaff.hooks import Json, JsonObject, ToolError, ToolOutput

from ._opening import open_file, read_all

if TYPE_CHECKING:
    from PIL import Image

#: A file larger than this is not even read.
MAX_FILE: Final = 64 << 20
#: Base64 of this many bytes stays below the 5 MB the Messages API takes for one image.
MAX_BYTES: Final = 3_750_000
#: Pixels a side: with many images in a request the Messages API takes no more.
#: Source: platform.claude.com/docs/en/build-with-claude/vision.
MAX_SIDE: Final = 2_000
#: Pixels in all that are decoded; files of a few kilobytes can claim billions.
MAX_PIXELS: Final = 100_000_000

SIGNATURES: Final[tuple[tuple[re.Pattern[bytes], str], ...]] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)


@dataclass(frozen=True)
class Picture:
    """An image file's content: its bytes, what kind they are, and pixels across and down."""

    data: bytes
    kind: str
    size: tuple[int, int]

    @property
    def fits(self) -> bool:
        """Whether it can be sent as it is."""
        return len(self.data) <= MAX_BYTES and max(self.size) <= MAX_SIDE

    def to_block(self) -> JsonObject:
        """Return the content block the model sees."""
        source = {"type": "base64", "media_type": self.kind, "data": base64.b64encode(self.data).decode()}
        return {"type": "image", "source": source}


def image_kind(head: bytes) -> str | None:
    """Return the media type of an image the model can see, ``None`` for anything else."""
    return next((kind for signature, kind in SIGNATURES if signature.match(head)), None)


def read_image(path: str, target: str) -> ToolOutput:
    """Return the image at the resolved ``path``, made smaller where it is too big.

    Raises:
        ToolError: it is damaged, or too big and cannot be made smaller.
        OSError: it cannot be read.
    """
    with open_file(path) as opened:
        if opened.status.st_size > MAX_FILE:
            raise ToolError(f"{target} is an image of {opened.status.st_size:,} bytes, too large to show.")
        data = read_all(opened.descriptor, opened.status.st_size)
    kind = image_kind(data) or ""
    size = dimensions(data, kind)
    if size is None or min(size) < 1:
        raise ToolError(
            f"{target} begins like an image ({kind}) but is damaged: it tells no width and height."
        )
    original = Picture(data, kind, size)
    picture = original if original.fits else _smaller(original, target)
    sides: dict[str, Json] = {"originalWidth": size[0], "originalHeight": size[1]}
    sides |= {"displayWidth": picture.size[0], "displayHeight": picture.size[1]}
    encoded = base64.b64encode(picture.data).decode()
    file: dict[str, Json] = {
        "base64": encoded,
        "type": picture.kind,
        "originalSize": len(data),
        "dimensions": sides,
    }
    return ToolOutput([picture.to_block()], {"type": "image", "file": file})


def _smaller(picture: Picture, target: str) -> Picture:
    width, height = picture.size
    facts = f"{target} is {width}x{height} pixels, {len(picture.data):,} bytes"
    if width * height > MAX_PIXELS:
        raise ToolError(f"{facts}: too many pixels to be opened. Cut out a part of it first.")
    try:
        from PIL import Image, ImageOps
    except ImportError as error:
        raise ToolError(
            f"{facts}, more than the model takes ({MAX_SIDE} pixels a side, {MAX_BYTES:,} bytes). "
            "Pillow makes it smaller once it is installed: pip install 'gaff[documents]'."
        ) from error
    try:
        with Image.open(io.BytesIO(picture.data), formats=["PNG", "JPEG", "GIF", "WEBP"]) as image:
            upright = ImageOps.exif_transpose(image)
            return encode_picture(upright, lossless=picture.kind != "image/jpeg")
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        raise ToolError(f"{target} begins like an image but is damaged: {error}.") from error


def encode_picture(image: Image.Image, *, lossless: bool) -> Picture:
    """Make a Pillow image as small as the model takes it: a PNG if that will do, else a JPEG.

    Raises:
        ValueError: it stays too big.
    """
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((MAX_SIDE, MAX_SIDE))
    attempts = [("PNG", 0)] * lossless + [("JPEG", 85), ("JPEG", 60), ("JPEG", 30)]
    for name, quality in attempts:
        buffer = io.BytesIO()
        if name == "PNG":
            image.save(buffer, name)
        else:
            image.convert("RGB").save(buffer, name, quality=quality)
        if buffer.tell() <= MAX_BYTES:
            return Picture(buffer.getvalue(), f"image/{name.lower()}", image.size)
    raise ValueError("it stays too big however strongly it is compressed")


def dimensions(data: bytes, kind: str) -> tuple[int, int] | None:
    """Return width and height as the file's header tells them, ``None`` where it does not."""
    try:
        return READERS[kind](data)
    except (KeyError, struct.error, IndexError):
        return None


def _png(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """Walk the segments up to the frame header, the one that tells the size."""
    position = 2
    while data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # padding
            position += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, position + 5)
            return width, height
        else:
            position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    form = data[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if form == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


READERS: Final[dict[str, Callable[[bytes], tuple[int, int] | None]]] = {
    "image/png": _png,
    "image/gif": _gif,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
}
