"""Which posts somebody asks about."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_

from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.periods import Period


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty fields do not narrow. `period`: by the day of publication in the account's zone. `text`: a part of the
    title or the text, in any case."""

    accounts: tuple[UUID, ...] = ()
    networks: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    period: Period | None = None
    text: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The same as conditions on `serve.post`."""
        column = views.post.c
        found: list[ColumnElement[bool]] = []
        if self.accounts:
            found.append(column.account_id.in_(self.accounts))
        if self.networks:
            found.append(column.network.in_(self.networks))
        if self.types:
            found.append(column.post_type.in_(self.types))
        if self.period:
            found += [column.published_local >= start(self.period), column.published_local < end(self.period)]
        if self.text:
            found.append(
                or_(
                    column.title.icontains(self.text, autoescape=True),
                    column.text.icontains(self.text, autoescape=True),
                )
            )
        return found


def start(period: Period) -> datetime:
    """Local midnight at which a period starts."""
    return datetime.combine(period.first, time())


def end(period: Period) -> datetime:
    """The last local instant of a period, exclusive where the calendar goes on."""
    try:
        return datetime.combine(period.last + timedelta(days=1), time())
    except OverflowError:
        return datetime.combine(period.last, time.max)
