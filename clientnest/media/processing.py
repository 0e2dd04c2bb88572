"""From the bytes that arrived, or a recipe, to something posts can use. For the role `worker`.

Nothing of the database is held while files are opened. What is done twice counts once: who comes second finds that it
is no longer being processed, and removes what they wrote.
"""

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select, update

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.media import media as media_table
from clientnest.db.tables.media import media_piece as piece_table
from clientnest.errors import NotFound
from clientnest.events import tell
from clientnest.ids import new_id
from clientnest.media.apart import converted, examined
from clientnest.media.files import File, digest_of, fetched, file_key, piece_key
from clientnest.media.model import Media, MediaState, Recipe, with_ending
from clientnest.media.reading import find
from clientnest.media.results import Found, Refused
from clientnest.media.store import Store, store

_c, _p = media_table.c, piece_table.c
_GONE = "What it was to be made of is gone."


def process(workspace_id: UUID, media_id: UUID) -> None:
    """Look at something that waits for it, or make it by its recipe; then it is ready, or refused.

    `TransientError` where trying again may help. Does nothing for what is gone, or done already.
    """
    with session.tenant(Role.WORKER, workspace_id=workspace_id) as connection:
        media = _waiting(connection, workspace_id, media_id)
        if media is None:
            return
        keys = _sources(connection, workspace_id, media)
    kept, stored = store(), new_id()
    with kept.scratch() as folder:
        try:
            found = _found(kept, media, keys, folder)
        except (Refused, FileNotFoundError) as refused:
            problem = str(refused) if isinstance(refused, Refused) else _GONE
            _settle(workspace_id, media, {"state": MediaState.REFUSED.value, "problem": problem, "size_bytes": 0})
        else:
            _publish(kept, workspace_id, media, found, folder / "made", stored)
    if media.recipe is None:
        for _, key in keys:
            kept.remove(key)


def refuse(workspace_id: UUID, media_id: UUID, problem: str) -> None:
    """End what waits for being processed and never will be."""
    with session.tenant(Role.WORKER, workspace_id=workspace_id) as connection:
        media = _waiting(connection, workspace_id, media_id)
    if media is not None:
        _settle(workspace_id, media, {"state": MediaState.REFUSED.value, "problem": problem, "size_bytes": 0})


def _waiting(connection: Connection, workspace_id: UUID, media_id: UUID) -> Media | None:
    try:
        media = find(connection, workspace_id, media_id)
    except NotFound:
        return None
    return media if media.state is MediaState.PROCESSING else None


def _sources(connection: Connection, workspace_id: UUID, media: Media) -> list[tuple[str | None, str]]:
    """The type, where it is known, and the key of each file it is put together of; none where they are gone."""
    if media.recipe is None:
        rows = connection.execute(
            select(_p.stored).where(_p.workspace_id == workspace_id, _p.media_id == media.id).order_by(_p.start)
        )
        return [(None, piece_key(workspace_id, media.id, row.stored)) for row in rows]
    if media.derived_from is None:
        return []
    source = find(connection, workspace_id, media.derived_from)
    if source.stored is None:
        return []
    return [(source.mime_type, file_key(workspace_id, source.id, source.stored, File.ORIGINAL))]


def _found(kept: Store, media: Media, keys: list[tuple[str | None, str]], folder: Path) -> Found:
    if not keys:
        raise Refused(_GONE)
    source = fetched(kept, (key for _, key in keys), folder / "source")
    made = folder / "made"
    made.mkdir()
    mime_type = keys[0][0]
    if media.recipe is None or mime_type is None:
        return examined(source, made)
    return converted(source, mime_type, made, Recipe.of(media.recipe))


def _publish(kept: Store, workspace_id: UUID, media: Media, found: Found, made: Path, stored: UUID) -> None:
    """The files first, then the row that names them."""
    facts, notes = found.facts, [*found.notes]
    filename = with_ending(media.filename, facts.mime_type)
    if filename != media.filename:
        notes.insert(0, f"{media.filename} is of the type {facts.mime_type}: it is called {filename} now.")
    values = {
        "state": MediaState.READY.value, "kind": facts.kind.value, "mime_type": facts.mime_type,
        "size_bytes": facts.size_bytes,
        "width": facts.width, "height": facts.height, "duration_seconds": facts.duration_seconds,
        "frame_rate": facts.frame_rate, "video_codec": facts.video_codec, "audio_codec": facts.audio_codec,
        "sha256": digest_of(made / File.ORIGINAL), "colour": found.colour, "stored": stored, "notes": notes,
        "filename": filename,
    }  # fmt: skip
    for file in File:
        kept.adopt(made / file, file_key(workspace_id, media.id, stored, file))
    if not _settle(workspace_id, media, values):
        for file in File:
            kept.remove(file_key(workspace_id, media.id, stored, file))


def _settle(workspace_id: UUID, media: Media, values: dict[str, Any]) -> bool:
    """Write down what became of it and tell; False where somebody else did, or it is gone."""
    with session.tenant(Role.WORKER, workspace_id=workspace_id) as connection:
        changed = connection.execute(
            update(media_table).values(**values, state_since=func.now())
            .where(_c.workspace_id == workspace_id, _c.id == media.id, _c.state == MediaState.PROCESSING.value)
        )  # fmt: skip
        if changed.rowcount == 0:
            return False
        connection.execute(delete(piece_table).where(_p.workspace_id == workspace_id, _p.media_id == media.id))
        told = {"kind": values["kind"]} if "kind" in values else {}
        tell(connection, workspace_id, f"media.{values['state']}", media.id, told)
        return True
