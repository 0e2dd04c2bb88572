"""Threads: how it counts, and what it allows."""

from collections.abc import Iterator
from dataclasses import replace

from clientnest.rules import FileLimits, Limit, Limits, Rules, Severity, Unit, checking
from clientnest.rules.counting import emoji_as_bytes
from clientnest.rules.model import Draft, Violation
from clientnest.rules.text import Counter, Written, forbidden

_POSTS = "https://developers.facebook.com/documentation/threads/posts"
_OVERVIEW = "https://developers.facebook.com/documentation/threads/overview"
_LINKS = "https://developers.facebook.com/documentation/threads/create-posts/text-attachments"
_TOOLS = "https://www.ayrshare.com/docs/apis/post/social-networks/threads"
_NOT_IN_TAGS = ".&"

LIMITS = Limits(
    label="Threads",
    source=_POSTS,
    text=Limit(500, Unit.EMOJI_BYTES, _POSTS),
    first_comment=Limit(500, Unit.EMOJI_BYTES, _POSTS),
    links=Limit(5, Unit.ITEMS, _LINKS),
    hashtags=Limit(1, Unit.ITEMS, _TOOLS, secondary=True, severity=Severity.WARNING),
    tags=Limit(1, Unit.ITEMS, _POSTS),
    tag=Limit(50, Unit.CHARACTERS, _POSTS),
    files=Limit(20, Unit.ITEMS, _POSTS),
    image=FileLimits(
        types=frozenset({"image/jpeg", "image/png"}),
        source=_OVERVIEW,
        least={"width": 320, "ratio": 0.1},
        most={"bytes": 8_000_000, "width": 1440, "ratio": 10},
        warned=frozenset({"width"}),
    ),
    video=FileLimits(
        types=frozenset({"video/mp4", "video/quicktime"}),
        source=_OVERVIEW,
        least={"frame_rate": 23, "ratio": 0.01},
        most={"bytes": 1_000_000_000, "seconds": 5 * 60, "frame_rate": 60, "ratio": 10, "width": 1920},
        codecs=frozenset({"h264", "hevc"}),
    ),
    threads=True,
    mixes=True,
    takes_link=True,
)


def text_length(text: str) -> int:
    """Characters (code points), but of emoji their bytes of UTF-8."""
    return emoji_as_bytes(text)


def _judge(draft: Draft, limits: Limits) -> Iterator[Violation]:
    yield from checking.check(draft, limits, Counter(text_length))
    yield from _link_beside(draft, limits)
    of_tags = replace(limits, forbidden=_NOT_IN_TAGS)
    for number, tag in enumerate(checking.texts_of(draft, "tags")):
        yield from forbidden(of_tags, Written(f"options.tags[{number}]", tag, "A tag"))


def _link_beside(draft: Draft, limits: Limits) -> Iterator[Violation]:
    """The link beside the text counts with those in it, unless it is one of them."""
    if (limit := limits.links) is None or draft.link is None:
        return
    found = {draft.text[start:end] for start, end in checking.different_links(draft.text)}
    if len(found) == limit.value and draft.link not in found:
        yield Violation(
            rule="too-many-links", severity=limit.severity, field="link", source=limit.source,
            message=f"With the one beside it, the text has {limit.value + 1} links; Threads allows {limit.value}.",
            advice="Delete one of them.", limit=limit.value, measured=limit.value + 1, unit=limit.unit,
        )  # fmt: skip


RULES = Rules(text_length, LIMITS, _judge)
