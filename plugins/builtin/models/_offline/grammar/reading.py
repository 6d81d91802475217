"""Requests that show or describe what is there."""

from __future__ import annotations

from typing import Final

from ..requests import DescribeProject, Explain, ReadFiles, Request, RunTests, Span
from .rules import Found, Rules
from .running import PROSE
from .searching import WHAT
from .words import is_pointer, number_of

RULES: Final = Rules()

READ: Final = "show read open cat display print view see type head tail more less dump give"
EXPLAIN: Final = "explain describe summarise summarize outline analyse analyze understand"
PROJECT: Final = (
    "(project|repo|repository|codebase|code base|code|program|app|application|package|folder|directory)"
)
LAYOUT: Final = "(layout|structure|organisation|organization|architecture|tree|outline|overview)"


@RULES.add(
    READ,
    "[me] [us] [the] lines? <first:number> <dash=-|–|to|through|until> <last:number> (of|in|from) <path>",
)
@RULES.add(READ, "[me] [us] [the] lines? <first:number>-<last:number> (of|in|from) <path>")
@RULES.add(
    READ, "[me] <path>,? [on|at|from] lines? <first:number> <dash=-|–|to|through|until|and> <last:number>"
)
@RULES.add(READ, "[me] <path>,? [on|at|from] lines? <first:number>-<last:number>")
@RULES.add(READ, "[me] <path>:<first:number>-<last:number>")
def read_lines(found: Found) -> Request | None:
    """Some lines of a file."""
    path, first, last = found.path("path"), int(found.text("first")), int(found.text("last"))
    return ReadFiles((path,), Span(max(1, min(first, last)), max(first, last, 1))) if path else None


@RULES.add(READ, "[me] [the] line <line:number> (of|in|from) <path>")
@RULES.add(READ, "[me] <path>,? [at|on] line <line:number>")
@RULES.add(READ, "[me] <path>:<line:number>")
def read_line(found: Found) -> Request | None:
    """One line of a file, with its neighbours."""
    path, line = found.path("path"), max(1, int(found.text("line")))
    return ReadFiles((path,), Span(max(1, line - 5), line + 5)) if path else None


@RULES.add(READ, "[me] <path>,? from line <first:number> [on|onwards|to the end]")
def read_from(found: Found) -> Request | None:
    """A file from some line on."""
    path = found.path("path")
    return ReadFiles((path,), Span(max(1, int(found.text("first"))))) if path else None


@RULES.add(READ, "[me] [the] <end=first|last|top|bottom> [<count:word>] lines? (of|in|from) <path>")
@RULES.add("first last top bottom", "<count:word> lines? (of|in|from) <path>")
@RULES.add("head tail", "[-n] <count:number> [lines] [of|from] <path>")
@RULES.add("head tail", "-<count:number> <path>")
@RULES.add("head tail", "<path>")
def read_end(found: Found) -> Request | None:
    """The first or last lines of a file."""
    path, count = found.path("path"), max(1, number_of(found.text("count"), 10))
    at_end = found.verb in {"tail", "last", "bottom"} or found.text("end").lower() in {"last", "bottom"}
    return ReadFiles((path,), Span(tail=count) if at_end else Span(1, count)) if path else None


@RULES.add(WHAT, f"[is|are] this {PROJECT} [about|for|doing|made of]")
@RULES.add(WHAT, f"(does|do) (this|the) {PROJECT} do")
@RULES.add(WHAT, "(is this|is all this|am i looking at|do we have here|is here|have we got here)")
@RULES.add(WHAT, "[programming] languages? (is|are|does|do) <rest>")
@RULES.add(f"{READ} {EXPLAIN} {WHAT}", f"[me] [is] [an|the|this] [{PROJECT}'?s?] {LAYOUT} [of <rest>]")
@RULES.add(
    f"{EXPLAIN} {READ}", f"[me] [what] (this|the|my|our) {PROJECT} [is] [layout|structure|does|to me|about]"
)
@RULES.add("tell", f"me about (this|the) {PROJECT}")
@RULES.add("how", f"is (this|the) {PROJECT} (organised|organized|laid out|structured|built|made)")
@RULES.add("where", "(do|should|can) i (start|begin)")
@RULES.add("layout structure overview tree project architecture", "[structure|layout|overview]")
def describe_project(found: Found) -> Request | None:
    """What the project is and how it is laid out."""
    path = found.path("rest", sure=True)
    return Explain((path,)) if path and not is_pointer(path) else DescribeProject()


@RULES.add(
    "how",
    "(do|can|should|would|are|to) [i|we|you|one|the|these] [run|execute|start|use] [the|these|all] [unit] tests [run|be run|started]",
)
def how_to_test(found: Found) -> Request | None:
    """How the tests are run."""
    return RunTests(tell=True)


@RULES.add(EXPLAIN, "[me] [the] [file] [structure of|contents? of|outline of] <path>")
@RULES.add(READ, "[me] [a|an|the] (outline|structure|summary|overview|description|explanation) of <path>")
@RULES.add(WHAT, "(does|do) [the] [file] <path> (do|contain|define|look like)")
@RULES.add(WHAT, "[is|are] defined in <path>")
@RULES.add(WHAT, "is <path> [about|for]")
@RULES.add("how", "(does|do) <path> work")
@RULES.add("tell", "[me] about <path>")
@RULES.add("outline structure overview", "of <path>")
def explain(found: Found) -> Request | None:
    """How a file is built."""
    path = found.path("path", sure=True)
    paths = found.paths("path")
    return Explain((path,)) if path else Explain(paths) if len(paths) > 1 else None


@RULES.add(
    WHAT, "[is|are|does] [inside|in|within|the content of|the contents of] [the] [file] <path> [say|contain]"
)
@RULES.add(
    READ, "[me] [us] [the] [content of|contents of|text of|source of|code of|inside of] [the] [file] <path>"
)
def read_file(found: Found) -> Request | None:
    """A whole file, or several."""
    path = found.path("path", sure=True)
    paths = found.paths("path")
    return ReadFiles((path,)) if path else ReadFiles(paths) if len(paths) > 1 else None


@RULES.add("look", "(at|into|inside) [the] [file] <path>")
@RULES.add(WHAT, "[is] (in|inside) [the] [file] <path:word>")
@RULES.add("read open cat show view", "[me] [the] [file] <path>")
def read_whatever(found: Found) -> Request | None:
    """A file whose name does not look like one."""
    path = found.path("path")
    return ReadFiles((path,)) if path and path.lower() not in PROSE else None
