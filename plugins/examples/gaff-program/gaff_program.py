"""Let any program be the model: gaff --model "program:ollama run llama3" talks to what reads stdin and prints."""

from __future__ import annotations

import os
import shlex
import signal
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress

from gaff.hooks import JsonObject, Model, ModelError, ModelLimits, ModelProvider, ModelRequest, hookimpl

USAGE = {"input_tokens": 0, "output_tokens": 0}
MESSAGE: JsonObject = {"id": "msg", "type": "message", "role": "assistant", "content": [], "usage": USAGE}


class Program(Model):
    """One program. It gets the conversation as text; what it prints is the answer. It can call no tools."""

    provider = "program"
    limits = ModelLimits(context_window=32_000)

    def __init__(self, name: str, environ: Mapping[str, str]) -> None:
        self.name, self._environ = name or "cat", environ

    async def stream(self, request: ModelRequest) -> AsyncIterator[JsonObject]:
        """Yield the answer as the events of the Messages API, a line at a time."""
        yield {"type": "message_start", "message": {**MESSAGE, "model": self.name}}
        yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        async for text in self._run("\n\n".join(f"{one.role}: {one.text}" for one in request.messages)):
            yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
        yield {"type": "content_block_stop", "index": 0}
        yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": USAGE}
        yield {"type": "message_stop"}

    async def _run(self, prompt: str) -> AsyncIterator[str]:
        words = shlex.split(self.name)
        process = await create_subprocess_exec(
            *words, stdin=PIPE, stdout=PIPE, env=self._environ, start_new_session=True
        )
        try:
            if process.stdin and process.stdout:
                process.stdin.write(prompt.encode())
                process.stdin.close()
                async for line in process.stdout:
                    yield line.decode("utf-8", "replace")
            if await process.wait():
                raise ModelError("invalid_request", f"{self.name} ended with exit code {process.returncode}")
        finally:  # also when the user interrupts: the whole group goes
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


class Programs(ModelProvider):
    """All programs there are."""

    name = "program"
    summary = "a program that reads the conversation and prints the answer"

    def open(self, name: str, environ: Mapping[str, str], settings: JsonObject) -> Model:
        """Return the program as a model."""
        return Program(name, environ)


@hookimpl
def gaff_register_models() -> Sequence[ModelProvider]:
    """Contribute the provider."""
    return [Programs()]
