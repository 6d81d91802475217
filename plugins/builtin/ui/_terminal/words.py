"""Numbers in words for people."""

from __future__ import annotations

from pathlib import Path


def duration(seconds: float) -> str:
    """Return seconds as ``7s``, ``2m 05s`` or ``1h 03m``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3_600:
        return f"{whole // 60}m {whole % 60:02}s"
    return f"{whole // 3_600}h {whole % 3_600 // 60:02}m"


def count(number: int) -> str:
    """Return a number as ``950``, ``1.2k`` or ``3.4M``."""
    if number < 1_000:
        return str(number)
    return f"{number / 1_000:.1f}k" if number < 999_950 else f"{number / 1_000_000:.1f}M"


def plural(number: int, one: str, many: str = "") -> str:
    """Return ``1 line`` or ``3 lines``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def short_path(path: str | Path, cwd: Path | None = None) -> str:
    """Return a path as people write it: relative below ``cwd``, ``~`` for the home folder."""
    text = str(path)
    for base, mark in ((str(cwd) if cwd else "", ""), (str(Path.home()), "~")):
        if base and text == base:
            return mark or "."
        if base and text.startswith(base.rstrip("/") + "/"):
            rest = text[len(base.rstrip("/")) + 1 :]
            return f"{mark}/{rest}" if mark else rest
    return text
