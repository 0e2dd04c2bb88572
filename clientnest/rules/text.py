"""What is wrong with what is written: one text of a draft at a time."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import regex

from clientnest.rules import addresses, counting
from clientnest.rules.limits import Limit, Limits
from clientnest.rules.model import Severity, Unit, Violation

Length = Callable[[str], int]
Span = tuple[int, int]
_LONGEST_ADDRESS = 4096


@dataclass(frozen=True, slots=True)
class Counter:
    """How a text is counted, and by which grammar its addresses count as wholes, if they do."""

    length: Length
    whole: addresses.Grammar | None = None

    def fitting(self, text: str, limit: int) -> int:
        """The first offset past the limit; not within an address that counts as a whole."""
        start = counting.fitting(text, limit, self.length)
        if self.whole is not None:
            for first, end in addresses.find(text[: start + _LONGEST_ADDRESS], self.whole):
                if first < start < end and self.length(text[:first]) <= limit:
                    return first
        return start


COUNTERS: Mapping[Unit, Counter] = {
    Unit.CHARACTERS: Counter(counting.code_points), Unit.GRAPHEMES: Counter(counting.graphemes),
    Unit.UTF16: Counter(counting.utf16_units), Unit.BYTES: Counter(counting.utf8_bytes),
    Unit.EMOJI_BYTES: Counter(counting.emoji_as_bytes),
}  # fmt: skip
"""How to count in a unit that needs no rule of one network."""
_WORDS: Mapping[Unit, str] = {
    Unit.CHARACTERS: "characters", Unit.GRAPHEMES: "characters", Unit.UTF16: "characters (UTF-16 units)",
    Unit.BYTES: "bytes of UTF-8", Unit.EMOJI_BYTES: "characters (of emoji, bytes)",
    Unit.WEIGHTED: "weighted characters",
}  # fmt: skip
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_HASHTAG = regex.compile(r"(?<![\w&/#＃])[#＃]([\w\p{M}]+)")
_MENTION = re.compile(r"(?<![\w.@/])@[\w.]+")
_SHOWN = regex.compile(r"[^\p{Z}\p{C}]")
_LINK = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """A text of a draft: its field, and what people call it in a sentence."""

    field: str
    text: str
    name: str


def is_empty(text: str) -> bool:
    """Whether a reader would see nothing of it."""
    return _SHOWN.search(text) is None


def hashtags(text: str) -> list[Span]:
    """Where hashtags are, with their sign. A sign within a word or an address begins none."""
    return [found.span() for found in _HASHTAG.finditer(text)]


def mentions(text: str) -> list[Span]:
    """Where accounts are named, with the sign."""
    return [found.span() for found in _MENTION.finditer(text)]


def unsendable(limits: Limits, written: Written) -> Iterator[Violation]:
    """Halves of characters and NUL, which cannot be sent or kept, and what the network itself forbids."""
    if broken := _LONE_SURROGATE.search(written.text):
        yield _at(
            limits, written, "lone-surrogate", broken.span(),
            f"{written.name} holds half of a character (U+{ord(broken[0]):04X}), which cannot be sent.",
            "Delete it and type the character anew: it was torn apart where the text was copied or cut.",
        )  # fmt: skip
    if (nul := written.text.find("\0")) >= 0:
        yield _at(
            limits, written, "nul-character", (nul, nul + 1),
            f"{written.name} holds a NUL character, which cannot be kept or sent.", "Delete it.",
        )  # fmt: skip


def forbidden(limits: Limits, written: Written) -> Iterator[Violation]:
    """Characters that the network's texts may not hold: the first of them."""
    if not limits.forbidden:
        return
    if found := re.search(f"[{re.escape(limits.forbidden)}]", written.text):
        sign = found[0] if found[0].isprintable() else f"U+{ord(found[0]):04X}"
        yield _at(
            limits, written, "forbidden-character", found.span(),
            f"{limits.label} allows no {sign} in {written.name[0].lower()}{written.name[1:]}.",
            "Delete it, or write something else in its place.",
        )  # fmt: skip


def too_long(
    limits: Limits, written: Written, limit: Limit | None, counter: Counter, *, rule: str, already: int = 0
) -> Iterator[Violation]:
    """Whether a text exceeds a limit, and from where. `already` is what was counted before it."""
    if limit is None or (measured := counter.length(written.text) + already) <= limit.value:
        return
    words = _WORDS[limit.unit]
    yield Violation(
        rule=rule, severity=limit.severity, field=written.field, source=limit.source,
        message=f"{written.name} has {measured:,} {words}; {limits.label} allows {limit.value:,}.",
        advice=f"Shorten it by {measured - limit.value:,}.",
        limit=limit.value, measured=measured, unit=limit.unit,
        start=counter.fitting(written.text, max(limit.value - already, 0)), end=len(written.text),
    )  # fmt: skip


def too_many(
    limits: Limits, written: Written, limit: Limit | None, found: Sequence[Span], *, rule: str, things: str
) -> Iterator[Violation]:
    """Whether there are more of something than allowed: the first that is too many has the place."""
    if limit is None or len(found) <= limit.value:
        return
    start, end = found[limit.value]
    yield Violation(
        rule=rule, severity=limit.severity, field=written.field, source=limit.source,
        message=f"{written.name} has {len(found):,} {things}; {limits.label} allows {limit.value:,}.",
        advice=f"Delete {len(found) - limit.value:,} of them.",
        limit=limit.value, measured=len(found), unit=Unit.ITEMS, start=start, end=end,
    )  # fmt: skip


def long_hashtags(limits: Limits, written: Written, found: Sequence[Span]) -> Iterator[Violation]:
    """The first hashtag that is longer than the network links."""
    if (limit := limits.hashtag) is None:
        return
    for start, end in found:
        if (measured := COUNTERS[limit.unit].length(written.text[start + 1 : end])) > limit.value:
            yield Violation(
                rule="hashtag-too-long", severity=limit.severity, field=written.field, source=limit.source,
                message=f"A hashtag has {measured:,} {_WORDS[limit.unit]}; {limits.label} links those of at most "
                f"{limit.value:,}.",
                advice="Shorten it, or write it without the sign.",
                limit=limit.value, measured=measured, unit=limit.unit, start=start, end=end,
            )  # fmt: skip
            return


def bad_link(limits: Limits, written: Written) -> Iterator[Violation]:
    """Whether the link of a post is an address of the web, and short enough."""
    if _LINK.fullmatch(written.text) is None:
        yield Violation(
            rule="link-invalid", severity=Severity.ERROR, field=written.field, source=limits.source,
            message="The link is no address of the web.", advice="Give one that begins with https://.",
        )  # fmt: skip
    yield from too_long(limits, written, limits.link, COUNTERS[Unit.CHARACTERS], rule="link-too-long")


def _at(limits: Limits, written: Written, rule: str, span: Span, message: str, advice: str) -> Violation:
    return Violation(
        rule=rule, severity=Severity.ERROR, field=written.field, message=message, advice=advice, source=limits.source,
        start=span[0], end=span[1],
    )  # fmt: skip
