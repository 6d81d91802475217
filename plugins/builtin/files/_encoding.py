"""How a file holds text: its encoding, byte order mark and line endings, kept when it is written."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

#: How much of a file tells what it is.
SNIFFED: Final = 8_192

#: Marks and what they stand for; the longer first where one begins another.
MARKS: Final[tuple[tuple[bytes, str], ...]] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

#: How binary files begin, and what they are.
SIGNATURES: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x7fELF", "an ELF program or library"),
    (b"MZ", "a Windows program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xca\xfe\xba\xbe", "a Java class or macOS program"),
    (b"PK\x03\x04", "a ZIP archive (jar, docx, xlsx, wheel and others are ZIP archives)"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x00asm", "a WebAssembly module"),
    (b"ID3", "MP3 audio"),
    (b"OggS", "Ogg audio or video"),
    (b"RIFF", "RIFF audio or video"),
    (b"BM", "a BMP image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"PAR1", "a Parquet table"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x93NUMPY", "a NumPy array"),
)


@dataclass(frozen=True)
class Encoding:
    """An encoding and the byte order mark in front."""

    name: str = "utf-8"
    mark: bytes = b""

    def encode(self, text: str) -> bytes:
        """Return the bytes of a file that holds ``text``.

        Raises:
            UnicodeEncodeError: the encoding has no way to write a character.
        """
        return self.mark + text.encode(self.name)


@dataclass(frozen=True)
class Text:
    """The text of a file, line endings as they are, and its encoding."""

    content: str
    encoding: Encoding


def marked(head: bytes) -> Encoding | None:
    """Return the encoding a byte order mark tells, ``None`` where there is no mark."""
    for mark, name in MARKS:
        if head.startswith(mark):
            return Encoding(name, mark)
    return None


def binary_kind(head: bytes) -> str | None:
    """Return what a file that is no text looks like; ``None`` for text. ``head`` is how it begins."""
    if marked(head) is not None or b"\0" not in head[:SNIFFED]:
        return None
    if head[4:8] == b"ftyp":
        return "MP4 or HEIC media"
    kinds = (kind for signature, kind in SIGNATURES if head.startswith(signature))
    return next(kinds, "binary data")


def decode(data: bytes) -> Text:
    """Decode a whole file: as its mark says, else as UTF-8, else as Latin-1, which fits any bytes."""
    encoding = marked(data) or Encoding()
    try:
        return Text(data[len(encoding.mark) :].decode(encoding.name), encoding)
    except UnicodeDecodeError:
        return Text(data.decode("latin-1"), Encoding("latin-1"))


def newline_of(content: str) -> str:
    """Return the line ending most lines have: CR LF or LF; LF where there is none."""
    windows = content.count("\r\n")
    return "\r\n" if windows * 2 > content.count("\n") else "\n"


def with_newline(text: str, newline: str) -> str:
    """Return ``text`` with all its line endings made this one."""
    plain = text.replace("\r\n", "\n")
    return plain if newline == "\n" else plain.replace("\n", newline)


class PlainText:
    """A text as if all its lines ended in LF, and the way back to where things really are."""

    def __init__(self, content: str) -> None:
        self.content = content
        self.plain = content.replace("\r\n", "\n")
        breaks = re.finditer("\r\n", content) if len(self.plain) < len(content) else ()
        #: Where in the plain text the LF of each CR LF stands.
        self._windows = [found.start() - index for index, found in enumerate(breaks)]

    def origin(self, position: int) -> int:
        """Return where a position of the plain text is in the real one."""
        return position + bisect_left(self._windows, position)
