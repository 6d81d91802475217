"""The kinds of files people speak of, by the names they use for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Language:
    """A kind of file: its name, what else people call it, its endings, and the tag of its code fences."""

    name: str
    words: tuple[str, ...]
    extensions: tuple[str, ...]
    fence: str


LANGUAGES: Final = (
    Language("Python", ("python", "py"), ("py", "pyi"), "python"),
    Language("JavaScript", ("javascript", "js"), ("js", "mjs", "cjs", "jsx"), "javascript"),
    Language("TypeScript", ("typescript", "ts"), ("ts", "tsx", "mts"), "typescript"),
    Language("Markdown", ("markdown", "md"), ("md", "markdown"), "markdown"),
    Language("JSON", ("json",), ("json", "jsonl"), "json"),
    Language("TOML", ("toml",), ("toml",), "toml"),
    Language("YAML", ("yaml", "yml"), ("yaml", "yml"), "yaml"),
    Language("Rust", ("rust", "rs"), ("rs",), "rust"),
    Language("Go", ("go", "golang"), ("go",), "go"),
    Language("Java", ("java",), ("java",), "java"),
    Language("Kotlin", ("kotlin",), ("kt", "kts"), "kotlin"),
    Language("Swift", ("swift",), ("swift",), "swift"),
    Language("C", ("c",), ("c", "h"), "c"),
    Language("C++", ("c++", "cpp"), ("cpp", "cc", "cxx", "hpp", "hh"), "cpp"),
    Language("C#", ("c#", "csharp"), ("cs",), "csharp"),
    Language("Ruby", ("ruby", "rb"), ("rb",), "ruby"),
    Language("PHP", ("php",), ("php",), "php"),
    Language("Lua", ("lua",), ("lua",), "lua"),
    Language("Shell", ("shell", "bash", "sh"), ("sh", "bash", "zsh"), "bash"),
    Language("SQL", ("sql",), ("sql",), "sql"),
    Language("HTML", ("html",), ("html", "htm"), "html"),
    Language("CSS", ("css", "style"), ("css", "scss", "less"), "css"),
    Language("XML", ("xml",), ("xml", "svg"), "xml"),
    Language("CSV", ("csv",), ("csv", "tsv"), "csv"),
    Language("reStructuredText", ("restructuredtext", "rst"), ("rst",), "rst"),
    Language("INI", ("ini", "config", "configuration"), ("ini", "cfg", "conf"), "ini"),
    Language("plain text", ("text", "txt"), ("txt", "log"), "text"),
    Language("notebook", ("notebook", "jupyter"), ("ipynb",), "json"),
)

BY_EXTENSION: Final = {extension: language for language in LANGUAGES for extension in language.extensions}
BY_WORD: Final = {word: language for language in LANGUAGES for word in language.words}

#: Files that are known by their whole name.
BY_NAME: Final = {
    "makefile": "makefile",
    "gnumakefile": "makefile",
    "dockerfile": "dockerfile",
    "justfile": "just",
    "procfile": "text",
    "gemfile": "ruby",
    "rakefile": "ruby",
    "vagrantfile": "ruby",
    "jenkinsfile": "groovy",
    "license": "text",
    "licence": "text",
    "copying": "text",
    "readme": "text",
    "changelog": "text",
    "notice": "text",
    "authors": "text",
    "codeowners": "text",
}


def base_name(path: str) -> str:
    """Return the last part of a path."""
    return path.rstrip("/").rpartition("/")[2]


def extension(path: str) -> str:
    """Return a file's ending in small letters, without the dot; empty where it has none."""
    stem, dot, ending = base_name(path).rpartition(".")
    return ending.lower() if dot and stem else ""


def language_of(path: str) -> Language | None:
    """Return the language of a file, going by its name."""
    return BY_EXTENSION.get(extension(path))


def fence_tag(path: str) -> str:
    """Return the tag for a code fence that holds this file."""
    language = language_of(path)
    return language.fence if language else BY_NAME.get(base_name(path).lower(), "text")
