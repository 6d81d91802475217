"""How much effort the model puts into its answers: ``--effort``, ``CLAUDE_CODE_EFFORT_LEVEL``, ``effortLevel``.

A level the model does not know becomes the highest below it that it does. Sources:
code.claude.com/docs/en/model-config, platform.claude.com/docs/en/build-with-claude/effort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from gaff.hooks import (
    ModelLimits,
    ModelRequest,
    Notice,
    Option,
    Session,
    Setting,
    StateKey,
    events,
    hookimpl,
    object_at,
)

LEVELS: Final = ("low", "medium", "high", "xhigh", "max")
_VARIABLE: Final = "CLAUDE_CODE_EFFORT_LEVEL"
_SETTING: Final = "effortLevel"
#: What a settings file may say: the highest level is for one session.
_KEPT: Final = LEVELS[:-1]


class _Wish:
    """What was asked for at the start; ``None`` leaves it to the model."""

    level: str | None = None


_WISH: Final = StateKey(_Wish)


@hookimpl
def gaff_register_options() -> Sequence[Option]:
    """Declare the option."""
    return (
        Option(("--effort",), "how much effort the model puts into answers", metavar="LEVEL", choices=LEVELS),
    )


@hookimpl
def gaff_register_settings() -> Sequence[Setting]:
    """Declare the key."""
    return (Setting(_SETTING, "how much effort the model puts into answers", "string", _KEPT),)


@hookimpl(tryfirst=True)
def gaff_session_start(event: events.SessionStart) -> None:
    """Find out what is wanted; it is read once, so that the prompt cache holds."""
    session = event.context.session
    if session is None:
        return
    session.state[_WISH].level = _wanted(session)
    session.effort = level_for(session.model.limits, session.state[_WISH].level)
    if session.effort is None and session.options.text("effort"):
        text = f"--effort does nothing: {session.model.name} knows no levels of effort"
        session.publish(Notice("warning", text))


@hookimpl(tryfirst=True)
def gaff_post_model_switch(event: events.PostModelSwitch) -> None:
    """Tell hooks the level of the new model."""
    session = event.context.session
    if session is not None:
        session.effort = level_for(session.model.limits, session.state[_WISH].level)


@hookimpl
def gaff_model_request(event: events.ModelRequested, request: ModelRequest) -> ModelRequest | None:
    """Ask for the level, unless another plugin did; without a wish the model's own holds."""
    wish = event.session.state[_WISH].level
    level = level_for(event.session.model.limits, wish) if wish is not None else None
    config = object_at(request.extra, "output_config")
    if level is None or "effort" in config:
        return None
    return replace(request, extra={**request.extra, "output_config": {**config, "effort": level}})


def level_for(limits: ModelLimits, wish: str | None) -> str | None:
    """Return the level a model works at; ``None`` where it knows none."""
    if not limits.efforts:
        return None
    if wish is None:
        return limits.default_effort
    within = [level for level in limits.efforts if LEVELS.index(level) <= LEVELS.index(wish)]
    return within[-1] if within else limits.efforts[0]


def _wanted(session: Session) -> str | None:
    """Return the level that is asked for: the variable goes before the option, the option before settings."""
    given = session.kernel.environ.get(_VARIABLE, "").strip().lower()
    if given in LEVELS:
        return given
    if given == "auto":
        return None
    if given:
        choices = ", ".join(LEVELS)
        text = f"{_VARIABLE} is {given!r}, which is no level of effort: give {choices} or auto"
        session.publish(Notice("warning", text))
    kept = (one.value for one in session.settings.by_level(_SETTING) if one.trusted)
    return session.options.text("effort") or next((one for one in kept if one in _KEPT), None)
