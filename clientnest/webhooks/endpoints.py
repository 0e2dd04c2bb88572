"""Endpoints: where a workspace's events are sent, which ones, and whether at present. For the role `api`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, null, select, update

from clientnest.db import session
from clientnest.db.tables.webhooks import webhook_delivery as delivery_table
from clientnest.db.tables.webhooks import webhook_endpoint as endpoint_table
from clientnest.db.tables.webhooks import webhook_secret as secret_table
from clientnest.entitlements import Limit, ProductEvent, check, record
from clientnest.errors import Conflict, NotFound
from clientnest.ids import new_id
from clientnest.webhooks.signing import new_secret
from clientnest.workspaces.revisions import stale

MOST = 20
_c = endpoint_table.c


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint as the workspace's admins see it. `disabled_reason`: `by_hand`, `gone` (it said so, with status 410)
    or `failing` (nothing but failures for days). `former_secret_until`: how long a rotated secret still signs."""

    id: UUID
    url: str
    events: Sequence[str]
    enabled: bool
    disabled_reason: str | None
    disabled_at: datetime | None
    failing_since: datetime | None
    former_secret_until: datetime | None
    revision: int
    created_by: UUID | None
    created_at: datetime


_former_until = (
    select(func.max(secret_table.c.ends_at))
    .where(secret_table.c.workspace_id == _c.workspace_id, secret_table.c.endpoint_id == _c.id,
           secret_table.c.ends_at > func.now())
    .correlate(endpoint_table).scalar_subquery().label("former_secret_until")
)  # fmt: skip
_COLUMNS = tuple(_former_until if name == "former_secret_until" else _c[name] for name in Endpoint.__dataclass_fields__)
AS_NEW: dict[str, Any] = {"failures": 0, "failing_since": null(), "not_before": null()}
"""What is noted of an endpoint that nothing is held against."""


def create(
    connection: Connection, workspace_id: UUID, url: str, events: Sequence[str], *, created_by: UUID | None
) -> tuple[Endpoint, str]:
    """A new endpoint and its signing secret, which can be shown this once. Address and events are for the caller to
    check (`outbound.admit`, `checked_events`). `LimitReached` where the plan allows no more, `Conflict` at 20."""
    there = select(func.count()).where(_c.workspace_id == workspace_id)
    check(connection, workspace_id, Limit.WEBHOOKS, used=there)
    session.in_turn(connection, f"{workspace_id}/webhook-endpoints")
    if connection.execute(there).scalar_one() >= MOST:
        raise Conflict(
            f"A workspace has at most {MOST} webhooks.", advice="Remove one, or let one receive more kinds of events."
        )
    endpoint_id = new_id()
    connection.execute(
        insert(endpoint_table).values(
            workspace_id=workspace_id, id=endpoint_id, url=url, events=list(events), created_by=created_by
        )
    )
    secret = new_secret(connection, workspace_id, endpoint_id)
    record(connection, workspace_id, ProductEvent.WEBHOOK_CREATED, person_id=created_by)
    return endpoint(connection, workspace_id, endpoint_id), secret


def endpoints(connection: Connection, workspace_id: UUID) -> list[Endpoint]:
    """All endpoints of a workspace, the latest first."""
    rows = connection.execute(select(*_COLUMNS).where(_c.workspace_id == workspace_id).order_by(_c.id.desc()))
    return [Endpoint(**row._mapping) for row in rows]


def endpoint(connection: Connection, workspace_id: UUID, endpoint_id: UUID) -> Endpoint:
    """One endpoint; `NotFound` where the workspace has none of that id."""
    row = connection.execute(
        select(*_COLUMNS).where(_c.workspace_id == workspace_id, _c.id == endpoint_id)
    ).one_or_none()
    if row is None:
        raise no_such_webhook()
    return Endpoint(**row._mapping)


def change(
    connection: Connection, workspace_id: UUID, endpoint_id: UUID, *, revision: int | None = None,
    url: str | None = None, events: Sequence[str] | None = None, enabled: bool | None = None,
) -> Endpoint:  # fmt: skip
    """Change what is given. `revision`: the one the change was decided on; `Stale` (412) where there is a newer one.

    Another address, and switching on, forgive what failed before. Switching off ends what waits: it becomes dead
    letters, which can be replayed.
    """
    before = endpoint(connection, workspace_id, endpoint_id)
    values: dict[str, Any] = {"revision": _c.revision + 1}
    if url is not None:
        values |= {"url": url, **(AS_NEW if url != before.url else {})}
    if events is not None:
        values["events"] = list(events)
    if enabled and not before.enabled:
        values |= {"enabled": True, "disabled_reason": None, "disabled_at": None, **AS_NEW}
    elif enabled is False and before.enabled:
        values |= switched_off("by_hand")
    statement = update(endpoint_table).where(_c.workspace_id == workspace_id, _c.id == endpoint_id)
    if revision is not None:
        statement = statement.where(_c.revision == revision)
    if connection.execute(statement.values(**values)).rowcount == 0:
        raise stale("The webhook")
    if enabled is False:
        give_up_waiting(connection, workspace_id, endpoint_id, "The webhook was switched off.")
    return endpoint(connection, workspace_id, endpoint_id)


def remove(connection: Connection, workspace_id: UUID, endpoint_id: UUID) -> Endpoint:
    """Remove an endpoint with all that is known of its deliveries; gives it as it was."""
    gone = endpoint(connection, workspace_id, endpoint_id)
    connection.execute(delete(endpoint_table).where(_c.workspace_id == workspace_id, _c.id == endpoint_id))
    return gone


def rotate_secret(connection: Connection, workspace_id: UUID, endpoint_id: UUID) -> tuple[Endpoint, str]:
    """Another signing secret, which can be shown this once; the former one signs beside it for a day."""
    changed = connection.execute(
        update(endpoint_table).values(revision=_c.revision + 1)
        .where(_c.workspace_id == workspace_id, _c.id == endpoint_id)
    )  # fmt: skip
    if changed.rowcount == 0:
        raise no_such_webhook()
    secret = new_secret(connection, workspace_id, endpoint_id)
    return endpoint(connection, workspace_id, endpoint_id), secret


def switched_off(reason: str) -> dict[str, Any]:
    """What is noted of an endpoint to which nothing is sent any more."""
    return {"enabled": False, "disabled_reason": reason, "disabled_at": func.now()}


def give_up_waiting(connection: Connection, workspace_id: UUID, endpoint_id: UUID, why: str) -> None:
    """Turn all that waits for an endpoint into dead letters."""
    columns = delivery_table.c
    connection.execute(
        update(delivery_table)
        .where(columns.workspace_id == workspace_id, columns.endpoint_id == endpoint_id, columns.state == "waiting")
        .values(state="dead", problem=why, next_attempt_at=None, finished_at=func.now())
    )


def no_such_webhook() -> NotFound:
    return NotFound("There is no such webhook.", advice="GET …/webhooks lists those there are.")
