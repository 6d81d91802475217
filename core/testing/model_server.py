"""What the fake servers of models share: a script, the requests it answered, and what was wrong with them."""

from __future__ import annotations

from abc import abstractmethod

from .http_server import FakeServer, HttpRequest, HttpResponse
from .messages_checks import Violation
from .replies import Reply
from .script import Script, ScriptPlayer


class FakeModelServer(FakeServer):
    """A fake server that answers requests for a model's words from a script."""

    def __init__(self, script: Script, otherwise: Reply | str | None) -> None:
        super().__init__()
        self.script = ScriptPlayer(script, otherwise)
        #: The requests for an answer of the model, in the order of arrival.
        self.requests: list[HttpRequest] = []
        #: What the requests did wrong; clear it where a test did that on purpose.
        self.violations: list[Violation] = []
        #: What went wrong in the script itself.
        self.failures: list[Exception] = []

    def add(self, *replies: Reply | str) -> None:
        """Append replies to the script."""
        self.script.add(*replies)

    def check(self) -> None:
        """Raise ``AssertionError`` where a request was wrong or had no answer in the script."""
        if self.failures:
            raise AssertionError(f"the script failed: {self.failures[0]}") from self.failures[0]
        if self.violations:
            raise AssertionError("\n".join(str(violation) for violation in self.violations))

    @abstractmethod
    def refusal(self, request: HttpRequest, number: int) -> str | None:
        """Check the request of this number (from 1); return what a real server would refuse it for."""

    @abstractmethod
    def answer(self, request: HttpRequest, number: int, reply: Reply) -> HttpResponse:
        """Return the reply in the protocol of this server."""

    @abstractmethod
    def error(self, status: int, message: str) -> HttpResponse:
        """Return an error in the protocol of this server."""

    async def play(self, request: HttpRequest) -> HttpResponse:
        """Answer a request with the next reply of the script."""
        self.requests.append(request)
        number = len(self.requests)
        if (refused := self.refusal(request, number)) is not None:
            return self.error(400, refused)
        try:
            return self.answer(request, number, await self.script.next(request.json))
        except Exception as error:  # isolation boundary: the script is the test's code; check() tells
            self.failures.append(error)
            return self.error(400, str(error))
