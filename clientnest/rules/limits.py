"""What a network allows: each limit once, with where it is said, and what an account's own limits change about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from clientnest.errors import BadInput
from clientnest.rules.model import Severity, Unit

_MOST = 2**53  # what JSON keeps exactly everywhere


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of something. `source` is the page that says so; `secondary`: it is not the network's own."""

    value: int
    unit: Unit
    source: str
    secondary: bool = False
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """Files of one kind. `least` and `most` by property: bytes, width, height, pixels, ratio, seconds, frame_rate.

    `warned` are properties that are worth a warning only: the network corrects them, or advises against them.
    """

    types: frozenset[str]
    source: str
    least: Mapping[str, float] = field(default_factory=dict)
    most: Mapping[str, float] = field(default_factory=dict)
    codecs: frozenset[str] = frozenset()
    warned: frozenset[str] = frozenset()
    secondary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """All of one network, or of one account there. None: there is no such limit that is known, or no such thing.

    `source` says what is not a number. `address` is what an address in the text counts, however long it is.
    `text_with_images` stands in for `text` where a post without a video may say more. `forbidden` are characters that
    its texts may not hold. `files` and `videos` count attachments of one post, `images` those that are
    pictures; a network without `image`, `gif` or `video` takes none of that kind.
    """

    label: str
    source: str
    text: Limit
    text_bytes: Limit | None = None
    text_with_images: Limit | None = None
    address: Limit | None = None
    title: Limit | None = None
    first_comment: Limit | None = None
    link: Limit | None = None
    links: Limit | None = None
    hashtags: Limit | None = None
    hashtag: Limit | None = None
    mentions: Limit | None = None
    tags: Limit | None = None
    tag: Limit | None = None
    tags_in_all: Limit | None = None
    alt_text: Limit | None = None
    files: Limit | None = None
    images: Limit | None = None
    videos: Limit | None = None
    image: FileLimits | None = None
    gif: FileLimits | None = None
    video: FileLimits | None = None
    threads: bool = False
    mixes: bool = False
    gif_alone: bool = False
    gif_stands_still: bool = False
    takes_link: bool = False
    link_beside_media: bool = False
    title_required: bool = False
    media_required: bool = False
    forbidden: str = ""

    def overridden(self, own: Mapping[str, Any]) -> "Limits":
        """With an account's own: `{"text": 25000, "video": {"most": {"seconds": 600}}}`. `BadInput` names what is
        unknown, or no number. Only limits that the network has can be changed."""
        changed: dict[str, Any] = {}
        for name, value in own.items():
            present = getattr(self, name) if name in _CHANGEABLE else None
            if isinstance(present, Limit):
                changed[name] = replace(present, value=_whole(name, value))
            elif isinstance(present, FileLimits):
                changed[name] = _of_files(name, present, value)
            else:
                raise BadInput(
                    f"{self.label} has no limit named {name!r}.",
                    advice="Known: " + ", ".join(known for known in _CHANGEABLE if getattr(self, known)) + ".",
                    details={"field": name},
                )
        return replace(self, **changed)


_PLAIN = frozenset(
    {"label", "source", "threads", "mixes", "gif_alone", "gif_stands_still", "takes_link", "link_beside_media",
     "title_required", "media_required", "forbidden"}
)  # fmt: skip
_CHANGEABLE = tuple(each.name for each in fields(Limits) if each.name not in _PLAIN)
PROPERTIES: Mapping[str, Unit] = {
    "bytes": Unit.BYTES, "width": Unit.PIXELS, "height": Unit.PIXELS, "pixels": Unit.PIXELS, "ratio": Unit.RATIO,
    "seconds": Unit.SECONDS, "frame_rate": Unit.FRAMES,
}  # fmt: skip
"""What is measured of a file, and in what."""


def _of_files(name: str, present: FileLimits, value: object) -> FileLimits:
    if not isinstance(value, Mapping):
        raise BadInput(f"{name} has to be an object.", details={"field": name})
    changed: dict[str, Any] = {}
    for part, inside in value.items():
        if part == "types" and _are_texts(inside):
            changed["types"] = frozenset(inside)
        elif part in {"least", "most"} and isinstance(inside, Mapping):
            known: Mapping[str, float] = getattr(present, part)
            changed[part] = {**known, **{each: _number(f"{name}.{part}", each, inside[each]) for each in inside}}
        else:
            raise BadInput(
                f"{name}.{part} is no limit of files.",
                advice="Known: types (a list of texts), least and most (numbers by property).",
                details={"field": f"{name}.{part}"},
            )
    return replace(present, **changed)


def _are_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
        raise BadInput(f"{name} has to be a whole number from 0 to {_MOST}.", details={"field": name})
    return value


def _number(where: str, name: str, value: object) -> float:
    if name not in PROPERTIES:
        raise BadInput(
            f"{where}.{name} is not measured of files.",
            advice="Known: " + ", ".join(PROPERTIES) + ".",
            details={"field": f"{where}.{name}"},
        )
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        raise BadInput(
            f"{where}.{name} has to be a number from 0 to {_MOST}.", details={"field": f"{where}.{name}"}
        )  # fmt: skip
    return value
