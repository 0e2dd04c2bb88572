"""What a workspace is entitled to: its plan's limits, and those an operator set for it alone.

A workspace without a subscription is self-hosted: nothing is limited. One whose subscription ended is on Free.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, Select, text

from clientnest.db import session
from clientnest.entitlements.limits import Limit
from clientnest.errors import Forbidden

SELF_HOSTED = "self_hosted"
Source = Literal["default", "operator", "stripe"]

_ENTITLED = text("""
    SELECT plan.id, plan.name, in_force.source, wanted.key, coalesce(own.value, plan_limit.value) AS value,
        own.key IS NOT NULL AS overridden, own.key IS NOT NULL AND own.value IS NULL AS lifted
    FROM (
        SELECT coalesce(s.source, 'default') AS source, CASE
            WHEN s.plan IS NULL THEN 'self_hosted'
            WHEN s.state <> 'canceled' OR s.period_end > now() THEN s.plan
            ELSE 'free' END AS plan
        FROM (SELECT) AS always LEFT JOIN app.subscription s ON s.workspace_id = :workspace
    ) AS in_force
    JOIN app.plan ON plan.id = in_force.plan
    CROSS JOIN unnest(CAST(:keys AS text[])) AS wanted (key)
    LEFT JOIN app.plan_limit ON plan_limit.plan = plan.id AND plan_limit.key = wanted.key
    LEFT JOIN app.limit_override own ON own.workspace_id = :workspace AND own.key = wanted.key
""")


class LimitReached(Forbidden):
    """The plan does not allow more of something.

    403, not 402: what lifts a limit need not be a payment (removing something, waiting for the month's end, or a word
    of the operator do it too), and programs everywhere know what to do about a 403.
    """

    code = "limit-reached"


@dataclass(frozen=True, slots=True)
class Entitlements:
    """The plan in force (`plan` its id), who says so, and its limits; `overridden` names those set by an operator."""

    plan: str
    plan_name: str
    source: Source
    limits: Mapping[Limit, int | None]
    overridden: frozenset[Limit]

    def limit(self, key: Limit) -> int | None:
        """How much of it is allowed; None where it is not limited."""
        return self.limits[key]


def entitled(connection: Connection, workspace_id: UUID) -> Entitlements:
    """What the workspace may use at this moment, in one query. Needs the workspace in the session's scope."""
    rows = connection.execute(_ENTITLED, {"workspace": workspace_id, "keys": [key.value for key in Limit]}).all()
    return Entitlements(
        plan=rows[0].id,
        plan_name=rows[0].name,
        source=rows[0].source,
        limits={Limit(row.key): None if row.lifted else row.value for row in rows},
        overridden=frozenset(Limit(row.key) for row in rows if row.overridden),
    )


def check(
    connection: Connection, workspace_id: UUID, limit: Limit, *, used: int | Select[int], adding: int = 1
) -> Entitlements:
    """Let `adding` more through, or raise `LimitReached`.

    With `used` as a query that counts what is there, callers of the same workspace wait for one another until their
    transactions end, so that two of them cannot both take the last place. A number is compared as it is.
    """
    allowance = entitled(connection, workspace_id)
    allowed = allowance.limit(limit)
    if allowed is None:
        return allowance
    if not isinstance(used, int):
        session.in_turn(connection, f"{workspace_id}/{limit.value}")
        used = int(connection.execute(used).scalar_one())
    if used + adding > allowed:
        raise limit_reached(allowance, limit, used=used, adding=adding)
    return allowance


def limit_reached(allowance: Entitlements, limit: Limit, *, used: int, adding: int, advice: str = "") -> LimitReached:
    """What to say where `adding` more does not fit."""
    allowed = allowance.limit(limit) or 0
    whose = "The operator" if limit in allowance.overridden else f"The plan {allowance.plan_name}"
    wanted = "" if adding == 1 else f", and this needs {adding:,} more"
    return LimitReached(
        f"{whose} allows this workspace {allowed:,} {limit.unit}; {used:,} are used{wanted}.",
        advice=advice
        or "Remove what is not needed, or move to a larger plan. Whoever runs this installation can "
        "change the limit with `clientnest plan limit`.",
        details={"limit": limit.value, "allowed": allowed, "used": used, "plan": allowance.plan},
    )
