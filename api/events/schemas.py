"""What goes over the socket."""

import json
from datetime import UTC
from uuid import UUID

from pydantic import Field

from api.body import Body
from clientnest.events import Event


class Hello(Body):
    """The first message of a client: who it is, which workspace, and the last event it has seen."""

    token: str = Field(min_length=1, max_length=4096)
    workspace_id: UUID
    last_event_id: int | None = Field(None, ge=0)


def said(event: Event) -> str:
    """An event as it is sent."""
    return json.dumps({
        "type": "event", "id": event.id, "kind": event.kind,
        "subject_id": str(event.subject_id) if event.subject_id else None, "payload": dict(event.payload),
        "at": event.created_at.astimezone(UTC).isoformat(),
    })  # fmt: skip
