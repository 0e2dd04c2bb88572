"""When the invented accounts post, and how awake their audience is then."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from clientnest.simulate.brand import Account
from clientnest.simulate.config import EARLIEST
from clientnest.simulate.randomness import generator

_HABIT_SHARE = 0.62  # of the posts go out at the team's usual hours; the rest are spread over the day
_AMPLITUDE = 0.30


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month in the account's own zone; the unit in which chance is drawn."""

    year: int
    month: int

    @property
    def first(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def after(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def days(self) -> int:
        return (self.after.first - self.first).days

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def months(first: date, last: date) -> Iterator[Month]:
    """Every month that has a day from `first` to `last`."""
    month = Month(first.year, first.month)
    while month.first <= last:
        yield month
        month = month.after


@cache
def _posts_by_day(seed: int, account: Account, month: Month) -> np.ndarray:
    weekend = np.array([(month.first + timedelta(days=day)).weekday() >= 5 for day in range(month.days)])
    rate = account.posts_per_day * np.where(weekend, 0.55, 1.18)
    counts: np.ndarray = generator(seed, account.key, "posts by day", str(month)).poisson(rate)
    return counts


def posts_until(seed: int, account: Account, last: date) -> np.ndarray:
    """Posts on the profile at the end of each local day from `EARLIEST` to the month of `last`."""
    return np.cumsum(np.concatenate([_posts_by_day(seed, account, month) for month in months(EARLIEST, last)]))


def publication_times(seed: int, account: Account, month: Month) -> list[datetime]:
    """Local wall-clock times (aware) of every post of a month, in order."""
    zone = ZoneInfo(account.timezone)
    habits = generator(seed, account.key, "habits").choice(np.arange(8, 19), size=3, replace=False)
    rng = generator(seed, account.key, "times", str(month))
    times = []
    for day, count in enumerate(_posts_by_day(seed, account, month)):
        date_ = month.first + timedelta(days=day)
        for _ in range(count):
            usual = rng.random() < _HABIT_SHARE
            hour = int(rng.choice(habits)) if usual else int(rng.integers(7, 24))
            planned = rng.random() < 0.5
            minute = int(rng.choice((0, 15, 30))) if planned else int(rng.integers(60))
            second = 0 if planned else int(rng.integers(60))
            local = datetime(date_.year, date_.month, date_.day, hour, minute, second, tzinfo=zone)
            times.append(local.astimezone(UTC).astimezone(zone))  # a time that a clock change skipped moves on
    return sorted(times)


@cache
def hour_effects(seed: int, account: Account) -> np.ndarray:
    """Effect of each local hour of the week (0 = Monday 00:00) on log exposures; the mean is 0."""
    rng = generator(seed, account.key, "hours")
    behaviour = account.behaviour
    hours = np.arange(168)
    angle = 2 * np.pi * (hours % 24 - behaviour.peak - rng.normal(0, 0.8)) / 24
    daily = _AMPLITUDE * (np.cos(angle) + 0.35 * np.cos(2 * angle))
    own = np.convolve(np.tile(rng.normal(0, 0.12, 168), 3), [0.25, 0.5, 0.25], mode="same")[168:336]
    effects: np.ndarray = daily + behaviour.weekend * (hours >= 120) + own
    effects -= effects.mean()
    return effects


@cache
def momentum(seed: int, account: Account) -> np.ndarray:
    """A slow tide per week since `EARLIEST`, an AR(1) of log exposures with standard deviation near 0.19."""
    innovations = generator(seed, account.key, "momentum").normal(0, 0.10, 52 * 60)
    tide = np.empty_like(innovations)
    value = 0.0
    for week, innovation in enumerate(innovations):
        value = 0.85 * value + innovation
        tide[week] = value
    return tide


def week_of(moment: datetime) -> int:
    """Index into `momentum`."""
    return (moment.date().toordinal() - EARLIEST.toordinal()) // 7
