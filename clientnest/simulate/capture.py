"""The stream of captures: what polling the invented accounts would have brought in, account by account."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

import numpy as np

from clientnest.metrics import Grain, columns, sql_type
from clientnest.records import AccountRow, CaptureRow, PeriodRow, PostRow
from clientnest.registry import network
from clientnest.simulate.brand import Account, accounts, follower_history
from clientnest.simulate.calendar import Month, months, posts_until, publication_times
from clientnest.simulate.compose import compose
from clientnest.simulate.config import EARLIEST, SimulationConfig
from clientnest.simulate.counts import reported_metrics, totals
from clientnest.simulate.growth import POLL_AGES, grown, outages, poll_ages, polled
from clientnest.simulate.randomness import generator

# What a network stopped giving while the demo was polled, days before the end (on the first of that month).
_WITHDRAWN = {"instagram": ("profile_visits", 75)}
_WHOLE = frozenset(name for name in columns(Grain.POST) if sql_type(name) == "bigint")
_YIELD = 0.80  # of the scheduled polls are made: the rest fail or wait because nothing changed


def capture(config: SimulationConfig) -> Iterator[CaptureRow]:
    """Every captured row up to `config.until`, post by post; texts and titles come with a post's first capture only."""
    for account in accounts(config, scale=_volume_scale(config)):
        yield from _account_rows(config, account)
        for month in months(config.since.date() - timedelta(days=1), config.until.date() + timedelta(days=1)):
            yield from _post_rows(config, account, month)


def withdrawals(config: SimulationConfig, account: Account) -> dict[str, datetime]:
    """When each metric of the account's network stopped: by the catalogue, and by the demo's own story."""
    ends = {
        name: datetime.combine(date.fromisoformat(entry.until), time(), UTC)
        for name, entry in network(account.ref.network).metrics.items()
        if entry.until
    }
    if account.ref.network in _WITHDRAWN:
        name, days = _WITHDRAWN[account.ref.network]
        around = config.until - timedelta(days=days)
        ends[name] = datetime(around.year, around.month, 1, tzinfo=UTC)
    return ends


@cache
def _volume_scale(config: SimulationConfig) -> float:
    """How much more often the accounts have to post for about `config.snapshots` snapshots."""
    if config.snapshots is None:
        return 1.0
    ages = (np.arange(config.days) + 0.5) * 24
    per_post = sum(np.searchsorted(POLL_AGES, ages)) * _YIELD
    expected = sum(account.posts_per_day for account in accounts(config)) * per_post
    return float(config.snapshots / max(expected, 1.0))


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A month's posts of one account with everything polling them would show."""

    posts: list[PostRow]
    captured: np.ndarray
    looked: np.ndarray
    values: dict[str, np.ndarray]


def _post_rows(config: SimulationConfig, account: Account, month: Month) -> Iterator[CaptureRow]:
    drawn = _draw(config, account, month)
    ends = withdrawals(config, account)
    for index, first in enumerate(drawn.posts):
        polls = np.flatnonzero(drawn.looked[index])
        captured = [datetime.fromtimestamp(second, UTC) for second in drawn.captured[index, polls].tolist()]
        series = {
            name: _series(name, values[index, polls], captured, ends.get(name))
            for name, values in drawn.values.items()
            if not np.isnan(values[index, -1])
        }
        names = tuple(series)
        for number, known in enumerate(zip(*series.values(), strict=True)):
            metrics = dict(zip(names, known, strict=True))
            if number == 0:
                yield replace(first, captured_at=captured[0], metrics=metrics)
            else:
                yield PostRow(first.account, first.external_id, captured[number], metrics, first.published_at)


def _series(name: str, values: np.ndarray, captured: list[datetime], end: datetime | None) -> list[float | None]:
    """One metric of one post as the network gave it: None where it gave nothing."""
    if name in _WHOLE:
        given: list[float | None] = list(map(int, values.tolist()))
    else:
        given = [None if math.isnan(value) else value for value in values.tolist()]
    if end is not None:
        given = [value if moment < end else None for value, moment in zip(given, captured, strict=True)]
    return given


def _draw(config: SimulationConfig, account: Account, month: Month) -> _Drawn:
    """The whole month is always drawn and then cut, so the same posts come out whatever the end."""
    times = publication_times(config.seed, account, month)
    posts, batch = compose(config.seed, account, month, times)
    rng = generator(config.seed, account.key, "growth", str(month))
    ages = poll_ages(rng, len(times))
    values = totals(rng, account, batch, grown(rng, account, ages))
    activity = sum((np.nan_to_num(array) for array in values.values()), np.zeros_like(ages))
    published = np.array([moment.timestamp() for moment in times]).reshape(-1, 1)
    captured = np.floor(published + ages * 3600)
    looked = polled(rng, ages, activity) & (captured <= config.until.timestamp())
    looked &= (published >= config.since.timestamp()) & (published < config.until.timestamp())
    for begin, end in _outages_seen(config, account, month):
        looked &= (captured < begin.timestamp()) | (captured >= end.timestamp())
    return _Drawn(posts, captured, looked, values)


def _outages_seen(config: SimulationConfig, account: Account, month: Month) -> Iterator[tuple[datetime, datetime]]:
    for later in months(month.first - timedelta(days=3), month.after.first + timedelta(hours=float(POLL_AGES[-1]))):
        yield from outages(config.seed, account, later)


def _account_rows(config: SimulationConfig, account: Account) -> Iterator[CaptureRow]:
    """Once a day at about 03:10 UTC: the profile's totals, and what the network says of the day before."""
    last = config.until.date()
    history = follower_history(config.seed, account, last.toordinal())
    posted = posts_until(config.seed, account, last)
    following = 120 + int(generator(config.seed, account.key, "following").integers(900))
    late = int(generator(config.seed, account.key, "profile poll").integers(0, 900))
    profile, periods = (reported_metrics(account, grain) for grain in (Grain.ACCOUNT, Grain.PERIOD))
    day = config.since.date() + timedelta(days=1)
    while day <= last:
        captured = datetime.combine(day, time(3, 10), UTC) + timedelta(seconds=late)
        if captured <= config.until and not _out(config, account, captured):
            yesterday = day - timedelta(days=1)
            followers, gained, lost = history.on(yesterday.toordinal())
            known = {
                "followers": followers, "following": following,
                "posts_count": int(posted[yesterday.toordinal() - EARLIEST.toordinal()]),
            }  # fmt: skip
            yield AccountRow(account.ref, captured, {name: known[name] for name in profile if name in known})
            moved = {name: value for name, value in (("follows", gained), ("unfollows", lost)) if name in periods}
            if moved:
                yield PeriodRow(account.ref, yesterday, yesterday, captured, moved)
        day += timedelta(days=1)


def _out(config: SimulationConfig, account: Account, moment: datetime) -> bool:
    """Whether nothing of the account could be captured then."""
    near = months(moment.date() - timedelta(days=3), moment.date())
    return any(begin <= moment < end for month in near for begin, end in outages(config.seed, account, month))
