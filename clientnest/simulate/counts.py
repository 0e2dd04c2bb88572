"""From exposures to the metrics a network reports: lifetime totals of every post at every poll."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from clientnest.metrics import Grain, columns
from clientnest.records import PostType
from clientnest.registry import network
from clientnest.simulate.brand import Account
from clientnest.simulate.networks import TOPICS

_VIDEO = {PostType.VIDEO, PostType.SHORT_VIDEO, PostType.LIVE}
_MEDIA = _VIDEO | {PostType.IMAGE, PostType.CAROUSEL}
_PROMOTED = 0.03
_UNDERCOUNTED = 0.003  # posts whose exposures the network lost: their rates end above 100%
_CLEANED_UP = 0.04
_UNLIKED = 0.02


@dataclass(frozen=True, slots=True)
class Batch:
    """Posts of one account drawn together. Arrays have one entry per post.

    `exposures`: expected final exposures. `duration`: seconds of video, 0 for other posts.
    """

    topics: list[str]
    types: list[PostType]
    exposures: np.ndarray
    hashtags: np.ndarray
    duration: np.ndarray


def totals(rng: np.random.Generator, account: Account, batch: Batch, share: np.ndarray) -> dict[str, np.ndarray]:
    """Metric name to totals of shape (posts, polls), float64; NaN where a metric does not apply to the kind of post.

    `share`: how far each post has grown at each poll. Only metrics that the catalogue says the network reports.
    """
    grow = _Grower(rng, batch.exposures, share)
    behaviour = account.behaviour
    effects = np.array([TOPICS[topic] for topic in batch.topics])
    video = np.array([kind in _VIDEO for kind in batch.types])
    media = np.array([kind in _MEDIA for kind in batch.types])
    linked = np.array([kind is PostType.LINK for kind in batch.types])
    seen = grow.count(1.0, spread=0.0)
    views = grow.count(behaviour.view_rate, spread=0.15) if behaviour.view_rate < 1 else seen
    interactions = {
        "likes": grow.withdrawn(grow.count(behaviour.likes, spread=0.22)),
        "comments": grow.count(behaviour.comments * effects[:, 1], spread=0.35),
        "shares": grow.count(behaviour.shares, spread=0.35),
        "quotes": grow.count(behaviour.shares * 0.18, spread=0.40),
        "saves": grow.count(behaviour.saves * effects[:, 2], spread=0.30),
        "clicks": grow.count(behaviour.clicks * effects[:, 3] * np.where(linked, 1.6, 0.5), spread=0.30),
    }
    likes, clicks = interactions["likes"], interactions["clicks"]
    promoted = np.where(rng.random((len(share), 1)) < _PROMOTED, rng.uniform(0.3, 0.7, (len(share), 1)), 0.0)
    undercounted = np.where(rng.random((len(share), 1)) < _UNDERCOUNTED, 0.01, 1.0)
    shown = np.floor(seen * undercounted)
    people = np.floor(shown * rng.uniform(0.55, 0.93, (len(share), 1)))
    reported = network(account.ref.network).metrics
    native = {name: entry.native for name, entry in reported.items()}
    one_count = "views" in native and native["views"] == native.get("video_views")
    watched = views if one_count else np.floor(seen * 0.42)
    average = np.round(batch.duration[:, None] * rng.beta(4, 6, (len(share), 1)) * (1 - 0.12 * share), 2)
    engagements = sum(interactions.values(), np.zeros_like(seen))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(shown > 0, np.round(engagements / shown, 6), np.nan)
        click_rate = np.where(shown > 0, np.round(np.where(video[:, None], views, clicks) / shown, 6), np.nan)
    everything = {
        **interactions,
        "impressions": shown,
        "reach": people,
        "views": np.floor(views * undercounted) if behaviour.view_rate >= 1 else views,
        "video_views": watched if one_count else _only(watched, video),
        "engaged_views": _only(np.floor(views * 0.71), video),
        "unique_viewers": _only(np.floor(views * 0.83), video),
        "dislikes": np.floor(likes * 0.02),
        "link_clicks": _only(np.floor(clicks * 0.7), linked | (np.array(account.ref.network) == "pinterest")),
        "hashtag_clicks": _only(np.floor(seen * 0.0006), batch.hashtags > 0),
        "detail_expands": np.floor(seen * 0.009),
        "profile_visits": grow.count(0.0022, spread=0.3),
        "follows": grow.count(0.00025, spread=0.5),
        "media_views": _only(np.floor(seen * 0.8), media),
        "engagements": engagements,
        "engaged_users": np.floor(engagements * 0.86),
        "negative_feedback": grow.count(0.00004, spread=0.5),
        "promoted_impressions": np.floor(shown * promoted),
        "promoted_engagements": np.floor(engagements * promoted),
        "watch_time_seconds": _only(np.round(watched * average, 1), video),
        "average_view_seconds": _only(average, video),
        "engagement_rate": rate,
        "click_through_rate": click_rate,
        "retention_rate": _only(np.clip(np.round(0.72 - 0.1 * share, 4), 0, 1), video),
    }
    return {name: everything[name] for name in columns(Grain.POST) if name in reported}


class _Grower:
    """Draws counters whose final expectation is `rate` times the exposures of each post."""

    def __init__(self, rng: np.random.Generator, exposures: np.ndarray, share: np.ndarray) -> None:
        self._rng, self._exposures = rng, exposures[:, None]
        self._steps = np.diff(share, axis=1, prepend=0.0)
        self._shape = share.shape

    def count(self, rate: float | np.ndarray, *, spread: float) -> np.ndarray:
        """Cumulative Poisson arrivals; `spread` is the standard deviation of each post's own log rate."""
        own = self._rng.lognormal(-(spread**2) / 2, spread, (self._shape[0], 1))
        rates = np.broadcast_to(np.asarray(rate, dtype=float).reshape(-1, 1), (self._shape[0], 1))
        arrivals = self._rng.poisson(self._exposures * rates * own * self._steps)
        return np.cumsum(arrivals, axis=1).astype(float)

    def withdrawn(self, counts: np.ndarray) -> np.ndarray:
        """Take some back: single likes at any later time, and clean-ups of false accounts all at once."""
        posts, polls = self._shape
        single = (self._rng.random(self._shape) < _UNLIKED) & (np.arange(polls) > 40)
        cleaned = self._rng.random((posts, 1)) < _CLEANED_UP
        at = self._rng.integers(26, polls, (posts, 1))
        part = self._rng.uniform(0.02, 0.10, (posts, 1))
        taken = np.floor(np.take_along_axis(counts, at, axis=1) * part) * cleaned * (np.arange(polls) >= at)
        left: np.ndarray = np.maximum(counts - np.cumsum(single, axis=1) - taken, 0)
        return left


def _only(values: np.ndarray, applies: np.ndarray) -> np.ndarray:
    return np.where(np.asarray(applies, dtype=bool).reshape(-1, 1), values, np.nan)


def reported_metrics(account: Account, grain: Grain) -> Mapping[str, None]:
    """Names of the metrics of a grain that the account's network reports, in catalogue order."""
    reported = network(account.ref.network).metrics
    return {name: None for name in columns(grain) if name in reported}
