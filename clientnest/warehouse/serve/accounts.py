"""The accounts of a workspace, and an account's days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from clientnest.errors import NotFound
from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.catalogue import network_label, why_each_missing
from clientnest.warehouse.serve.periods import Period
from clientnest.warehouse.serve.query import read


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a network as it was last captured. `timezone`: IANA name, its own or else the workspace's."""

    account_id: UUID
    network: str
    network_label: str
    external_id: str
    display_name: str
    url: str | None
    timezone: str
    posts: int
    first_published_at: datetime | None
    last_published_at: datetime | None
    last_captured_at: datetime | None
    followers: int | None
    followers_captured_at: datetime | None


@dataclass(frozen=True, slots=True)
class Day:
    """What moved on one day (UTC). `metrics`: movements of totals, None where unknown; they can be negative.

    `source`: "reported" where the network gave some numbers for the day itself (those in `reported_metrics`), else
    "difference": of the posts' totals between captures. `posts_measured` counts the posts captured that day,
    `posts_compared` those with an earlier capture to compare with.
    """

    account_id: UUID
    network: str
    day: date
    posts_published: int
    posts_measured: int
    posts_compared: int
    metrics: dict[str, float | int | None]
    has_negative: bool
    reported_metrics: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class DailySeries:
    """Days in order; `missing` says why metrics are without a single value: each reason with those it holds for."""

    account: Account
    period: Period
    days: tuple[Day, ...]
    missing: Mapping[str, tuple[str, ...]]


def accounts(connection: Connection) -> tuple[Account, ...]:
    """Every account of the workspace, by network and name."""
    view = views.account
    ordered = select(*view.c).order_by(view.c.network, view.c.display_name, view.c.account_id)
    return tuple(_account(row) for row in read(connection, ordered))


def account(connection: Connection, account_id: UUID) -> Account:
    """One account of the workspace; `NotFound` otherwise."""
    view = views.account
    rows = read(connection, select(*view.c).where(view.c.account_id == account_id))
    if not rows:
        raise NotFound("There is no such account in this workspace.", advice="`…/accounts` lists those there are.")
    return _account(rows[0])


def account_daily(connection: Connection, account_id: UUID, period: Period) -> DailySeries:
    """The days of one account within a period, from its first to its last known one; gaps between hold None."""
    of = account(connection, account_id)
    days = daily(connection, period, (account_id,))
    unknown = tuple(name for name in views.DAILY_METRICS if all(day.metrics[name] is None for day in days))
    return DailySeries(of, period, days, why_each_missing(unknown, of.network))


def daily(connection: Connection, period: Period, account_ids: tuple[UUID, ...] = ()) -> tuple[Day, ...]:
    """Days of several accounts (all, where none is named), by account and day."""
    view = views.account_daily
    statement = (
        select(*view.c)
        .where(view.c.day >= period.first, view.c.day <= period.last)
        .order_by(view.c.account_id, view.c.day)
    )
    if account_ids:
        statement = statement.where(view.c.account_id.in_(account_ids))
    return tuple(
        Day(
            account_id=row.account_id,
            network=row.network,
            day=row.day,
            posts_published=row.posts_published,
            posts_measured=row.posts_measured,
            posts_compared=row.posts_compared,
            metrics={name: getattr(row, name) for name in views.DAILY_METRICS},
            has_negative=row.has_negative,
            reported_metrics=tuple(row.reported_metrics),
            source=row.source,
        )
        for row in read(connection, statement)
    )


def _account(row: Row[Any]) -> Account:
    return Account(
        account_id=row.account_id,
        network=row.network,
        network_label=network_label(row.network),
        external_id=row.external_id,
        display_name=row.display_name,
        url=row.url,
        timezone=row.timezone,
        posts=row.posts or 0,
        first_published_at=row.first_published_at,
        last_published_at=row.last_published_at,
        last_captured_at=row.last_captured_at,
        followers=row.followers,
        followers_captured_at=row.followers_captured_at,
    )
