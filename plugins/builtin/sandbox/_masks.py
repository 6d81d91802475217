"""The credentials of a session as a command gets them: hidden, left out, or with something in their place."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gaff.hooks import Notice, Session, StateKey

from ._credentials import Credential
from ._masking import Denied, Masker, NotRun
from ._settings import sandbox_settings
from ._vault import vault_of

#: Larger files are hidden.
_LARGEST: Final = 1 << 20


@dataclass
class _Told:
    lines: set[str] = field(default_factory=set[str])


_TOLD = StateKey(_Told)


@dataclass(frozen=True)
class MaskedFiles:
    """Paths that are hidden, and those in whose place another file is read."""

    hidden: tuple[str, ...] = ()
    masked: Mapping[str, str] = field(default_factory=dict[str, str])


def masked_files(session: Session, *, masks: bool) -> MaskedFiles:
    """Return how commands get the files that hold credentials; without ``masks`` they are hidden.

    Raises:
        OSError: a command must not be run.
    """
    hidden: list[str] = []
    masked: dict[str, str] = {}
    for one in sandbox_settings(session).credential_files:
        text = _masked_file(session, one) if masks and one.masked and os.path.lexists(one.name) else None
        if text is None:
            hidden.append(one.name)
        else:
            masked[one.name] = _stand_in_file(session, one.name, text)
    return MaskedFiles(tuple(hidden), masked)


def masked_variables(session: Session, environ: Mapping[str, str], *, masks: bool) -> Mapping[str, str]:
    """Return an environment as commands get it; without ``masks`` what should be masked is left out.

    Raises:
        OSError: a command must not be run.
    """
    found = dict(environ)
    for one in sandbox_settings(session).credential_variables:
        value = found.pop(one.name, None)
        if value is not None and masks and one.masked:
            text = _mask(session, one, value)
            found |= {one.name: text} if text is not None else {}
    return found


def _masked_file(session: Session, one: Credential) -> str | None:
    try:
        if os.path.getsize(one.name) > _LARGEST:
            raise Denied("it is larger than 1 MB")
        text = Path(one.name).read_bytes().decode("utf-8", "surrogateescape")
    except (OSError, Denied) as fault:
        _tell(session, f"{one.name} is hidden: {fault}")
        return None
    return _mask(session, one, text)


def _mask(session: Session, one: Credential, text: str) -> str | None:
    """Return the text as commands see it; ``None`` where they must not."""
    masker = Masker(one, vault_of(session))
    try:
        return masker.mask(text)
    except Denied as fault:
        _tell(session, f"commands do not get {one.name}: {fault}")
        return None
    except NotRun as fault:
        raise OSError(f"{fault} (sandbox.credentials, onExtractNoMatch: error)") from None
    finally:
        for note in masker.notes:
            _tell(session, note)


def _stand_in_file(session: Session, path: str, text: str) -> str:
    """Write what commands read instead; where it is the same already, commands that run read it, too."""
    folder = session.scratch_dir / "masked"
    folder.mkdir(mode=0o700, exist_ok=True)
    file, data = folder / hashlib.sha256(path.encode()).hexdigest(), text.encode("utf-8", "surrogateescape")
    if not file.is_file() or file.read_bytes() != data:
        new = file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_bytes(data)
        os.replace(new, file)
    return os.path.realpath(file)


def _tell(session: Session, line: str) -> None:
    told = session.state[_TOLD].lines
    if line not in told:
        told.add(line)
        session.publish(Notice("warning", f"The sandbox: {line}"))
