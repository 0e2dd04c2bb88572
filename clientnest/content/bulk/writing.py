"""Writing many posts by a few statements: as one would be made and scheduled, with its revision and its moves."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from clientnest.audit import Actor
from clientnest.content import revisions
from clientnest.content.bulk.matching import Entry
from clientnest.content.model import Post, Schedule, Variant
from clientnest.content.states import PostState, State, act, refusals
from clientnest.events import tell
from clientnest.ids import new_id
from clientnest.workspaces import Membership
from clientnest.zones import VERSION

_POSTS = text(
    "INSERT INTO app.post (workspace_id, id, campaign_id, created_by) "
    "SELECT :workspace, r.post_id, r.campaign_id, :person "
    "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(post_id uuid, campaign_id uuid)"
)
_VARIANTS = text(
    "INSERT INTO app.post_variant (workspace_id, id, post_id, account_id, content, digest, local_time, timezone, fold, "
    "tz_version, scheduled_at) "
    "SELECT :workspace, r.variant_id, r.post_id, r.account_id, r.content, '', r.local_time, r.timezone, r.fold, "
    ":version, r.instant FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(variant_id uuid, post_id uuid, "
    "account_id uuid, content jsonb, local_time timestamp, timezone text, fold smallint, instant timestamptz)"
)
_LABELS = text(
    "INSERT INTO app.post_label (workspace_id, post_id, label_id) "
    "SELECT DISTINCT CAST(:workspace AS uuid), r.post_id, l.id::uuid "
    "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(post_id uuid, labels jsonb), "
    "jsonb_array_elements_text(r.labels) AS l(id)"
)
_REVISIONS = text(
    "INSERT INTO app.post_revision (workspace_id, post_id, number, snapshot, changed, actor_kind, actor_id) "
    "SELECT :workspace, r.post_id, 1, r.snapshot, "
    "ARRAY(SELECT jsonb_array_elements_text(r.changed)), :kind, :actor "
    "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(post_id uuid, snapshot jsonb, changed jsonb)"
)
# What has to be approved first has its time, and stays a draft.
_UNAPPROVED = text(
    "SELECT v.post_id, v.id FROM app.post_variant v, LATERAL app.approval_policy_of(v.workspace_id, v.id) p "
    "WHERE v.workspace_id = :workspace AND v.id = ANY(:variants) AND p.mode = 'required'"
)
_SCHEDULE = text(
    "UPDATE app.post_variant SET state = :state WHERE workspace_id = :workspace AND id = ANY(:variants)"
)  # fmt: skip


def write(
    connection: Connection, membership: Membership, entries: Sequence[Entry], actor: Actor
) -> tuple[UUID, list[UUID], frozenset[UUID]]:  # fmt: skip
    """Make the posts and schedule them; gives the id of the whole, those of the posts, and of those that wait for an
    approval. One event tells of all. `IllegalStep` where the database refuses one, for a time that has passed
    meanwhile, say."""
    workspace_id, batch_id = membership.workspace.id, new_id()
    rows = [_row(entry, membership.person_id) for entry in entries]
    given: dict[str, Any] = {"workspace": workspace_id, "rows": json.dumps(rows)}
    act(connection, actor, "bulk")
    with refusals():
        connection.execute(_POSTS, {**given, "person": membership.person_id})
        connection.execute(_VARIANTS, {**given, "version": VERSION})
        connection.execute(_LABELS, given)
        connection.execute(_REVISIONS, {**given, "kind": actor.kind.value, "actor": actor.id})
        variants = [UUID(row["variant_id"]) for row in rows]
        waiting = _unapproved(connection, workspace_id, variants)
        ready = [one for one in variants if one not in waiting]
        connection.execute(_SCHEDULE, {"workspace": workspace_id, "variants": ready, "state": State.SCHEDULED.value})
    tell(connection, workspace_id, "post.bulk_created", batch_id, {"posts": len(rows), "scheduled": len(ready)})
    return batch_id, [UUID(row["post_id"]) for row in rows], frozenset(waiting.values())


def _unapproved(connection: Connection, workspace_id: UUID, variants: Collection[UUID]) -> Mapping[UUID, UUID]:
    rows = connection.execute(_UNAPPROVED, {"workspace": workspace_id, "variants": variants})
    return {row.id: row.post_id for row in rows}


def _row(entry: Entry, person_id: UUID | None) -> dict[str, Any]:
    """An entry as the statements read it."""
    at, variant_id = entry.schedule, new_id()
    schedule = Schedule(at.wall_clock, at.timezone, at.fold, at.instant, at.shown, in_slot=False)
    variant = Variant(
        variant_id, entry.account.id, entry.account.network, entry.account.name, entry.content, State.DRAFT,
        at.instant, schedule,
    )  # fmt: skip
    post = Post(
        new_id(), "", entry.campaign_id, entry.labels, PostState.DRAFT, 1, person_id, at.instant, at.instant, None,
        (variant,),
    )  # fmt: skip
    kept, changed = revisions.first(post)
    return {
        "post_id": str(post.id), "variant_id": str(variant_id), "account_id": str(entry.account.id),
        "campaign_id": kept["campaign_id"], "labels": kept["labels"], "content": entry.content.as_json(),
        "local_time": at.wall_clock.isoformat(), "timezone": at.timezone, "fold": at.fold,
        "instant": at.instant.isoformat(), "snapshot": kept, "changed": changed,
    }  # fmt: skip
