"""The floor: the least a Python program does for the same thing. Run with the name of one."""

from __future__ import annotations

import json
import sys


def http(url: str) -> None:
    """One streamed request with a bare HTTP client."""
    import httpx2

    body = {
        "model": "bench",
        "max_tokens": 10,
        "stream": True,
        "messages": [{"role": "user", "content": "hi"}],
    }
    with (
        httpx2.Client() as client,
        client.stream("POST", f"{url}/v1/messages", json=body, headers={"x-api-key": "test"}) as response,
    ):
        for line in response.iter_lines():
            if line.startswith("data:"):
                json.loads(line[5:])


def sdk(url: str) -> None:
    """One streamed request with the bare SDK."""
    from anthropic import Anthropic

    client = Anthropic(base_url=url, api_key="test")
    with client.messages.stream(
        model="bench", max_tokens=10, messages=[{"role": "user", "content": "hi"}]
    ) as stream:
        stream.get_final_message()


def prompt(_: str) -> None:
    """A bare prompt."""
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession(bottom_toolbar="ready")
    session.prompt("> ")


if __name__ == "__main__":
    {"http": http, "sdk": sdk, "prompt": prompt}[sys.argv[1]](sys.argv[2] if len(sys.argv) > 2 else "")
