"""Media as the tables have them. For the roles `api` and `worker`."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, exists, select
from sqlalchemy.sql.elements import ColumnElement

from clientnest.db.tables.content import post_media as kept_table
from clientnest.db.tables.content import variant_media as use_table
from clientnest.db.tables.media import media as media_table
from clientnest.errors import NotFound
from clientnest.media.model import Media, MediaKind, MediaState

_c = media_table.c
IS_KEPT = exists().where(kept_table.c.workspace_id == _c.workspace_id, kept_table.c.media_id == _c.id)
"""Whether a post shows it, or an earlier revision of one did, which can be taken again."""
IS_USED = exists().where(use_table.c.workspace_id == _c.workspace_id, use_table.c.media_id == _c.id)
"""Whether a post shows it, in whatever state the post is."""
COLUMNS = tuple(_c[name] for name in Media.__dataclass_fields__)


def find(connection: Connection, workspace_id: UUID, media_id: UUID) -> Media:
    """One; `NotFound` where the workspace has none of that id."""
    row = connection.execute(select(*COLUMNS).where(*which(workspace_id, media_id))).one_or_none()
    if row is None:
        raise NotFound("There is no such picture or video.", advice="GET …/media lists what there is.")
    return media_of(row)


def which(workspace_id: UUID, media_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """The conditions that name one."""
    return (_c.workspace_id == workspace_id, _c.id == media_id)


def media_of(row: Row[Any]) -> Media:
    """One, from a row of `COLUMNS`."""
    found = dict(row._mapping)
    kind = found.pop("kind")
    return Media(**found | {"state": MediaState(found["state"]), "kind": None if kind is None else MediaKind(kind)})
