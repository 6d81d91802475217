"""A question in place of the prompt: its state and how it is drawn, apart from keys and windows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from prompt_toolkit.formatted_text import StyleAndTextTuples

from .ansi import cells, clip, fold, indent

#: Seconds without a key after which a dialog listens: what was typed for the prompt must not answer it.
QUIET: Final = 0.3


@dataclass(frozen=True)
class DialogChoice:
    """A line to choose.

    ``asks`` is the question for words of the user's own that go with it; ``comment`` the one for words that may,
    and for which Tab asks.
    """

    label: str
    value: str
    description: str = ""
    keys: str = ""
    asks: str = ""
    comment: str = ""


@dataclass(frozen=True)
class DialogAnswer:
    """What was chosen, and the words given; the value is empty where the dialog was left."""

    value: str
    text: str = ""


@dataclass(eq=False)
class Dialog:
    """A question on the screen."""

    title: str
    #: What it is about, shown whole; long ones are printed above instead of drawn.
    body: Sequence[str] = ()
    choices: Sequence[DialogChoice] = ()
    #: The question for free text where there are no choices.
    asks: str = ""
    selected: int = 0
    #: Whether keys answer it by now.
    armed: bool = False
    #: The choice whose words are being typed.
    typing: DialogChoice | None = None
    search: str = ""
    #: Set once it is answered, or was found to be in the way of somebody who types.
    news: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Future[DialogAnswer] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def __post_init__(self) -> None:
        if not self.choices:
            self.typing = DialogChoice("", "text", asks=self.asks)

    @property
    def found(self) -> Sequence[DialogChoice]:
        """The choices that the words typed so far leave."""
        words = self.search.lower().split()
        return [one for one in self.choices if all(word in _haystack(one) for word in words)]

    @property
    def searchable(self) -> bool:
        """Whether typing narrows the list instead of choosing by digit."""
        return len(self.choices) > 9

    def move(self, by: int) -> None:
        """Select another line."""
        count = len(self.found)
        self.selected = (self.selected + by) % count if count else 0

    def key(self, character: str) -> bool:
        """Take a typed character; return whether it means anything here."""
        if self.searchable:
            self.search, self.selected = self.search + character, 0
            return True
        for place, choice in enumerate(self.choices):
            if character in choice.keys or character == str(place + 1):
                self.selected = place
                self.choose()
                return True
        return False

    def step_back(self) -> None:
        """Take no keys for the moment: somebody is typing something else."""
        self.armed = False
        self.news.set()

    def erase(self) -> None:
        """Take the last typed character back."""
        self.search, self.selected = self.search[:-1], 0

    def choose(self) -> None:
        """Answer with the selected line, or ask for the words that go with it."""
        found = self.found
        if not found:
            return
        choice = found[self.selected]
        if choice.asks:
            self.typing = choice
        else:
            self.answer(DialogAnswer(choice.value))

    def comment(self) -> bool:
        """Ask for the words that may go with the selected line; say whether it takes any."""
        found = self.found
        if not found or not (found[self.selected].comment or found[self.selected].asks):
            return False
        self.typing = found[self.selected]
        return True

    def typed(self, text: str) -> None:
        """Take the words that go with the choice."""
        if self.typing is not None:
            self.answer(DialogAnswer(self.typing.value, text.strip()))

    def leave(self) -> None:
        """Leave the dialog, or only the typing."""
        if self.typing is not None and self.choices:
            self.typing = None
        else:
            self.answer(DialogAnswer(""))

    def answer(self, answer: DialogAnswer) -> None:
        """End the dialog."""
        if not self.done.done():
            self.done.set_result(answer)
            self.news.set()

    def fragments(self, width: int, rows: int) -> StyleAndTextTuples:
        """Draw the dialog for a window of this size; choices that find no room are scrolled to."""
        out: StyleAndTextTuples = [("class:question.title", clip(self.title, width) + "\n")]
        out += [("", line + "\n") for line in self.body]
        if self.searchable:
            out.append(("class:hint", clip(f"  search: {self.search}", width) + "\n"))
        drawn = [self._choice(place, choice, width) for place, choice in enumerate(self.found)]
        shown = _window(drawn, self.selected, rows - len(self.body) - 2 - self.searchable)
        for choice in shown:
            out += choice
        out.append(("class:hint", clip(self._hint(hidden=len(shown) < len(drawn)), width)))
        return out

    def _choice(self, place: int, choice: DialogChoice, width: int) -> StyleAndTextTuples:
        """Draw one choice: in one line in a list to search, else in full, since it says what is agreed to."""
        chosen = self.armed and place == self.selected
        style = "class:question.selected" if chosen else "" if self.armed else "class:hint"
        mark = "❯ " if chosen else "  "
        if self.searchable:
            label = clip(mark + choice.label, width)
            rest = clip("  " + choice.description, width - cells(label)) if choice.description else ""
            return [(style, label), ("class:hint", rest), ("", "\n")]
        number = f"{place + 1}. "
        lines = fold(choice.label, width - 2 - len(number))
        text = indent("\n".join(lines), mark + number, " " * (2 + len(number)))
        described = [f"     {line}\n" for line in fold(choice.description, width - 5) if choice.description]
        return [(style, text + "\n"), ("class:hint", "".join(described))]

    def height(self, width: int) -> int:
        """Return how many lines it takes without its body."""
        return _lines(self.fragments(width, 1_000)) - len(self.body) + 1

    def _hint(self, *, hidden: bool) -> str:
        if not self.armed:
            return "  keys still go to your prompt; pause to answer"
        if self.typing is not None:
            return "  enter: send   esc: back"
        more = f"   {len(self.found)} in all" if hidden else ""
        found = self.found
        words = "   tab: with a comment" if found and found[self.selected].comment else ""
        return f"  up/down, enter: choose   esc: cancel{words}{more}"


def _window(drawn: Sequence[StyleAndTextTuples], selected: int, room: int) -> Sequence[StyleAndTextTuples]:
    """Return the neighbours of the selected one that fit, itself always among them."""
    first = last = min(selected, max(0, len(drawn) - 1))
    left = room - sum(_lines(one) for one in drawn[first : last + 1])
    while True:
        if first > 0 and (needed := _lines(drawn[first - 1])) <= left:
            first, left = first - 1, left - needed
        elif last + 1 < len(drawn) and (needed := _lines(drawn[last + 1])) <= left:
            last, left = last + 1, left - needed
        else:
            return drawn[first : last + 1]


def _lines(drawn: StyleAndTextTuples) -> int:
    return sum(text.count("\n") for _, text, *_ in drawn)


def _haystack(choice: DialogChoice) -> str:
    return f"{choice.label} {choice.description} {choice.value}".lower()
