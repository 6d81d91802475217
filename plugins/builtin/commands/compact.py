"""/compact: make the conversation smaller, see what that would do, or take it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from gaff.hooks import Command, CommandResult, Session, Setting, StrategyPreview, UsageError, hookimpl

_FLAGS: Final = ("--preview", "--undo")


class Compact(Command):
    """Compaction by hand. By itself it happens where the conversation fills the model's window."""

    name: ClassVar[str] = "compact"
    summary: ClassVar[str] = "make the conversation smaller; --preview shows what that would do"
    argument_hint: ClassVar[str] = "[focus | --preview | --undo]"

    async def run(self, arguments: str, session: Session) -> CommandResult:
        flag, _, rest = arguments.partition(" ")
        if flag == "--preview":
            previews = await session.compaction.preview(rest.strip())
            return CommandResult("\n".join(_previewed(previews, session)))
        if flag == "--undo":
            if rest.strip():
                raise UsageError("/compact --undo takes nothing after it")
            count = await session.compaction.undo()
            return CommandResult(
                f"The compaction is taken back: the conversation has {count:,} messages again. "
                "While it is open it is not compacted by itself, unless the server says that it is too long."
            )
        if flag.startswith("--"):
            raise UsageError(f"/compact knows no {flag}; there are {' and '.join(_FLAGS)}")
        done = await session.compaction.run(arguments)
        dropped = [f"- taken out: {one}" for one in done.drops]
        return CommandResult("\n".join([done.line, "", *dropped, "- `/compact --undo` takes it back"]))

    def complete(self, arguments: str, session: Session) -> Sequence[str]:
        return [flag for flag in _FLAGS if flag.startswith(arguments)]


def _previewed(previews: Sequence[StrategyPreview], session: Session) -> Iterator[str]:
    """Yield the lines that tell what each strategy would do."""
    limit = session.compaction.threshold
    when = f"by itself from {limit:,} tokens on" if limit else "not by itself"
    used = session.compaction.tokens
    yield f"About {used:,} tokens are in use; compaction happens {when}. Nothing was done.\n"
    for one in previews:
        if one.preview is None:
            yield f"- **{one.strategy}**: nothing: {one.reason or 'it found nothing to save'}"
            continue
        pointer = f"; {one.preview.pointer}" if one.preview.pointer else ""
        yield (
            f"- **{one.strategy}**: saves about {one.preview.saves:,} tokens; "
            f"takes out {one.preview.drops}{pointer}"
        )
    if not previews:
        yield "- no plugin offers a strategy; enable compaction.clear_old_results"


@hookimpl
def gaff_register_commands() -> Sequence[Command]:
    """Offer /compact."""
    return [Compact()]


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """The documented settings of compaction. Source: code.claude.com/docs/en/settings."""
    return (
        Setting("autoCompactEnabled", "compact a conversation that fills the model's window", "boolean"),
        Setting("autoCompactWindow", "tokens to take for the window, 100000 to 1000000", "number"),
    )
