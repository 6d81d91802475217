"""The ``permissions`` of every settings level, with what the session itself granted on top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gaff.hooks import Json, Rule, Session, Settings, StateKey

from ._syntax import RULE_BEHAVIORS, RuleBehavior


@dataclass(frozen=True, slots=True)
class Level:
    """The ``permissions`` object of one settings file, as it was found: of any shape."""

    name: str
    path: str
    #: The folder that ``/path`` patterns of this level start from.
    base: str
    permissions: Json
    trusted: bool

    @property
    def where(self) -> str:
        """The place for people, as it follows the rule in a sentence; the path is still absolute."""
        return (
            f"{self.path} ({self.name})"
            if self.name == "command line"
            else f"{self.path} ({self.name} settings)"
        )


def _no_rules() -> dict[RuleBehavior, tuple[Rule, ...]]:
    return dict.fromkeys(RULE_BEHAVIORS, ())


@dataclass
class Grants:
    """What was granted in this session. ``version`` counts the changes."""

    version: int = 0
    rules: dict[RuleBehavior, tuple[Rule, ...]] = field(default_factory=_no_rules)
    #: Added directories that were taken away again; the project's own cannot be.
    removed: frozenset[str] = frozenset()
    #: Levels as they were written since ``settings`` was read, by file.
    written: dict[str, Level] = field(default_factory=dict[str, Level])
    settings: Settings | None = None

    def remember(self, level: Level, settings: Settings) -> None:
        """Count a file just written as in force, until settings that were read after it replace these."""
        if self.settings is not settings:
            self.settings, self.written = settings, {}
        self.written[level.path] = level
        self.version += 1


GRANTS = StateKey(Grants)


def levels(session: Session) -> Iterator[Level]:
    """Yield the permissions of every level, the highest first."""
    grants = session.state[GRANTS]
    written = dict(grants.written) if grants.settings is session.settings else {}
    for value in session.settings.by_level("permissions"):
        found = Level(value.level, value.path, str(value.base), value.value, value.trusted)
        yield written.pop(value.path, found)
    yield from written.values()


def texts_of(level: Level, key: str) -> tuple[str, ...]:
    """Return the strings of a list in a level's permissions; what is of another shape is left out."""
    value = level.permissions.get(key) if isinstance(level.permissions, Mapping) else None
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(item for item in value if isinstance(item, str))
