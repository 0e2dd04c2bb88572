"""Pinterest: how Pins are counted, and what is allowed."""

from collections.abc import Iterator

from clientnest.rules import FileLimits, Limit, Limits, Rules, Unit, checking
from clientnest.rules.counting import code_points
from clientnest.rules.model import Draft, Violation
from clientnest.rules.text import Counter

_CONTRACT = "https://github.com/pinterest/api-description/blob/main/v5/openapi.json"
_FILES = "https://www.ayrshare.com/docs/media-guidelines/pinterest"
_PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp", "image/tiff"})

LIMITS = Limits(
    label="Pinterest",
    source=_CONTRACT,
    text=Limit(800, Unit.CHARACTERS, _CONTRACT),
    title=Limit(100, Unit.CHARACTERS, _CONTRACT),
    link=Limit(2048, Unit.CHARACTERS, _CONTRACT),
    alt_text=Limit(500, Unit.CHARACTERS, _CONTRACT),
    images=Limit(5, Unit.ITEMS, _CONTRACT),
    videos=Limit(1, Unit.ITEMS, _CONTRACT),
    image=FileLimits(types=_PICTURES, source=_FILES, most={"bytes": 20_000_000}, secondary=True),
    gif=FileLimits(types=frozenset({"image/gif"}), source=_FILES, most={"bytes": 20_000_000}, secondary=True),
    video=FileLimits(
        types=frozenset({"video/mp4", "video/quicktime", "video/x-m4v"}),
        source=_FILES,
        least={"seconds": 4, "ratio": 0.5},
        most={"bytes": 2_000_000_000, "seconds": 15 * 60, "ratio": 1.91},
        secondary=True,
    ),
    takes_link=True,
    link_beside_media=True,
    media_required=True,
)


def text_length(text: str) -> int:
    """Code points: what `maxLength` of its OpenAPI document means (JSON Schema, RFC 8259)."""
    return code_points(text)


def _judge(draft: Draft, limits: Limits) -> Iterator[Violation]:
    return checking.check(draft, limits, Counter(text_length))


RULES = Rules(text_length, LIMITS, _judge)
