"""Requests that need no tool, or that refer to the conversation."""

from __future__ import annotations

from typing import Final

from ..requests import Again, More, Request, Talk
from .rules import Found, Rules
from .searching import WHAT

RULES: Final = Rules()


@RULES.add("help commands usage examples", "[me] [please]")
@RULES.add("?", "")
@RULES.add(
    WHAT, "(can|could) (you|i|this|gaff) (do|ask|say|type|help with|help me with) [here|for me|offline]"
)
@RULES.add(
    WHAT,
    "[are] [your|the] (commands|capabilities|abilities|requests|options) [are there|do you know|do you understand|can i use]",
)
@RULES.add(WHAT, "do you (understand|know|do|support)")
@RULES.add("how", "(do|can|does) (i|you|this|it|gaff) (use|work|use this|use you|help|help me)")
@RULES.add("show list", "[me] [the|your|all] (help|commands|requests|examples|capabilities)")
def help_(found: Found) -> Request | None:
    """What can be asked."""
    return Talk("help")


MODEL: Final = "[a|an|the|my] [real|better|proper|language|local|anthropic|different|another] (model|llm|ai|api key|key|api-key|ollama|claude|gpt|provider)"


@RULES.add(
    "how",
    f"(do|can|could|should|to) [i|we|you|one] (set up|setup|use|get|add|configure|install|connect|switch to|change|set|enable) {MODEL} [up]",
)
@RULES.add("set setup configure add use connect", f"[up] {MODEL}")
@RULES.add("switch", f"to {MODEL}")
def setup(found: Found) -> Request | None:
    """How to get a language model."""
    return Talk("setup")


@RULES.add("who what", "(are|is) (you|this|gaff)")
@RULES.add(WHAT, "(model|llm|ai) (are you|is this|am i using|do you use)")
@RULES.add("which", "(model|llm|ai) (are you|is this|am i using|do you use)")
@RULES.add("are", "you (<rest>)")
@RULES.add("model", "")
def identity(found: Found) -> Request | None:
    """What this is."""
    return Talk("identity")


@RULES.add(
    "hi hello hey howdy yo hallo good greetings", "[there|gaff|morning|afternoon|evening|everyone|all]"
)
def greeting(found: Found) -> Request | None:
    """A greeting."""
    return Talk("greeting")


@RULES.add(
    "thanks thank thx cheers great nice perfect cool good awesome",
    "[you|a lot|so much|very much|job|work|one] [so much|very much|a lot]",
)
def thanks(found: Found) -> Request | None:
    """Thanks."""
    return Talk("thanks")


@RULES.add("recap summary history", "[please]")
@RULES.add(
    f"{WHAT}", "(have|did|has) (we|you|i) (do|done|been doing) [so far|here|today|up to now|in this session]"
)
@RULES.add(
    "summarise summarize recap",
    "[this|the|our|what] [conversation|session|chat|happened|we did|we have done|you did] [so far]",
)
@RULES.add("give", "me a (summary|recap) [of] [this|the] [conversation|session]")
def recap(found: Found) -> Request | None:
    """What was asked and done so far."""
    return Talk("recap")


@RULES.add("stop cancel abort nevermind quit exit bye", "[it|that|this|everything]")
@RULES.add("never", "mind")
@RULES.add("forget", "(it|that|about it)")
def stop(found: Found) -> Request | None:
    """Nothing is under way when this is read."""
    return Talk("stop")


@RULES.add(
    "again repeat retry continue resume proceed",
    "[that|it|this|the last one|the last request] [again|please]",
)
@RULES.add("do try run", "(it|that|this) (again|once more|one more time)")
@RULES.add("try", "again")
@RULES.add("once one", "more [time]")
@RULES.add("go", "(on|ahead)")
@RULES.add("keep", "going")
def again(found: Found) -> Request | None:
    """The last request once more."""
    return Again()


@RULES.add("redo", "[it|that|this|the last change]")
def redo(found: Found) -> Request | None:
    """What was undone, done again."""
    return Talk("redo")


@RULES.add("yes no ok okay y n yep nope sure right maybe", "[please|thanks|then]")
def reply(found: Found) -> Request | None:
    """An answer to a question that was not asked."""
    return Talk("reply")


@RULES.add("more next", "[lines|please|of it|of that|results|page]")
@RULES.add(
    "show read see give list",
    "[me] [the] (more|rest|next page|remaining lines|next lines|rest of it|more lines|more of it|more results|the rest)",
)
def more(found: Found) -> Request | None:
    """What was cut off."""
    return More()
