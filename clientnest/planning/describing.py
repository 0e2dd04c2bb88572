"""Rules of recurrence in plain words: "every Monday and Thursday at 09:00, Europe/Paris"."""

from collections.abc import Sequence
from datetime import date, datetime

from clientnest.planning.rules import Rule

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_WORKING_DAYS = [(None, day) for day in range(5)]
_ALL_DAYS = [(None, day) for day in range(7)]
_MOST_NAMED = 3  # of the days left out; more are counted


def describe(rule: Rule, timezone: str) -> str:
    """The rule as a part of a sentence."""
    said = f"{_when(rule)} at {_listed(_times(rule))}, {timezone}"
    if rule.until is not None:
        said += f", until {_end(rule.until)}"
    if times := rule.numbers("COUNT"):
        said += f", {times[0]} times" if times[0] > 1 else ", once"
    if rule.excluded:
        days = sorted({one.date() for one in rule.excluded})
        named = _listed([_date(day) for day in days]) if len(days) <= _MOST_NAMED else f"{len(days)} days"
        said += f", except on {named}"
    return said


def _when(rule: Rule) -> str:
    frequency = rule.parts["FREQ"][0]
    every = _every(rule.interval, _UNITS[frequency])
    months = [_MONTHS[number - 1] for number in rule.numbers("BYMONTH")]
    if frequency == "YEARLY":
        return _yearly(rule, every, months)
    only = f" in {_listed(months)}" if months else ""
    if frequency == "MONTHLY":
        return _chosen(rule, f"{every} on {_days_of_month(rule) or _start_day(rule)}", "month") + only
    days = sorted(rule.days()) or ([(None, rule.starts.weekday())] if frequency == "WEEKLY" else [])
    said = every
    if days and rule.interval == 1:
        said = "every " + _weekdays(days)
    elif days:
        on = "on every" if days == _WORKING_DAYS else "on"
        said = (
            f"{every} {on} {_weekdays(days)}" if frequency == "WEEKLY" else f"{every} if it is {_weekdays(days, 'or')}"
        )
    if numbers := rule.numbers("BYMONTHDAY"):
        said += f" if it is {_month_days(numbers, 'or')}"
    return _chosen(rule, said, _UNITS[frequency]) + only


def _yearly(rule: Rule, every: str, months: Sequence[str]) -> str:
    days = _days_of_month(rule)
    if not days and not months:
        leap = ", in years that have it," if (rule.starts.month, rule.starts.day) == (2, 29) else ""
        return _chosen(rule, f"{every} on {rule.starts.day} {_MONTHS[rule.starts.month - 1]}{leap}", "year")
    if not days:
        days = _start_day(rule)
    if months:
        return _chosen(rule, f"{every} on {days} of {_listed(months)}", "year")
    return _chosen(rule, f"{every} on {days}" + (" of each month" if rule.numbers("BYMONTHDAY") else ""), "year")


def _days_of_month(rule: Rule) -> str:
    """What BYDAY and BYMONTHDAY name in a month or a year; empty where they name nothing."""
    days, numbers = sorted(rule.days(), key=_place), rule.numbers("BYMONTHDAY")
    if numbers:
        named = _month_days(numbers)
        return f"{named} if it is {_weekdays(days, 'or')}" if days else named
    chosen = rule.numbers("BYSETPOS")
    if days and chosen and _simple(days):
        return f"the {_listed([_ordinal(one) for one in chosen])} {_weekdays(days, 'or')}"
    if _simple(days):
        return f"every {_weekdays(days)}" if days else ""
    return _listed([f"the {_ordinal(which)} {_WEEKDAYS[day]}" if which else f"every {_WEEKDAYS[day]}"
                    for which, day in days])  # fmt: skip


def _chosen(rule: Rule, said: str, unit: str) -> str:
    """With which of those that match are meant, where the words so far do not say it."""
    chosen = rule.numbers("BYSETPOS")
    if not chosen or (unit in ("month", "year") and _simple(rule.days()) and not rule.numbers("BYMONTHDAY")
                      and rule.days()):  # fmt: skip
        return said
    return f"{said} (of these the {_listed([_ordinal(one) for one in chosen])} in each {unit})"


def _simple(days: Sequence[tuple[int | None, int]]) -> bool:
    return all(which is None for which, _ in days)


def _place(day: tuple[int | None, int]) -> tuple[int, int]:
    which = day[0] or 0
    return (which if which >= 0 else 100 + which, day[1])


def _every(interval: int, unit: str) -> str:
    return f"every {unit}" if interval == 1 else f"every {interval} {unit}s"


def _weekdays(days: Sequence[tuple[int | None, int]], word: str = "and") -> str:
    if list(days) == _WORKING_DAYS:
        return "weekday"
    if list(days) == _ALL_DAYS:
        return "day"
    return _listed([_WEEKDAYS[day] for _, day in days], word)


def _month_days(numbers: Sequence[int], word: str = "and") -> str:
    named = [f"the {_ordinal(one)}" for one in numbers if one > 0]
    return _listed([*named, *(f"the {_ordinal(one)} day" for one in reversed(numbers) if one < 0)], word)


def _start_day(rule: Rule) -> str:
    day = rule.starts.day
    return f"the {_ordinal(day)}" + (", in months that have one," if day > 28 else "")


def _ordinal(number: int) -> str:
    if number < 0:
        return "last" if number == -1 else f"{_ordinal(-number)} last"
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _times(rule: Rule) -> list[str]:
    hours = rule.numbers("BYHOUR") or [rule.starts.hour]
    return [f"{hour:02}:{minute:02}" for hour in hours for minute in rule.numbers("BYMINUTE") or [rule.starts.minute]]


def _end(until: date | datetime) -> str:
    if not isinstance(until, datetime):
        return _date(until)
    return f"{_date(until)}, {until:%H:%M}" + (" UTC" if until.tzinfo else "")


def _date(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _listed(words: Sequence[str], word: str = "and") -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {word} {words[-1]}"
