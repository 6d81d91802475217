"""Cassettes: what a model answered, kept so that it can be played again.

A cassette is a file of JSON lines. The first says where it was recorded; then, for each request, one
line with its fingerprint, lines with the raw events of the answer, and one with the error if there was
one. Requests are kept as fingerprints only: no prompt, no file, no header and no key is in a cassette.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, cast, get_args

from gaff.hooks import (
    Json,
    JsonObject,
    Message,
    ModelError,
    ModelErrorKind,
    ModelRequest,
    Session,
    UsageError,
    list_at,
    number_at,
    object_at,
    text_at,
)

VERSION: Final = 1
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Characters a name must have to be told from other words.
_SHORTEST: Final = 6


@dataclass(frozen=True)
class Surroundings:
    """What differs from one run to the next without meaning anything: folders, the date, the model's name."""

    project: str
    home: str
    gaff_home: str
    model: str
    today: str

    @staticmethod
    def of(session: Session) -> Surroundings:
        """Return those of a session, now."""
        return Surroundings(
            project=str(session.project_dir),
            home=session.kernel.environ.get("HOME", ""),
            gaff_home=str(session.home),
            model=session.model.name,
            today=date.today().isoformat(),
        )

    @staticmethod
    def of_json(value: JsonObject) -> Surroundings:
        """Read those of a recording."""
        names = ("project", "home", "gaff_home", "model", "today")
        return Surroundings(**{name: text_at(value, name) for name in names})

    def to_json(self) -> JsonObject:
        """Return them as a cassette keeps them."""
        return dict(vars(self))

    def neutral(self, text: str) -> str:
        """Return the text with all of this, and every UUID, replaced by names."""
        return _UUID.sub(
            "<uuid>", _exchange_words(text, {value: f"<{name}>" for name, value in vars(self).items()})
        )

    def moved_to(self, other: Surroundings, text: str) -> str:
        """Return a recorded text as it would be in other folders."""
        return _exchange_words(
            text, {self.home: other.home, self.gaff_home: other.gaff_home, self.project: other.project}
        )

    def is_at(self, other: Surroundings) -> bool:
        """Whether the folders are the same."""
        return (self.project, self.home, self.gaff_home) == (other.project, other.home, other.gaff_home)


def _exchange_words(text: str, exchanges: Mapping[str, str]) -> str:
    known = sorted((value for value in exchanges if len(value) >= _SHORTEST), key=len, reverse=True)
    if not known:
        return text
    pattern = "|".join(map(re.escape, known))
    return re.sub(rf"(?:{pattern})(?![\w-]|\.\w)", lambda found: exchanges[found[0]], text)


#: A part of a request: where it is, and what it holds as a hash.
Print = tuple[str, str]


class Fingerprints:
    """Makes fingerprints of a conversation's requests; a message that was in the last one is not hashed again."""

    def __init__(self) -> None:
        self._known: list[tuple[Message, Print]] = []

    def of(self, request: ModelRequest, here: Surroundings) -> list[Print]:
        """Return the request as hashes of its parts, tools first, messages last."""
        self._known = [self._message(index, message, here) for index, message in enumerate(request.messages)]
        return [
            *(_print(f"tools.{text_at(tool, 'name')}", tool, here) for tool in request.tools),
            *(_print(f"system.{index}", block, here) for index, block in enumerate(request.system)),
            *(found for _, found in self._known),
        ]

    def _message(self, index: int, message: Message, here: Surroundings) -> tuple[Message, Print]:
        if index < len(self._known) and self._known[index][0] is message:
            return self._known[index]
        return message, _print(f"messages.{index} ({_described(message)})", message.to_json(), here)


def _described(message: Message) -> str:
    kinds = dict.fromkeys(text_at(block, "type") for block in message.content)
    return f"{message.role}: {', '.join(kinds)}"


def _print(place: str, value: JsonObject, here: Surroundings) -> Print:
    text = here.neutral(json.dumps(value, ensure_ascii=False, sort_keys=True))
    return place, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def difference(recorded: Sequence[Print], asked: Sequence[Print]) -> str | None:
    """Return in words where two requests differ first; ``None`` where they are the same."""
    for was, now in zip(recorded, asked, strict=False):
        if was != now:
            return f"{now[0]} differs" if was[0] == now[0] else f"{now[0]} stands where {was[0]} was"
    if len(recorded) > len(asked):
        return f"{recorded[len(asked)][0]} is missing"
    return f"{asked[len(recorded)][0]} is new" if len(asked) > len(recorded) else None


@dataclass
class Exchange:
    """One recorded request and its answer."""

    prints: list[Print]
    events: list[JsonObject] = field(default_factory=list[JsonObject])
    error: ModelError | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the answer came to an end, by itself or by an error."""
        return self.error is not None or any(event.get("type") == "message_stop" for event in self.events)


class Recorder:
    """Writes the exchanges of one session to a cassette."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._fingerprints = Fingerprints()
        self._count = 0
        self._prints: list[Print] = []

    def begin(self, here: Surroundings, provider: str, *, fresh: bool) -> None:
        """Write the first line of the file; ``fresh`` empties it before, else it is continued."""
        if fresh:
            with open(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"):
                pass
        self._write({"type": "cassette", "version": VERSION, "provider": provider, "at": here.to_json()})

    def request(self, request: ModelRequest, here: Surroundings) -> None:
        """Write a request's fingerprint; what it shares with the last one is not written again."""
        prints = self._fingerprints.of(request, here)
        self._count += 1
        shared = _shared(self._prints, prints)
        self._prints = prints
        new: list[Json] = [list(one) for one in prints[shared:]]
        self._write({"type": "request", "exchange": self._exchange, "same": shared, "prints": new})

    def answer(self, events: Sequence[JsonObject], error: ModelError | None) -> None:
        """Write what came of it."""
        if self._count and events:
            self._write({"type": "events", "exchange": self._exchange, "events": list(events)})
        if self._count and error is not None:
            told: dict[str, Json] = {"kind": error.kind, "message": error.message, "status": error.status}
            self._write({"type": "error", "exchange": self._exchange, **told})

    @property
    def _exchange(self) -> str:
        return f"{self._name}.{self._count}"

    def _write(self, line: JsonObject) -> None:
        data = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        with open(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
            file.write(data + b"\n")


def _shared(before: Sequence[Print], now: Sequence[Print]) -> int:
    pairs = zip(before, now, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if a != b), min(len(before), len(now)))


@dataclass(frozen=True)
class Cassette:
    """A recording, read back."""

    at: Surroundings
    exchanges: tuple[Exchange, ...]


def read_cassette(path: Path) -> Cassette:
    """Read a cassette.

    Raises:
        UsageError: there is none, or it cannot be used.
    """
    try:
        lines = [cast("JsonObject", json.loads(line)) for line in path.read_bytes().splitlines()]
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such cassette; record one with --record {path}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be read as a cassette: {error}") from error
    head: JsonObject = lines[0] if lines else {}
    if head.get("type") != "cassette" or head.get("version") != VERSION:
        raise UsageError(f"{path}: not a cassette of version {VERSION}; record it again with --record")
    return Cassette(Surroundings.of_json(object_at(head, "at")), tuple(_exchanges(lines)))


def _exchanges(lines: Iterable[JsonObject]) -> Iterable[Exchange]:
    found: dict[str, Exchange] = {}
    last: dict[str, list[Print]] = {}
    for line in lines:
        name = text_at(line, "exchange")
        session = name.rpartition(".")[0]
        if line.get("type") == "request":
            new = [
                (str(one[0]), str(one[1]))
                for one in cast("Sequence[Sequence[Json]]", list_at(line, "prints"))
            ]
            last[session] = [*last.get(session, [])[: number_at(line, "same")], *new]
            found[name] = Exchange(last[session])
        elif name in found and line.get("type") == "events":
            found[name].events += cast("Sequence[JsonObject]", list_at(line, "events"))
        elif name in found and line.get("type") == "error":
            found[name].error = _error_of(line)
    return found.values()


def _error_of(line: JsonObject) -> ModelError:
    kind: ModelErrorKind = next(
        (one for one in get_args(ModelErrorKind) if one == line.get("kind")), "unknown"
    )
    # Nobody is to wait for a server that is not there.
    return ModelError(
        kind, text_at(line, "message"), status=number_at(line, "status") or None, retry_after=0.0
    )


def moved(events: Sequence[JsonObject], recorded: Surroundings, here: Surroundings) -> Iterator[JsonObject]:
    """Yield the events as they would have been here: recorded paths become those of this run.

    A path may be split over many deltas, so where the folders differ the deltas of a block are joined.
    """
    if recorded.is_at(here):
        yield from events
        return
    texts: dict[tuple[Json, str, str], str] = {}
    for event in events:
        if event.get("type") == "ping":
            continue
        delta = object_at(event, "delta")
        key = next((name for name in ("text", "partial_json", "thinking") if name in delta), None)
        if event.get("type") == "content_block_delta" and key is not None:
            place = (event.get("index"), text_at(delta, "type"), key)
            texts[place] = texts.get(place, "") + text_at(delta, key)
            continue
        yield from _joined(texts, recorded, here)
        texts.clear()
        yield event
    yield from _joined(texts, recorded, here)


def _joined(
    texts: Mapping[tuple[Json, str, str], str], recorded: Surroundings, here: Surroundings
) -> Iterator[JsonObject]:
    for (index, kind, key), text in texts.items():
        delta = {"type": kind, key: recorded.moved_to(here, text)}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
