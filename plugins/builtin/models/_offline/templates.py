"""The few files whose text needs no invention."""

from __future__ import annotations

import json
from typing import Final

from .languages import base_name, extension

IGNORED: Final = {
    "python": (
        "__pycache__/",
        "*.py[co]",
        ".venv/",
        "build/",
        "dist/",
        "*.egg-info/",
        ".pytest_cache/",
        ".mypy_cache/",
        ".coverage",
    ),
    "node": ("node_modules/", "dist/", "coverage/", "*.log", ".env"),
    "rust": ("/target/", "**/*.rs.bk"),
    "go": ("/bin/", "*.test", "*.out"),
    "java": ("target/", "build/", "*.class", ".gradle/"),
}
IGNORED_AS: Final = {"javascript": "node", "typescript": "node", "js": "node", "py": "python", "golang": "go"}


def printing(path: str, text: str) -> str | None:
    """Return a program that prints the text; ``None`` for languages that are not known."""
    quoted = json.dumps(text, ensure_ascii=False)
    single = "'" + text.replace("'", "'\\''") + "'"
    raw = "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    programs = {
        "py": f"print({text!r})\n" if '"' in text or "\\" in text else f"print({quoted})\n",
        "js": f"console.log({quoted});\n",
        "mjs": f"console.log({quoted});\n",
        "ts": f"console.log({quoted});\n",
        "sh": f"#!/bin/sh\nprintf '%s\\n' {single}\n",
        "bash": f"#!/usr/bin/env bash\nprintf '%s\\n' {single}\n",
        "rb": f"puts {raw}\n",
        "php": f"<?php\necho {raw}, PHP_EOL;\n",
        "lua": f"print({quoted})\n",
        "go": f'package main\n\nimport "fmt"\n\nfunc main() {{\n\tfmt.Println({quoted})\n}}\n',
        "rs": f'fn main() {{\n    println!("{{}}", {quoted});\n}}\n',
        "c": f"#include <stdio.h>\n\nint main(void) {{\n    puts({quoted});\n    return 0;\n}}\n",
        "txt": f"{text}\n",
        "md": f"{text}\n",
    }
    return programs.get(extension(path)) if "\n" not in text else None


def template(path: str, kind: str) -> str | None:
    """Return the usual content of such a file; ``None`` where there is none."""
    kind = kind.lower()
    if base_name(path) != ".gitignore":
        return None
    lines = IGNORED.get(IGNORED_AS.get(kind, kind))
    return "".join(f"{line}\n" for line in lines) if lines else None
