"""Captures to write: posts of several networks and formats, each measured again and again as it grows."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from clientnest.records import AccountRef, PostRow, PostType

CAPTURES_PER_POST = 50
FIRST_DAY = datetime(2025, 1, 6, tzinfo=UTC)
_NETWORKS = ("x", "instagram", "facebook", "linkedin")
_TYPES = (PostType.TEXT, PostType.IMAGE, PostType.VIDEO, PostType.LINK, PostType.CAROUSEL)
_ACCOUNTS = tuple(AccountRef(_NETWORKS[n % 4], f"brand{n}", f"Brand {n}") for n in range(20))
_WORDS = "We are opening a second shop in the old harbour, and you are invited to the first evening. #opening "


def ages(captures: int) -> list[timedelta]:
    """Hourly in the first day, then ever more rarely, as pollers do."""
    return [timedelta(hours=n if n <= 24 else 24 + 6 * (n - 24)) for n in range(1, captures + 1)]


def captures(posts: int, captures_per_post: int = CAPTURES_PER_POST) -> Iterator[PostRow]:
    """`posts × captures_per_post` rows in the order of polling: every poll measures all posts of its batch.

    Posts come in batches of 2,000 published in the same two days, so that polls of one batch fall into one or two
    months while the whole runs over many. Ten metrics, of which one is a ratio.
    """
    steps = [(age, 1 - math.exp(-age.total_seconds() / 100_000)) for age in ages(captures_per_post)]
    for start in range(0, posts, 2_000):
        made = [_post(number) for number in range(start, min(start + 2_000, posts))]
        for age, grown in steps:
            for published_at, account, external_id, size, post_type, text, url in made:
                likes = int(size * grown)
                yield PostRow(
                    account, external_id, published_at + age,
                    {"impressions": likes * 40 + 7, "reach": likes * 31, "likes": likes, "comments": likes // 9,
                     "shares": likes // 14, "saves": likes // 20, "clicks": likes // 3, "profile_visits": likes // 25,
                     "engagements": likes * 2, "engagement_rate": likes / (likes * 40 + 7)},
                    published_at, post_type, None, text, url,
                )  # fmt: skip


def _post(number: int) -> tuple[datetime, AccountRef, str, int, PostType, str, str]:
    published_at = FIRST_DAY + timedelta(days=2 * (number // 2_000), minutes=number % 2_000)
    account = _ACCOUNTS[number % len(_ACCOUNTS)]
    external_id = str(1_800_000_000_000_000_000 + number * 7_919)
    size = 20 + (number * 2_654_435_761 % 4_096) ** 2 // 400
    url = f"https://example.com/{account.external_id}/{external_id}"
    return published_at, account, external_id, size, _TYPES[number % 7 % 5], f"{_WORDS}{number}", url
