"""From Python values to checked Polars columns, many rows at a time: the fast half of writing a capture.

Every function takes one value per row (None: not known) and gives a Series of the same length. What Postgres could not
hold is refused with `BadInput` that names field, value and row; text that it could not hold is cleaned.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from clientnest.errors import BadInput

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)
_BIGINT = range(-(2**63), 2**63)

Describe = Callable[[int], str]
"""Says which row an index means, for messages: 'post 123 of x/acme'."""


def whole_numbers(field: str, values: Sequence[Any], describe: Describe) -> pl.Series:
    """Counts as 64-bit integers; a float that is a whole number counts as one."""
    try:
        return pl.Series(field, values, dtype=pl.Int64, strict=True)
    except (TypeError, OverflowError):
        checked = [_whole_number(field, value, index, describe) for index, value in enumerate(values)]
        return pl.Series(field, checked, dtype=pl.Int64, strict=True)


def _whole_number(field: str, value: Any, index: int, describe: Describe) -> int | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int):
        raise BadInput(
            f"{field} of {describe(index)} is {value!r}, which is not a whole number.",
            advice="Correct the value in the source, or leave it empty where it is not known.",
        )
    if value not in _BIGINT:
        raise BadInput(
            f"{field} of {describe(index)} is {value}, larger than any count that can be stored.",
            advice="Check the source: an id or a date may stand in a column of counts.",
        )
    return value


def real_numbers(field: str, values: Sequence[Any], describe: Describe) -> pl.Series:
    """Seconds and ratios as double precision; infinities and NaN are refused."""
    try:
        series = pl.Series(field, values, dtype=pl.Float64, strict=True)
    except (TypeError, OverflowError):
        series = pl.Series(field, [_real_number(field, v, i, describe) for i, v in enumerate(values)], dtype=pl.Float64)
    bad = (~series.is_finite()).fill_null(value=False).arg_true()
    if len(bad):
        index = int(bad[0])
        raise BadInput(
            f"{field} of {describe(index)} is {values[index]}, which is not a number that can be stored.",
            advice="Leave the value empty where it is not known.",
        )
    return series


def _real_number(field: str, value: Any, index: int, describe: Describe) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise BadInput(
            f"{field} of {describe(index)} is {value!r}, which is not a number.",
            advice="Correct the value in the source, or leave it empty where it is not known.",
        )
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def texts(field: str, values: Sequence[str | None]) -> pl.Series:
    """Text as Postgres can hold it: NUL is taken out, halves of surrogate pairs become U+FFFD."""
    try:
        series = pl.Series(field, values, dtype=pl.String, strict=True)
    except UnicodeEncodeError:
        series = pl.Series(field, [None if value is None else clean(value) for value in values], dtype=pl.String)
    if series.str.contains("\x00", literal=True).any():
        series = series.str.replace_all("\x00", "", literal=True)
    return series


def clean(value: str) -> str:
    """One text as Postgres can hold it."""
    return value.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def instants(field: str, values: Sequence[datetime | None], describe: Describe) -> pl.Series:
    """Instants in ISO 8601 with their offset."""
    universal = [value if value is None or value.tzinfo is UTC else _universal(field, value, index, describe)
                 for index, value in enumerate(values)]  # fmt: skip
    written = {value: None if value is None else value.isoformat() for value in set(universal)}
    return pl.Series(field, [written[value] for value in universal], dtype=pl.String)


def _universal(field: str, value: datetime, index: int, describe: Describe) -> datetime:
    if value.tzinfo is None:
        raise BadInput(
            f"{field} of {describe(index)} is {value}, without a time zone.",
            advice="Give instants with their zone (UTC inside the product).",
        )
    return value.astimezone(UTC)


def capture_times(values: Sequence[datetime], describe: Describe) -> pl.Series:
    """`captured_at` of each row: aware, not before 2000 and not in the future."""
    series = instants("captured_at", values, describe)
    latest = datetime.now(UTC) + CLOCK_TOLERANCE
    if min(values) < EARLIEST or max(values) > latest:
        index = next(i for i, value in enumerate(values) if not EARLIEST <= value <= latest)
        raise BadInput(
            f"captured_at of {describe(index)} is {values[index].isoformat()}, "
            + ("which lies in the future." if values[index] > latest else "before any network kept such numbers."),
            advice="Give the time at which the numbers were read, for a file with --captured-at.",
        )
    return series
