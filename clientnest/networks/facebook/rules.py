"""Facebook Pages: how posts are counted, and what is allowed. Meta documents little of it."""

from collections.abc import Iterator

from clientnest.rules import FileLimits, Limit, Limits, Rules, Unit, checking
from clientnest.rules.counting import utf16_units
from clientnest.rules.model import Draft, Violation
from clientnest.rules.text import Counter

_POSTS = "https://developers.facebook.com/docs/pages-api/posts"
_COMPARED = "https://typecount.com/blog/social-media-character-limits"
_FILES = "https://www.ayrshare.com/docs/media-guidelines/facebook_pages"
_PICTURES = frozenset({"image/jpeg", "image/png", "image/bmp", "image/gif", "image/tiff"})

LIMITS = Limits(
    label="Facebook",
    source=_POSTS,
    text=Limit(63_206, Unit.UTF16, _COMPARED, secondary=True),
    first_comment=Limit(8000, Unit.UTF16, _COMPARED, secondary=True),
    images=Limit(10, Unit.ITEMS, "https://www.ayrshare.com/docs/apis/post/social-networks/facebook", secondary=True),
    videos=Limit(1, Unit.ITEMS, _POSTS),
    image=FileLimits(types=_PICTURES, source=_FILES, most={"bytes": 10_000_000}, secondary=True),
    gif=FileLimits(types=frozenset({"image/gif"}), source=_FILES, most={"bytes": 10_000_000}, secondary=True),
    video=FileLimits(
        types=frozenset({"video/mp4", "video/quicktime", "video/x-msvideo"}),
        source=_FILES,
        most={"bytes": 10_000_000_000, "seconds": 4 * 3600},
        secondary=True,
    ),
    takes_link=True,
)


def text_length(text: str) -> int:
    """Units of UTF-16, as publishing tools found (https://developers.buffer.com/guides/character-limits): Meta says
    characters, and not which."""
    return utf16_units(text)


def _judge(draft: Draft, limits: Limits) -> Iterator[Violation]:
    return checking.check(draft, limits, Counter(text_length))


RULES = Rules(text_length, LIMITS, _judge)
