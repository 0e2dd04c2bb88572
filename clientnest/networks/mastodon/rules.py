"""Mastodon: how its servers count, and what they allow, which each tells of itself."""

from collections.abc import Iterator, Mapping
from typing import Any

import regex

from clientnest.errors import BadInput
from clientnest.rules import FileLimits, Limit, Limits, Rules, Unit, addresses, checking
from clientnest.rules.counting import graphemes
from clientnest.rules.model import Draft, Violation
from clientnest.rules.text import Counter

_COUNTING = "https://github.com/mastodon/mastodon/blob/main/app/validators/status_length_validator.rb"
_INSTANCE = "https://docs.joinmastodon.org/entities/Instance/#configuration"
_POSTING = "https://docs.joinmastodon.org/user/posting/#media"
_ADDRESS = Limit(23, Unit.CHARACTERS, _INSTANCE)
# Of a mention only the name counts (Account::MENTION_RE); one that an accent, an at sign or :// follows is none.
_MENTION = regex.compile(
    r"(?<![=/\w\p{M}])(?>(@[a-z0-9_]+(?:[.-]+[a-z0-9_]+)*)(?:@([\w\p{M}]+(?:[.-]+[\w\p{M}]+)*))?)"
    "(?![@＠\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0300-\u036f\u1e00-\u1eff]|://)",
    regex.IGNORECASE,
)
_LONGEST_DOMAIN = 253
_BLANK = "\t\n\v\f\r \0"  # what Ruby's `strip` takes away at both ends before it is counted
_PICTURES = frozenset(f"image/{kind}" for kind in ("jpeg", "png", "gif", "webp", "heic", "heif", "avif"))

LIMITS = Limits(
    label="Mastodon",
    source=_POSTING,
    text=Limit(500, Unit.GRAPHEMES, _INSTANCE),
    address=_ADDRESS,
    first_comment=Limit(500, Unit.GRAPHEMES, _INSTANCE),
    alt_text=Limit(1500, Unit.CHARACTERS, _INSTANCE),
    files=Limit(4, Unit.ITEMS, _INSTANCE),
    videos=Limit(1, Unit.ITEMS, _POSTING),
    image=FileLimits(types=_PICTURES, source=_INSTANCE, most={"bytes": 16_777_216, "pixels": 33_177_600}),
    gif=FileLimits(types=frozenset({"image/gif"}), source=_INSTANCE, most={"bytes": 16_777_216, "pixels": 33_177_600}),
    video=FileLimits(
        types=frozenset({"video/mp4", "video/webm", "video/quicktime", "video/ogg"}),
        source=_INSTANCE,
        most={"bytes": 103_809_024, "pixels": 8_294_400, "frame_rate": 120},
    ),
    threads=True,
    gif_alone=True,
)


def text_length(text: str) -> int:
    """Graphemes, of which any address counts 23 and a mention no more than its name: `@user` of `@user@server`."""
    return _counted(text, _ADDRESS.value)


def _counted(text: str, address: int) -> int:
    text = text.strip(_BLANK)
    found = [(start, end, "x" * address) for start, end in addresses.find(text, addresses.FEDIVERSE)]
    if "@" in text:
        found += [
            (mention.start(), mention.end(), mention[1])
            for mention in _MENTION.finditer(text)
            if mention[2] and len(mention[2]) <= _LONGEST_DOMAIN
        ]
    if not found:
        return graphemes(text)
    pieces, done = [], 0
    for start, end, shown in sorted(found):
        if start >= done:
            pieces += [text[done:start], shown]
            done = end
    return graphemes("".join([*pieces, text[done:]]))


def _judge(draft: Draft, limits: Limits) -> Iterator[Violation]:
    address = (limits.address or _ADDRESS).value
    warning = draft.options.get("spoiler_text")
    already = graphemes(warning.strip(_BLANK)) if isinstance(warning, str) else 0
    return checking.check(
        draft, limits, Counter(lambda text: _counted(text, address), addresses.FEDIVERSE), already=already
    )


_TOLD: Mapping[str, tuple[str, ...]] = {
    "text": ("statuses", "max_characters"),
    "first_comment": ("statuses", "max_characters"),
    "address": ("statuses", "characters_reserved_per_url"),
    "files": ("statuses", "max_media_attachments"),
    "alt_text": ("media_attachments", "description_limit"),
}
_TOLD_OF_FILES: Mapping[tuple[str, str], str] = {
    ("image", "bytes"): "image_size_limit", ("image", "pixels"): "image_matrix_limit",
    ("gif", "bytes"): "image_size_limit", ("gif", "pixels"): "image_matrix_limit",
    ("video", "bytes"): "video_size_limit", ("video", "pixels"): "video_matrix_limit",
    ("video", "frame_rate"): "video_frame_rate_limit",
}  # fmt: skip


def _told(answer: Mapping[str, Any]) -> Limits:
    """From `/api/v2/instance`. What a server does not say, or says wrongly, stays as it is elsewhere."""
    configuration = _inside(answer, "configuration")
    limits = LIMITS
    for name, (group, key) in _TOLD.items():
        limits = _changed(limits, {name: _inside(configuration, group).get(key)})
    media = _inside(configuration, "media_attachments")
    for (kind, measured), key in _TOLD_OF_FILES.items():
        limits = _changed(limits, {kind: {"most": {measured: media.get(key)}}})
    types = media.get("supported_mime_types")
    if isinstance(types, list) and types:
        for kind in ("image", "video"):
            own = [each for each in types if isinstance(each, str) and each.startswith(f"{kind}/")]
            limits = _changed(limits, {kind: {"types": own}}) if own else limits
    return limits


def _changed(limits: Limits, own: Mapping[str, Any]) -> Limits:
    try:
        return limits.overridden(own)
    except BadInput:
        return limits


def _inside(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inside = value.get(key)
    return inside if isinstance(inside, Mapping) else {}


RULES = Rules(text_length, LIMITS, _judge, _told)
