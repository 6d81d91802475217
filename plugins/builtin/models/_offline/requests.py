"""Every request the offline model understands, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal


@dataclass(frozen=True)
class Request:
    """Something the user asked for."""


@dataclass(frozen=True)
class Scope:
    """Where to look: a file or folder (the current one where empty), and a pattern of file names."""

    path: str = ""
    glob: str = ""

    def __str__(self) -> str:
        parts = ([f"`{self.glob}` files"] if self.glob else []) + ([f"`{self.path}`"] if self.path else [])
        return " in ".join(parts)


EVERYWHERE: Final = Scope()


@dataclass(frozen=True)
class Span:
    """Lines of a file, counted from 1. ``tail`` asks for that many lines from the end instead."""

    first: int = 1
    last: int | None = None
    tail: int = 0


WHOLE: Final = Span()


@dataclass(frozen=True)
class FindText(Request):
    """Where a text stands; ``definition`` and ``uses`` take it for a name."""

    text: str
    scope: Scope = EVERYWHERE
    kind: Literal["text", "definition", "uses"] = "text"
    #: ``lines`` shows each place, ``files`` only the files, ``count`` how often.
    answer: Literal["lines", "files", "count"] = "lines"
    #: Texts that will do as well.
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class FindFiles(Request):
    """Which files have such names; ``label`` says it in words."""

    patterns: tuple[str, ...]
    path: str = ""
    label: str = ""
    only_count: bool = False


@dataclass(frozen=True)
class ListFolder(Request):
    """What lies directly in a folder."""

    path: str = ""


@dataclass(frozen=True)
class ReadFiles(Request):
    """Show files, or some lines of them."""

    paths: tuple[str, ...]
    span: Span = WHOLE


@dataclass(frozen=True)
class Explain(Request):
    """Describe how files are built."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class DescribeProject(Request):
    """What this project is and how it is laid out."""


@dataclass(frozen=True)
class RunCommand(Request):
    """Run a shell command."""

    command: str


@dataclass(frozen=True)
class RunTests(Request):
    """Run the project's tests, or those of one file or folder; ``tell`` only says how."""

    target: str = ""
    tell: bool = False


@dataclass(frozen=True)
class Replace(Request):
    """Replace a text in all files of the scope; a single word as a whole unless ``inside_words``."""

    old: str
    new: str
    scope: Scope = EVERYWHERE
    inside_words: bool = False


@dataclass(frozen=True)
class CreateFile(Request):
    """Create a file with exactly this content."""

    path: str
    content: str = ""


@dataclass(frozen=True)
class CreateFolder(Request):
    """Create a folder."""

    path: str


@dataclass(frozen=True)
class Invent(Request):
    """Write something whose text the user did not give: what only a language model can do."""

    path: str


@dataclass(frozen=True)
class Insert(Request):
    """Put lines into a file: at its end, before line ``line``, or beside the line that holds ``anchor``."""

    path: str
    text: str
    line: int | None = None
    anchor: str = ""
    after: bool = False


@dataclass(frozen=True)
class DeleteLines(Request):
    """Take lines out of a file."""

    path: str
    span: Span


@dataclass(frozen=True)
class DeleteFile(Request):
    """Delete a file."""

    path: str


@dataclass(frozen=True)
class MoveFile(Request):
    """Move, rename or copy a file."""

    source: str
    target: str
    copy: bool = False


@dataclass(frozen=True)
class ShowChanges(Request):
    """What changed: by git's account, else by this conversation's."""


@dataclass(frozen=True)
class Undo(Request):
    """Take back what the last requests that changed files did; ``edit`` only the very last edit."""

    how: Literal["request", "edit", "all"] = "request"


@dataclass(frozen=True)
class CountLines(Request):
    """How many lines the files have."""

    scope: Scope = EVERYWHERE


@dataclass(frozen=True)
class BiggestFiles(Request):
    """Which files have the most lines."""

    scope: Scope = EVERYWHERE
    count: int = 10


@dataclass(frozen=True)
class Ask(Request):
    """A small question that one command answers."""

    about: Literal["status", "log", "branch", "folder", "time"]


@dataclass(frozen=True)
class Talk(Request):
    """Something that is answered in words alone."""

    about: Literal["help", "setup", "identity", "greeting", "thanks", "recap", "stop", "redo", "reply"]


@dataclass(frozen=True)
class Again(Request):
    """The last request once more."""


@dataclass(frozen=True)
class More(Request):
    """Go on where the last answer was cut."""


@dataclass(frozen=True)
class Unknown(Request):
    """Anything else; ``parts`` are the pieces that were understood and those that were not."""

    text: str
    understood: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parsed:
    """What a prompt asks for, in order. ``notes`` say what was read into it, such as a mended word."""

    requests: tuple[Request, ...]
    notes: tuple[str, ...] = field(default=())
