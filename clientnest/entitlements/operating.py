"""What an operator sets: a workspace's plan, and limits for it alone. Needs the role that owns the tables."""

from uuid import UUID

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from clientnest.db.tables.entitlements import limit_override, subscription
from clientnest.db.tables.entitlements import plan as plan_table
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.entitlements.limits import Limit
from clientnest.entitlements.plans import SELF_HOSTED
from clientnest.errors import BadInput, Conflict, NotFound
from clientnest.workspaces.service import COLUMNS, Workspace, from_row


def find_workspace(connection: Connection, given: str) -> Workspace:
    """The workspace of that short name or id; `NotFound` otherwise."""
    try:
        named = workspace_table.c.id == UUID(given)
    except ValueError:
        named = workspace_table.c.slug == given
    row = connection.execute(select(*COLUMNS).where(named)).one_or_none()
    if row is None:
        raise NotFound(f"There is no workspace {given!r}.", advice="Give its short name or its id.")
    return from_row(row)


def set_plan(connection: Connection, workspace_id: UUID, plan: str) -> None:
    """Put a workspace on a plan; on `self_hosted` it has no subscription any more.

    `NotFound` for an unknown plan; `Conflict` where the subscription is billed, and would be set back by the next bill.
    """
    known = [row.id for row in connection.execute(select(plan_table.c.id).order_by(plan_table.c.id))]
    if plan not in known:
        raise NotFound(f"There is no plan {plan!r}.", advice=f"Known: {', '.join(known)}.")
    source = connection.execute(
        select(subscription.c.source).where(subscription.c.workspace_id == workspace_id).with_for_update()
    ).scalar_one_or_none()
    if source == "stripe":
        raise Conflict("The plan of this workspace is billed through Stripe.", advice="Change the subscription there.")
    if plan == SELF_HOSTED:
        connection.execute(delete(subscription).where(subscription.c.workspace_id == workspace_id))
        return
    values = {"plan": plan, "state": "active", "source": "operator", "updated_at": func.now(),
              "period_start": None, "period_end": None}  # fmt: skip
    connection.execute(
        insert(subscription)
        .values(workspace_id=workspace_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=values)
    )


def set_limit(connection: Connection, workspace_id: UUID, limit: Limit, value: int | None, *, reason: str) -> None:
    """Replace what the plan says of one limit; None lifts it. `BadInput` for less than nothing."""
    if value is not None and not 0 <= value < 2**63:
        raise BadInput(f"{value:,} is no limit.", advice="Give a whole number from 0, or `unlimited`.")
    values = {"value": value, "reason": reason, "updated_at": func.now()}
    connection.execute(
        insert(limit_override)
        .values(workspace_id=workspace_id, key=limit.value, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "key"], set_=values)
    )


def clear_limit(connection: Connection, workspace_id: UUID, limit: Limit) -> None:
    """Let the plan decide again."""
    connection.execute(
        delete(limit_override).where(limit_override.c.workspace_id == workspace_id, limit_override.c.key == limit.value)
    )
