"""A whole draft against what a network allows. What only one network asks is in that network's own rules."""

from collections.abc import Iterator

from clientnest.rules import addresses, media, text
from clientnest.rules.limits import Limit, Limits
from clientnest.rules.model import Draft, MediaKind, Severity, Unit, Violation
from clientnest.rules.text import COUNTERS, Counter, Written


def check(draft: Draft, limits: Limits, counter: Counter, *, already: int = 0) -> Iterator[Violation]:
    """All violations of what is common to networks. `already` counts toward the text before its first character."""
    yield from _post(draft, limits, counter, already)
    yield from _thread(draft, limits, counter)
    yield from _comment(draft, limits, counter)
    yield from _title(draft, limits)
    yield from _link(draft, limits)
    yield from _options(draft, limits)
    yield from media.check(limits, draft.media, "media")


def texts_of(draft: Draft, name: str) -> tuple[str, ...]:
    """An option that is a list of texts, or the text of an option that is one alone; of anything else, nothing."""
    value = draft.options.get(name)
    if isinstance(value, str):
        return (value,)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list | tuple) else ()


def text_limit(draft: Draft, limits: Limits) -> Limit:
    """The limit of the draft's text: some networks allow more beside images."""
    shown = draft.media and all(each.kind is not MediaKind.VIDEO for each in draft.media)
    return limits.text_with_images if shown and limits.text_with_images else limits.text


def _post(draft: Draft, limits: Limits, counter: Counter, already: int) -> Iterator[Violation]:
    if limits.media_required and not draft.media:
        yield _violation(
            limits, "media-required", "media", f"{limits.label} takes no post without an image or a video."
            if limits.image else f"{limits.label} takes no post without a video.", "Add one.",
        )  # fmt: skip
    elif not draft.media and draft.link is None and text.is_empty(draft.text):
        yield _violation(limits, "post-empty", "text", "The post is empty.", "Write something, or add a file.")
    written = Written("text", draft.text, "The text with its content warning" if already else "The text")
    yield from _written(limits, written, text_limit(draft, limits), counter, already=already)


def _written(
    limits: Limits, written: Written, limit: Limit, counter: Counter, *, already: int = 0
) -> Iterator[Violation]:  # fmt: skip
    """A post's text: what cannot be sent, its length, and what stands in it."""
    yield from text.unsendable(limits, written)
    yield from text.forbidden(limits, written)
    yield from text.too_long(limits, written, limit, counter, rule="text-too-long", already=already)
    yield from text.too_long(limits, written, limits.text_bytes, COUNTERS[Unit.BYTES], rule="text-too-many-bytes")
    if limits.hashtags or limits.hashtag:
        found = text.hashtags(written.text)
        yield from text.too_many(limits, written, limits.hashtags, found, rule="too-many-hashtags", things="hashtags")
        yield from text.long_hashtags(limits, written, found)
    if limits.mentions:
        found = text.mentions(written.text)
        yield from text.too_many(limits, written, limits.mentions, found, rule="too-many-mentions", things="mentions")
    if limits.links:
        found = different_links(written.text)
        yield from text.too_many(limits, written, limits.links, found, rule="too-many-links", things="links")


def different_links(written: str) -> list[text.Span]:
    """Addresses of a text, each where it stands first."""
    found: dict[str, text.Span] = {}
    for start, end in addresses.find(written):
        found.setdefault(written[start:end], (start, end))
    return list(found.values())


def _thread(draft: Draft, limits: Limits, counter: Counter) -> Iterator[Violation]:
    if draft.parts and not limits.threads:
        yield _violation(
            limits, "thread-unsupported", "parts", f"{limits.label} has no threads.",
            "Put everything into one post, or publish the parts as posts of their own.",
        )  # fmt: skip
    for number, part in enumerate(draft.parts):
        written = Written(f"parts[{number}].text", part.text, f"Part {number + 2} of the thread")
        if not part.media and text.is_empty(part.text):
            yield _violation(
                limits, "post-empty", written.field, f"{written.name} is empty.", "Write something, or delete the part."
            )
        yield from _written(limits, written, limits.text, counter)
        yield from media.check(limits, part.media, f"parts[{number}].media")


def _comment(draft: Draft, limits: Limits, counter: Counter) -> Iterator[Violation]:
    if not draft.first_comment:
        return
    written, limit = Written("first_comment", draft.first_comment, "The first comment"), limits.first_comment
    yield from text.unsendable(limits, written)
    if limit is None:
        yield _violation(
            limits, "first-comment-unsupported", "first_comment",
            f"Programs cannot comment on posts of {limits.label}.", "Put it into the text, or leave it out.",
        )  # fmt: skip
        return
    by = counter if limit.unit is limits.text.unit else COUNTERS[limit.unit]
    yield from text.too_long(limits, written, limit, by, rule="text-too-long")
    if limits.threads:
        yield from text.too_long(limits, written, limits.text_bytes, COUNTERS[Unit.BYTES], rule="text-too-many-bytes")


def _title(draft: Draft, limits: Limits) -> Iterator[Violation]:
    written = Written("title", draft.title or "", "The title")
    yield from text.unsendable(limits, written)
    if limits.title_required and text.is_empty(written.text):
        yield _violation(limits, "title-required", "title", f"{limits.label} asks for a title.", "Give one.")
    if limits.title is not None:
        yield from text.forbidden(limits, written)
        yield from text.too_long(limits, written, limits.title, COUNTERS[limits.title.unit], rule="title-too-long")
    elif draft.title:
        yield _violation(
            limits, "title-unused", "title", f"{limits.label} shows no title.", "Put it into the text, if it matters.",
            Severity.WARNING,
        )  # fmt: skip


def _link(draft: Draft, limits: Limits) -> Iterator[Violation]:
    if draft.link is None:
        return
    written = Written("link", draft.link, "The link")
    yield from text.unsendable(limits, written)
    if not limits.takes_link:
        yield _violation(
            limits,
            "link-unsupported",
            "link",
            f"{limits.label} takes no link beside the text.",
            "Write it in the text.",
        )
        return
    yield from text.bad_link(limits, written)
    if draft.media and not limits.link_beside_media:
        yield _violation(
            limits, "link-with-media", "link", f"{limits.label} shows a link or files in one post, not both.",
            "Leave out the one or the other, or write the link in the text.",
        )  # fmt: skip


def _options(draft: Draft, limits: Limits) -> Iterator[Violation]:
    for name, value in draft.options.items():
        for field, each in _texts(name, value):
            yield from text.unsendable(limits, Written(field, each, f"The option {name}"))
    tags = texts_of(draft, "tags")
    if limits.tags is not None and len(tags) > limits.tags.value:
        all_of_them = Written(f"options.tags[{limits.tags.value}]", "", "The post")
        spans = [(0, 0)] * len(tags)
        yield from text.too_many(limits, all_of_them, limits.tags, spans, rule="too-many-tags", things="tags")
    if limits.tag is not None:
        for number, tag in enumerate(tags):
            written = Written(f"options.tags[{number}]", tag, "A tag")
            yield from text.too_long(limits, written, limits.tag, COUNTERS[limits.tag.unit], rule="tag-too-long")


def _texts(name: str, value: object) -> Iterator[tuple[str, str]]:
    """The texts of an option and their fields."""
    if isinstance(value, str):
        yield f"options.{name}", value
    elif isinstance(value, list | tuple):
        yield from ((f"options.{name}[{number}]", each) for number, each in enumerate(value) if isinstance(each, str))


def _violation(
    limits: Limits, rule: str, field: str, message: str, advice: str, severity: Severity = Severity.ERROR
) -> Violation:
    return Violation(rule=rule, severity=severity, field=field, message=message, advice=advice, source=limits.source)
