"""Who did something, what they changed, and an event as it is read back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from clientnest.audit.catalogue import ActorKind


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, from where, in which request.

    `id` is the person's, key's or link's, and None for the system alone. `address` and `user_agent` are personal: they
    are sealed for `subject_id`, or for the actor where none is said. Name the person behind an API key there.
    """

    kind: ActorKind
    id: UUID | None = None
    address: str | None = None
    user_agent: str | None = None
    request_id: str | None = None
    subject_id: UUID | None = None

    def __post_init__(self) -> None:
        if (self.kind is ActorKind.SYSTEM) != (self.id is None):
            raise ValueError("the system has no id, and every other actor has one")


SYSTEM = Actor(ActorKind.SYSTEM)


@dataclass(frozen=True, slots=True)
class Change:
    """A field's value before and after: anything JSON can say, and ids, instants, enums. None is no value."""

    before: Any = None
    after: Any = None


CHANGED = Change()
"""For fields of which only the name is kept."""


class State(StrEnum):
    """Whether a value can be shown."""

    SHOWN = "shown"
    NOT_KEPT = "not_kept"  # none was given, or the catalogue keeps none of this field
    ERASED = "erased"  # its subject was erased; it can never be read again
    DAMAGED = "damaged"  # what is stored is not what was sealed for this event


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One changed field. `before` and `after` are None unless `state` is `SHOWN`."""

    field: str
    before: Any
    after: Any
    state: State


@dataclass(frozen=True, slots=True)
class Origin:
    """From where somebody acted. Both are None unless `state` is `SHOWN`."""

    address: str | None
    user_agent: str | None
    state: State


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as far as it can still be read. `action` may be of an older catalogue."""

    id: UUID
    at: datetime
    action: str
    actor_kind: ActorKind
    actor_id: UUID | None
    object_type: str
    object_id: str | None
    changes: tuple[FieldChange, ...]
    origin: Origin
    request_id: str | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Newest first. `next_cursor` is None on the last page."""

    items: tuple[Event, ...]
    next_cursor: str | None
