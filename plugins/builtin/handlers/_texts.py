"""Long texts of handlers: cut, with all of it in a file."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from gaff.hooks import Session

#: Characters of a text that reach the model or the user. Source: code.claude.com/docs/en/hooks.
LONGEST: Final = 10_000
_PREVIEW: Final = 2_000
#: Characters of a handler's title in a line for the user.
_TITLE: Final = 100


def shortened(title: str) -> str:
    """Return what a handler is called in a line for the user: a command may be a whole script."""
    return title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"


def bounded(text: str | None, session: Session | None) -> str | None:
    """Return the text; of one that is too long its beginning, and where the whole is."""
    if text is None or len(text) <= LONGEST:
        return text
    where = "the rest is left out"
    if session is not None:
        path = session.results_dir / f"hook-{uuid4().hex[:12]}.txt"
        try:
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
            where = f"all of it is in {path}"
        except OSError as fault:
            where = f"the rest is lost: it could not be saved ({fault.strerror})"
    return f"{text[:_PREVIEW]}\n[... {len(text):,} characters; {where}]"
