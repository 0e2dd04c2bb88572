"""YouTube: how titles, descriptions and tags of videos are counted, and what is allowed."""

from collections.abc import Iterator

from clientnest.rules import FileLimits, Limit, Limits, Rules, Severity, Unit, checking
from clientnest.rules.counting import utf8_bytes
from clientnest.rules.model import Draft, Violation
from clientnest.rules.text import Counter

_VIDEOS = "https://developers.google.com/youtube/v3/docs/videos"
_INSERT = "https://developers.google.com/youtube/v3/docs/videos/insert"
_HASHTAGS = "https://support.google.com/youtube/answer/6390658"
_FORMATS = frozenset(
    {"video/mp4", "video/quicktime", "video/webm", "video/mpeg", "video/x-msvideo", "video/x-ms-wmv", "video/x-flv",
     "video/3gpp"}
)  # fmt: skip

LIMITS = Limits(
    label="YouTube",
    source=_VIDEOS,
    text=Limit(5000, Unit.BYTES, _VIDEOS),
    title=Limit(100, Unit.CHARACTERS, _VIDEOS),
    first_comment=Limit(
        10_000, Unit.CHARACTERS, "https://typecount.com/blog/social-media-character-limits", secondary=True
    ),
    hashtags=Limit(60, Unit.ITEMS, _HASHTAGS, severity=Severity.WARNING),  # beyond them YouTube ignores all
    tags_in_all=Limit(500, Unit.CHARACTERS, f"{_VIDEOS}#snippet.tags[]"),
    videos=Limit(1, Unit.ITEMS, _INSERT),
    video=FileLimits(types=_FORMATS, source=_INSERT, most={"bytes": 256_000_000_000}),
    title_required=True,
    media_required=True,
    forbidden="<>",
)


def text_length(text: str) -> int:
    """Bytes of UTF-8: the description's rule. A title is counted in characters."""
    return utf8_bytes(text)


def tags_length(tags: tuple[str, ...]) -> int:
    """What tags count together: with the commas between them, and with quotes around one that holds a space."""
    return sum(len(tag) + (2 if " " in tag else 0) for tag in tags) + max(len(tags) - 1, 0)


def _judge(draft: Draft, limits: Limits) -> Iterator[Violation]:
    yield from checking.check(draft, limits, Counter(text_length))
    tags, limit = checking.texts_of(draft, "tags"), limits.tags_in_all
    if limit is not None and (measured := tags_length(tags)) > limit.value:
        first = next(number for number in range(len(tags)) if tags_length(tags[: number + 1]) > limit.value)
        yield Violation(
            rule="tags-too-long", severity=limit.severity, field=f"options.tags[{first}]", source=limit.source,
            message=f"The tags have {measured:,} characters together, with commas and quotes; YouTube allows "
            f"{limit.value:,}.",
            advice="Leave out some, or shorten them.", limit=limit.value, measured=measured, unit=limit.unit,
        )  # fmt: skip


RULES = Rules(text_length, LIMITS, _judge)
