"""When to post: what learning found per hour of the week, and what past posts did in each."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select

from clientnest.db.tables.learning import best_time, training_run
from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.accounts import Account, account
from clientnest.warehouse.serve.query import read

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NOT_LEARNED = "Best times have not been learned for this account yet."


@dataclass(frozen=True, slots=True)
class HourOfWeek:
    """An hour of the week in the account's zone; `index` counts from Monday 00:00 to 167."""

    index: int

    @property
    def weekday(self) -> str:
        return WEEKDAYS[self.index // 24]

    @property
    def hour(self) -> int:
        return self.index % 24

    @property
    def label(self) -> str:
        return f"{self.weekday} {self.hour:02d}:00"


@dataclass(frozen=True, slots=True)
class BestTime:
    """How much more engagement posts of this hour have than the account's average: 0.2 is 20% more, with an
    80% interval.

    `posts`: how many of the account's posts the estimate saw in that hour.
    """

    hour: HourOfWeek
    uplift: float
    uplift_low: float
    uplift_high: float
    posts: int


@dataclass(frozen=True, slots=True)
class BestTimes:
    """The hours in order of the week. Where nothing was learned, `hours` is empty and `reason` says why.

    Observational: an association in past posts, not proof of a cause.
    """

    account: Account
    hours: tuple[BestTime, ...]
    computed_at: datetime | None
    reason: str | None

    def best(self, count: int) -> tuple[BestTime, ...]:
        """The hours with the most uplift, whose interval stays above none first."""
        return tuple(sorted(self.hours, key=lambda one: (one.uplift_low <= 0, -one.uplift))[:count])


@dataclass(frozen=True, slots=True)
class PostingSlot:
    """What an account's posts of one hour of the week did. Logs are log1p of engagement."""

    account_id: UUID
    hour: HourOfWeek
    posts: int
    median_engagement: float | None
    mean_log_engagement: float | None
    account_mean_log_engagement: float | None


def best_times(connection: Connection, account_id: UUID) -> BestTimes:
    """What was learned for an account; `NotFound` for one that the workspace does not have."""
    of = account(connection, account_id)
    columns = best_time.c
    rows = read(connection, select(best_time).where(columns.account_id == account_id).order_by(columns.hour_of_week))
    hours = tuple(
        BestTime(HourOfWeek(row.hour_of_week), row.uplift, row.uplift_low, row.uplift_high, row.posts) for row in rows
    )
    if hours:
        return BestTimes(of, hours, max(row.computed_at for row in rows), None)
    last = read(
        connection,
        select(training_run.c.reason, training_run.c.outcome)
        .where(training_run.c.family == "best_times")
        .order_by(training_run.c.created_at.desc())
        .limit(1),
    )
    said = last[0].reason if last and last[0].outcome != "champion" else NOT_LEARNED
    return BestTimes(of, (), None, said)


def posting_slots(connection: Connection, account_ids: tuple[UUID, ...] = ()) -> tuple[PostingSlot, ...]:
    """Hours in which accounts (all, where none is named) have posted."""
    view = views.posting_slot
    statement = select(*view.c).order_by(view.c.account_id, view.c.hour_of_week)
    if account_ids:
        statement = statement.where(view.c.account_id.in_(account_ids))
    return tuple(
        PostingSlot(
            row.account_id, HourOfWeek(row.hour_of_week), row.posts, row.median_engagement, row.mean_log_engagement,
            row.account_mean_log_engagement,
        )
        for row in read(connection, statement)
    )  # fmt: skip
