"""LinkedIn: how posts are counted, what is allowed, and how a text is written in its format."""

import re
from collections.abc import Iterator

from clientnest.rules import FileLimits, Limit, Limits, Rules, Unit, checking
from clientnest.rules.counting import utf16_units
from clientnest.rules.model import Draft, Violation
from clientnest.rules.text import Counter

_SHARES = "https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares"
_LITTLE = f"{_SHARES}/little-text-format"
_TOOLS = "https://developers.buffer.com/guides/character-limits"
_FILES = "https://www.ayrshare.com/docs/media-guidelines/linkedin"
# Of `#` only those that begin no hashtag: a hashtag is an element of the format.
_RESERVED = re.compile(r"[\\|{}@\[\]()<>*_~]|#(?!\w)|(?<=[\w&/#])#")

LIMITS = Limits(
    label="LinkedIn",
    source=f"{_SHARES}/posts-api",
    text=Limit(3000, Unit.UTF16, _TOOLS, secondary=True),
    first_comment=Limit(1250, Unit.UTF16, _TOOLS, secondary=True),
    alt_text=Limit(4086, Unit.CHARACTERS, f"{_SHARES}/multiimage-post-api"),
    images=Limit(20, Unit.ITEMS, f"{_SHARES}/multiimage-post-api"),
    videos=Limit(1, Unit.ITEMS, f"{_SHARES}/posts-api"),
    image=FileLimits(
        types=frozenset({"image/jpeg", "image/png", "image/gif"}),
        source=_FILES,
        most={"bytes": 5_000_000, "pixels": 36_152_320},
        secondary=True,
    ),
    gif=FileLimits(
        types=frozenset({"image/gif"}), source=_FILES, most={"bytes": 5_000_000, "pixels": 36_152_320}, secondary=True
    ),
    video=FileLimits(
        types=frozenset({"video/mp4"}),
        source=f"{_SHARES}/videos-api",
        least={"bytes": 75_000, "seconds": 3},
        most={"bytes": 500_000_000, "seconds": 30 * 60},
    ),
    takes_link=True,
)


def text_length(text: str) -> int:
    """Units of UTF-16 of the text as it is read, as publishing tools found; what escaping adds is not counted."""
    return utf16_units(text)


def escape(text: str) -> str:
    """The text for a `commentary`, in LinkedIn's "little text" (https://learn.microsoft.com/en-us/linkedin/marketing/
    community-management/shares/little-text-format): what it reserves is escaped, and hashtags stay hashtags.

    LinkedIn cuts a post off, without a word, where it finds a reserved character that is not.
    """
    return _RESERVED.sub(lambda found: "\\" + found[0], text)


def _judge(draft: Draft, limits: Limits) -> Iterator[Violation]:
    return checking.check(draft, limits, Counter(text_length))


RULES = Rules(text_length, LIMITS, _judge)
