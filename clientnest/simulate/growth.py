"""How a post's counts grow with its age, and when the poller looks."""

from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np

from clientnest.simulate.brand import Account
from clientnest.simulate.calendar import Month
from clientnest.simulate.randomness import generator

# Hourly in the first day, every 6 h in the first week, daily to 30 days, weekly to 90 days (hours of age).
POLL_AGES = np.concatenate(
    [[0.25], np.arange(1, 25), np.arange(30, 169, 6), np.arange(8, 31) * 24, np.arange(37, 91, 7) * 24]
).astype(float)
LONGEST_BACKOFF = 8
_MISSED = 0.015
_DELETED, _DELETED_AFTER_HOURS = 0.012, 120.0
_OUTAGES_PER_MONTH = 0.45


def poll_ages(rng: np.random.Generator, posts: int) -> np.ndarray:
    """Ages in hours, shape (posts, polls): the poller reaches a post up to nine minutes late."""
    return POLL_AGES + rng.uniform(0, 0.15, (posts, len(POLL_AGES)))


def grown(rng: np.random.Generator, account: Account, ages: np.ndarray) -> np.ndarray:
    """Share of a post's final count reached at each age, shape as `ages`, rising from 0 towards 1."""
    weight, fast, slow = account.behaviour.growth
    pace = rng.lognormal(0, 0.25, (len(ages), 1))
    rush = np.clip(rng.normal(weight, 0.08, (len(ages), 1)), 0.02, 0.95)
    reached: np.ndarray = rush * -np.expm1(-ages / (fast * pace)) + (1 - rush) * -np.expm1(-ages / (slow * pace))
    return reached


def polled(rng: np.random.Generator, ages: np.ndarray, activity: np.ndarray) -> np.ndarray:
    """Which scheduled polls really happen, shape as `ages`.

    The interval doubles, up to eight times, while `activity` (all counters of a post added up) stands still; single
    polls fail; a deleted post is never seen again.
    """
    posts, polls = ages.shape
    due = np.zeros(posts)
    stretch = np.ones(posts)
    last = np.full(posts, -1.0)
    looked = np.zeros(ages.shape, dtype=bool)
    failed = rng.random(ages.shape) < _MISSED
    for poll in range(polls):
        look = ages[:, poll] >= due
        seen = look & ~failed[:, poll]
        changed = activity[:, poll] != last
        stretch = np.where(seen, np.where(changed, 1.0, np.minimum(stretch * 2, LONGEST_BACKOFF)), stretch)
        interval = POLL_AGES[poll + 1] - POLL_AGES[poll] if poll + 1 < polls else 0.0
        due = np.where(seen, ages[:, poll] + (stretch - 0.5) * interval, due)
        last = np.where(seen, activity[:, poll], last)
        looked[:, poll] = seen
    gone = np.where(rng.random(posts) < _DELETED, rng.exponential(_DELETED_AFTER_HOURS, posts), np.inf)
    kept: np.ndarray = looked & (ages < gone[:, None])
    return kept


@cache
def outages(seed: int, account: Account, month: Month) -> tuple[tuple[datetime, datetime], ...]:
    """Spans that begin in a month and in which nothing of the account could be captured (an expired login)."""
    rng = generator(seed, account.key, "outages", str(month))
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    spans = []
    for _ in range(rng.poisson(_OUTAGES_PER_MONTH)):
        begin = start + timedelta(days=float(rng.uniform(0, month.days)))
        spans.append((begin, begin + timedelta(hours=float(rng.uniform(4, 60)))))
    return tuple(spans)
