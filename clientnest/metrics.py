"""The metric catalogue: what each number means, in which unit, how it may be combined, and who reports it.

One definition for the raw tables, dbt (a seed generated from here), the API, the dashboards and the app. Which networks
report a metric, and under which name of their own, is declared by each package in `clientnest/networks/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache


class Unit(StrEnum):
    COUNT = "count"
    SECONDS = "seconds"
    RATIO = "ratio"


class Kind(StrEnum):
    """COUNTER: a lifetime total at the time of capture (never summed over captures). GAUGE: a state or an average."""

    COUNTER = "counter"
    GAUGE = "gauge"


class Aggregation(StrEnum):
    """How values of several posts of one network may be combined. NONE: not at all (people counted twice, ratios)."""

    SUM = "sum"
    NONE = "none"


class Grain(StrEnum):
    POST = "post"
    ACCOUNT = "account"
    PERIOD = "period"


@dataclass(frozen=True, slots=True)
class Reported:
    """That a network reports a metric: under its own `native` name, per its own documentation at `source`.

    `until`: the ISO date from which the network stopped reporting it (NULL from then on).
    """

    native: str
    source: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `grains` says in which raw tables it has a column; `networks` maps network name to `Reported`."""

    name: str
    label: str
    description: str
    unit: Unit
    kind: Kind
    aggregation: Aggregation
    grains: frozenset[Grain]
    networks: Mapping[str, Reported] = field(default_factory=dict)

    @property
    def sql_type(self) -> str:
        """The Postgres type of its column."""
        return "bigint" if self.unit is Unit.COUNT else "double precision"


_P, _A, _D = Grain.POST, Grain.ACCOUNT, Grain.PERIOD
_C, _S, _R = Unit.COUNT, Unit.SECONDS, Unit.RATIO
_CTR, _G = Kind.COUNTER, Kind.GAUGE
_SUM, _NONE = Aggregation.SUM, Aggregation.NONE

# fmt: off
# name, label, unit, kind, aggregation, grains, description
_DEFINITIONS: tuple[tuple[str, str, Unit, Kind, Aggregation, tuple[Grain, ...], str], ...] = (
    ("impressions", "Impressions", _C, _CTR, _SUM, (_P, _D), "Times the post was shown on a screen."),
    ("reach", "Reach", _C, _CTR, _NONE, (_P, _D), "Different people or accounts that saw it; people overlap between posts."),
    ("views", "Views", _C, _CTR, _SUM, (_P, _A, _D), "Times it was viewed, by the network's own rule for a view."),
    ("video_views", "Video views", _C, _CTR, _SUM, (_P, _A, _D), "Times a video was played, by the network's own rule."),
    ("engaged_views", "Engaged views", _C, _CTR, _SUM, (_P,), "Views that went on past the network's first seconds."),
    ("unique_viewers", "Unique viewers", _C, _CTR, _NONE, (_P, _D), "Estimated different people who watched."),
    ("likes", "Likes", _C, _CTR, _SUM, (_P, _A, _D), "Likes, favourites or all reactions together."),
    ("dislikes", "Dislikes", _C, _CTR, _SUM, (_P,), "Dislikes shown to the owner."),
    ("comments", "Comments", _C, _CTR, _SUM, (_P, _D), "Comments or replies."),
    ("shares", "Shares", _C, _CTR, _SUM, (_P, _D), "Shares, reposts, boosts or retweets without words added."),
    ("quotes", "Quotes", _C, _CTR, _SUM, (_P,), "Reposts with words added."),
    ("saves", "Saves", _C, _CTR, _SUM, (_P, _D), "Saves or bookmarks."),
    ("clicks", "Clicks", _C, _CTR, _SUM, (_P, _D), "All clicks on the post, links and others together."),
    ("link_clicks", "Link clicks", _C, _CTR, _SUM, (_P, _D), "Clicks on a link in the post."),
    ("hashtag_clicks", "Hashtag clicks", _C, _CTR, _SUM, (_P,), "Clicks on a hashtag in the post."),
    ("detail_expands", "Detail expands", _C, _CTR, _SUM, (_P,), "Times somebody opened the post to read more."),
    ("profile_visits", "Profile visits", _C, _CTR, _SUM, (_P, _D), "Visits to the profile from the post or in the period."),
    ("follows", "Follows", _C, _CTR, _SUM, (_P, _D), "New followers gained from the post or in the period."),
    ("unfollows", "Unfollows", _C, _CTR, _SUM, (_D,), "Followers lost in the period."),
    ("media_views", "Media views", _C, _CTR, _SUM, (_P,), "Views of the media in the post, on every surface."),
    ("engagements", "Engagements (as reported)", _C, _CTR, _SUM, (_P, _D), "The network's own total of interactions; rules differ."),
    ("engaged_users", "Engaged people", _C, _CTR, _NONE, (_P,), "Different people who clicked or reacted."),
    ("negative_feedback", "Negative feedback", _C, _CTR, _SUM, (_P,), "Hides, reports and the like."),
    ("promoted_impressions", "Paid impressions", _C, _CTR, _SUM, (_P,), "Times it was shown because it was paid for."),
    ("promoted_engagements", "Paid engagements", _C, _CTR, _SUM, (_P,), "Interactions on paid showings."),
    ("watch_time_seconds", "Watch time", _S, _CTR, _SUM, (_P, _D), "Time people spent watching, all together."),
    ("average_view_seconds", "Average view duration", _S, _G, _NONE, (_P, _D), "Average time watched per view."),
    ("engagement_rate", "Engagement rate (as reported)", _R, _G, _NONE, (_P, _D), "The network's own rate, by its own rule."),
    ("click_through_rate", "Click-through rate (as reported)", _R, _G, _NONE, (_P,), "Clicks or plays per impression, as reported."),
    ("retention_rate", "Stayed to watch", _R, _G, _NONE, (_P,), "Share of people who went on watching."),
    ("followers", "Followers", _C, _G, _NONE, (_A, _D), "People who follow the account at that time."),
    ("following", "Following", _C, _G, _NONE, (_A,), "Accounts that the account follows."),
    ("posts_count", "Posts", _C, _G, _NONE, (_A,), "Posts the network counts on the profile."),
)
# fmt: on


@cache
def catalogue() -> Mapping[str, Metric]:
    """Every metric by name, in display order, with the networks that report it."""
    from clientnest import registry

    reported: dict[str, dict[str, Reported]] = {name: {} for name, *_ in _DEFINITIONS}
    for network in registry.networks():
        for name, entry in network.metrics.items():
            reported[name][network.name] = entry
    return {
        name: Metric(name, label, description, unit, kind, aggregation, frozenset(grains), reported[name])
        for name, label, unit, kind, aggregation, grains, description in _DEFINITIONS
    }


def columns(grain: Grain) -> tuple[str, ...]:
    """Names of the metric columns of one raw table, in catalogue order."""
    return tuple(name for name, *_, grains, _description in _DEFINITIONS if grain in grains)


def sql_type(name: str) -> str:
    """The Postgres type of a metric's column, without loading the networks."""
    unit = next(unit for metric, _label, unit, *_ in _DEFINITIONS if metric == name)
    return "bigint" if unit is Unit.COUNT else "double precision"
