"""What the settings say of credentials: files and variables that commands do not get, or get a stand-in for.

Source: code.claude.com/docs/en/sandboxing (``sandbox.credentials``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

from gaff.hooks import Json, SettingValue

NoMatch: TypeAlias = Literal["warn", "deny", "error"]

_KEYS: Final = """
    path name mode extract onExtractNoMatch decode maskClaims maskDuplicates injectHosts
""".split()
_NO_MATCH: Final = ("warn", "deny", "error")
#: Levels that may have a credential put into requests: a repository may not.
_MAY_MASK: Final = frozenset({"managed", "command line", "user", "local"})


@dataclass(frozen=True)
class Credential:
    """An entry of ``credentials.files`` or ``credentials.envVars``; ``name`` is a path or a variable."""

    name: str
    masked: bool = False
    #: The expression whose first group is what is masked; ``None`` where all of it is.
    extract: str | None = None
    #: What is done where it finds nothing; ``None`` where the entry does not say.
    no_match: NoMatch | None = None
    is_jwt: bool = False
    #: The claims of the token that are masked; ``None`` for all.
    claims: tuple[str, ...] | None = None
    duplicates: bool = False
    #: Where the real one is put in; ``None`` for the allowed domains.
    hosts: tuple[str, ...] | None = None
    #: What is wrong with the entry, which is then denied.
    fault: str = ""


def credentials(values: Sequence[SettingValue], key: str) -> tuple[Credential, ...]:
    """Return the entries of all levels, one for each name: a denial of any level holds."""
    found: dict[str, Credential] = {}
    for value in values:
        for entry in value.value if isinstance(value.value, (list, tuple)) else ():
            # A mere name stands for a denial of it.
            table = entry if isinstance(entry, Mapping) else {key: entry}
            name = table.get(key)
            if isinstance(name, str) and name:
                one = _credential(absolute(name, str(value.base)) if key == "path" else name, table, value)
                if one.name not in found or not one.masked:
                    found[one.name] = one
    return tuple(found.values())


def unreadable(values: Sequence[SettingValue], key: str) -> bool:
    """Whether there is something among the entries of which nobody knows what it is about."""
    for value in values:
        entries = value.value if isinstance(value.value, (list, tuple)) else (value.value,)
        for entry in entries:
            name = entry.get(key) if isinstance(entry, Mapping) else entry
            if not isinstance(value.value, (list, tuple)) or not isinstance(name, str) or not name:
                return True
    return False


def _credential(name: str, entry: Mapping[str, Json], value: SettingValue) -> Credential:
    """Read an entry. Whatever is not understood is denied: it must not be passed on."""
    if entry.get("mode") != "mask" or not (value.trusted and value.level in _MAY_MASK):
        return Credential(name)
    faults = list(_faults(entry))
    if faults:
        return Credential(name, fault="; ".join(faults))
    claims, hosts = entry.get("maskClaims"), entry.get("injectHosts")
    return Credential(
        name,
        masked=True,
        extract=cast("str | None", entry.get("extract")),
        no_match=cast("NoMatch | None", entry.get("onExtractNoMatch")),
        is_jwt=entry.get("decode") == "jwt",
        claims=_texts(claims) if claims is not None else None,
        duplicates=entry.get("maskDuplicates") is True,
        hosts=_texts(hosts) if hosts is not None else None,
    )


def _faults(entry: Mapping[str, Json]) -> Iterator[str]:
    for name in entry:
        if name not in _KEYS:  # a slip of the pen must not widen where the credential goes
            yield f"{name} is not a known key"
    extract, no_match = entry.get("extract"), entry.get("onExtractNoMatch")
    if extract is not None and not isinstance(extract, str):
        yield "extract is not a text"
    if no_match is not None and no_match not in _NO_MATCH:
        yield "onExtractNoMatch is none of warn, deny, error"
    if entry.get("decode") not in (None, "jwt"):
        yield "decode is not jwt"
    for name in ("maskClaims", "injectHosts"):
        value = entry.get(name)
        if value is not None and not (isinstance(value, (list, tuple)) and _are_texts(value)):
            yield f"{name} is not a list of texts"


def _are_texts(values: Iterable[Json]) -> bool:
    return all(isinstance(value, str) for value in values)


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, (list, tuple)) else ()


def absolute(text: str, base: str, *, follows: bool = True) -> str:
    """Return the path a setting means, links followed unless told not to."""
    path = os.path.join(base, os.path.expanduser(text))
    return os.path.realpath(path) if follows else os.path.abspath(path)
