"""Working out what a file will hold after an edit; nothing here touches the disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gaff.hooks import ToolError

from ._encoding import SNIFFED, Encoding, PlainText, Text, binary_kind, decode, newline_of, with_newline
from ._matching import apart, line_at, near_misses, positions
from ._replacing import Original

#: Characters of the old content that a result keeps; transcripts hold every result.
MAX_KEPT: Final = 1_000_000


@dataclass(frozen=True)
class Replacement:
    """What to replace by what, as the call says."""

    old: str
    new: str
    everywhere: bool = False


@dataclass(frozen=True)
class Edited:
    """A file's text before and after, its bytes after, and on which lines it changed."""

    before: str
    after: str
    data: bytes
    lines: tuple[int, ...] = ()
    #: Whether the file holds more than the model knows: it was changed by others.
    stale: bool = False

    @property
    def kept(self) -> str | None:
        """The text before as a result keeps it: ``None`` where it is too long for transcripts."""
        return self.before if len(self.before) <= MAX_KEPT else None


def text_of(original: Original, target: str) -> Text:
    """Return the text of a file.

    Raises:
        ToolError: it holds none.
    """
    if kind := binary_kind(original.data[:SNIFFED]):
        raise ToolError(f"{target} is binary: it looks like {kind}. Only text can be edited.")
    return decode(original.data)


def edit_text(text: Text, replacement: Replacement, target: str, *, known: bool) -> Edited:
    """Replace in a text; ``known`` says that it is what the model has seen.

    A text that changed since is edited only where the old string fits exactly one place.

    Raises:
        ToolError: the old string is not there, is there more than once, or cannot be written.
    """
    if not replacement.old:
        return _fill(text, replacement, target)
    plain = PlainText(text.content)
    old = replacement.old.replace("\r\n", "\n")
    found = positions(plain.plain, old)
    if not known and len(found) != 1:
        raise ToolError(
            f"{target} has changed since you read it, and old_string now fits {len(found)} places in it. "
            "Read it again, then edit."
        )
    if not found:
        raise _not_found(plain.plain, old, target)
    if len(found) > 1 and not replacement.everywhere:
        raise _several(plain.plain, found, target)
    starts = list(apart(found, len(old)))
    after = _replaced(plain, starts, len(old), replacement.new)
    lines = tuple(line_at(plain.plain, start) for start in starts[:20])
    return Edited(text.content, after, _encoded(text, after, target), lines, stale=not known)


def _fill(text: Text, replacement: Replacement, target: str) -> Edited:
    if text.content:
        raise ToolError(
            f"old_string is empty, which makes a new file, but {target} is there and not empty. "
            "Say in old_string what to replace, or use Write for the whole file."
        )
    return Edited("", replacement.new, _encoded(text, replacement.new, target))


def _replaced(plain: PlainText, starts: list[int], length: int, new: str) -> str:
    """Put ``new`` in place of each stretch, in the line endings found there; the rest stays as it is."""
    parts: list[str] = []
    end = 0
    for start in starts:
        begin, stop = plain.origin(start), plain.origin(start + length)
        stretch = plain.content[begin:stop]
        around = stretch if "\n" in stretch else plain.content
        parts += plain.content[end:begin], with_newline(new, newline_of(around)) if "\n" in around else new
        end = stop
    return "".join([*parts, plain.content[end:]])


def _not_found(plain: str, old: str, target: str) -> ToolError:
    near = near_misses(plain, old)
    advice = near or f"Nothing in it is much like it: Read {target} and copy the text exactly."
    return ToolError(f"old_string is not in {target}. {advice}")


def _several(plain: str, found: list[int], target: str) -> ToolError:
    lines = ", ".join(str(line_at(plain, position)) for position in found[:20])
    more = ", ..." if len(found) > 20 else ""
    return ToolError(
        f"old_string is in {target} {len(found)} times, on lines {lines}{more}. "
        "Give more of the text around the one you mean, or set replace_all."
    )


def _encoded(text: Text, after: str, target: str) -> bytes:
    try:
        return text.encoding.encode(after)
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        raise ToolError(
            f"{target} holds {text.encoding.name} text, which cannot hold {character!a}. "
            "Use another character, or convert the file to UTF-8 first (iconv in Bash)."
        ) from error


def rewrite(original: Original | None, content: str, target: str) -> Edited:
    """Return the whole new text of a file, in the encoding and line endings it had.

    Where the encoding cannot hold the new text the file becomes UTF-8; ``data`` tells.

    Raises:
        ToolError: the text holds what no encoding can hold.
    """
    text = decode(original.data) if original is not None else Text("", Encoding())
    after = content.removeprefix("\ufeff") if text.encoding.mark else content
    if "\n" in text.content and "\r\n" not in content:
        after = with_newline(after, newline_of(text.content))
    try:
        data = text.encoding.encode(after)
    except UnicodeEncodeError:
        data = _encoded(Text("", Encoding()), after, target)
    return Edited(text.content, after, data)
