"""PDF files page by page: their text, and a picture of each page that text alone does not do justice."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol, cast

from gaff.hooks import Json, JsonObject, ToolError, ToolOutput

from ._images import Picture, encode_picture
from ._opening import open_file

if TYPE_CHECKING:
    from PIL import Image

#: Documents with more pages are read only by ``pages``, and so many pages at a time.
#: Source: code.claude.com/docs/en/tools-reference.
MAX_UNASKED: Final = 10
MAX_PAGES: Final = 20
MAX_FILE: Final = 512 << 20

#: Characters of text below which a page is taken for a scan.
MIN_TEXT: Final = 50
#: Dots an inch at which pages are drawn.
RESOLUTION: Final = 110

INSTALL: Final = "Install what reads PDF files: pip install 'gaff[documents]'. Or use pdftotext in Bash."

#: PDFium's number for images among the objects of a page (FPDF_PAGEOBJ_IMAGE).
IMAGE_OBJECT: Final = 3

#: PDFium must not be entered by two threads at once.
PDFIUM: Final = threading.Lock()


class PdfText(Protocol):
    """The part of pypdfium2, which tells no types, that is used here: the text of a page."""

    def get_text_bounded(self) -> str: ...


class PdfBitmap(Protocol):
    """A page, drawn."""

    def to_pil(self) -> Image.Image: ...


class PdfPage(Protocol):
    """A page."""

    def get_textpage(self) -> PdfText: ...
    def get_size(self) -> tuple[float, float]: ...
    def get_objects(self, *, filter: Sequence[int], max_depth: int) -> Iterator[object]: ...
    def render(self, *, scale: float) -> PdfBitmap: ...


class PdfDocument(Protocol):
    """A document."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int) -> PdfPage: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Page:
    """A page: its number, its text, and its picture where one is needed and could be made."""

    number: int
    text: str
    picture: Picture | None

    def blocks(self) -> Iterator[JsonObject]:
        """Return the content blocks that show the page."""
        yield {"type": "text", "text": f"<page {self.number}>\n{self.text}"}
        if self.picture is not None:
            yield self.picture.to_block()


def parse_pages(text: str) -> range:
    """Return the pages that ``"3"`` or ``"1-5"`` means, counted from 1.

    Raises:
        ToolError: it means none, or too many.
    """
    found = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last:
        raise ToolError(f"pages is {text!r}; it must be a page or a range of pages, such as 3 or 1-5.")
    if last - first >= MAX_PAGES:
        raise ToolError(f"pages {text} are {last - first + 1} pages; one call reads at most {MAX_PAGES}.")
    return range(first, last + 1)


def read_document(path: str, target: str, pages: str | None, folder: Path, budget: int) -> ToolOutput:
    """Return pages of the PDF at the resolved ``path``; what they hold is kept in ``folder`` as files.

    ``budget`` is how many bytes of text fit.

    Raises:
        ToolError: it cannot be read, has too many pages, or holds too much text.
        OSError: it cannot be read.
    """
    with open_file(path) as opened, PDFIUM, open(opened.descriptor, "rb", closefd=False) as file:
        if (size := opened.status.st_size) > MAX_FILE:
            raise ToolError(f"{target} is a PDF file of {size:,} bytes, too large to open.")
        with closing(_open(file, target)) as document:
            total = len(document)
            wanted = _wanted(total, target, pages)
            found = [_read_page(document[number - 1], number) for number in wanted]
    _keep(found, folder)
    notice = f"Pages {wanted.start}-{wanted.stop - 1} of {total}: {target}"
    blocks: list[JsonObject] = [{"type": "text", "text": notice}]
    blocks += [block for page in _fitting(found, target, folder, budget) for block in page.blocks()]
    parts: dict[str, Json] = {
        "filePath": target,
        "originalSize": size,
        "count": len(found),
        "outputDir": str(folder),
    }
    return ToolOutput(blocks, {"type": "parts", "file": parts})


def _open(file: BinaryIO, target: str) -> PdfDocument:
    try:
        pdfium = import_module("pypdfium2")
    except ImportError as error:
        raise ToolError(f"{target} is a PDF file. {INSTALL}") from error
    try:
        return cast("PdfDocument", pdfium.PdfDocument(file))
    except pdfium.PdfiumError as error:
        raise ToolError(f"{target} cannot be opened as a PDF file: {str(error).rstrip('.')}.") from error


def _wanted(total: int, target: str, pages: str | None) -> range:
    if pages is None:
        if total > MAX_UNASKED:
            raise ToolError(
                f"{target} has {total} pages. Say which with pages, such as 1-{MAX_UNASKED}; "
                f"one call reads at most {MAX_PAGES}."
            )
        return range(1, total + 1)
    wanted = parse_pages(pages)
    if wanted.start > total:
        raise ToolError(f"{target} has {total} pages; there is no page {wanted.start}.")
    return range(wanted.start, min(wanted.stop, total + 1))


def _read_page(page: PdfPage, number: int) -> Page:
    text = page.get_textpage().get_text_bounded().replace("\r\n", "\n").replace("\0", "").strip()
    text = text.encode("utf-8", "replace").decode()
    drawn = len(text) < MIN_TEXT or _has_pictures(page)
    return Page(number, text or "(no text)", _draw(page) if drawn else None)


def _has_pictures(page: PdfPage) -> bool:
    return any(True for _ in page.get_objects(filter=[IMAGE_OBJECT], max_depth=2))


def _draw(page: PdfPage) -> Picture | None:
    """Draw a page; ``None`` where Pillow, which encodes the picture, is not installed."""
    try:
        return encode_picture(page.render(scale=_scale(page)).to_pil(), lossless=False)
    except ImportError:
        return None


def _scale(page: PdfPage) -> float:
    """Pages may claim to be kilometres wide; the longer side gets 2,000 pixels at most."""
    return min(RESOLUTION / 72, 2_000 / max(*page.get_size(), 1))


def _fitting(pages: Sequence[Page], target: str, folder: Path, budget: int) -> Sequence[Page]:
    if len(pages) == 1 and len(pages[0].text) > budget:
        notice = f"\n[... cut here; the whole text is in {folder}/page-{pages[0].number}.txt]"
        return [replace(pages[0], text=pages[0].text[:budget] + notice)]
    used = 0
    for count, page in enumerate(pages):
        used += len(page.text.encode())
        if used > budget and count:
            fits = f"{pages[0].number}-{pages[count - 1].number}"
            raise ToolError(f"These pages of {target} hold more text than fits one read. Use pages={fits}.")
    return pages


def _keep(pages: Sequence[Page], folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for page in pages:
        (folder / f"page-{page.number}.txt").write_text(page.text, encoding="utf-8")
        if page.picture is not None:
            suffix = page.picture.kind.removeprefix("image/")
            (folder / f"page-{page.number}.{suffix}").write_bytes(page.picture.data)
