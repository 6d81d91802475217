"""Starting up: from a command line and an environment to a kernel with its plugins."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TextIO

from gaff.hooks.errors import UsageError
from gaff.hooks.settings import Option

from .kernel import Kernel, registered_options
from .manifest import ManifestCache
from .options import KERNEL_OPTIONS, ParsedOptions, parse, split
from .paths import cache_folder, gaff_home
from .plugin import Contribution
from .registry import Plugins
from .settings import MergedSettings, Places, load_settings
from .sources import Candidate, built_in, command_line, folder, installed
from .trust import is_trusted

#: Variables that no repository may set for gaff and its children: each changes what is run, what is
#: trusted, or where keys are sent.
_REFUSED_PREFIXES: Final = ("LD_", "DYLD_", "PYTHON", "GIT_", "GAFF_", "CLAUDE_", "BASH_FUNC_")
_REFUSED_SUFFIXES: Final = ("_BASE_URL", "_API_KEY", "_AUTH_TOKEN", "_PROXY", "PATH")
_REFUSED_NAMES: Final = frozenset(
    """
    BASHOPTS BASH_ENV BROWSER CURL_CA_BUNDLE EDITOR ENV HOME IFS JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS
    LESSCLOSE LESSOPEN NODE_EXTRA_CA_CERTS NODE_OPTIONS NODE_TLS_REJECT_UNAUTHORIZED OPENSSL_CONF
    PAGER PERL5DB PERL5LIB PERL5OPT PROMPT_COMMAND PS4 REQUESTS_CA_BUNDLE RUBYLIB RUBYOPT SHELL
    SHELLOPTS SSL_CERT_DIR SSL_CERT_FILE TMPDIR VISUAL XDG_CONFIG_HOME ZDOTDIR _JAVA_OPTIONS
    """.split()
)


@dataclass(frozen=True)
class Start:
    """Everything a start needs: given by the process, or by a test."""

    arguments: Sequence[str]
    environ: Mapping[str, str]
    directory: Path
    interactive: bool = False


def start(begin: Start) -> Kernel:
    """Read settings, find plugins, read the command line, and return the kernel.

    Raises:
        UsageError: the command line or ``--settings`` cannot be used.
    """
    first = parse(begin.arguments, KERNEL_OPTIONS, lenient=True)
    home = gaff_home(begin.environ)
    trusted = first.flag("trust") or is_trusted(home, begin.directory)
    # Who names the project's settings wants them: they count, though its plugins do not.
    named = "project" in first.texts("setting-sources")
    places = _places(begin, first, home, trusted or named)
    settings = load_settings(places)
    plugins = find_plugins(begin, first, settings, home, trusted)
    subcommand, options = _subcommand(begin.arguments, plugins)
    if subcommand is None:
        known = [*KERNEL_OPTIONS, *registered_options(plugins)]
        options = parse(begin.arguments, known, missing=partial(plugins.missing, "gaff_register_options"))
    environ, notices = _environment(begin.environ, settings)
    plugins.notices += notices
    return Kernel(
        home=home,
        project_dir=begin.directory,
        environ=environ,
        settings=settings,
        options=options,
        plugins=plugins,
        trusted=trusted,
        interactive=begin.interactive and subcommand is None,
        subcommand=subcommand,
        read_settings=lambda: load_settings(places),
    )


def _subcommand(
    arguments: Sequence[str], plugins: Plugins
) -> tuple[tuple[Contribution, Sequence[str]] | None, ParsedOptions]:
    """Return the subcommand that a command line names, with what follows it, and the kernel's options."""
    options, rest = split(arguments, [one for one in KERNEL_OPTIONS if one.name not in ("help", "version")])
    found = plugins.contributed("gaff_register_subcommands") if rest else ()
    return next(((one, rest[1:]) for one in found if one.name == rest[0]), None), options


def all_options(begin: Start) -> Sequence[Option]:
    """Return the kernel's options and the plugins', for ``--help``."""
    return (*KERNEL_OPTIONS, *registered_options(_untrusting(begin)))


def subcommands_help(begin: Start) -> str:
    """Return the lines that ``--help`` has on subcommands."""
    found = sorted(_untrusting(begin).contributed("gaff_register_subcommands"), key=lambda one: one.name)
    return "\n".join(["subcommands:", *(f"  {one.name:<21} {one.facts['summary']}" for one in found)])


def _untrusting(begin: Start) -> Plugins:
    """Return the plugins without those of the project."""
    first = parse(begin.arguments, KERNEL_OPTIONS, lenient=True)
    home = gaff_home(begin.environ)
    settings = load_settings(_places(begin, first, home, trusted=False))
    return find_plugins(begin, first, settings, home, trusted=False)


def _places(begin: Start, options: ParsedOptions, home: Path, trusted: bool) -> Places:
    sources = options.texts("setting-sources")
    unknown = set(sources) - {"user", "project", "local"}
    if unknown:
        raise UsageError(
            f"--setting-sources: there is no level {min(unknown)}; there are user, project and local"
        )
    user = Path(begin.environ.get("HOME", "~")).expanduser()
    chosen = (
        frozenset(sources) if options.flag("setting-sources") else frozenset({"user", "project", "local"})
    )
    return Places(home, user, begin.directory, trusted, options.text("settings"), chosen)


def find_plugins(
    begin: Start, options: ParsedOptions, settings: MergedSettings, home: Path, trusted: bool
) -> Plugins:
    """Return the plugins of all sources, in order of precedence.

    Raises:
        UsageError: ``--plugin`` names what is not there.
    """
    wanted = options.texts("plugin")
    cache = ManifestCache(cache_folder(begin.environ, home))
    plugins = Plugins(cache, _disabled(wanted, settings))
    places = begin.directory / ".gaff" / "plugins"

    def look() -> Sequence[Candidate]:
        here = os.path.realpath(begin.directory)
        # The project itself may be on the path; nothing is installed there.
        search_path = [entry for entry in sys.path if entry and os.path.realpath(entry) != here]
        local = list(folder(places, "project"))
        known = [*folder(home / "plugins", "user"), *installed(cache, search_path), *built_in()]
        return [*command_line(wanted, [*local, *known]), *(local if trusted else ()), *known]

    plugins.look_again = look
    plugins.add(look())
    if not trusted:
        for candidate in folder(places, "project"):
            plugins.refuse(
                candidate, "untrusted", "this folder is not trusted; start with --trust to load it"
            )
    return plugins


def _disabled(wanted: Sequence[str], settings: MergedSettings) -> Iterator[str]:
    yield from (one.removeprefix("no:") for one in wanted if one.startswith("no:"))
    seen: set[str] = {one for one in wanted if not one.startswith("no:")}
    for value in settings.by_level("plugins"):
        # A repository may not switch off what guards the user, nor switch on what the user switched off.
        if not value.trusted or not isinstance(value.value, Mapping):
            continue
        for name, enabled in value.value.items():
            if name not in seen and enabled is False:
                yield name
            seen.add(name)


def _environment(
    environ: Mapping[str, str], settings: MergedSettings
) -> tuple[Mapping[str, str], Sequence[str]]:
    """Return the environment with ``env`` settings on top, and a line for each file with refused variables."""
    merged = dict(environ)
    notices: list[str] = []
    for value in reversed(settings.by_level("env")):
        if not value.trusted or not isinstance(value.value, Mapping):
            continue
        texts = {name: text for name, text in value.value.items() if isinstance(text, str)}
        refused = {name for name in texts if value.level in ("project", "local") and _is_refused(name)}
        merged |= {name: text for name, text in texts.items() if name not in refused}
        if refused:
            notices.append(
                f"{value.path}: env: not set by a project's file: {', '.join(sorted(refused))}; "
                "set what you want of it in your own settings"
            )
    return merged, notices


def _is_refused(name: str) -> bool:
    upper = name.upper()
    return upper.startswith(_REFUSED_PREFIXES) or upper.endswith(_REFUSED_SUFFIXES) or upper in _REFUSED_NAMES


def of_process(arguments: Sequence[str]) -> Start:
    """Return the start of this process.

    Raises:
        UsageError: the current directory is gone or cannot be read.
    """
    try:
        directory = Path.cwd()
        os.scandir(directory).close()
    except OSError as fault:
        raise UsageError(
            f"the current directory cannot be used ({fault.strerror}); change to another and start again"
        ) from fault
    # A stream that was closed before the start is None.
    streams: tuple[TextIO | None, ...] = (sys.stdin, sys.stdout)
    interactive = all(stream is not None and stream.isatty() for stream in streams)
    return Start(arguments, os.environ, directory, interactive)
