"""Instagram: how captions are counted, and what is allowed."""

from collections.abc import Iterator

from clientnest.rules import FileLimits, Limit, Limits, Rules, Unit, checking
from clientnest.rules.counting import utf16_units
from clientnest.rules.model import Draft, Violation
from clientnest.rules.text import Counter

_MEDIA = "https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media"
_PUBLISHING = "https://developers.facebook.com/docs/instagram-platform/content-publishing"
_POSTING = "https://www.ayrshare.com/docs/apis/post/social-networks/instagram"

LIMITS = Limits(
    label="Instagram",
    source=_PUBLISHING,
    text=Limit(2200, Unit.UTF16, _MEDIA),
    first_comment=Limit(2200, Unit.UTF16, "https://developers.buffer.com/guides/character-limits", secondary=True),
    hashtags=Limit(5, Unit.ITEMS, _POSTING, secondary=True),  # since December 2025; Meta's page still says 30
    mentions=Limit(20, Unit.ITEMS, _MEDIA),
    alt_text=Limit(1000, Unit.CHARACTERS, "https://docs.upload-post.com/resources/character-limits/", secondary=True),
    files=Limit(10, Unit.ITEMS, _PUBLISHING),
    image=FileLimits(
        types=frozenset({"image/jpeg"}),
        source=_MEDIA,
        least={"ratio": 0.8, "width": 320},
        most={"bytes": 8_000_000, "ratio": 1.91, "width": 1440},
        warned=frozenset({"width"}),
    ),
    video=FileLimits(
        types=frozenset({"video/mp4", "video/quicktime"}),
        source=_MEDIA,
        least={"seconds": 3, "frame_rate": 23, "ratio": 0.01},
        most={"bytes": 300_000_000, "seconds": 15 * 60, "frame_rate": 60, "ratio": 10, "width": 1920},
        codecs=frozenset({"h264", "hevc"}),
    ),
    mixes=True,
    media_required=True,
)


def text_length(text: str) -> int:
    """Units of UTF-16, as publishing tools found (https://developers.buffer.com/guides/character-limits): Meta says
    characters, and not which."""
    return utf16_units(text)


def _judge(draft: Draft, limits: Limits) -> Iterator[Violation]:
    return checking.check(draft, limits, Counter(text_length))


RULES = Rules(text_length, LIMITS, _judge)
