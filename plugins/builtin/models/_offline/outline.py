"""What can be said of a file's structure without understanding it: definitions, imports, headings, keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from .languages import extension, language_of
from .markdown import code, listed, many, snippet

#: Entries of one list that are shown.
SHOWN: Final = 60
#: Keys whose line is looked for, and characters in which the first paragraph must begin.
PLACED: Final = 200
BEGINNING: Final = 8_000


@dataclass
class Outline:
    """The structure of one file."""

    kind: str
    #: The file's own words about itself: a docstring, the first paragraph.
    purpose: str = ""
    #: What it needs from elsewhere.
    imports: list[str] = field(default_factory=list[str])
    #: Line, text and depth of what it defines; ``entries`` says in a word what these are.
    definitions: list[tuple[int, str, int]] = field(default_factory=list[tuple[int, str, int]])
    entries: str = "definition"
    #: Anything else worth a line.
    notes: list[str] = field(default_factory=list[str])


def outline(path: str, text: str) -> Outline:
    """Return the structure of a file, going by its name and text."""
    reader = READERS.get(extension(path))
    if reader is None and text.startswith("#!"):
        reader = (
            _shell
            if re.match(r"#!.*\b(?:ba|z|da|k)?sh\b", text)
            else _python
            if "python" in text[:80]
            else None
        )
    found = reader(text) if reader else _pattern_outline(path, text)
    language = language_of(path)
    if language and not found.kind:
        found.kind = language.name
    found.kind = found.kind or "text"
    return found


def describe(path: str, text: str, total: int) -> str:
    """Return the structure of a file as Markdown; ``total`` is how many lines the whole file has."""
    found = outline(path, text)
    lines = text.count("\n") + 1 if text else 0
    parts = [f"{code(path)}: {found.kind}, {many(total, 'line')}, {many(len(text.split()), 'word')}."]
    if found.purpose:
        parts.append(f"In its own words: {' '.join(found.purpose.split())[:600]}")
    if found.imports:
        shown = ", ".join(code(name) for name in found.imports[:30])
        parts.append(f"Uses: {shown}{' …' if len(found.imports) > 30 else ''}")
    if found.definitions:
        parts.append(_definitions(path, found))
    if found.notes:
        parts.append(listed(found.notes))
    if lines < total:
        parts.append(f"Only the first {many(lines, 'line')} could be looked at.")
    parts.append(
        "This describes the structure as it stands in the text; I do not understand what the code means."
    )
    return "\n\n".join(parts)


def _definitions(path: str, found: Outline) -> str:
    shown = found.definitions[:SHOWN]
    rows = [f"{'  ' * depth}- {code(f'{path}:{line}')} {text}" for line, text, depth in shown]
    rest = len(found.definitions) - len(shown)
    more = f"\n- … and {rest:,} more" if rest > 0 else ""
    return f"{many(len(found.definitions), found.entries).capitalize()}:\n\n" + "\n".join(rows) + more


def _python(text: str) -> Outline:
    import ast
    import warnings

    found = Outline("Python")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        line = getattr(fault, "lineno", None)
        where = f" (line {line}: {getattr(fault, 'msg', fault)})" if line else ""
        found.definitions = list(_by_pattern(text, PATTERNS["py"]))
        found.notes.append(f"It does not parse as Python{where}, so this goes by the look of its lines.")
        return found
    found.purpose = (ast.get_docstring(tree) or "").split("\n\n")[0]
    found.imports = list(dict.fromkeys(_python_imports(ast.walk(tree))))
    _python_body(tree.body, 0, found)
    if re.search(r"^if __name__ == ['\"]__main__['\"]", text, re.MULTILINE):
        found.notes.append('It can be run as a program (`if __name__ == "__main__"`).')
    return found


def _python_imports(nodes: Iterator[object]) -> Iterator[str]:
    import ast

    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def _python_body(body: Sequence[object], depth: int, found: Outline) -> None:
    """Collect classes, functions and, at the top, constants."""
    import ast

    for node in body:
        if isinstance(node, ast.ClassDef):
            bases = ", ".join(ast.unparse(base) for base in node.bases)
            head = f"class {node.name}({bases})" if bases else f"class {node.name}"
            found.definitions.append((node.lineno, _entry(head, ast.get_docstring(node)), depth))
            _python_body(node.body, depth + 1, found)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
            head = f"{word} {node.name}({_short(ast.unparse(node.args), 70)})"
            found.definitions.append((node.lineno, _entry(head, ast.get_docstring(node)), depth))
        elif depth == 0 and isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name) and target.id.isupper()]
            found.definitions += [(node.lineno, code(f"{name} = …"), depth) for name in names]


def _entry(head: str, docstring: str | None) -> str:
    first = (docstring or "").strip().split("\n", 1)[0]
    return f"{code(head)}: {_short(first, 100)}" if first else code(head)


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _markdown(text: str) -> Outline:
    found = Outline("Markdown", entries="heading")
    fence = ""
    for number, line in enumerate(text.split("\n"), 1):
        mark = re.match(r"\s{0,3}(`{3,}|~{3,})", line)
        if mark and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark[1]
        elif not fence and (heading := re.match(r"(#{1,6})\s+(.+?)\s*#*$", line)):
            found.definitions.append((number, heading[2], len(heading[1]) - 1))
    least = min((depth for _, _, depth in found.definitions), default=0)
    found.definitions = [(number, title, depth - least) for number, title, depth in found.definitions]
    found.purpose = first_paragraph(text)
    blocks = len(re.findall(r"^\s{0,3}```", text, re.MULTILINE)) // 2
    links = len(re.findall(r"\]\([^)\s]{1,300}\)", text))
    counts = [many(blocks, "code block")] if blocks else []
    counts += [many(links, "link")] if links else []
    found.notes += [f"It has {' and '.join(counts)}."] if counts else []
    return found


def first_paragraph(text: str) -> str:
    """Return the first paragraph of prose of a Markdown text, on one line; empty where there is none."""
    text = text[:BEGINNING]
    text = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->|^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    for block in re.split(r"\n\s*\n", text):
        lines = [
            line
            for line in block.strip().split("\n")
            if not re.match(r"#|[=-]{3,}$|!?\[!?\[|<|\|", line.strip())
        ]
        prose = " ".join(" ".join(lines).split())
        if re.search(r"\w", prose):
            return _short(prose, 500)
    return ""


def _json(text: str) -> Outline:
    import json

    found = Outline("JSON", entries="key")
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as fault:
        found.notes.append(f"It does not parse as JSON: {fault}.")
        return found
    _value_keys(value, 0, found, text)
    if not isinstance(value, dict):
        found.notes.append(f"At the top is {_kind_of(value)}.")
    return found


def _toml(text: str) -> Outline:
    import tomllib

    found = Outline("TOML", entries="key")
    try:
        _value_keys(tomllib.loads(text), 0, found, text)
    except (tomllib.TOMLDecodeError, RecursionError) as fault:
        found.notes.append(f"It does not parse as TOML: {fault}.")
    return found


def _value_keys(value: object, depth: int, found: Outline, text: str, start: int = 0) -> None:
    """Collect the keys of two levels; each is looked for in the text from where the one before it stands."""
    if not isinstance(value, dict) or depth > 1:
        return
    at = start
    for key, inner in cast("dict[object, object]", value).items():
        if len(found.definitions) < PLACED:
            at = _position_of(str(key), text, at)
        found.definitions.append((text.count("\n", 0, at) + 1, f"{code(str(key))}: {_kind_of(inner)}", depth))
        _value_keys(inner, depth + 1, found, text, at)


def _position_of(key: str, text: str, start: int) -> int:
    """Return where a key of JSON or TOML stands; ``start`` where it is not found as it is written."""
    match = re.compile(rf"(?<![^\s\[{{,.\"'])({re.escape(key)})[\"']?\s*[:=\].]").search(text, start)
    return match.start(1) if match else start


def _kind_of(value: object) -> str:
    if isinstance(value, dict):
        return many(len(cast("dict[object, object]", value)), "key")
    if isinstance(value, list):
        return f"list of {len(cast('list[object]', value)):,}"
    return snippet(_short(repr(value) if isinstance(value, str) else str(value), 60))


def _yaml(text: str) -> Outline:
    found = Outline("YAML", entries="top-level key")
    for number, line in enumerate(text.split("\n"), 1):
        if match := re.match(r"([\w.\"'-]+):(?:\s+(.*))?$", line):
            value = (match[2] or "").strip()
            found.definitions.append(
                (number, code(match[1]) + (f": {snippet(_short(value, 60))}" if value else ""), 0)
            )
    return found


def _ini(text: str) -> Outline:
    found = Outline("INI", entries="section")
    found.definitions = [
        (number, code(line.strip()), 0)
        for number, line in enumerate(text.split("\n"), 1)
        if re.match(r"\s*\[.+\]", line)
    ]
    return found


def _shell(text: str) -> Outline:
    found = Outline("Shell", entries="function")
    comment = re.match(r"(?:#!.*\n)?((?:#[^\n]*\n)+)", text)
    if comment:
        found.purpose = " ".join(line.lstrip("# ") for line in comment[1].splitlines())
    found.definitions = list(_by_pattern(text, PATTERNS["sh"]))
    found.imports = re.findall(r"^[ \t]*(?:source|\.)[ \t]+(\S+)", text, re.MULTILINE)
    if text.startswith("#!"):
        found.notes.append(f"It runs with {code(text.split(chr(10), 1)[0][2:].strip())}.")
    return found


def _script(text: str) -> Outline:
    found = Outline("")
    comment = re.match(r"\s*/\*\*?(.*?)\*/", text, re.DOTALL)
    if comment:
        found.purpose = " ".join(line.strip(" *") for line in comment[1].splitlines())
    found.imports = list(
        dict.fromkeys(
            re.findall(r"""(?:^|\n)[ \t]*(?:import|export)\b[^'"\n;]*?(?:from\s+)?['"]([^'"\n]+)['"]""", text)
            + re.findall(r"""\brequire\(\s*['"]([^'"\n]+)['"]\s*\)""", text)
        )
    )
    found.definitions = list(_by_pattern(text, PATTERNS["js"]))
    exported = len(re.findall(r"^[ \t]*(?:export\b|module\.exports\b|exports\.)", text, re.MULTILINE))
    found.notes += [f"It has {many(exported, 'export')}."] if exported else []
    return found


def _pattern_outline(path: str, text: str) -> Outline:
    """Return the outline of a language that is only known by the look of its definitions."""
    family = FAMILIES.get(extension(path), "")
    found = Outline("")
    if family:
        found.definitions = list(_by_pattern(text, PATTERNS[family]))
        found.imports = (
            list(dict.fromkeys(re.findall(IMPORTS[family], text, re.MULTILINE)))[:60]
            if family in IMPORTS
            else []
        )
    else:
        first = next((line for line in text.split("\n") if line.strip()), "")
        found.notes += [f"It starts with: {snippet(first)}"] if first else ["It is empty."]
    return found


def _by_pattern(text: str, pattern: str) -> Iterator[tuple[int, str, int]]:
    compiled = re.compile(pattern)
    for number, line in enumerate(text.split("\n"), 1):
        if match := compiled.match(line[:300]):
            yield number, snippet(_short(match.group().strip(" {(:="), 100)), 0 if line[:1].strip() else 1


#: How definitions look at the start of a line.
PATTERNS: Final = {
    "py": r"\s*(?:async\s+def|def|class)\s+\w+[^:]*",
    "sh": r"\s*(?:function\s+[\w:.-]+|[\w:.-]+\s*\(\s*\))",
    "js": (
        r"\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?"
        r"(?:(?:async\s+)?function\b\*?\s*\w*\s*\([^)]*\)?|class\s+\w+[^{]*|interface\s+\w+[^{]*|enum\s+\w+|type\s+\w+"
        r"|(?:const|let|var)\s+\w+\s*(?::[^=]+)?=\s*(?:async\s*)?(?:function\b|\([^)]*\)\s*(?::[^=]+)?=>|\w+\s*=>))"
    ),
    "rs": r"\s*(?:pub(?:\([^)]*\))?\s+)?(?:async\s+|unsafe\s+|const\s+)*(?:fn|struct|enum|trait|mod|impl|type|macro_rules!)\b[^{;]*",
    "go": r"(?:func|type)\s+[^{]*",
    "java": (
        r"\s*(?:@\w+\s+)*(?:(?:public|private|protected|internal|static|final|abstract|override|async|sealed|open|data)\s+)*"
        r"(?:(?:class|interface|enum|record|struct|namespace|object|trait|fun|func|def|module)\s+\w+[^{]*"
        r"|(?:public|private|protected|internal|static)\s+[\w<>\[\],.? ]+\s+\w+\s*\([^)]*\)?)"
    ),
    "c": r"(?:struct|enum|union|typedef|class|namespace)\s+[\w:]+|(?!return|else|if|for|while)[A-Za-z_][\w\s*&:<>,~]*\s[*&]?[\w:~]+\([^;]*\)?\s*\{?$",
    "rb": r"\s*(?:def|class|module)\s+[^\n#]+",
    "sql": r"(?i)\s*create\s+(?:or\s+replace\s+)?(?:table|view|index|function|procedure|trigger|type)\s+[^(\n]+",
}
IMPORTS: Final = {
    "rs": r"^[ \t]*use[ \t]+([\w:]+)",
    "go": r'^[ \t]*(?:import[ \t]+)?(?:\w+[ \t]+)?"([\w./-]+)"[ \t]*$',
    "java": r"^[ \t]*(?:import|using|package)[ \t]+(?:static[ \t]+)?([\w.*]+)",
    "c": r'^[ \t]*#[ \t]*include[ \t]+([<"][^>"\n]+[>"])',
    "rb": r"""^[ \t]*require(?:_relative)?[ \t]+['"]([^'"\n]+)['"]""",
}
FAMILIES: Final = {
    **dict.fromkeys(("rs",), "rs"),
    **dict.fromkeys(("go",), "go"),
    **dict.fromkeys(("java", "kt", "kts", "cs", "swift", "php", "scala", "groovy"), "java"),
    **dict.fromkeys(("c", "h", "cpp", "cc", "cxx", "hpp", "hh"), "c"),
    **dict.fromkeys(("rb", "lua"), "rb"),
    "sql": "sql",
}
READERS: Final = {
    **dict.fromkeys(("py", "pyi"), _python),
    **dict.fromkeys(("md", "markdown"), _markdown),
    **dict.fromkeys(("json",), _json),
    **dict.fromkeys(("toml",), _toml),
    **dict.fromkeys(("yaml", "yml"), _yaml),
    **dict.fromkeys(("ini", "cfg", "conf"), _ini),
    **dict.fromkeys(("sh", "bash", "zsh"), _shell),
    **dict.fromkeys(("js", "mjs", "cjs", "jsx", "ts", "tsx", "mts"), _script),
}
