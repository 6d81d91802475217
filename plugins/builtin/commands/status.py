"""/status: version, model, session, folders, settings, plugins and what was used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar

from gaff.hooks import Command, CommandResult, Session, hookimpl


class Status(Command):
    """Where things are, and whether they are well."""

    name: ClassVar[str] = "status"
    summary: ClassVar[str] = "show version, model, session, folders, settings, plugins and usage"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        lines = (*_session(session), *await _sandbox(session), "", *_usage(session), "")
        lines += (*_settings(session), "", *_plugins(session))
        return CommandResult("\n".join(lines))


def _session(session: Session) -> Iterator[str]:
    yield f"- **gaff**: {session.kernel.version}"
    yield f"- **Model**: `{session.model.name}` of provider `{session.model.provider}`"
    yield f"- **Permission mode**: {session.mode}"
    yield f"- **Session**: `{session.id}`"
    yield f"- **Transcript**: {session.transcript_path}"
    yield f"- **Folder**: {session.cwd}"
    for directory in session.directories:
        if directory != session.cwd:
            yield f"- **Also works in**: {directory}"


async def _sandbox(session: Session) -> Sequence[str]:
    """Tell which sandbox commands run in, and how those that were tried did."""
    from gaff.plugins.builtin.sandbox._choice import choose
    from gaff.plugins.builtin.sandbox._settings import sandbox_settings

    if not sandbox_settings(session).enabled:
        return ("- **Sandbox**: off (`sandbox.enabled`)",)
    choice = await choose(session)
    tried = (
        f"    - {trial.name}: {'holds' if trial.holds else f'not usable: {trial.reason}'}"
        + f" ({'; '.join(trial.checks)})" * bool(trial.checks)
        for trial in choice.trials
    )
    return (f"- **Sandbox**: {choice.name if choice.isolates else 'NONE: commands run unconfined'}", *tried)


def _usage(session: Session) -> Iterator[str]:
    usage, window = session.usage, session.model.limits.context_window
    full = (
        f"{session.context_tokens:,} of {window:,} tokens" if window else f"{session.context_tokens:,} tokens"
    )
    yield f"- **Context**: {full}"
    yield (
        f"- **Tokens**: {usage.input_tokens:,} in, {usage.output_tokens:,} out, "
        f"{usage.cache_read_input_tokens:,} read from the cache, {usage.cache_creation_input_tokens:,} written to it"
    )
    price = session.model.limits.price
    yield f"- **Cost**: ${session.cost_usd:.4f}" if price else "- **Cost**: not known for this model"


def _settings(session: Session) -> Iterator[str]:
    paths: dict[str, str] = {}
    for setting in session.kernel.known_settings:
        for value in session.settings.by_level(*setting.name.split(".")):
            paths.setdefault(value.path, value.level)
    for path, level in paths.items():
        yield f"- **Settings** ({level}): {path}"
    if not paths:
        yield "- **Settings**: none but the defaults"
    for problem in session.settings.problems:
        yield f"- **Problem**: {problem.path}: {problem.message}"


def _plugins(session: Session) -> Iterator[str]:
    reports = session.kernel.reports
    counts = Counter(report.state for report in reports)
    yield f"- **Plugins**: {', '.join(f'{count} {state}' for state, count in counts.most_common())}"
    for report in reports:
        if report.state in ("failed", "untrusted", "suspended"):
            yield f"    - `{report.name}` ({report.source}) is {report.state}: {report.reason}"


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /status."""
    return [Status()]
