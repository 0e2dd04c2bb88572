"""Publish times that hide in ids.

X: a snowflake id's upper bits are milliseconds since 2010-11-04T01:42:54.657Z (twitter-archive/snowflake,
IdWorker.scala, `twepoch = 1288834974657L`). TikTok: the upper 32 bits of a video id are seconds since 1970. LinkedIn:
the upper bits of an activity id are milliseconds since 1970. The last two are not documented, so callers check the day.
"""

from datetime import UTC, datetime, timedelta

X_EPOCH_MS = 1_288_834_974_657
# Ids were counted one by one up to about 29,700,000,000 on 2010-11-04; the first snowflakes were already far above.
_FIRST_SNOWFLAKE = 100_000_000_000
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def x_time(identifier: str) -> datetime | None:
    """When the post with this X id was made, to the millisecond; None for ids from before November 2010."""
    if not (identifier.isascii() and identifier.isdecimal()) or len(identifier) > 19:
        return None
    value = int(identifier)
    if value < _FIRST_SNOWFLAKE:
        return None
    return _plausible(_UNIX + timedelta(milliseconds=(value >> 22) + X_EPOCH_MS))


def tiktok_time(identifier: str) -> datetime | None:
    """When the video with this TikTok id was made, to the second; None where the id is not one of TikTok's."""
    if not (identifier.isascii() and identifier.isdecimal()) or not 17 <= len(identifier) <= 20:
        return None
    return _plausible(_UNIX + timedelta(seconds=int(identifier) >> 32), earliest=datetime(2014, 1, 1, tzinfo=UTC))


def linkedin_time(identifier: str) -> datetime | None:
    """When the LinkedIn activity with this number was made, to the millisecond; None where it cannot be one."""
    if not (identifier.isascii() and identifier.isdecimal()) or len(identifier) != 19:
        return None
    return _plausible(_UNIX + timedelta(milliseconds=int(identifier) >> 22), earliest=datetime(2012, 1, 1, tzinfo=UTC))


def _plausible(moment: datetime, *, earliest: datetime = _UNIX) -> datetime | None:
    return moment if earliest <= moment < _LATEST else None
