"""Which other forms of a picture or video would do where it cannot be used as it is. Numbers in, recipes out.

What a conversion cannot change (how long it lasts, a picture that is too small) is not offered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from clientnest.media.model import Facts, Fit, MediaKind, Recipe

_JPEG, _PNG, _MP4 = "image/jpeg", "image/png", "video/mp4"
_H264, _AAC = "h264", "aac"
_SAME_RATIO = 0.005
"""How far two ratios may be apart, in parts of one, and pass for the same: sizes are whole pixels."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a network takes, as plain numbers; None, or none named: anything. Ratios are width to height."""

    formats: tuple[str, ...] = ()
    max_bytes: int | None = None
    max_width: int | None = None
    max_height: int | None = None
    min_width: int | None = None
    min_height: int | None = None
    min_ratio: float | None = None
    max_ratio: float | None = None
    max_duration_seconds: float | None = None
    max_frame_rate: float | None = None
    video_codecs: tuple[str, ...] = ()
    audio_codecs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A recipe whose result would do, and what it changes: `format`, `codec`, `ratio`, `size`, `frame_rate`,
    `bytes`."""

    recipe: Recipe
    changes: tuple[str, ...]


def offers(facts: Facts, wanted: Wanted) -> tuple[Offer, ...]:
    """The ways to make it fit, the gentlest first; none where it fits already, or nothing would help."""
    target = _target(facts, wanted)
    changes = tuple(_changes(facts, wanted))
    too_long = wanted.max_duration_seconds is not None and (facts.duration_seconds or 0) > wanted.max_duration_seconds
    if not changes or target is None or too_long:
        return ()
    fits = (Fit.PAD, Fit.CROP) if "ratio" in changes else (Fit.SCALE,)
    sized = ((fit, _frame(facts, wanted, fit)) for fit in fits)
    return tuple(
        Offer(Recipe(target, *size, fit, wanted.max_bytes, wanted.max_frame_rate if target == _MP4 else None), changes)
        for fit, size in sized
        if _large_enough(size, wanted)
    )


def _changes(facts: Facts, wanted: Wanted) -> Iterator[str]:
    if wanted.formats and facts.mime_type not in wanted.formats:
        yield "format"
    if facts.kind is MediaKind.VIDEO and (
        (wanted.video_codecs and facts.video_codec not in wanted.video_codecs)
        or (wanted.audio_codecs and facts.audio_codec is not None and facts.audio_codec not in wanted.audio_codecs)
    ):
        yield "codec"
    if _nearest_ratio(facts.ratio, wanted) is not None:
        yield "ratio"
    if facts.width > (wanted.max_width or facts.width) or facts.height > (wanted.max_height or facts.height):
        yield "size"
    if wanted.max_frame_rate is not None and (facts.frame_rate or 0) > wanted.max_frame_rate:
        yield "frame_rate"
    if wanted.max_bytes is not None and facts.size_bytes > wanted.max_bytes:
        yield "bytes"


def _target(facts: Facts, wanted: Wanted) -> str | None:
    """The type to make: the first of those it can become that is taken."""
    if facts.kind is MediaKind.VIDEO:
        can = [_MP4]
    elif facts.mime_type == _PNG and wanted.max_bytes is None:
        can = [_PNG, _JPEG]  # nothing is lost where nothing has to be
    else:
        can = [_JPEG, _PNG]
    if facts.moves and facts.kind is MediaKind.IMAGE:
        can.insert(0, _MP4)
    if not _plays(wanted):
        can = [one for one in can if one != _MP4]
    return next((one for one in can if not wanted.formats or one in wanted.formats), None)


def _plays(wanted: Wanted) -> bool:
    """Whether the codecs that videos are converted to are taken."""
    return (not wanted.video_codecs or _H264 in wanted.video_codecs) and (
        not wanted.audio_codecs or _AAC in wanted.audio_codecs
    )


def _nearest_ratio(ratio: float, wanted: Wanted) -> float | None:
    """The nearest ratio that is taken; None where it is taken as it is."""
    if wanted.min_ratio is not None and ratio < wanted.min_ratio * (1 - _SAME_RATIO):
        return wanted.min_ratio
    if wanted.max_ratio is not None and ratio > wanted.max_ratio * (1 + _SAME_RATIO):
        return wanted.max_ratio
    return None


def _frame(facts: Facts, wanted: Wanted, fit: Fit) -> tuple[int, int]:
    """Width and height of the result: of the wanted ratio, and within what is allowed."""
    width, height = float(facts.width), float(facts.height)
    ratio = _nearest_ratio(facts.ratio, wanted)
    if ratio is not None:
        wider = facts.ratio < ratio
        if (fit is Fit.PAD) == wider:
            width = height * ratio
        else:
            height = width / ratio
    factor = min(1.0, (wanted.max_width or width) / width, (wanted.max_height or height) / height)
    return _inside(width * factor, height * factor, wanted)


def _inside(width: float, height: float, wanted: Wanted) -> tuple[int, int]:
    """Whole and even numbers, on the side of the ratio that is taken."""
    across = max(2, floor(width / 2) * 2)
    down = max(2, floor(height / 2) * 2)
    if wanted.max_ratio is not None and across / down > wanted.max_ratio:
        across = max(2, floor(down * wanted.max_ratio / 2) * 2)
    if wanted.min_ratio is not None and across / down < wanted.min_ratio:
        down = max(2, floor(across / wanted.min_ratio / 2) * 2)
    return across, down


def _large_enough(size: tuple[int, int], wanted: Wanted) -> bool:
    return size[0] >= (wanted.min_width or 0) and size[1] >= (wanted.min_height or 0)
