"""What is wrong with the files of one post."""

from collections.abc import Iterator, Sequence

from clientnest.rules.limits import PROPERTIES, FileLimits, Limit, Limits
from clientnest.rules.model import MediaFacts, MediaKind, Severity, Unit, Violation
from clientnest.rules.text import COUNTERS, Written, too_long, unsendable

_NAMES = {MediaKind.IMAGE: "images", MediaKind.GIF: "moving GIFs", MediaKind.VIDEO: "videos"}
_MEASURES = {
    "bytes": "is {} bytes large", "width": "is {} pixels wide", "height": "is {} pixels high",
    "pixels": "has {} pixels",
    "ratio": "is {} times as wide as high", "seconds": "lasts {} seconds", "frame_rate": "has {} frames a second",
}  # fmt: skip
_SCALED = "Choose another file, or convert it."


def check(limits: Limits, media: Sequence[MediaFacts], field: str) -> Iterator[Violation]:
    """All violations of the files in a field such as `media` or `parts[0].media`."""
    yield from _too_many(limits, limits.files, range(len(media)), field, "files")
    pictures = [number for number, each in enumerate(media) if each.kind is not MediaKind.VIDEO]
    videos = [number for number, each in enumerate(media) if each.kind is MediaKind.VIDEO]
    yield from _too_many(limits, limits.images, pictures, field, "images")
    yield from _too_many(limits, limits.videos, videos, field, "videos")
    if pictures and videos and not limits.mixes:
        other = pictures if videos[0] < pictures[0] else videos
        yield _violation(
            limits, "media-mixed", f"{field}[{other[0]}]",
            f"{limits.label} takes images or a video in one post, not both.", "Leave out the one or the other.",
        )  # fmt: skip
    moving = [number for number in pictures if media[number].kind is MediaKind.GIF]
    if moving and limits.gif_alone and len(media) > 1:
        yield _violation(
            limits, "gif-not-alone", f"{field}[{moving[0]}]",
            f"{limits.label} takes a moving GIF by itself only.", "Leave out the other files, or the GIF.",
        )  # fmt: skip
    for number, each in enumerate(media):
        yield from _file(limits, each, f"{field}[{number}]", number + 1)


def _file(limits: Limits, facts: MediaFacts, field: str, number: int) -> Iterator[Violation]:
    alt_text = Written(f"{field}.alt_text", facts.alt_text, f"The alt text of file {number}")
    yield from unsendable(limits, alt_text)
    if limits.alt_text is not None:
        yield from too_long(limits, alt_text, limits.alt_text, COUNTERS[limits.alt_text.unit], rule="alt-text-too-long")
    allowed = {MediaKind.IMAGE: limits.image, MediaKind.GIF: limits.gif, MediaKind.VIDEO: limits.video}[facts.kind]
    if allowed is None:
        yield _violation(
            limits, "media-unsupported", field, f"{limits.label} takes no {_NAMES[facts.kind]}.", "Leave it out."
        )
        return
    if facts.kind is MediaKind.GIF and limits.gif_stands_still:
        yield Violation(
            rule="gif-stands-still", severity=Severity.WARNING, field=field, source=allowed.source,
            message=f"{limits.label} shows only the first picture of a GIF.", advice="Convert it to a video.",
        )  # fmt: skip
    if facts.mime_type not in allowed.types:
        yield _violation(
            limits, "media-type", field, f"{limits.label} takes no {_NAMES[facts.kind]} of the type {facts.mime_type}.",
            f"Convert it to {' or '.join(sorted(allowed.types))}.", allowed.source,
        )  # fmt: skip
    if facts.video_codec and allowed.codecs and facts.video_codec not in allowed.codecs:
        yield _violation(
            limits, "media-codec", field, f"{limits.label} takes no videos coded as {facts.video_codec}.",
            f"Convert it to {' or '.join(sorted(allowed.codecs))}.", allowed.source,
        )  # fmt: skip
    yield from _measured(limits, allowed, facts, field, number)


def _measured(
    limits: Limits, allowed: FileLimits, facts: MediaFacts, field: str, number: int
) -> Iterator[Violation]:  # fmt: skip
    for name, measured in _properties(facts).items():
        if measured is None:
            continue
        least, most = allowed.least.get(name), allowed.most.get(name)
        for bound, word, wrong in (
            (least, "least", least is not None and measured < least),
            (most, "most", most is not None and measured > most),
        ):
            if not wrong or bound is None:
                continue
            yield Violation(
                rule=f"media-{name.replace('_', '-')}-{'below' if word == 'least' else 'above'}",
                severity=Severity.WARNING if name in allowed.warned else Severity.ERROR,
                field=field, source=allowed.source,
                message=f"File {number} {_MEASURES[name].format(_shown(measured))}; {limits.label} asks for at {word} "
                f"{_shown(bound)}.",
                advice=_SCALED, limit=bound, measured=measured, unit=PROPERTIES[name],
            )  # fmt: skip


def _shown(number: float) -> str:
    return f"{number:,.0f}" if number == round(number) else f"{number:,.2f}"


def _properties(facts: MediaFacts) -> dict[str, float | None]:
    known = facts.width is not None and facts.height is not None
    width, height = facts.width or 0, facts.height or 0
    return {
        "bytes": facts.bytes,
        "width": facts.width,
        "height": facts.height,
        "pixels": width * height if known else None,
        "ratio": width / height if known and height else None,
        "seconds": facts.duration_seconds,
        "frame_rate": facts.frame_rate,
    }


def _too_many(
    limits: Limits, limit: Limit | None, found: Sequence[int], field: str, things: str
) -> Iterator[Violation]:  # fmt: skip
    if limit is not None and len(found) > limit.value:
        yield Violation(
            rule=f"too-many-{things}", severity=limit.severity, field=f"{field}[{found[limit.value]}]",
            message=f"There are {len(found):,} {things}; {limits.label} allows {limit.value:,} in one post.",
            advice=f"Leave out {len(found) - limit.value:,} of them.", source=limit.source,
            limit=limit.value, measured=len(found), unit=Unit.ITEMS,
        )  # fmt: skip


def _violation(
    limits: Limits, rule: str, field: str, message: str, advice: str, source: str | None = None
) -> Violation:  # fmt: skip
    return Violation(
        rule=rule, severity=Severity.ERROR, field=field, message=message, advice=advice,
        source=source or limits.source,
    )  # fmt: skip
