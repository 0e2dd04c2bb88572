"""Bluesky: how it counts, and what it allows. Limits are those of its lexicons."""

from collections.abc import Iterator

from clientnest.rules import FileLimits, Limit, Limits, Rules, Severity, Unit, checking
from clientnest.rules.counting import graphemes, utf8_bytes
from clientnest.rules.model import Draft, Violation
from clientnest.rules.text import COUNTERS, Counter, Written, too_long

_LEXICONS = "https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky"
_POST = f"{_LEXICONS}/feed/post.json"
_IMAGES = f"{_LEXICONS}/embed/images.json"
_TAG_BYTES = Limit(640, Unit.BYTES, _POST)

LIMITS = Limits(
    label="Bluesky",
    source=_POST,
    text=Limit(300, Unit.GRAPHEMES, _POST),
    text_bytes=Limit(3000, Unit.BYTES, _POST),
    first_comment=Limit(300, Unit.GRAPHEMES, _POST),
    hashtag=Limit(64, Unit.GRAPHEMES, f"{_LEXICONS}/richtext/facet.json", severity=Severity.WARNING),
    tags=Limit(8, Unit.ITEMS, _POST),
    tag=Limit(64, Unit.GRAPHEMES, _POST),
    images=Limit(4, Unit.ITEMS, _IMAGES),
    videos=Limit(1, Unit.ITEMS, f"{_LEXICONS}/embed/video.json"),
    image=FileLimits(
        types=frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"}),
        source=_IMAGES,
        most={"bytes": 2_000_000},
    ),
    gif=FileLimits(types=frozenset({"image/gif"}), source=_IMAGES, most={"bytes": 2_000_000}),
    video=FileLimits(
        types=frozenset({"video/mp4"}), source=f"{_LEXICONS}/embed/video.json", most={"bytes": 300_000_000}
    ),
    threads=True,
    gif_stands_still=True,
    takes_link=True,
)


def text_length(text: str) -> int:
    """Graphemes. The bytes of UTF-8 are limited besides (`text_bytes`)."""
    return graphemes(text)


def text_bytes(text: str) -> int:
    """Bytes of UTF-8, as positions of links and mentions are counted too."""
    return utf8_bytes(text)


def _judge(draft: Draft, limits: Limits) -> Iterator[Violation]:
    yield from checking.check(draft, limits, Counter(text_length))
    for number, tag in enumerate(checking.texts_of(draft, "tags")):
        written = Written(f"options.tags[{number}]", tag, "A tag")
        yield from too_long(limits, written, _TAG_BYTES, COUNTERS[Unit.BYTES], rule="tag-bytes")


RULES = Rules(text_length, LIMITS, _judge)
