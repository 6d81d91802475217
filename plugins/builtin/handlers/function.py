"""The hook handler ``function``: a Python function, called in the shell's own process.

``"function": "guard.py:check"`` or ``"package.module:check"``; a file is looked for from the folder of the
settings. The function takes the event's object and returns the documented JSON output as a dictionary,
text, or ``None`` for no opinion. A plain function runs in a thread until it has shown to be quick.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any, ClassVar, Final

from gaff.hooks import (
    FieldType,
    HookHandler,
    HookResult,
    HookRun,
    HookSource,
    JsonObject,
    Kernel,
    hookimpl,
    is_object,
)

#: Seconds up to which a call may hold up the shell.
_QUICK: Final = 0.002


@dataclass
class _Loaded:
    """A function, and how it was found."""

    call: Callable[[Any], Any]
    stamp: int
    #: Whether its last call was so short that it needs no thread.
    quick: bool = False


class FunctionHandler(HookHandler):
    """Calls a function."""

    name: ClassVar[str] = "function"
    summary: ClassVar[str] = "call a Python function in this process"
    fields: ClassVar[Mapping[str, FieldType]] = {"function": "string"}
    required: ClassVar[tuple[str, ...]] = ("function",)

    def __init__(self) -> None:
        self._loaded: dict[tuple[Path, str], _Loaded] = {}

    def check(self, config: JsonObject, source: HookSource, kernel: Kernel) -> str | None:
        where, colon, name = str(config.get("function")).rpartition(":")
        if not colon or not name.isidentifier():
            return "function must be FILE.py:NAME or MODULE:NAME"
        if _is_file(where):
            path = _path(where, source, str(kernel.project_dir))
            return None if path.is_file() else f"there is no file {path}"
        return None if all(part.isidentifier() for part in where.split(".")) else f"{where!r} is no module"

    async def run(self, run: HookRun) -> HookResult:
        where, _, name = run.text("function").rpartition(":")
        path = _path(where, run.source, str(run.kernel.project_dir)) if _is_file(where) else Path(where)
        stamp = path.stat().st_mtime_ns if _is_file(where) else 0
        loaded = self._loaded.get((path, name))
        if loaded is None or loaded.stamp != stamp:
            call = await asyncio.to_thread(_load, path, name)
            loaded = self._loaded[path, name] = _Loaded(call, stamp)
        return _result(await _call(loaded, json.loads(run.stdin)))


async def _call(loaded: _Loaded, payload: object) -> object:
    if inspect.iscoroutinefunction(loaded.call):
        value = loaded.call(payload)
    elif loaded.quick:
        value, loaded.quick = _timed(loaded.call, payload)
    else:
        value, loaded.quick = await asyncio.to_thread(_timed, loaded.call, payload)
    if not inspect.isawaitable(value):
        return value
    with _held("the function"):
        return await value


def _timed(call: Callable[[Any], Any], payload: object) -> tuple[object, bool]:
    started = perf_counter()
    with _held("the function"):
        value = call(payload)
    return value, perf_counter() - started < _QUICK


@contextmanager
def _held(what: str) -> Generator[None]:
    """Let nothing out that would end more than this firing: a function is a guest here.

    Raises:
        RuntimeError: instead of ``SystemExit``, ``KeyboardInterrupt``, ``StopIteration`` and the like.
    """
    try:
        yield
    except SystemExit as end:
        raise RuntimeError(f"{what} called sys.exit({end.code})") from end
    except StopIteration:
        # No future takes one: who waits for it would wait for ever.
        raise RuntimeError(f"{what} raised StopIteration") from None
    except Exception:
        raise
    except BaseException as fault:
        if _is_cancelled():
            raise
        raise RuntimeError(f"{what} raised {type(fault).__name__}") from fault


def _is_cancelled() -> bool:
    """Whether what runs here is being cancelled from outside; a thread never is."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False
    return task is not None and task.cancelling() > 0


def _result(value: object) -> HookResult:
    if value is None:
        return HookResult()
    if isinstance(value, str):
        return HookResult(stdout=value)
    if is_object(value):
        return HookResult(output=value)
    return HookResult(failure=f"it returned {type(value).__name__}; return a dictionary, text or None")


def _is_file(where: str) -> bool:
    return where.endswith(".py") or "/" in where


def _path(where: str, source: HookSource, project: str) -> Path:
    variables = {**source.variables, "CLAUDE_PROJECT_DIR": project}
    for name, value in variables.items():
        where = where.replace(f"${{{name}}}", value)
    path = Path(where).expanduser()
    return path if path.is_absolute() else source.base / path


def _load(path: Path, name: str) -> Callable[[Any], Any]:
    """Import a file or module and return a function of it.

    Raises:
        RuntimeError: it cannot be imported, or has no such function.
    """
    with _held(f"importing {path}"):
        module = _import_file(path) if path.suffix == ".py" else _import(str(path))
    found: object = getattr(module, name, None)
    if not callable(found):
        raise RuntimeError(f"{path} has no function {name}")
    return found


def _import(name: str) -> ModuleType:
    from importlib import import_module

    return import_module(name)


def _import_file(path: Path) -> ModuleType:
    """Import a file, without leaving byte code beside it."""
    module = ModuleType(f"gaff_hook_{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), module.__dict__)
    return module


@hookimpl
def gaff_register_hook_handlers() -> Sequence[HookHandler]:
    """Offer ``function``."""
    return (FunctionHandler(),)
