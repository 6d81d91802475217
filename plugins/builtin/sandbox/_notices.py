"""What the user is told of the settings at the start: what does nothing here, and what is done instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gaff.hooks import Json, Session, Settings

from ._choice import Choice
from ._credentials import unreadable
from ._settings import SandboxSettings, sandbox_settings

#: Documented for macOS only.
_OF_MACOS: Final = ("allowAppleEvents", "enableWeakerNetworkIsolation", "network.allowMachLookup")
#: Programs that gaff does without.
_NOT_NEEDED: Final = ("ripgrep", "socatPath")
_NOT_SIGNED: Final = ("credentials.awsPairs", "credentials.sigv4")
#: The keys there are, by the object that holds them.
_KNOWN: Final[Mapping[str, Sequence[str]]] = {
    "": """
        enabled failIfUnavailable autoAllowBashIfSandboxed excludedCommands allowUnsandboxedCommands filesystem
        network credentials ignoreViolations enableWeakerNestedSandbox enableWeakerNetworkIsolation
        allowAppleEvents ripgrep bwrapPath socatPath
    """.split(),
    "filesystem": "allowWrite denyWrite denyRead allowRead disabled allowManagedReadPathsOnly".split(),
    "network": """
        allowedDomains deniedDomains strictAllowlist allowManagedDomainsOnly allowUnixSockets
        allowAllUnixSockets allowLocalBinding allowMachLookup httpProxyPort socksProxyPort tlsTerminate
    """.split(),
    "network.tlsTerminate": ["excludeDomains", "extraCaCertPaths"],
    "credentials": ["files", "envVars", "allowPlaintextInject", "awsPairs", "sigv4"],
}


def notices(session: Session, choice: Choice) -> Iterator[str]:
    """Yield what is to be told, a line each."""
    settings = sandbox_settings(session)
    yield from _without_effect(session.settings)
    for kind, key in (("files", "path"), ("envVars", "name")):
        if unreadable(session.settings.by_level("sandbox", "credentials", kind), key):
            yield f"sandbox.credentials.{kind}: an entry has no {key}, and nothing comes of it"
    for one in (*settings.credential_files, *settings.credential_variables):
        if one.fault:
            yield f"sandbox.credentials: commands do not get {one.name}: {one.fault}"
    if choice.masks:
        yield from _of_masking(settings)
    elif choice.isolates:
        yield from _without_proxy(settings, choice.name)


def _without_effect(settings: Settings) -> Iterator[str]:
    found = dict.fromkeys(_keys(settings))
    for keys, why in ((_OF_MACOS, "for macOS only, nothing here"), (_NOT_NEEDED, "not needed here")):
        if named := [key for key in keys if key in found]:
            yield f"sandbox.{', '.join(named)}: {why}"
    if named := [key for key in _NOT_SIGNED if key in found]:
        yield (
            f"sandbox.{', '.join(named)}: not supported; requests to AWS are not signed anew, so masked keys of "
            "AWS do not work"
        )
    for key in found:
        holder, _, name = key.rpartition(".")
        if name not in _KNOWN[holder]:
            yield f"sandbox.{key} is not a known setting"


def _keys(settings: Settings) -> Iterator[str]:
    """Yield the keys that are set, those below others with their way."""
    for holder in _KNOWN:
        for value in settings.by_level("sandbox", *filter(None, holder.split("."))):
            if isinstance(value.value, Mapping):
                yield from (f"{holder}.{name}" if holder else name for name in _names(value.value))


def _names(table: Mapping[str, Json]) -> Iterator[str]:
    return (name for name, value in table.items() if value not in (None, False))


def _of_masking(settings: SandboxSettings) -> Iterator[str]:
    from ._carrying import missing_packages

    missing, masks = missing_packages(), _has_masks(settings)
    if settings.ends_tls and missing:
        yield f"sandbox.network.tlsTerminate: TLS connections of commands are refused: {missing}"
    elif masks and settings.plaintext and missing:
        yield f"sandbox.credentials: what is masked is put into no request: {missing}"
    if masks and not settings.ends_tls and not settings.plaintext:
        yield "sandbox.credentials: what is masked is put into no request: set sandbox.network.tlsTerminate to {}"
    for key, port in (("httpProxyPort", settings.proxy_port), ("socksProxyPort", settings.socks_port)):
        if port is not None and (masks or settings.ends_tls):
            yield f"sandbox.network.{key}: your own proxy gets TLS as it is, and what stands in for credentials"


def _without_proxy(settings: SandboxSettings, name: str) -> Iterator[str]:
    if _has_masks(settings):
        yield f"sandbox.credentials: {name} masks nothing; commands do not get what should be masked"
    if settings.unix_sockets and not settings.all_unix_sockets:
        yield f"sandbox.network.allowUnixSockets: {name} knows no list; commands reach no socket"
    if settings.ends_tls or settings.proxy_port or settings.socks_port:
        yield f"sandbox.network: {name} has no proxy; commands have no network"


def _has_masks(settings: SandboxSettings) -> bool:
    return any(one.masked for one in (*settings.credential_files, *settings.credential_variables))
