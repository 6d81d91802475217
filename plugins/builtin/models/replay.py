"""Records what models answer (--record FILE), and plays it again (--model replay:FILE).

A recording is played without any network and checks that it is asked what it was asked then. It can
be played in another folder: recorded paths become those of the run.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gaff.hooks import (
    JsonObject,
    Model,
    ModelError,
    ModelLimits,
    ModelProvider,
    ModelRequest,
    Notice,
    Option,
    Session,
    Setting,
    StateKey,
    UsageError,
    hookimpl,
    object_at,
)

if TYPE_CHECKING:
    from gaff.hooks.events import ModelRequested, ModelStreamBatch

    from ._replay_cassette import Cassette, Exchange, Recorder


class ReplayModel(Model):
    """Plays a cassette.

    Each request gets the first unplayed answer to a request like it. Where there is none, ``strict``
    says so and stops; otherwise the next unplayed answer is given.
    """

    provider = "replay"
    limits = ModelLimits()

    def __init__(self, name: str, cassette: Cassette, *, strict: bool) -> None:
        self.name = name
        self._cassette = cassette
        self._left = list(cassette.exchanges)
        from ._replay_cassette import Fingerprints

        self._fingerprints = Fingerprints()
        self._strict = strict
        self._session: Session | None = None

    def attend(self, session: Session) -> None:
        """Learn for which session the model plays: its folders take the place of the recorded ones."""
        self._session = session

    async def stream(self, request: ModelRequest) -> AsyncIterator[JsonObject]:
        """Play the recorded answer to this request."""
        from ._replay_cassette import Surroundings, moved

        here = self._cassette.at if self._session is None else Surroundings.of(self._session)
        exchange = self._take(self._fingerprints.of(request, here))
        for event in moved(exchange.events, self._cassette.at, here):
            yield event
            await asyncio.sleep(0)
        if exchange.error is not None:
            raise exchange.error
        if not exchange.is_whole:
            raise ModelError("unknown", "the recorded answer ends here: it was interrupted")

    def _take(self, asked: Sequence[tuple[str, str]]) -> Exchange:
        from ._replay_cassette import difference

        if not self._left:
            count = len(self._cassette.exchanges)
            raise ModelError("invalid_request", f"{self.name} holds no more than {count} requests")
        found = next((one for one in self._left if difference(one.prints, asked) is None), None)
        if found is None:
            found = self._left[0]
            self._differs(difference(found.prints, asked) or "")
        self._left.remove(found)
        return found

    def _differs(self, where: str) -> None:
        number = len(self._cassette.exchanges) - len(self._left) + 1
        text = f"request {number} is not the one recorded in {self.name}: {where}"
        if self._strict:
            raise ModelError("invalid_request", f"{text}; set replay.strict to false to go on all the same")
        if self._session is not None:
            self._session.publish(Notice("warning", text))


class ReplayProvider(ModelProvider):
    """Opens cassettes: ``replay:FILE``."""

    name = "replay"
    summary = "Plays a recorded session: replay:FILE."

    def open(self, name: str, environ: Mapping[str, str], settings: JsonObject) -> Model:
        from ._replay_cassette import read_cassette

        if not name:
            raise UsageError(
                "--model replay: names no cassette; say replay:FILE, recorded with --record FILE"
            )
        strict = object_at(settings, "replay").get("strict") is not False
        return ReplayModel(name, read_cassette(Path(name).expanduser()), strict=strict)


class _Recording:
    """What a session knows of its recording."""

    recorder: Recorder | None = None
    off = False

    @contextmanager
    def attempt(self, session: Session) -> Generator[None]:
        """Write, and where that cannot be done, say so once and record no more."""
        try:
            yield
        except OSError as error:
            self.recorder, self.off = None, True
            path = session.options.text("record")
            text = f"--record {path}: cannot be written ({error.strerror}); nothing more is recorded"
            session.publish(Notice("warning", text))


_RECORDING = StateKey(_Recording)


@hookimpl
def gaff_register_models() -> Sequence[ModelProvider]:
    return (ReplayProvider(),)


@hookimpl
def gaff_register_options() -> Sequence[Option]:
    summary = "Record what the model answers to FILE, to be played with --model replay:FILE."
    return (Option(("--record",), summary, metavar="FILE", group="model"),)


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    return (
        Setting("replay.strict", "Whether a replay stops at a request that was not recorded.", "boolean"),
    )


@hookimpl(trylast=True)
def gaff_model_request(event: ModelRequested, request: ModelRequest) -> None:
    session = event.session
    if isinstance(session.model, ReplayModel):
        session.model.attend(session)
    path, recording = session.options.text("record"), session.state[_RECORDING]
    if path is None or recording.off:
        return
    from ._replay_cassette import Recorder, Surroundings

    here = Surroundings.of(session)
    with recording.attempt(session):
        if recording.recorder is None:
            recording.recorder = Recorder(Path(path).expanduser(), session.id)
            # A sub-agent's session, and one that goes on, add to what is there.
            fresh = event.context.agent_id is None and len(request.messages) == 1
            recording.recorder.begin(here, event.provider, fresh=fresh)
        recording.recorder.request(request, here)


@hookimpl
def gaff_model_event(event: ModelStreamBatch) -> None:
    recording = event.session.state[_RECORDING]
    if recording.recorder is not None:
        with recording.attempt(event.session):
            recording.recorder.answer(event.events, event.error)
