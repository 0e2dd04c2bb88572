"""What each number is called and means, and why one is missing: from the one metric catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Literal

from clientnest import registry
from clientnest.metrics import Aggregation, Grain, Unit, catalogue

NOT_REPORTED = "not reported by this network"
NOT_CAPTURED = "not in the data captured so far"
NO_POSTS = "no posts in this period"
NOT_AT_THAT_AGE = "no captures close enough to that age"

Combination = Literal["sum", "median"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of a post. `combination`: how posts of one network are put together; never across networks.

    `of`: the catalogue metrics it is made of (itself where it comes from a network).
    """

    name: str
    label: str
    description: str
    unit: Unit
    combination: Combination
    of: tuple[str, ...]

    @property
    def at_an_age(self) -> bool:
        """Whether it is the total at one age of every post, so that posts still growing compare with others."""
        return _is_at_an_age(self.name)


_INTERACTIONS = ("likes", "comments", "shares")
_BY = "Engagement divided by {}, where the network reports both."
# name, label, unit, combination, made of, description
_DERIVED: tuple[tuple[str, str, Unit, Combination, tuple[str, ...], str], ...] = (
    ("engagement", "Engagement", Unit.COUNT, "sum", _INTERACTIONS,
     "Likes, comments and shares together, of those the network reports."),
    ("engagement_rate_by_impressions", "Engagement per impression", Unit.RATIO, "median", ("impressions",),
     _BY.format("impressions")),
    ("engagement_rate_by_reach", "Engagement per person reached", Unit.RATIO, "median", ("reach",),
     _BY.format("reach")),
    ("engagement_rate_by_followers", "Engagement per follower", Unit.RATIO, "median", ("followers",),
     "Engagement divided by the followers at the time."),
    ("engagement_1h", "Engagement after 1 hour", Unit.COUNT, "median", _INTERACTIONS, "At an age of one hour."),
    ("engagement_24h", "Engagement after 24 hours", Unit.COUNT, "median", _INTERACTIONS, "At an age of one day."),
    ("engagement_7d", "Engagement after 7 days", Unit.COUNT, "median", _INTERACTIONS, "At an age of seven days."),
    ("impressions_24h", "Impressions after 24 hours", Unit.COUNT, "median", ("impressions",), "At an age of one day."),
    ("impressions_7d", "Impressions after 7 days", Unit.COUNT, "median", ("impressions",), "At an age of seven days."),
    ("views_24h", "Views after 24 hours", Unit.COUNT, "median", ("views",), "At an age of one day."),
    ("views_7d", "Views after 7 days", Unit.COUNT, "median", ("views",), "At an age of seven days."),
)  # fmt: skip


_DAILY_ONLY = {"followers_change": ("followers",)}


@cache
def measures() -> Mapping[str, Measure]:
    """Every number of a post by name: the derived ones first, then the catalogue's in its order."""
    derived = [
        Measure(name, label, description, unit, combination, of)
        for name, label, unit, combination, of, description in _DERIVED
    ]
    reported = [
        Measure(
            metric.name, metric.label, metric.description, metric.unit,
            "sum" if metric.aggregation is Aggregation.SUM else "median", (metric.name,),
        )
        for metric in catalogue().values()
        if Grain.POST in metric.grains
    ]  # fmt: skip
    return {measure.name: measure for measure in (*derived, *reported)}


@cache
def network_label(network: str) -> str:
    """The network's name for people; its key where the registry does not know it (imported by a plain CSV)."""
    return next((known.label for known in registry.networks() if known.name == network), network)


def why_missing(measure: str, network: str, on: date | None = None) -> str:
    """Why there is no value: the network reports none, had stopped reporting it, or what was captured holds none.

    `on`: the day it was captured; without one, what holds today.
    """
    known, until = _reporting(measure, network)
    if not known:
        return NOT_REPORTED
    if until is not None and (on is None or on >= until):
        return f"no longer reported by this network since {until}"
    return NOT_AT_THAT_AGE if _is_at_an_age(measure) else NOT_CAPTURED


@lru_cache(maxsize=4096)
def why_each_missing(names: tuple[str, ...], network: str, on: date | None = None) -> Mapping[str, tuple[str, ...]]:
    """`why_missing` for several measures: each reason with the measures it holds for, in their order."""
    reasons: dict[str, list[str]] = {}
    for name in names:
        reasons.setdefault(why_missing(name, network, on), []).append(name)
    return {reason: tuple(measured) for reason, measured in reasons.items()}


def _is_at_an_age(measure: str) -> bool:
    return measure.endswith(("_1h", "_24h", "_7d"))


@cache
def _reporting(measure: str, network: str) -> tuple[bool, date | None]:
    """Whether a network reports what a measure is made of, and the day from which it no longer does.

    Of a network that the registry does not know everything may be there: its posts came by the plain CSV.
    """
    if network not in {known.name for known in registry.networks()}:
        return True, None
    made_of = measures()[measure].of if measure in measures() else _DAILY_ONLY.get(measure, (measure,))
    entries = [catalogue()[name].networks[network] for name in made_of if network in catalogue()[name].networks]
    ends = [date.fromisoformat(entry.until) for entry in entries if entry.until]
    return bool(entries), max(ends) if entries and len(ends) == len(entries) else None
