"""When a rule comes in a zone: it keeps its wall-clock time, whatever clocks do. Materialised inside a window only."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from clientnest.planning.rules import MOST_A_DAY, Rule, parse_rule
from clientnest.planning.wall_clock import Resolution, resolve

__all__ = ["Rule", "occurrences", "parse_rule"]
_MARGIN = timedelta(hours=25)  # the longest that clocks ever jumped is a day (Samoa, 2011)


def occurrences(rule: Rule, zone: ZoneInfo, after: datetime, before: datetime, limit: int) -> list[Resolution]:
    """When it comes from `after` on and before `before`, in order, at most `limit` times.

    Of a time that clocks pass over and the later one that they show instead, both of the rule, there is one.
    """
    found: dict[datetime, Resolution] = {}
    for one in _resolved(rule, zone, after, before):
        if not after <= one.instant < before:
            continue
        found[one.instant] = one  # of two the later, which is what clocks show
        if len(found) >= limit + 2 * MOST_A_DAY:  # those of a gap come before others that are earlier
            break
    return sorted(found.values(), key=lambda one: one.instant)[: max(limit, 0)]


def _resolved(rule: Rule, zone: ZoneInfo, after: datetime, before: datetime) -> Iterator[Resolution]:
    earliest, latest = (at.astimezone(zone).replace(tzinfo=None, fold=0) for at in (after, before))
    for wall_clock in takewhile(lambda one: one <= latest + _MARGIN, rule.wall_clocks(earliest - _MARGIN)):
        one = resolve(wall_clock, zone)
        if not _is_over(rule, one):  # no reason to stop: of those in a gap, later ones may be before the end
            yield one


def _is_over(rule: Rule, one: Resolution) -> bool:
    until = rule.until
    if until is None:
        return False
    if not isinstance(until, datetime):
        return one.wall_clock.date() > until
    return one.instant > until if until.tzinfo else one.wall_clock > until
