"""The media of a workspace: found, listed, named, removed. For the role `api`."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from clientnest.db.tables.content import post_variant as variant_table
from clientnest.db.tables.content import variant_media as use_table
from clientnest.db.tables.media import media as media_table
from clientnest.entitlements import Limit, check
from clientnest.errors import BadInput, Conflict
from clientnest.ids import new_id
from clientnest.media.model import Media, MediaKind, MediaState, Recipe, with_ending
from clientnest.media.reading import COLUMNS, IS_USED, find, media_of, which
from clientnest.media.tasks import begin_processing, begin_removing_files
from clientnest.media.uploads import megabytes, named, used_mb
from clientnest.warehouse.serve import cursor as cursors
from clientnest.workspaces.revisions import stale

_c = media_table.c
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class MediaPage:
    """Media, the latest first; `next_cursor` None on the last page."""

    items: tuple[Media, ...]
    next_cursor: str | None


def listed(
    connection: Connection, workspace_id: UUID, *, kind: MediaKind | None = None, state: MediaState | None = None,
    unused: bool | None = None, cursor: str | None = None, limit: int = 50,
) -> MediaPage:  # fmt: skip
    """One page. `unused`: whether a post shows it, at this moment. `BadInput` for a cursor of other filters."""
    belongs_to = cursors.fingerprint("media", workspace_id, kind, state, unused)
    wanted: list[ColumnElement[bool]] = [_c.workspace_id == workspace_id]
    if kind is not None:
        wanted.append(_c.kind == kind.value)
    if state is not None:
        wanted.append(_c.state == state.value)
    if unused is not None:
        wanted.append(~IS_USED if unused else IS_USED)
    if cursor is not None:
        wanted.append(_c.id < cursors.decode(cursor, belongs_to, instant=True).row_id)
    rows = connection.execute(select(*COLUMNS).where(*wanted).order_by(_c.id.desc()).limit(limit + 1)).all()
    page = tuple(media_of(row) for row in rows[:limit])
    more = len(rows) > limit
    return MediaPage(page, cursors.encode(cursors.Cursor(None, page[-1].id), belongs_to) if more else None)


def change(
    connection: Connection, workspace_id: UUID, media_id: UUID, *, revision: int | None = None,
    filename: str | None = None, alt_text: str | None = None,
) -> Media:  # fmt: skip
    """Give it another name or alternative text. `Stale` (412) where there is a newer revision than the one given.

    The ending of a name says what the file is, so it stays.
    """
    before = find(connection, workspace_id, media_id)
    values: dict[str, Any] = {"revision": _c.revision + 1}
    if alt_text is not None:
        values["alt_text"] = alt_text
    if filename is not None:
        values["filename"] = with_ending(named(filename), before.mime_type)
    statement = update(media_table).where(*which(workspace_id, media_id))
    if revision is not None:
        statement = statement.where(_c.revision == revision)
    if connection.execute(statement.values(**values)).rowcount == 0:
        raise stale("The file")
    return find(connection, workspace_id, media_id)


def remove(connection: Connection, workspace_id: UUID, media_id: UUID) -> Media:
    """Remove it; its files follow. `Conflict`, which names the posts, where any uses it."""
    gone = find(connection, workspace_id, media_id)
    posts = _posts(connection, workspace_id, media_id)
    if posts:
        raise _in_use(gone, posts)
    try:
        connection.execute(delete(media_table).where(*which(workspace_id, media_id)))
    except IntegrityError as error:  # somebody took it up since
        raise _in_use(gone, []) from error
    begin_removing_files(connection, workspace_id, media_id)
    return gone


def _posts(connection: Connection, workspace_id: UUID, media_id: UUID) -> list[UUID]:
    """Some of the posts that show it."""
    use, variant = use_table.c, variant_table.c
    rows = connection.execute(
        select(variant.post_id).distinct()
        .join(use_table, (use.workspace_id == variant.workspace_id) & (use.variant_id == variant.id))
        .where(use.workspace_id == workspace_id, use.media_id == media_id).order_by(variant.post_id).limit(_MOST_NAMED)
    )  # fmt: skip
    return list(rows.scalars())


def _in_use(media: Media, posts: list[UUID]) -> Conflict:
    return Conflict(
        f"A post shows {media.filename}." if len(posts) < 2 else f"{len(posts)} posts show {media.filename}.",
        advice="Take it out of the post first, in the trash too.", details={"posts": [str(post) for post in posts]},
    )  # fmt: skip


def convert(
    connection: Connection, workspace_id: UUID, media_id: UUID, recipe: Recipe, *, created_by: UUID | None
) -> Media:
    """Begin to make another form of it, which becomes a media of its own; what it is made of stays as it is.

    `NotReady`, `BadInput` where this cannot become that, `LimitReached` where the plan has no room for as much again.
    """
    source = find(connection, workspace_id, media_id)
    facts = source.facts
    if recipe.mime_type.startswith("image/") and facts.kind is MediaKind.VIDEO:
        raise BadInput(
            "A video cannot become an image.", advice="Ask for video/mp4.", details={"field": "body.mime_type"}
        )
    if recipe.mime_type.startswith("video/") and not facts.moves:
        raise BadInput(
            "An image that does not move cannot become a video.", advice="Ask for image/jpeg or image/png.",
            details={"field": "body.mime_type"},
        )  # fmt: skip
    check(connection, workspace_id, Limit.STORAGE_MB, used=used_mb(workspace_id), adding=megabytes(facts.size_bytes))
    made_id = new_id()
    connection.execute(
        insert(media_table).values(
            workspace_id=workspace_id, id=made_id, state=MediaState.PROCESSING.value, size_bytes=facts.size_bytes,
            filename=with_ending(source.filename, recipe.mime_type), alt_text=source.alt_text, derived_from=media_id,
            recipe=recipe.as_json(), created_by=created_by,
        )
    )  # fmt: skip
    begin_processing(connection, workspace_id, made_id)
    return find(connection, workspace_id, made_id)
