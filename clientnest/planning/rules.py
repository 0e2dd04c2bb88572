"""Rules of recurrence: the part of RFC 5545's RRULE that posting needs, checked before anybody relies on one.

A rule speaks of wall-clock times; which instants those are is for `recurring` to say. What is taken: FREQ from DAILY to
YEARLY, INTERVAL, COUNT or UNTIL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS, BYHOUR, BYMINUTE, WKST (docs/time.md).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it has no types

from clientnest.errors import BadInput

MOST_A_DAY = 12
MOST_EXCLUDED = 500
LONGEST = 500
_YEARS = range(1970, 2201)
_NUMBER = re.compile(r"[+-]?\d{1,5}", re.ASCII)
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
# part: the least and the largest number, and whether it may count from the end
_NUMBERS: Mapping[str, tuple[int, int, bool]] = {
    "INTERVAL": (1, 1_000, False),
    "COUNT": (1, 10_000, False),
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYSETPOS": (1, 366, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
}
_SINGLE = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
_KNOWN = (*_NUMBERS, "FREQ", "UNTIL", "BYDAY", "WKST")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that matches something. `parts`: its values by name, upper case; `starts`: the local time from which on it
    counts, whose time of day is the rule's where it names none; `excluded`: local times left out."""

    parts: Mapping[str, tuple[str, ...]]
    starts: datetime
    excluded: frozenset[datetime]

    @property
    def text(self) -> str:
        """The rule as RRULE has it, without that word."""
        return ";".join(f"{name}={','.join(values)}" for name, values in self.parts.items())

    def numbers(self, name: str) -> list[int]:
        """The numbers of a part, in order; none where the rule lacks it."""
        return sorted(int(value) for value in self.parts.get(name, ()))

    def days(self) -> list[tuple[int | None, int]]:
        """What BYDAY names: which one (the first, the last but one: 1, -2; None: every), and of which weekday."""
        found = (_DAY.fullmatch(value) for value in self.parts.get("BYDAY", ()))
        return [(int(one[1]) if one[1] else None, WEEKDAYS.index(one[2])) for one in found if one]

    @property
    def interval(self) -> int:
        return int(self.parts.get("INTERVAL", ("1",))[0])

    @property
    def until(self) -> date | datetime | None:
        """The last day, the last local time, or the last instant (in UTC), whichever the rule says."""
        given = self.parts.get("UNTIL")
        return _until(given[0]) if given else None

    def wall_clocks(self, since: datetime | None = None) -> Iterator[datetime]:
        """The local times that it matches, in order, whatever UNTIL says; it ends although the rule may not.

        dateutil looks for a match until the year 9999, which takes seconds for a rule that has none. The calendar
        repeats itself every 400 years to the day of the week, so it is made to look where 400 to 799 are left.
        """
        shift = (9_999 - self.starts.year) // 400 * 400 - 400
        without_end = ";".join(part for part in self.text.split(";") if not part.startswith("UNTIL="))
        far = rrulestr(without_end, dtstart=self.starts.replace(year=self.starts.year + shift))
        if since is None or since <= self.starts:
            found: Iterator[datetime] = iter(far)
        elif since.year + shift > 9_999:
            return
        else:
            found = far.xafter(since.replace(year=since.year + shift), inc=True)
        for one in found:
            near = one.replace(year=one.year - shift)
            if near not in self.excluded:
                yield near


def parse_rule(text: str, starts: datetime, *, excluded: Collection[datetime] = (), field: str = "body.rule") -> Rule:
    """A rule of RFC 5545, with or without `RRULE:` before it. `BadInput`, about that field, where it is none, is one of
    those that are not taken, or matches nothing at all."""
    try:
        rule = Rule(_parts(text), _local(starts), frozenset(map(_local, excluded)))
        _check_together(rule)
        _check_matches(rule)
    except _Refused as refused:
        raise BadInput(
            f"The rule {text[:100]!r} {refused.why}.", advice=refused.advice, details={"field": field}
        ) from refused
    return rule


class _Refused(ValueError):
    def __init__(self, why: str, advice: str = "Write it as RFC 5545 does: FREQ=WEEKLY;BYDAY=MO,TH.") -> None:
        super().__init__(why)
        self.why, self.advice = why, advice


def _parts(text: str) -> dict[str, tuple[str, ...]]:
    if len(text) > LONGEST:
        raise _Refused(f"is longer than {LONGEST} characters")
    given: dict[str, tuple[str, ...]] = {}
    for part in text.strip().upper().removeprefix("RRULE:").rstrip(";").split(";"):
        name, mark, values = part.partition("=")
        if not mark or not values:
            raise _Refused(f"has a part that is none: {part[:40]!r}")
        if name not in _KNOWN:
            raise _Refused(f"has a part that is not taken: {name[:40]!r}", f"Use {', '.join(sorted(_KNOWN))}.")
        if name in given:
            raise _Refused(f"has {name} twice")
        given[name] = tuple(dict.fromkeys(values.split(",")))
        if name in _SINGLE and len(given[name]) > 1:
            raise _Refused(f"has more than one {name}")
        for value in given[name]:
            _check_value(name, value)
    if "FREQ" not in given:
        raise _Refused("does not say how often: FREQ is missing")
    return {"FREQ": given.pop("FREQ"), **given}


def _check_value(name: str, value: str) -> None:
    if name == "FREQ":
        if value not in FREQUENCIES:
            raise _Refused(f"repeats {value[:40]!r}, which is not taken", f"Use {', '.join(FREQUENCIES)}.")
    elif name == "BYDAY":
        found = _DAY.fullmatch(value)
        if found is None or (found[1] and not 1 <= abs(int(found[1])) <= 53):
            raise _Refused(f"names a day that is none: {value[:40]!r}", "Write BYDAY=MO,TH, or BYDAY=-1FR for a last.")
    elif name == "WKST":
        if value not in WEEKDAYS:
            raise _Refused(f"begins weeks on no day: {value[:40]!r}", "Write WKST=MO, or WKST=SU.")
    elif name == "UNTIL":
        _until(value)
    else:
        least, most, backwards = _NUMBERS[name]
        number = int(value) if _NUMBER.fullmatch(value) else most + 1
        if not least <= (abs(number) if backwards else number) <= most:
            also = f", or {-least} to {-most} from the end" if backwards else ""
            raise _Refused(f"has {name}={value[:40]}", f"{name} is from {least} to {most}{also}.")


def _until(value: str) -> date | datetime:
    found = _UNTIL.fullmatch(value)
    try:
        if found and found[2] is None:
            return date.fromisoformat(found[1])
        if found:
            last = datetime.fromisoformat(f"{found[1]}T{found[2]}")
            return last.replace(tzinfo=UTC) if found[3] else last
    except ValueError:
        pass  # there is no such day or time
    raise _Refused(f"ends at no time: {value[:40]!r}", "Write UNTIL=20261231, or UNTIL=20261231T120000Z.")


def _check_together(rule: Rule) -> None:
    parts, frequency = rule.parts, rule.parts["FREQ"][0]
    if "COUNT" in parts and "UNTIL" in parts:
        raise _Refused("has both COUNT and UNTIL", "Keep one of them.")
    if "BYSETPOS" in parts and not any(name.startswith("BY") for name in parts.keys() - {"BYSETPOS"}):
        raise _Refused("has BYSETPOS and nothing to choose from", "Say which days: BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1.")
    if "BYMONTHDAY" in parts and frequency == "WEEKLY":
        raise _Refused("has BYMONTHDAY in a week", "Use FREQ=MONTHLY.")
    most = {"MONTHLY": 5, "YEARLY": 5 if "BYMONTH" in parts else 53}.get(frequency, 0)
    if any(abs(which or 0) > most for which, _ in rule.days()):
        raise _Refused(
            "counts weekdays beyond what there is", "Use FREQ=MONTHLY with 1 to 5, -1 to -5; or leave the number out."
        )
    if len({which is None for which, _ in rule.days()}) > 1:  # dateutil would take the days that are both
        raise _Refused("names both every one of a weekday and certain ones", "Make two rules of it.")
    a_day = len(parts.get("BYHOUR", "1")) * len(parts.get("BYMINUTE", "1"))
    if a_day > MOST_A_DAY:
        raise _Refused(f"comes {a_day} times a day; {MOST_A_DAY} are the most", "Name fewer hours or minutes.")
    if a_day > 1 and "BYSETPOS" in parts:
        raise _Refused("chooses among times of a day by BYSETPOS", "Name one hour and one minute.")


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is not None or moment.second or moment.microsecond:
        raise _Refused("has times that are not local ones of whole minutes", "Write them like 2026-03-31T09:00.")
    if moment.year not in _YEARS:
        raise _Refused(f"speaks of the year {moment.year}", f"Stay from {_YEARS[0]} to {_YEARS[-1]}.")
    return moment.replace(fold=0)


def _check_matches(rule: Rule) -> None:
    if len(rule.excluded) > MOST_EXCLUDED:
        raise _Refused(f"leaves out more than {MOST_EXCLUDED} times", "Make several rules of it.")
    first, until = next(rule.wall_clocks(), None), rule.until
    if isinstance(until, datetime):
        # Which local time an instant of UTC is depends on a zone, which is not known here: by a day at the most.
        until = (until.replace(tzinfo=None) + timedelta(days=1)) if until.tzinfo else until
        over = first is not None and first > until
    else:
        over = first is not None and until is not None and first.date() > until
    if first is None or over:
        raise _Refused("matches nothing: there is no such day, or all are left out", "Correct its days, months or end.")
