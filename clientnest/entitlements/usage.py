"""What is used of metered limits: added up by calendar month (UTC), and never beyond the limit, whoever asks at once.

What is known beforehand is consumed. What is known afterwards only (the tokens of an answer that is yet to be written)
is reserved by its upper bound, then committed with what it really took, or released. Each is one statement on one row,
which other callers of the workspace wait for: reserve, work and commit in transactions of their own. What a killed
process had reserved stays counted until the month ends: a limit errs on the side of not being overspent.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from clientnest.db.tables.entitlements import usage as usage_table
from clientnest.entitlements.limits import METERED, Limit
from clientnest.entitlements.plans import Entitlements, entitled, limit_reached

_MONTH = "date_trunc('month', now() AT TIME ZONE 'UTC')::date"
_ADD = text(f"""
    INSERT INTO app.usage AS u (workspace_id, key, period_start, amount)
    SELECT :workspace, :key, {_MONTH}, CAST(:amount AS bigint)
    WHERE CAST(:amount AS bigint) <= coalesce(:allowed, {2**63 - 1})
    ON CONFLICT (workspace_id, key, period_start) DO UPDATE SET amount = u.amount + excluded.amount
        WHERE u.amount + excluded.amount <= coalesce(:allowed, {2**63 - 1})
    RETURNING period_start
""")


@dataclass(frozen=True, slots=True)
class Reservation:
    """An amount taken from one month's allowance, to be committed or released once."""

    workspace_id: UUID
    limit: Limit
    period_start: date
    amount: int


def reserve(
    connection: Connection, workspace_id: UUID, limit: Limit, amount: int, *, allowance: Entitlements | None = None
) -> Reservation:
    """Take an amount from this month's allowance, or raise `LimitReached` and take nothing.

    `allowance` spares the question where the caller has asked it already. `ValueError` for a limit that is not
    metered, or less than nothing.
    """
    if limit not in METERED or amount < 0:
        raise ValueError(f"{limit.value} cannot be used by {amount}: it is not metered, or that is less than nothing")
    allowance = allowance or entitled(connection, workspace_id)
    allowed = allowance.limit(limit)
    started = connection.execute(
        _ADD, {"workspace": workspace_id, "key": limit.value, "amount": amount, "allowed": allowed}
    ).scalar_one_or_none()
    if started is None:
        raise limit_reached(
            allowance, limit, used=used(connection, workspace_id, limit), adding=amount,
            advice="It begins anew with the next month (UTC). Until then a larger plan allows more, and whoever runs "
            "this installation can change the limit with `clientnest plan limit`.",
        )  # fmt: skip
    return Reservation(workspace_id, limit, started, amount)


def consume(
    connection: Connection, workspace_id: UUID, limit: Limit, amount: int = 1, *, allowance: Entitlements | None = None
) -> None:
    """Use an amount whose size is known, or raise `LimitReached`."""
    reserve(connection, workspace_id, limit, amount, allowance=allowance)


def commit(connection: Connection, reservation: Reservation, amount: int) -> None:
    """Say what was really used. More than was reserved is counted too: it has been used already."""
    if amount < 0:
        raise ValueError("less than nothing cannot have been used")
    _correct(connection, reservation, amount - reservation.amount)


def release(connection: Connection, reservation: Reservation) -> None:
    """Give all of a reservation back: nothing was used."""
    _correct(connection, reservation, -reservation.amount)


def used(connection: Connection, workspace_id: UUID, limit: Limit) -> int:
    """What has been used in this month, reservations included."""
    columns = usage_table.c
    statement = select(columns.amount).where(
        columns.workspace_id == workspace_id, columns.key == limit.value, columns.period_start == text(_MONTH)
    )
    return int(connection.execute(statement).scalar_one_or_none() or 0)


def _correct(connection: Connection, reservation: Reservation, difference: int) -> None:
    columns = usage_table.c
    connection.execute(
        update(usage_table)
        .where(
            columns.workspace_id == reservation.workspace_id,
            columns.key == reservation.limit.value,
            columns.period_start == reservation.period_start,
        )
        .values(amount=func.greatest(columns.amount + difference, 0))
    )
