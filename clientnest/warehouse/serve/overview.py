"""The overview: what the posts of a period achieved, per network, beside the period before."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, select

from clientnest.warehouse.serve import views
from clientnest.warehouse.serve.accounts import Account, accounts
from clientnest.warehouse.serve.catalogue import (
    NO_POSTS,
    NOT_AT_THAT_AGE,
    NOT_CAPTURED,
    Measure,
    measures,
    network_label,
    why_missing,
)
from clientnest.warehouse.serve.filters import Filters, end, start
from clientnest.warehouse.serve.periods import Period
from clientnest.warehouse.serve.query import read


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a network's posts in the period and in the one before.

    `value` is the posts' sum or median, as the measure says; None where no post has it (`missing` says why).
    `posts` counts those that have it. `change` is (value − before) / before; None where either is missing or before
    is not above 0.
    """

    measure: Measure
    value: float | int | None
    posts: int
    before: float | int | None
    posts_before: int
    change: float | None
    missing: str | None


@dataclass(frozen=True, slots=True)
class NetworkFigures:
    """`still_growing`: posts younger than 7 days when last captured, whose totals are not final."""

    network: str
    label: str
    posts: int
    posts_before: int
    still_growing: int
    figures: tuple[Figure, ...]

    def figure(self, name: str) -> Figure:
        return next(figure for figure in self.figures if figure.measure.name == name)


@dataclass(frozen=True, slots=True)
class Followers:
    """An account's followers when last captured, and how many came or went in the period, where both are known."""

    account: Account
    followers: int | None
    captured_at: datetime | None
    change: int | None
    missing: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """`posts` may be counted over networks; nothing else is: a view here is not a view there."""

    period: Period
    compared_with: Period | None
    posts: int
    posts_before: int
    networks: tuple[NetworkFigures, ...]
    followers: tuple[Followers, ...]


def overview(connection: Connection, filters: Filters, period: Period) -> Overview:
    """Totals of the posts published in the period, as last captured, and the same for the period before it."""
    before = period.before()
    found = {(row.network, row.now): row for row in read(connection, _statement(filters, period, before))}
    chosen = [
        account
        for account in accounts(connection)
        if (not filters.accounts or account.account_id in filters.accounts)
        and (not filters.networks or account.network in filters.networks)
    ]
    names = sorted({account.network for account in chosen} | {network for network, _ in found})
    networks = tuple(_network(name, found.get((name, True)), found.get((name, False)), period.last) for name in names)
    return Overview(
        period=period,
        compared_with=before,
        posts=sum(network.posts for network in networks),
        posts_before=sum(network.posts_before for network in networks),
        networks=networks,
        followers=_followers(connection, chosen, period),
    )


def _statement(filters: Filters, period: Period, before: Period | None) -> Any:
    post = views.post.c
    both = replace(filters, period=None)
    now = post.published_local >= start(period)
    numbers: list[ColumnElement[Any]] = []
    for measure in measures().values():
        column = post[measure.name]
        combined = func.sum(column) if measure.combination == "sum" else func.percentile_cont(0.5).within_group(column)
        numbers += [combined.label(measure.name), func.count(column).label(f"{measure.name}__posts")]
    return (
        select(
            post.network,
            now.label("now"),
            func.count().label("posts"),
            func.count(case((post.is_mature.is_(False), 1))).label("still_growing"),
            *numbers,
        )
        .where(
            and_(
                post.published_local >= start(before or period), post.published_local < end(period), *both.conditions()
            )
        )
        .group_by(post.network, now)
    )


def _network(name: str, now: Row[Any] | None, before: Row[Any] | None, on: date) -> NetworkFigures:
    return NetworkFigures(
        network=name,
        label=network_label(name),
        posts=now.posts if now else 0,
        posts_before=before.posts if before else 0,
        still_growing=now.still_growing if now else 0,
        figures=tuple(_figure(measure, name, now, before, on) for measure in measures().values()),
    )


def _figure(measure: Measure, network: str, now: Row[Any] | None, before: Row[Any] | None, on: date) -> Figure:
    value, posts = _of(measure, now)
    earlier, posts_before = _of(measure, before)
    comparable = value is not None and earlier is not None and earlier > 0
    return Figure(
        measure=measure,
        value=value,
        posts=posts,
        before=earlier,
        posts_before=posts_before,
        change=(value - earlier) / earlier if comparable and value is not None and earlier is not None else None,
        missing=None if value is not None else _why(measure.name, network, now, on),
    )


def _why(name: str, network: str, now: Row[Any] | None, on: date) -> str:
    reason = why_missing(name, network, on)
    return NO_POSTS if reason in {NOT_CAPTURED, NOT_AT_THAT_AGE} and now is None else reason


def _of(measure: Measure, row: Row[Any] | None) -> tuple[float | int | None, int]:
    if row is None:
        return None, 0
    value = getattr(row, measure.name)
    # Postgres adds bigints up as numeric; counts stay whole.
    number = value if value is None or isinstance(value, float) else int(value)
    return number, getattr(row, f"{measure.name}__posts")


def _followers(connection: Connection, chosen: Iterable[Account], period: Period) -> tuple[Followers, ...]:
    daily = views.account_daily.c
    statement = (
        select(daily.account_id, func.sum(daily.followers_change).label("change"))
        .where(daily.day >= period.first, daily.day <= period.last)
        .group_by(daily.account_id)
    )
    changes: dict[UUID, Any] = {row.account_id: row.change for row in read(connection, statement)}
    return tuple(
        Followers(
            account=account,
            followers=account.followers,
            captured_at=account.followers_captured_at,
            change=None if changes.get(account.account_id) is None else int(changes[account.account_id]),
            missing=None if account.followers is not None else why_missing("followers", account.network),
        )
        for account in chosen
    )
