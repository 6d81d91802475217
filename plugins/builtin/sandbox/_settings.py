"""The ``sandbox`` settings, as documented, read so that a repository cannot loosen them unless trusted.

Source: code.claude.com/docs/en/sandboxing and /settings-reference.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gaff.hooks import Json, Session, Setting, Settings, SettingValue, StateKey

from ._credentials import Credential, absolute, credentials

KEYS: Final[Sequence[Setting]] = (
    Setting("sandbox.enabled", "run Bash commands in a sandbox", "boolean"),
    Setting("sandbox.failIfUnavailable", "refuse to start where no sandbox holds", "boolean"),
    Setting("sandbox.autoAllowBashIfSandboxed", "commands in the sandbox need no permission", "boolean"),
    Setting("sandbox.excludedCommands", "patterns of commands that run outside", "array"),
    Setting("sandbox.allowUnsandboxedCommands", "the model may ask to run a command outside", "boolean"),
    Setting("sandbox.filesystem", "allowWrite, denyWrite, denyRead, allowRead, disabled", "object"),
    Setting("sandbox.network", "allowedDomains, deniedDomains, strictAllowlist, sockets, proxies", "object"),
    Setting("sandbox.credentials", "files and variables that commands do not get as they are", "object"),
    Setting("sandbox.ignoreViolations", "violations not to be told, by part of the command", "object"),
    Setting("sandbox.enableWeakerNestedSandbox", "a weaker isolation will do, in a container", "boolean"),
    Setting("sandbox.bwrapPath", "the program of bubblewrap", "string"),
    Setting("sandbox.enableWeakerNetworkIsolation", "for macOS", "boolean"),
    Setting("sandbox.allowAppleEvents", "for macOS", "boolean"),
    Setting("sandbox.ripgrep", "not needed", "object"),
    Setting("sandbox.socatPath", "not needed", "string"),
)

#: Keys that count only where the user or who manages the machine says so.
_PERSONAL: Final = frozenset({"managed", "command line", "user"})
_MANAGED: Final = frozenset({"managed"})
_NOT_SHARED: Final = frozenset({"managed", "command line", "user", "local"})


@dataclass(frozen=True)
class SandboxSettings:
    """What is in force. Paths are absolute, links followed but for those that are allowed something."""

    enabled: bool = False
    required: bool = False
    auto_allow: bool = True
    allows_unsandboxed: bool = True
    excluded: tuple[str, ...] = ()
    guards_files: bool = True
    allow_write: tuple[str, ...] = ()
    deny_write: tuple[str, ...] = ()
    allow_read: tuple[str, ...] = ()
    deny_read: tuple[str, ...] = ()
    allowed_domains: tuple[str, ...] = ()
    denied_domains: tuple[str, ...] = ()
    strict: bool = False
    #: Whether domains of rules and answers count beside ``allowed_domains``.
    managed_domains_only: bool = False
    unix_sockets: tuple[str, ...] = ()
    all_unix_sockets: bool = False
    proxy_port: int | None = None
    socks_port: int | None = None
    #: Whether TLS is ended by the proxy, for which hosts it is not, and files of certificates to trust besides.
    ends_tls: bool = False
    tls_excluded: tuple[str, ...] = ()
    trusted_files: tuple[str, ...] = ()
    credential_files: tuple[Credential, ...] = ()
    credential_variables: tuple[Credential, ...] = ()
    #: Where a masked credential goes that names no hosts, and whether without TLS, too.
    inject_domains: tuple[str, ...] = ()
    plaintext: bool = False
    ignored: Mapping[str, Json] = field(default_factory=dict[str, Json])
    weaker: bool = False
    program: str | None = None


@dataclass
class _Cache:
    source: Settings | None = None
    found: SandboxSettings = field(default_factory=SandboxSettings)


_CACHE = StateKey(_Cache)


def sandbox_settings(session: Session) -> SandboxSettings:
    """Return the settings in force, read again only where they changed."""
    cache = session.state[_CACHE]
    if cache.source is not session.settings:
        cache.found = read(session.settings)
        cache.source = session.settings
    return cache.found


def read(settings: Settings) -> SandboxSettings:
    """Read the settings of all levels."""
    reader = _Reader(settings)
    reads_managed = reader.switch("filesystem", "allowManagedReadPathsOnly", levels=_MANAGED)
    read_levels = _MANAGED if reads_managed else None
    only_managed = reader.switch("network", "allowManagedDomainsOnly", levels=_MANAGED)
    return SandboxSettings(
        enabled=reader.switch("enabled", lax=False),
        required=reader.switch("failIfUnavailable", lax=False),
        auto_allow=reader.switch("autoAllowBashIfSandboxed", default=True),
        allows_unsandboxed=reader.switch("allowUnsandboxedCommands", default=True),
        excluded=reader.texts("excludedCommands"),
        guards_files=not reader.switch("filesystem", "disabled", levels=_PERSONAL),
        allow_write=reader.paths("filesystem", "allowWrite", follows=False),
        deny_write=reader.paths("filesystem", "denyWrite", tightens=True),
        allow_read=reader.paths("filesystem", "allowRead", levels=read_levels, follows=False),
        deny_read=reader.paths("filesystem", "denyRead", tightens=True),
        allowed_domains=reader.texts("network", "allowedDomains", levels=_MANAGED if only_managed else None),
        denied_domains=reader.texts("network", "deniedDomains", tightens=True),
        strict=only_managed or reader.switch("network", "strictAllowlist", lax=False, levels=_NOT_SHARED),
        managed_domains_only=only_managed,
        unix_sockets=reader.paths("network", "allowUnixSockets"),
        all_unix_sockets=reader.switch("network", "allowAllUnixSockets"),
        proxy_port=reader.port("network", "httpProxyPort"),
        socks_port=reader.port("network", "socksProxyPort"),
        ends_tls=reader.ends_tls(),
        tls_excluded=reader.texts("network", "tlsTerminate", "excludeDomains", levels=_NOT_SHARED),
        trusted_files=reader.paths("network", "tlsTerminate", "extraCaCertPaths", levels=_NOT_SHARED),
        credential_files=credentials(settings.by_level("sandbox", "credentials", "files"), "path"),
        credential_variables=credentials(settings.by_level("sandbox", "credentials", "envVars"), "name"),
        inject_domains=reader.texts(
            "network", "allowedDomains", levels=_MANAGED if only_managed else _NOT_SHARED
        ),
        plaintext=reader.switch("credentials", "allowPlaintextInject", levels=_NOT_SHARED),
        ignored=reader.table("ignoreViolations"),
        weaker=reader.switch("enableWeakerNestedSandbox"),
        program=reader.text("bwrapPath"),
    )


class _Reader:
    """Reads values of all levels; those of an untrusted folder only where they tighten."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def _values(self, *path: str) -> Sequence[SettingValue]:
        return self._settings.by_level("sandbox", *path)

    def switch(
        self,
        *path: str,
        default: bool = False,
        lax: bool = True,
        levels: frozenset[str] | None = None,
    ) -> bool:
        """Return a boolean of the highest level; ``lax`` is the value that no untrusted level may set."""
        for value in self._values(*path):
            counts = value.trusted or value.value is not lax
            if isinstance(value.value, bool) and counts and (levels is None or value.level in levels):
                return value.value
        return default

    def texts(
        self, *path: str, tightens: bool = False, levels: frozenset[str] | None = None
    ) -> tuple[str, ...]:
        """Return the strings of the lists of all levels."""
        return tuple(dict.fromkeys(text for text, _ in self._each(path, tightens, levels)))

    def paths(
        self,
        *path: str,
        tightens: bool = False,
        levels: frozenset[str] | None = None,
        follows: bool = True,
    ) -> tuple[str, ...]:
        """Return the paths of the lists of all levels; relative ones start from the folder of their level."""
        found = self._each(path, tightens, levels)
        each = (absolute(text, str(value.base), follows=follows) for text, value in found)
        return tuple(dict.fromkeys(each))

    def _each(
        self, path: Sequence[str], tightens: bool, levels: frozenset[str] | None
    ) -> Iterator[tuple[str, SettingValue]]:
        for value in self._values(*path):
            if (value.trusted or tightens) and (levels is None or value.level in levels):
                items = value.value if isinstance(value.value, (list, tuple)) else ()
                yield from ((item, value) for item in items if isinstance(item, str) and item)

    def text(self, *path: str) -> str | None:
        """Return a string that only the user or who manages the machine may set."""
        found = (value.value for value in self._values(*path) if value.level in _PERSONAL)
        return next((text for text in found if isinstance(text, str) and os.path.isabs(text)), None)

    def port(self, *path: str) -> int | None:
        """Return a port number of the highest trusted level."""
        for value in self._values(*path):
            if value.trusted and type(value.value) is int and 0 < value.value < 65536:
                return value.value
        return None

    def ends_tls(self) -> bool:
        """Whether TLS is to be ended by the proxy."""
        values = self._values("network", "tlsTerminate")
        return any(
            value.value not in (None, False) and value.trusted and value.level in _NOT_SHARED
            for value in values
        )

    def table(self, *path: str) -> Mapping[str, Json]:
        """Return the entries of all trusted levels."""
        found: dict[str, Json] = {}
        for value in reversed(self._values(*path)):
            if value.trusted and isinstance(value.value, Mapping):
                found |= value.value
        return found
