"""From settings, rules and folders of a session to what a command may touch."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable

from gaff.hooks import Crossing, SandboxNetwork, SandboxPolicy, Session
from gaff.plugins.builtin.permissions._folders import working_folders

from ._grants import granted, is_inside
from ._masks import MaskedFiles
from ._nested import nested_protected
from ._protected import credential_files, own_folders, protected_in, work_trees_in
from ._rules_used import rule_paths
from ._settings import SandboxSettings, sandbox_settings

#: The host that stands for all of them.
EVERY_HOST = "*"


def temporary_folder(session: Session) -> str:
    """Return the session's folder for temporary files of commands, made where it is missing."""
    folder = session.scratch_dir / "tmp"
    folder.mkdir(mode=0o700, exist_ok=True)
    return os.path.realpath(folder)


def policy_of(
    session: Session, connect: Callable[[str, int], Awaitable[bool]], files: MaskedFiles
) -> SandboxPolicy:
    """Return what a command of this session may touch; ``connect`` is asked about hosts."""
    settings, rules = sandbox_settings(session), rule_paths(session)
    temporary = temporary_folder(session)
    folders = tuple(
        dict.fromkeys((*(os.path.realpath(one) for one in session.directories), *working_folders(session)))
    )
    protected = [path for folder in folders for path in protected_in(folder)]
    protected += nested_protected(session, folders)
    chosen = granted(session, (*settings.allow_write, *rules.allow_write), folders)
    work_trees = (path for folder in folders for path in work_trees_in(folder))
    # What is protected stays so, whatever the settings say may be written.
    added = (path for path in chosen if not is_inside(path, protected))
    denied = (*settings.deny_write, *rules.deny_write)
    wanted = (path for path in (*folders, *work_trees, *added) if not is_inside(path, denied))
    writable = tuple(dict.fromkeys((*wanted, temporary)))
    protected += (folder for folder in own_folders(session) if is_inside(folder, folders))
    hidden = (*settings.deny_read, *rules.deny_read) if settings.guards_files else ()
    return SandboxPolicy(
        writable=writable,
        protected=tuple(dict.fromkeys((*protected, *denied))),
        hidden=tuple(dict.fromkeys((*hidden, *files.hidden, *credential_files(session)))),
        masked=files.masked,
        shown=(
            *granted(session, settings.allow_read, folders),
            os.path.realpath(session.scratch_dir),
            *folders,
        ),
        temporary=temporary,
        guards_files=settings.guards_files,
        network=_network(settings, rules.allowed_domains),
        connect=connect,
        proxy_port=settings.proxy_port,
        socks_port=settings.socks_port,
        carry=_carrier(session, settings),
        unix_sockets=settings.unix_sockets,
        all_unix_sockets=settings.all_unix_sockets,
        weaker=settings.weaker,
        program=settings.program,
    )


def _carrier(session: Session, settings: SandboxSettings) -> Callable[[Crossing], Awaitable[None]] | None:
    """Return what carries connections, where something is to be done about what they say."""
    if not settings.ends_tls and not settings.plaintext:
        return None
    from ._carrying import Carrier

    return Carrier(session).carry


def _network(settings: SandboxSettings, rule_domains: tuple[str, ...]) -> SandboxNetwork:
    looks_in = settings.ends_tls or settings.plaintext or settings.proxy_port or settings.socks_port
    if EVERY_HOST in settings.allowed_domains and not settings.denied_domains and not looks_in:
        return "open"
    anything = settings.allowed_domains or looks_in or not settings.strict
    return "filtered" if anything or (rule_domains and not settings.managed_domains_only) else "off"
