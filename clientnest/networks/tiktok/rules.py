"""TikTok: how it counts, and what it allows."""

from collections.abc import Iterator
from dataclasses import replace

from clientnest.rules import FileLimits, Limit, Limits, Rules, Unit, checking
from clientnest.rules.counting import utf16_units
from clientnest.rules.model import Draft, MediaKind, Violation
from clientnest.rules.text import Counter

_VIDEOS = "https://developers.tiktok.com/doc/content-posting-api-reference-direct-post"
_PHOTOS = "https://developers.tiktok.com/doc/content-posting-api-reference-photo-post"
_FILES = "https://developers.tiktok.com/doc/content-posting-api-media-transfer-guide"

LIMITS = Limits(
    label="TikTok",
    source=_PHOTOS,
    text=Limit(2200, Unit.UTF16, _VIDEOS),
    text_with_images=Limit(4000, Unit.UTF16, _PHOTOS),
    title=Limit(90, Unit.UTF16, _PHOTOS),
    images=Limit(35, Unit.ITEMS, _PHOTOS),
    videos=Limit(1, Unit.ITEMS, _VIDEOS),
    image=FileLimits(
        types=frozenset({"image/jpeg", "image/webp"}), source=_FILES, most={"bytes": 20_000_000, "pixels": 1920 * 1080}
    ),
    video=FileLimits(
        types=frozenset({"video/mp4", "video/webm", "video/quicktime"}),
        source=_FILES,
        least={"width": 360, "height": 360, "frame_rate": 23},
        most={"bytes": 4_000_000_000, "width": 4096, "height": 4096, "frame_rate": 60, "seconds": 10 * 60},
        codecs=frozenset({"h264", "hevc", "vp8", "vp9"}),
    ),
    media_required=True,
)


def text_length(text: str) -> int:
    """Units of UTF-16 ("UTF-16 runes" in TikTok's documentation)."""
    return utf16_units(text)


def _judge(draft: Draft, limits: Limits) -> Iterator[Violation]:
    if any(each.kind is MediaKind.VIDEO for each in draft.media):
        limits = replace(limits, title=None)  # a video has its caption alone
    return checking.check(draft, limits, Counter(text_length))


RULES = Rules(text_length, LIMITS, _judge)
