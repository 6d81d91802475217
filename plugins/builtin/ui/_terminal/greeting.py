"""The lines at the start and at the end of a session."""

from __future__ import annotations

from collections.abc import Iterator

from gaff.hooks import MessageAdded, Session, ToolCall, ToolFinished, ToolOutcome, ToolOutput, text_at
from gaff.hooks.values import Json, list_at

from .ansi import BOLD, DIM, YELLOW, clip, folded, paint
from .escape import clean
from .feed import Feed
from .words import plural, short_path

#: Messages of a resumed session that are shown again.
_SHOWN = 12
_OFFLINE = (
    "No model is set up: the offline helper answers a few plain requests and is no language model. "
    "Set ANTHROPIC_API_KEY, or start Ollama, llama.cpp or another local server, and start gaff again."
)


def greeting(session: Session, width: int) -> Iterator[str]:
    """Yield the header, with how to get a model where there is none."""
    model = f"{session.model.provider}:{session.model.name}"
    where = f" · {clean(model)} · {clean(short_path(session.cwd))}"
    name = f"gaff {session.kernel.version}"
    yield paint(name, BOLD) + paint(clip(where, max(0, width - len(name))), DIM)
    yield paint(clip("/help lists commands and keys · ! runs a shell command · @ names a file", width), DIM)
    if session.model.provider == "offline":
        yield folded(_OFFLINE, width, YELLOW)


def farewell(session: Session) -> str:
    """Return how to go on with this session later."""
    return paint(f"Resume this session with: gaff --resume {session.id}", DIM)


def past(session: Session, feed: Feed) -> None:
    """Show the end of a resumed conversation."""
    messages = session.messages
    if len(messages) > _SHOWN:
        feed.note(f"{plural(len(messages) - _SHOWN, 'earlier message')} not shown")
    calls: dict[str, ToolCall] = {}
    for message in messages:
        calls |= {call.id: call for call in message.tool_calls}
    for message in messages[-_SHOWN:]:
        if message.role == "assistant":
            feed.show_answer(message.text)
            continue
        for block in message.content:
            call = calls.get(text_at(block, "tool_use_id"))
            if call is not None:
                is_error = block.get("is_error") is True
                output = ToolOutput(_result_text(block.get("content")), None, is_error)
                feed.handle(ToolFinished(ToolOutcome(call, output)))
        feed.handle(MessageAdded(message, ""))


def _result_text(content: Json) -> str:
    if isinstance(content, str):
        return content
    blocks = list_at({"content": content}, "content")
    return "\n".join(text_at(block, "text") for block in blocks if isinstance(block, dict))
