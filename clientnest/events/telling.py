"""Telling that something happened: who looks on hears of it at the commit, everybody else through the worker."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from clientnest.db.tables.jobs import event as event_table


def tell(
    connection: Connection, workspace_id: UUID, kind: str, subject_id: UUID, payload: Mapping[str, Any], *,
    person_id: UUID | None = None,
) -> None:  # fmt: skip
    """Tell, in the caller's transaction, what happened to `subject_id`. `payload` is JSON without words of people.

    With a `person_id` it concerns that person alone: they hear of it where they look on, and nobody else does.
    """
    row = {"workspace_id": workspace_id, "kind": kind, "subject_id": subject_id, "payload": dict(payload),
           "person_id": person_id}  # fmt: skip
    connection.execute(insert(event_table).inline().values(row))  # inline: not everybody who tells may read
