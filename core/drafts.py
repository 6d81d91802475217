"""A conversation on its way to being smaller: what is always kept, and what a plan must not break."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from gaff.hooks.compaction import CompactionPlan, compaction_note, estimate_tokens, is_compaction_note
from gaff.hooks.messages import Message
from gaff.hooks.values import JsonObject, text_at

from .repair import repair

#: Tokens at the end of the conversation that are kept word for word, at most; less of a small window.
_KEPT: Final = 20_000
#: Messages at the end that are kept, however large: an answer and what it answers.
_EXCHANGE: Final = 2
#: How the texts of user messages begin that the user did not say.
_UNSAID: Final = ("<system-reminder>", "[Request interrupted by user")
_BEGINNING: Final = "The beginning of this conversation was taken out to save space."


@dataclass(frozen=True)
class Draft:
    """A conversation while strategies make it smaller."""

    #: What may be changed.
    older: tuple[Message, ...]
    #: What follows, and is kept.
    recent: tuple[Message, ...]
    #: ``older`` before any plan.
    before: tuple[Message, ...]
    #: Tokens of a whole request.
    tokens: int
    #: The plans carried out, with the names of their strategies.
    plans: tuple[tuple[str, CompactionPlan], ...] = ()

    @staticmethod
    def of(messages: Sequence[Message], tokens: int, window: int) -> Draft:
        """Split a conversation for a model with a window of so many tokens."""
        at = _cut(messages, min(_KEPT, window // 8, estimate_tokens(*messages) // 4))
        older = tuple(messages[:at])
        return Draft(older, tuple(messages[at:]), older, tokens)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation, as entries of a transcript: neighbours may have the same role."""
        return (*self.older, *self.recent)

    def after(self, name: str, plan: CompactionPlan) -> Draft:
        """Return the draft with a plan carried out.

        Raises:
            ValueError: the plan breaks the conversation, or saves nothing.
        """
        planned = tuple(plan.messages)
        if not all(isinstance(message, Message) for message in cast("tuple[object, ...]", planned)):
            raise ValueError("its plan holds what is no message")
        older = (*planned, *self._lost_prompt(planned))
        if not older or older[0].role != "user":
            older = (compaction_note(_BEGINNING), *older)
        messages = (*older, *self.recent)
        if _results(repair(messages)) != _results(messages):
            raise ValueError("its plan parts tool calls from their results")
        saved = estimate_tokens(*self.older) - estimate_tokens(*older)
        if saved <= 0:
            raise ValueError("it would save nothing")
        made = replace(self, older=older, tokens=max(0, self.tokens - saved))
        return replace(made, plans=(*self.plans, (name, plan)))

    def _lost_prompt(self, messages: Sequence[Message]) -> Iterator[Message]:
        """Yield the user's last prompt, where it was among the older messages and is not among these."""
        if any(map(said, self.recent)):
            return
        prompt = next((found for message in reversed(self.older) if (found := said(message))), ())
        if prompt and not any(all(block in message.content for block in prompt) for message in messages):
            yield Message("user", prompt)


def said(message: Message) -> tuple[JsonObject, ...]:
    """Return what of a message the user said."""
    if message.role != "user":
        return ()
    return tuple(
        block
        for block in message.content
        if block.get("type") != "tool_result"
        and not text_at(block, "text").startswith(_UNSAID)
        and not is_compaction_note(block)
    )


def _cut(messages: Sequence[Message], keep: int) -> int:
    """Return where the last so many tokens begin; never between a call and its result."""
    at, tokens = len(messages), 0
    while at > 0:
        tokens += estimate_tokens(messages[at - 1])
        if tokens > keep and at <= len(messages) - _EXCHANGE:
            break
        at -= 1
    if 0 < at < len(messages) and any(block.get("type") == "tool_result" for block in messages[at].content):
        at -= 1
    return at


def _results(messages: Iterable[Message]) -> list[JsonObject]:
    """Return all tool results, in an order that does not depend on where they stand."""
    blocks = (block for message in messages for block in message.content)
    found = (block for block in blocks if block.get("type") == "tool_result")
    return sorted(found, key=lambda block: text_at(block, "tool_use_id"))
