"""Requests that look for text and files."""

from __future__ import annotations

import re
from typing import Final

from ..languages import BY_EXTENSION
from ..requests import BiggestFiles, CountLines, FindFiles, FindText, ListFolder, Request, Scope
from .rules import Found, Rules
from .words import globs_of, is_glob, is_path, number_of, one_glob

RULES: Final = Rules()

FIND: Final = "find search grep look locate scan seek hunt rg"
LIST: Final = "list show display find get locate search look"
WHERE: Final = "where where's wheres"
WHAT: Final = "what what's whats"
#: What people put round the text they look for.
WRAPPING: Final = re.compile(
    r"(?:for\s+)?(?:all\s+|every\s+|any\s+|each\s+)?(?:of\s+)?(?:the\s+|an?\s+)?"
    r"(?:(?:places?|occurrences?|instances?|mentions?|appearances?|lines?)\s+"
    r"(?:of|with|that\s+(?:contain|mention|say)|containing|mentioning|where\s+it\s+says)\s+(?:the\s+)?)?"
    r"(?:(?:word|text|string|phrase|term|pattern)\s+)?",
    re.IGNORECASE,
)
MARKERS: Final = re.compile(
    r"(TODO|FIXME|XXX|HACK)(?:'?s)?(?:\s+(?:comments?|notes?|items?|markers?))?", re.IGNORECASE
)
#: Words that look for nothing by themselves.
EMPTY: Final = frozenset({"", "for", "all", "the", "up", "at", "into", "in"})
#: What stands between texts of which any will do.
EITHER: Final = re.compile(r"\s*,?\s+(?:or|and)\s+|\s*,\s*", re.IGNORECASE)
NAMED: Final = "(named|called|matching|like|with (name|names|the name) [like]|whose names? (is|are|contains?|match|matches))"
WITH_TEXT: Final = (
    "(that (contain|mention|use|import)|containing|mentioning|using|importing|with the (word|text|string))"
)
THING: Final = "[function|class|method|variable|constant|symbol|name]"


def wanted(found: Found, name: str) -> tuple[str, Scope]:
    """Return the text to look for, its wrapping taken off, and where."""
    text, scope = found.text_and_scope(name)
    if not found.phrase.is_quoted(text):
        text = WRAPPING.sub("", text, count=1) or text
        if marker := MARKERS.fullmatch(text):
            text = marker[1]
    return found.phrase.unfold(text), scope


def name_globs(name: str) -> tuple[str, ...]:
    """Return the patterns for a file name as people give it: with its ending, a part of it, or a pattern."""
    return (name,) if is_glob(name) or is_path(name) else (f"*{name}*",)


@RULES.add(
    LIST,
    "[for] [me] [all] [the|our|my] <text=TODOs?|FIXMEs?|XXX|HACKs?> [comments?|notes?|items?|markers?] {scope}",
)
@RULES.add("count", "[all] [the] <text=TODOs?|FIXMEs?|XXX|HACKs?> {scope}")
@RULES.add(
    "how", "many <text=TODOs?|FIXMEs?|XXX|HACKs?> [are there|are|do we have] {scope} [are there|there]"
)
@RULES.add("is are", "there [a|an|any|some] <text=TODOs?|FIXMEs?|XXX|HACKs?> [left|comments?] {scope}")
def markers(found: Found) -> Request | None:
    """The notes people leave in code."""
    scope = found.scope("scope")
    if scope is None:
        return None
    counted = found.verb in {"count", "how"}
    return FindText(re.sub("[sS]$", "", found.text("text")), scope, answer="count" if counted else "lines")


@RULES.add(LIST, f"[for] [me] [all] [the|of the] files? {WITH_TEXT} <text>")
@RULES.add(
    "which what",
    "files? (contain|contains|mention|mentions|use|uses|import|imports|have) [the word|the text] <text>",
)
def files_with_text(found: Found) -> Request | None:
    """Files that hold a text."""
    text, scope = wanted(found, "text")
    return FindText(text, scope, answer="files") if text else None


@RULES.add(LIST, f"[for] [me] [all] [the|of the] <kind:word> files? {WITH_TEXT} <text>")
@RULES.add("which", "<kind:word> files? (contain|mention|use|import|have) [the word|the text] <text>")
def files_of_kind_with_text(found: Found) -> Request | None:
    """Files of a kind that hold a text."""
    text, scope = wanted(found, "text")
    patterns = globs_of(found.text("kind"))
    place = Scope(scope.path, one_glob(patterns))
    return FindText(text, place, answer="files") if text and patterns and not scope.glob else None


@RULES.add(LIST, "[for] [me] [all] [the|any|every|a] files? with <name:word> in [the|their] names? {scope}")
@RULES.add(LIST, f"[for] [me] [all] [the|any|every|a] files? {NAMED} <name>")
def files_named(found: Found) -> Request | None:
    """Files with such a name."""
    folded, scope = found.text_and_scope("name")
    place = found.scope("scope")
    if re.search(r"\s", folded.strip()) or not folded.strip() or place is None:
        return None
    name = found.phrase.unfold(folded)
    return FindFiles(name_globs(name), place.path or scope.path, f"named `{name}`")


@RULES.add(LIST, "[for] [me] [all] [the|any|every] files? (ending|that end) (in|with) <ending:word> {scope}")
@RULES.add(
    LIST, "[for] [me] [all] [the|any|every] files? with [the|an] (extension|ending) <ending:word> {scope}"
)
def files_ending(found: Found) -> Request | None:
    """Files with such an ending."""
    scope, ending = found.scope("scope"), found.text("ending").lstrip("*.")
    return FindFiles((f"*.{ending}",), scope.path, f"ending in `.{ending}`") if scope and ending else None


@RULES.add("list show find display", "[me] [all] [the|our|my] <kind=tests?> {scope}")
@RULES.add(LIST, "[for] [me] [all] [the|of the|any|every] <kind:word> files? {scope}")
@RULES.add("which what", "<kind:word> files (are there|exist|do we have|do i have|are) {scope}")
def files_of_kind(found: Found) -> Request | None:
    """Files of a language, or that fit a pattern."""
    scope, kind = found.scope("scope"), found.text("kind")
    patterns = (kind,) if is_glob(kind) else globs_of(kind)
    if scope is None or not patterns:
        return None
    return FindFiles(patterns, scope.path, f"matching `{kind}`" if is_glob(kind) else f"of kind {kind}")


@RULES.add(LIST, "[for] [me] [all] <glob:word> {scope}")
def files_matching(found: Found) -> Request | None:
    """Files that fit a pattern given alone: ``list *.toml``."""
    scope, glob = found.scope("scope"), found.text("glob")
    if scope is None or not is_glob(glob) or found.is_quoted("glob"):
        return None
    return FindFiles((glob,), scope.path, f"matching `{glob}`")


@RULES.add(
    "list show display ls dir see",
    "[me] [all] [the] (files|folders?|directories|directory|contents?|everything) [here|in this folder|in this directory]",
)
@RULES.add("ls dir list", "")
@RULES.add("ls dir", "-<flags:word>")
@RULES.add(
    WHAT,
    "[is|are] [the] [files|there] (here|in here|in this folder|in this directory|in the current folder|in the current directory)",
)
def list_here(found: Found) -> Request | None:
    """What lies in the current folder."""
    return ListFolder()


@RULES.add(
    "list show display ls dir see",
    "[me] [all] [the] [files|everything] (in|of|under|inside) <scope>",
)
@RULES.add("ls dir list", "<scope:word>")
@RULES.add("ls dir", "-<flags:word> <scope:word>")
@RULES.add(WHAT, "files (are|do we have|do i have) [there] (in|under|inside) <scope>")
@RULES.add(WHAT, "[is|are] [the] [files] in [the] (folder|directory|dir) <scope:word>")
@RULES.add(WHAT, "[is|are] [the] [files] in [the] <scope:word> (folder|directory|dir)")
def list_folder(found: Found) -> Request | None:
    """What lies in a folder."""
    scope = found.scope("scope")
    if scope is None or scope.path.startswith("-"):
        return None
    if scope.glob:
        return FindFiles((scope.glob,), scope.path, f"matching `{scope.glob}`")
    return ListFolder(scope.path)


USED: Final = "used|called|referenced|imported|mentioned|needed|defined|declared|implemented|created|set"
USE: Final = "use|call|reference|import|mention|need|define|declare|implement|set"


@RULES.add(WHERE, f"[is|are] [the] {THING} <text:word> [being] <how={USED}> {{scope}}")
@RULES.add(
    WHERE, f"(do|does|did) (we|i|you|they|anyone|it|the code) <how={USE}> [the] {THING} <text:word> {{scope}}"
)
def where_used(found: Found) -> Request | None:
    """Where a name is used or defined."""
    scope = found.scope("scope")
    defined = found.text("how").lower().startswith(("defin", "declar", "implement", "creat"))
    return FindText(found.text("text"), scope, "definition" if defined else "uses") if scope else None


@RULES.add(WHERE, "[is|are] [the] [file] <path:word>")
@RULES.add(WHERE, "[is|are] [the] (function|class|method|variable|constant|symbol) <path:word>")
@RULES.add(WHERE, "does <path:word> (come from|live|get defined)")
def where_is(found: Found) -> Request | None:
    """Where a file is, or where a name is defined."""
    path = found.text("path")
    if is_path(path) or is_glob(path):
        return FindFiles(name_globs(path), "", f"named `{path}`")
    return FindText(path, kind="definition") if re.fullmatch(r"[\w.:]+(?:\(\))?", path) else None


@RULES.add(
    "who what which",
    "[functions?|code|files?|else] (calls?|uses?|imports?|references?|mentions?|needs?) <text:word> {scope}",
)
@RULES.add(
    f"{FIND} list show",
    "[for] [me] [all] [the] (usages?|uses?|references?|callers?|calls?) (of|to) [the] "
    f"{THING} <text:word> {{scope}}",
)
@RULES.add(FIND, "[for] where [the] <text:word> is (used|called|referenced) {scope}")
@RULES.add(
    "is",
    "[the] <text:word> [being|still] (used|called|referenced|needed) [anywhere|somewhere|at all|elsewhere] {scope}",
)
def uses(found: Found) -> Request | None:
    """Who uses a name."""
    scope = found.scope("scope")
    return FindText(found.text("text"), scope, "uses") if scope else None


@RULES.add(f"{FIND} show", f"[for] [me] [the] definitions? of [the] {THING} <text:word> {{scope}}")
@RULES.add(
    FIND,
    "[for] [all] [the] (functions?|class|classes|methods?|structs?|types?) [named|called] <text:word> {scope}",
)
@RULES.add(
    "which what who",
    "[file|files|module] (defines?|declares?|implements?) [the] [function|class] <text:word> {scope}",
)
@RULES.add(FIND, "[for] where [the] <text:word> is (defined|declared|implemented) {scope}")
def definition(found: Found) -> Request | None:
    """Where a name is defined."""
    scope = found.scope("scope")
    return FindText(found.text("text"), scope, "definition") if scope else None


@RULES.add("count", "[all] [the] (lines|lines of code|loc) {scope}")
@RULES.add(
    "how", "many lines [of code|of text] [are there|are|is|do we have|do i have] {scope} [are there|there]"
)
@RULES.add("how", "many lines [of code|of text] (does|do) <scope> have")
@RULES.add("how", "(long|big|large) (is|are) <scope>")
@RULES.add("wc", "[-l] [<scope:word>]")
def count_lines(found: Found) -> Request | None:
    """How many lines there are."""
    scope = found.scope("scope")
    return CountLines(scope) if scope else None


@RULES.add("count", "[all] [the] [<kind:word>] files {scope}")
@RULES.add("how", "many [<kind:word>] files [are there|are|do we have|do i have] {scope} [are there|there]")
def count_files(found: Found) -> Request | None:
    """How many files there are."""
    scope, kind = found.scope("scope"), found.text("kind")
    patterns = ((kind,) if is_glob(kind) else globs_of(kind)) if kind else ("*",)
    if scope is None or not patterns:
        return None
    return FindFiles(patterns, scope.path, f"of kind {kind}" if kind else "", only_count=True)


@RULES.add("count", "[the] (occurrences|uses|mentions|number) of <text>")
@RULES.add(
    "how", "(often|many times) (is|does|do|are) <text> (used|called|mentioned|occurs?|appears?|come up)"
)
@RULES.add(
    "how",
    "(often|many times) (is|does|do|are) <text> (used|called|mentioned|occurs?|appears?) (in|under) <scope>",
)
def count_text(found: Found) -> Request | None:
    """How often a text stands there."""
    text, scope = wanted(found, "text")
    place = found.scope("scope") or scope
    return FindText(text, place, answer="count") if text else None


@RULES.add(
    "show list find what what's whats which display",
    "[me] [is|are] [the] [<count:word>] (biggest|largest|longest) [<kind:word>] files? [here] {scope}",
)
@RULES.add("biggest largest longest", "[<kind:word>] files? {scope}")
def biggest(found: Found) -> Request | None:
    """Which files are the biggest."""
    scope, kind = found.scope("scope"), found.text("kind")
    patterns = globs_of(kind) if kind else ()
    if scope is None or (kind and not patterns):
        return None
    glob = one_glob(patterns) or scope.glob
    return BiggestFiles(Scope(scope.path, glob), min(number_of(found.text("count"), 10), 50))


@RULES.add("which what", "files? (is|are) [the] (biggest|largest|longest) {scope}")
def biggest_of(found: Found) -> Request | None:
    """The same the other way round."""
    scope = found.scope("scope")
    return BiggestFiles(scope) if scope else None


@RULES.add("search grep look scan rg", "[through|in|inside] <place> for <text>")
def search_place_for(found: Found) -> Request | None:
    """``search src for TODO``."""
    scope = found.scope("place")
    text, _ = wanted(found, "text")
    return FindText(text, scope) if scope and text else None


@RULES.add(FIND, "[for] [the|a] [file] <name:word>")
def find_name(found: Found) -> Request | None:
    """``find README.md``: a bare word that ends like a file is one."""
    name = found.text("name")
    ending = name.rpartition(".")[2].lower() if "." in name[1:] else ""
    if found.is_quoted("name") or not ("/" in name or ending in BY_EXTENSION):
        return None
    return FindFiles((name.lstrip("/"),), "", f"named `{name}`")


@RULES.add("grep rg", "[-<flags:word>] <text:word> <place:word>")
def grep_words(found: Found) -> Request | None:
    """``grep TODO src``, as at the shell."""
    scope = found.scope("place") if found.text("text").lower() not in EMPTY else None
    return FindText(found.text("text"), scope) if scope else None


@RULES.add(FIND, "<text>")
def find_text(found: Found) -> Request | None:
    """Where a text stands, or any of several."""
    looks_at = found.verb == "look" and not found.folded("text").lower().startswith("for ")
    if looks_at or found.text("text").lower() in EMPTY:
        return None
    if several := _several(found):
        return several
    text, scope = wanted(found, "text")
    return FindText(text, scope) if text.strip() else None


def _several(found: Found) -> Request | None:
    """Return the search for several texts: quoted ones, notes such as TODO, or single words joined by *or*."""
    folded, scope = found.text_and_scope("text")
    folded = re.sub(r"^(?:for|all|any|every)\s+", "", folded.strip(), flags=re.IGNORECASE)
    pieces = EITHER.split(folded)
    certain = all(found.phrase.is_quoted(piece) or MARKERS.fullmatch(piece) for piece in pieces)
    words = re.search(r"\sor\s", folded, re.IGNORECASE) and all(
        re.fullmatch(r"\S+", piece) for piece in pieces
    )
    if len(pieces) < 2 or not (certain or words):
        return None
    texts = [re.sub(r"^((?:TODO|FIXME|HACK))s.*$", r"\1", found.phrase.unfold(piece)) for piece in pieces]
    return FindText(texts[0], scope, others=tuple(texts[1:]))
