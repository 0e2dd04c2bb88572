"""What a month's posts are about, and how many exposures each may expect: the log-linear heart of the model."""

from datetime import UTC, datetime

import numpy as np

from clientnest.records import PostRow, PostType
from clientnest.simulate import text
from clientnest.simulate.brand import Account
from clientnest.simulate.calendar import Month, hour_effects, momentum, week_of
from clientnest.simulate.counts import Batch
from clientnest.simulate.networks import TOPICS
from clientnest.simulate.randomness import generator

_LENGTHS = {PostType.VIDEO: (5.6, 0.6), PostType.SHORT_VIDEO: (3.3, 0.4)}  # mean and deviation of log seconds
_QUALITY, _TASTE, _SURPRISE = 0.25, 0.15, 0.42  # standard deviations on log exposures
_VIRAL = 0.02


def compose(seed: int, account: Account, month: Month, times: list[datetime]) -> tuple[list[PostRow], Batch]:
    """One post per publication time (local, aware), without metrics, and what the counts are drawn from."""
    rng = generator(seed, account.key, "posts", str(month))
    kinds = list(account.behaviour.types)
    weights = np.array([weight for weight, _ in account.behaviour.types.values()])
    base = _base(seed, account)
    tastes = generator(seed, account.key, "tastes").normal(0, _TASTE, len(TOPICS))
    posts, topics, types, logs, tags, durations = [], [], [], [], [], []
    for number, moment in enumerate(times):
        kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
        topic = text.topic(rng, account.ref.network)
        words = text.write(rng, seed, account.ref.network, account.language, topic, kind)
        viral = rng.exponential(1.0) if rng.random() < _VIRAL else 0.0
        duration = float(np.round(rng.lognormal(*_LENGTHS[kind]))) if kind in _LENGTHS else 0.0
        subject = TOPICS[topic][0] + tastes[list(TOPICS).index(topic)] + words.effect
        logs.append(_at(seed, account, moment) + base + account.behaviour.types[kind][1] + subject + viral)
        topics.append(topic)
        types.append(kind)
        tags.append(len(words.hashtags))
        durations.append(duration)
        identity = f"{account.ref.external_id}-{month}-{number + 1:03d}"
        posts.append(
            PostRow(
                account=account.ref, external_id=identity, captured_at=moment.astimezone(UTC), metrics={},
                published_at=moment.astimezone(UTC), post_type=kind, title=words.title, text=words.text,
                url=f"{account.ref.url}/{identity}",
                link_url=f"https://fennimore.example/{topic}" if kind is PostType.LINK else None,
                duration_seconds=duration or None,
            )
        )  # fmt: skip
    exposures = np.exp(np.array(logs) + rng.normal(0, _SURPRISE, len(logs)))
    return posts, Batch(topics, types, exposures, np.array(tags), np.array(durations))


def _base(seed: int, account: Account) -> float:
    quality = generator(seed, account.key, "quality").normal(0, _QUALITY)
    return float(np.log(account.behaviour.reach) + quality)


def _at(seed: int, account: Account, moment: datetime) -> float:
    """What the time of publication is worth: the audience then, its hour of the week, the tide of the week."""
    audience = max(account.expected_followers(moment.date().toordinal()), 1.0)
    hour = moment.weekday() * 24 + moment.hour
    return float(np.log(audience) + hour_effects(seed, account)[hour] + momentum(seed, account)[week_of(moment)])
