"""Loads what the first turn needs, in a thread, once the prompt stands."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Final

#: In this order, so that the first request waits for nothing that only drawing needs.
FOR_REQUESTS: Final = ("pydantic", "httpx2")
FOR_DRAWING: Final = (f"{__package__}.markdown", "pygments.lexers")
#: What a provider needs on top; importing it on the loop would stop the echo of keys for most of a second.
FOR_PROVIDERS: Final = {"anthropic": ("anthropic",)}
#: Seconds after which the thread that imports lets the one that echoes keys go on, and Python's usual.
_EAGER: Final = 0.0005
_USUAL: Final = 0.005


def load(*stages: Sequence[str]) -> tuple[asyncio.Event, ...]:
    """Import the modules of each stage beside the event loop; an event for each tells when they are there.

    A module that cannot be imported is reported by whoever uses it.
    """
    loop = asyncio.get_running_loop()
    ready = tuple(asyncio.Event() for _ in stages)

    def run() -> None:
        sys.setswitchinterval(_EAGER)
        for names, event in zip(stages, ready, strict=True):
            for name in names:
                with contextlib.suppress(Exception):  # as said above: its user reports it
                    import_module(name)
            with contextlib.suppress(RuntimeError):  # the shell is gone
                loop.call_soon_threadsafe(event.set)
        sys.setswitchinterval(_USUAL)

    threading.Thread(target=run, name="gaff-loader", daemon=True).start()
    return ready
