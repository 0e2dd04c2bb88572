"""Notifications lie between people and workspaces: steps aside into the one or the other, within one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection, text

_SET = text("SELECT set_config('clientnest.' || :scope, :id, true)")
_NOW = text("SELECT current_setting('clientnest.' || :scope, true)")


@contextmanager
def inside(connection: Connection, workspace_id: UUID) -> Iterator[None]:
    """Within the block the transaction sees that workspace. Whether somebody may see it is the caller's to know."""
    with _step(connection, "workspace_id", workspace_id):
        yield


@contextmanager
def on_behalf_of(connection: Connection, person_id: UUID) -> Iterator[None]:
    """Within the block the transaction sees what is that person's."""
    with _step(connection, "person_id", person_id):
        yield


@contextmanager
def _step(connection: Connection, scope: str, subject_id: UUID) -> Iterator[None]:
    before: str | None = connection.execute(_NOW, {"scope": scope}).scalar_one()
    connection.execute(_SET, {"scope": scope, "id": str(subject_id)})
    yield  # where the block fails so does the transaction, and its scope with it
    connection.execute(_SET, {"scope": scope, "id": before or ""})
