"""Answers plain requests without any language model or network: the stand-in where there is no key.

It matches what is typed against a documented list (docs/offline.md), and works with the real tools,
so hooks and permissions are as ever. It says that it is no language model, and how to get one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gaff.hooks import JsonObject, Model, ModelProvider, UsageError, hookimpl


class OfflineProvider(ModelProvider):
    """The offline stand-in; the last resort where nothing else can answer."""

    name = "offline"
    summary = "No language model: plain requests such as “find TODO in src”, answered with the real tools"
    rank = 0
    headless_rank = 0

    def open(self, name: str, environ: Mapping[str, str], settings: JsonObject) -> Model:
        """Return the one model there is."""
        from ._offline.model import NAME, OfflineModel

        if name not in ("", NAME):
            raise UsageError(f"The offline provider has one model only; use --model {NAME}, not {name!r}")
        return OfflineModel()

    def is_available(self, environ: Mapping[str, str], settings: JsonObject) -> bool:
        """Always: it needs nothing."""
        return True


@hookimpl
def gaff_register_models() -> Sequence[ModelProvider]:
    """Contribute the provider."""
    return (OfflineProvider(),)


def preload() -> None:
    """Import what the first request needs, so that it need not wait."""
    from ._offline import engine as engine, events as events
