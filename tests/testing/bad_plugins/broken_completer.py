"""Offers a completer that raises."""

from collections.abc import Sequence

from gaff.hooks import Completer, Completion, Session, hookimpl


class Broken(Completer):
    """A completer."""

    name = "broken"

    def complete(self, before: str, session: Session) -> Sequence[Completion]:
        """Fail."""
        raise IndexError(before)


@hookimpl
def gaff_register_completers() -> Sequence[Completer]:
    """Offer it."""
    return [Broken()]
