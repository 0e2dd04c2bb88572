"""The history of a post's words: who changed what, every earlier form, and one of them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select

from clientnest.audit import Actor, ActorKind
from clientnest.content.comparing import changed, snapshot
from clientnest.content.model import Content, Post
from clientnest.db.tables.content import post_revision as revision_table
from clientnest.errors import NotFound
from clientnest.workspaces.revisions import Stale

_c = revision_table.c


@dataclass(frozen=True, slots=True)
class Revision:
    """One change of a post. `changed` names the fields; `restored_from` the revision that was taken again."""

    number: int
    changed: tuple[str, ...]
    restored_from: int | None
    actor_kind: ActorKind
    actor_id: UUID | None
    at: datetime


@dataclass(frozen=True, slots=True)
class FullRevision:
    """A revision with all of the post as it was then. `contents`: by account."""

    revision: Revision
    title: str
    campaign_id: UUID | None
    labels: tuple[UUID, ...]
    contents: Mapping[UUID, Content]


_COLUMNS = (_c.number, _c.changed, _c.restored_from, _c.actor_kind, _c.actor_id, _c.at)


def note(
    connection: Connection, workspace_id: UUID, before: Post | None, after: Post, actor: Actor,
    *, restored_from: int | None = None,
) -> list[str]:  # fmt: skip
    """Keep the post as it is now, under its revision; gives the names of the fields that changed."""
    now = snapshot(after)
    names = changed(_NOTHING if before is None else snapshot(before), now)
    connection.execute(
        insert(revision_table).values(
            workspace_id=workspace_id,
            post_id=after.id,
            number=after.revision,
            snapshot=now,
            changed=names,
            restored_from=restored_from,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
        )
    )
    return names


def first(post: Post) -> tuple[dict[str, Any], list[str]]:
    """What the first revision of a post keeps, and the names of its fields."""
    now = snapshot(post)
    return now, changed(_NOTHING, now)


def revisions(
    connection: Connection, workspace_id: UUID, post_id: UUID, *, below: int | None = None, limit: int = 50
) -> Sequence[Revision]:
    """The latest first, from below a number on. The post is for the caller to have found."""
    wanted = [_c.workspace_id == workspace_id, _c.post_id == post_id]
    if below is not None:
        wanted.append(_c.number < below)
    rows = connection.execute(select(*_COLUMNS).where(*wanted).order_by(_c.number.desc()).limit(limit))
    return [_revision(row) for row in rows]


def revision(connection: Connection, workspace_id: UUID, post_id: UUID, number: int) -> FullRevision:
    """One revision; `NotFound` where the post has none of that number."""
    row = connection.execute(
        select(*_COLUMNS, _c.snapshot)
        .where(_c.workspace_id == workspace_id, _c.post_id == post_id, _c.number == number)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(f"The post has no revision {number}.", advice="GET …/revisions lists those there are.")
    kept = row.snapshot
    return FullRevision(
        _revision(row), kept["title"], UUID(kept["campaign_id"]) if kept["campaign_id"] else None,
        tuple(UUID(label) for label in kept["labels"]),
        {UUID(account): Content.from_json(one["content"]) for account, one in kept["variants"].items()},
    )  # fmt: skip


def stale(connection: Connection, workspace_id: UUID, post_id: UUID, decided_on: int) -> Stale:
    """The refusal of a change decided on an earlier revision: it says what changed since, when, and by whom."""
    since = (_c.workspace_id == workspace_id, _c.post_id == post_id, _c.number > decided_on)
    names: Sequence[str] = connection.execute(select(func.unnest(_c.changed)).where(*since).distinct()).scalars().all()
    row = connection.execute(select(*_COLUMNS).where(*since).order_by(_c.number.desc()).limit(1)).one_or_none()
    details: dict[str, Any] = {"decided_on": decided_on, "changed": sorted(names)}
    if row is not None:
        details |= {"revision": row.number, "changed_at": row.at.isoformat(), "changed_by": str(row.actor_id or "")}
    return Stale(
        "The post was changed by somebody else meanwhile.",
        advice="Nothing of yours was saved, and nothing of theirs is lost: read the post, "
        f"compare with GET …/revisions/{decided_on}, and save again on its present ETag.",
        details=details,
    )


_NOTHING: Mapping[str, Any] = {"title": "", "campaign_id": None, "labels": [], "variants": {}}


def _revision(row: Row[Any]) -> Revision:
    return Revision(
        row.number, tuple(row.changed), row.restored_from, ActorKind(row.actor_kind), row.actor_id, row.at
    )  # fmt: skip
