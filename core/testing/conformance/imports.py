"""What importing a plugin costs: time, and the modules it brings along."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pkgutil import walk_packages
from statistics import median
from time import perf_counter, process_time
from typing import Final

from .children import Ending, Report, run
from .findings import Finding
from .targets import Target

#: Milliseconds an import may take on top of the contract and pydantic, which are there anyway.
LIMIT_MS: Final = 100.0
_RUNS: Final = 5

#: Modules that cost more than a start may; used inside functions, they cost nothing until then.
HEAVY: Final = frozenset(
    """
    IPython PIL aiohttp anthropic bs4 boto3 botocore cryptography dask dbos django docx duckdb fastapi flask
    google grpc httpx httpx2 huggingface_hub jinja2 jupyter_client langchain litellm lxml matplotlib mcp nltk
    numpy openai openpyxl pandas playwright polars pyarrow pydantic_ai pygments pypdf pypdfium2 ray requests
    rich scipy selenium sentence_transformers sklearn spacy sqlalchemy starlette sympy tensorflow textual
    tiktoken tokenizers torch transformers tree_sitter tree_sitter_bash uvicorn yaml
    """.split()
)

_NOT_THERE: Final = "state what it needs as a dependency, or import it where it is used"
_LEAVES: Final = "a plugin must not leave: raise an exception where it cannot go on"
_REMEDIES: Final = {"ImportError": _NOT_THERE, "ModuleNotFoundError": _NOT_THERE, "SystemExit": _LEAVES}


def prepare() -> None:
    """Import what every session has imported: the contract and pydantic. Their cost is nobody's."""
    import gaff.hooks

    for name in ("asyncio", "pydantic"):
        import_module(name)
    for found in walk_packages(gaff.hooks.__path__, "gaff.hooks."):
        import_module(found.name)


def examine_import(target: Target, limit: float) -> tuple[Sequence[Finding], bool]:
    """Import a plugin several times, each time in a fresh process; return what was found, and whether it imports."""
    # The first run may compile it.
    runs = [run(lambda report: _import(target, report), limit)]
    stopped = _stopped(runs[0], limit)
    if stopped is not None:
        return [stopped], False
    runs += [run(lambda report: _import(target, report), limit) for _ in range(_RUNS)]
    wall = [one.values["wall"] for one in runs[1:] if one.finished]
    processor = [one.values["processor"] for one in runs[1:] if one.finished]
    return [_time(wall, processor), *_weight(runs[0].values["modules"])], True


def _import(target: Target, report: Report) -> None:
    sys.dont_write_bytecode = False
    target.prepare()
    before = set(sys.modules)
    began, worked = perf_counter(), process_time()
    try:
        target.load()
    except (Exception, SystemExit) as fault:  # isolation boundary: code of strangers may raise anything
        report.value("fault", [type(fault).__name__, str(fault)])
        return
    report.value("wall", (perf_counter() - began) * 1000)
    report.value("processor", (process_time() - worked) * 1000)
    report.value("modules", sorted({name.partition(".")[0] for name in set(sys.modules) - before}))


def _stopped(ending: Ending, limit: float) -> Finding | None:
    """Return why it cannot be imported at all."""
    if ending.hung:
        text = f"importing it does not end within {limit:g} s"
        return Finding("import", "fault", text, "do such work when a hook is called, not at import")
    if "fault" in ending.values:
        kind, text = ending.values["fault"]
        text = " ".join(f"importing it raises {kind}: {text}".split())
        remedy = _REMEDIES.get(kind, "see to it that it can be imported")
        return Finding("import", "fault", text, remedy)
    if not ending.finished:
        text = f"importing it ends the process ({_how(ending.code)})"
        return Finding(
            "import", "fault", text, "a plugin must not leave: raise an exception where it cannot go on"
        )
    return None


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _time(wall: Sequence[float], processor: Sequence[float]) -> Finding:
    took = median(wall)
    if took <= LIMIT_MS:
        return Finding("import", "ok", f"imported in {took:.0f} ms")
    text = f"importing it takes {took:.0f} ms, more than {LIMIT_MS:g}"
    # A busy machine is not the plugin's fault: its best run, or the time it really worked, must be too long too.
    if min(wall) <= LIMIT_MS or (median(processor) <= LIMIT_MS and min(wall) <= 2 * LIMIT_MS):
        return Finding("import", "note", f"{text}; this machine is busy, its best was {min(wall):.0f} ms")
    return Finding("import", "fault", text, "import what is heavy inside the functions that use it")


def _weight(modules: Sequence[str]) -> Iterator[Finding]:
    heavy = sorted(HEAVY.intersection(modules))
    if heavy:
        text = f"importing it imports {', '.join(heavy)}"
        yield Finding("light", "fault", text, "import them inside the functions that use them")
    else:
        yield Finding("light", "ok", "importing it pulls in no heavy module")


def quiet_environment(folder: str) -> None:
    """Give this process a home of its own in ``folder``, and no key."""
    for name in [*os.environ]:
        if name.endswith(("_API_KEY", "_AUTH_TOKEN", "_OAUTH_TOKEN", "_BASE_URL")):
            del os.environ[name]
    for name in ("HOME", "GAFF_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = os.path.join(folder, name.lower())
