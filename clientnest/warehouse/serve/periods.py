"""Periods of whole days, and the one a period is compared with."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, cast, func, select
from sqlalchemy.types import Date

from clientnest.errors import BadInput
from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.query import read

LONGEST_DAYS = 3_660


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both included, in each account's own time zone."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise BadInput(
                f"The period ends on {self.last} before it starts on {self.first}.", advice="Swap the two dates."
            )
        if self.days > LONGEST_DAYS:
            raise BadInput(
                f"The period has {self.days:,} days; {LONGEST_DAYS:,} is the most.", advice="Choose a shorter one."
            )

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def label(self) -> str:
        return f"{self.first:%Y-%m-%d} to {self.last:%Y-%m-%d}"

    def before(self) -> "Period | None":
        """The same number of days just before; None where the calendar does not reach that far back."""
        try:
            return Period(self.first - timedelta(days=self.days), self.first - timedelta(days=1))
        except OverflowError:
            return None


def ending(last: date, days: int) -> Period:
    return Period(last - timedelta(days=days - 1), last)


def latest_period(connection: Connection, days: int = 28) -> Period:
    """The last `days` days up to the newest post of the workspace (up to today where there is none yet)."""
    newest = read(
        connection,
        select(
            func.max(cast(func.timezone(views.account.c.timezone, views.account.c.last_published_at), Date)).label(
                "day"
            )
        ),
    )[0].day
    return ending(newest or datetime.now(UTC).date(), days)
