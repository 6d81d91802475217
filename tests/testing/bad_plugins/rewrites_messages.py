"""Changes what was sent already, with each request anew."""

from dataclasses import replace
from itertools import count

from gaff.hooks import Message, ModelRequest, hookimpl

NUMBERS = count()


@hookimpl
def gaff_model_request(request: ModelRequest) -> ModelRequest:
    """Number the first message."""
    first = Message.user(f"This is request {next(NUMBERS)}.")
    return replace(
        request,
        messages=(Message("user", (*first.content, *request.messages[0].content)), *request.messages[1:]),
    )
