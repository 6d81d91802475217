"""Where handlers' processes run, and with which variables.

Source: code.claude.com/docs/en/hooks and /env-vars.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gaff.hooks import HookSource, Kernel, Session, StateKey
from gaff.hooks.models import SECRETS

from ._events import WITH_ENV_FILE

_VARIABLE: Final = "CLAUDE_ENV_FILE"


@dataclass
class EnvFiles:
    """The files that hooks append ``export`` lines to, and the one that reads them all."""

    files: dict[str, Path] = field(default_factory=dict[str, Path])
    main: Path | None = None


_ENV_FILES: Final = StateKey(EnvFiles)


def hook_directory(kernel: Kernel, session: Session | None) -> Path:
    """Return the folder a handler runs in: the current one, or the first of the others that exists."""
    current = kernel.project_dir if session is None else session.cwd
    if current.is_dir():
        return current
    home = Path(kernel.environ.get("HOME", "/"))
    places = (kernel.project_dir, home, Path(tempfile.gettempdir()))
    return next((place for place in places if place.is_dir()), Path("/"))


def hook_environ(
    source: HookSource, kernel: Kernel, session: Session | None, event: str, key: str
) -> dict[str, str]:
    """Return the environment of a handler's process."""
    base: Mapping[str, str] = session.environ if session is not None else kernel.environ
    environ = {
        name: value
        for name, value in base.items()
        if name not in SECRETS and not name.startswith("OTEL_") and name != _VARIABLE
    }
    environ |= source.variables
    environ |= {
        "CLAUDE_PROJECT_DIR": str(kernel.project_dir),
        "CLAUDECODE": "1",
        "CLAUDE_CODE_CHILD_SESSION": "1",
        "CLAUDE_PID": str(os.getpid()),
        "GAFF": "1",
    }
    if session is not None:
        environ["CLAUDE_CODE_SESSION_ID"] = session.id
        effort = session.event_context.effort
        if effort is not None:
            environ["CLAUDE_EFFORT"] = effort
    if event in WITH_ENV_FILE:
        # Tried out, a handler finds a file as well; nothing comes of what it writes.
        environ[_VARIABLE] = os.devnull if session is None else str(_env_file(session, event, key))
    return environ


def _env_file(session: Session, event: str, key: str) -> Path:
    """Return an empty file that this handler may append to; each of its runs replaces what the last one said."""
    kept = session.state[_ENV_FILES]
    name = f"{event}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    path = kept.files.setdefault(name, session.scratch_dir / f"hook-env-{name}.sh")
    path.write_bytes(b"")
    return path


def apply_env_files(session: Session) -> None:
    """Have later commands read what hooks wrote into their files."""
    kept = session.state[_ENV_FILES]
    filled = [path for path in kept.files.values() if path.is_file() and path.stat().st_size]
    if not filled and kept.main is None:
        return
    before = session.kernel.environ.get(_VARIABLE, "")
    lines = [f"[ -r {quoted} ] && . {quoted}" for quoted in map(shlex.quote, [before] if before else [])]
    lines += [f". {shlex.quote(str(path))}" for path in filled]
    kept.main = session.scratch_dir / "hook-env.sh"
    kept.main.write_text("\n".join([*lines, ":", ""]), encoding="utf-8")
    session.variables[_VARIABLE] = str(kept.main)
