"""gaff spend: how many tokens each session of this folder took, the newest first."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence

from gaff.hooks import JsonObject, Kernel, Subcommand, hookimpl, number_at, object_at, text_at

COUNTED = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


class Spend(Subcommand):
    """``gaff spend [--limit N]``."""

    name = "spend"
    summary = "say how many tokens the sessions of this folder took"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may follow the word."""
        parser.add_argument(
            "--limit", type=int, default=10, metavar="N", help="how many sessions; 10 by default"
        )

    async def run(self, kernel: Kernel, arguments: Namespace) -> int:
        """Print a line for each session. Exit code 1 where there is none."""
        store = kernel.session_store()
        sessions = store.list(kernel.project_dir, arguments.limit)
        for one in sessions:
            sent, answered = tokens(store.read(one.id, kernel.project_dir))
            print(f"{one.id[:8]}  {sent:>12,} in  {answered:>9,} out  {one.title[:50]}")
        return 0 if sessions else 1


def tokens(entries: Iterable[JsonObject]) -> tuple[int, int]:
    """Return the tokens sent and answered. One answer may be several entries with the same id."""
    usages = {
        text_at(message, "id"): object_at(message, "usage")
        for message in (object_at(entry, "message") for entry in entries)
        if message.get("role") == "assistant"
    }
    counts = [[number_at(usage, key) for key in COUNTED] for usage in usages.values()]
    return sum(sum(count[:3]) for count in counts), sum(count[3] for count in counts)


@hookimpl
def gaff_register_subcommands() -> Sequence[Subcommand]:
    """Contribute the subcommand."""
    return [Spend()]
