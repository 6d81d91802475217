"""Events that change what the model sees or which model it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..values import JsonObject
from .base import Event


@dataclass(frozen=True, kw_only=True)
class PreCompact(Event):
    """The conversation is about to be compacted. ``trigger``: manual or auto."""

    name: ClassVar[str] = "PreCompact"
    trigger: str
    custom_instructions: str = ""

    @property
    def matched(self) -> str:
        return self.trigger

    def own_fields(self) -> JsonObject:
        return {"trigger": self.trigger, "custom_instructions": self.custom_instructions}


@dataclass(frozen=True, kw_only=True)
class PostCompact(Event):
    """The conversation was compacted."""

    name: ClassVar[str] = "PostCompact"
    trigger: str
    compact_summary: str

    @property
    def matched(self) -> str:
        return self.trigger

    def own_fields(self) -> JsonObject:
        return {"trigger": self.trigger, "compact_summary": self.compact_summary}


@dataclass(frozen=True, kw_only=True)
class ModelSwitchEvent(Event):
    """What the model switch events share. ``source``: command, picker, sdk, auto or resume."""

    from_model: str
    to_model: str
    source: str
    requested_model: str | None = None
    context_tokens: int = 0
    prompt_cache_warm: bool = False
    cache_ttl: str = "5m"
    estimated_cache_write_usd: float = 0.0
    #: configured, catalog or default
    pricing: str = "default"

    @property
    def matched(self) -> str:
        return self.to_model

    def own_fields(self) -> JsonObject:
        return {
            "from_model": self.from_model,
            "to_model": self.to_model,
            "source": self.source,
            "context_tokens": self.context_tokens,
            "prompt_cache_warm": self.prompt_cache_warm,
            "cache_ttl": self.cache_ttl,
            "estimated_cache_write_usd": self.estimated_cache_write_usd,
            "pricing": self.pricing,
        }

    def to_json(self) -> JsonObject:
        return {**super().to_json(), "requested_model": self.requested_model}


@dataclass(frozen=True, kw_only=True)
class PreModelSwitch(ModelSwitchEvent):
    """The user or a client asked for another model."""

    name: ClassVar[str] = "PreModelSwitch"


@dataclass(frozen=True, kw_only=True)
class PostModelSwitch(ModelSwitchEvent):
    """The session has another model."""

    name: ClassVar[str] = "PostModelSwitch"
