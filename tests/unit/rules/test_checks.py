"""What is wrong with a draft is named: its rule, its limit, what was measured, and its place."""

import time

import pytest

from clientnest import registry
from clientnest.networks.linkedin.rules import escape
from clientnest.rules import Draft, MediaFacts, MediaKind, Part, Severity, Violation

IMAGE = MediaFacts(kind=MediaKind.IMAGE, mime_type="image/jpeg", bytes=100_000, width=1080, height=1080)
VIDEO = MediaFacts(
    kind=MediaKind.VIDEO, mime_type="video/mp4", bytes=5_000_000, width=1080, height=1920, duration_seconds=30,
    frame_rate=30, video_codec="h264", audio_codec="aac",
)  # fmt: skip
FITTING = {
    "bluesky": Draft(text="Hello", parts=(Part("more"),), first_comment="first", link="https://example.com"),
    "facebook": Draft(text="Hello", first_comment="first", media=(IMAGE,) * 10),
    "instagram": Draft(text="Hello #a #b", first_comment="first", media=(IMAGE, VIDEO)),
    "linkedin": Draft(text="Hello", first_comment="first", media=(IMAGE,) * 20),
    "mastodon": Draft(text="Hello", parts=(Part("", (IMAGE,)),), options={"spoiler_text": "warning"}),
    "pinterest": Draft(text="Hello", title="Title", link="https://example.com", media=(IMAGE,)),
    "threads": Draft(text="Hello", parts=(Part("more"),), options={"tags": ["topic"]}, media=(IMAGE, VIDEO)),
    "tiktok": Draft(text="Hello", title="Title", media=(IMAGE,)),
    "x": Draft(text="Hello", parts=(Part("more"),), media=(IMAGE,) * 4),
    "youtube": Draft(text="Hello", title="Title", first_comment="first", media=(VIDEO,), options={"tags": ["a b"]}),
}


def rules_of(network: str, draft: Draft) -> list[str]:
    return [each.rule for each in registry.rules(network).check(draft)]


def one(network: str, draft: Draft) -> Violation:
    (found,) = registry.rules(network).check(draft)
    return found


@pytest.mark.parametrize("network", sorted(FITTING))
def test_a_draft_that_fits_violates_nothing(network: str) -> None:
    assert registry.rules(network).check(FITTING[network]) == ()


def test_a_text_too_long_is_named_with_limit_measure_and_place() -> None:
    found = one("bluesky", Draft(text="👨\u200d👩\u200d👧\u200d👦" * 3 + "a" * 298))
    assert (found.rule, found.field, found.severity) == ("text-too-long", "text", Severity.ERROR)
    assert (found.limit, found.measured, found.unit) == (300, 301, "graphemes")
    assert (found.start, found.end) == (21 + 297, 21 + 298)
    assert found.message == "The text has 301 characters; Bluesky allows 300."
    assert found.advice == "Shorten it by 1."
    assert found.source.startswith("https://")


def test_an_emoji_and_an_address_at_the_limit_are_not_torn_apart() -> None:
    assert one("x", Draft(text="a" * 279 + "👨\u200d👩\u200d👧\u200d👦")).start == 279
    assert one("x", Draft(text="a" * 270 + " https://example.com/path")).start == 271
    assert one("facebook", Draft(text="a" * 63_204 + "👍🏽")).start == 63_204  # the thumb alone would fit
    assert one("youtube", Draft(text="a" * 4996 + "น้ำ", title="t", media=(VIDEO,))).start == 4996
    assert one("mastodon", Draft(text="क्षि" * 501)).start == 500 * 4


def test_bluesky_limits_bytes_too() -> None:
    found = one("bluesky", Draft(text="👨\u200d👩\u200d👧\u200d👦" * 121))
    assert (found.rule, found.limit, found.measured, found.start) == ("text-too-many-bytes", 3000, 3025, 840)


def test_every_part_of_a_thread_is_judged_by_itself() -> None:
    draft = Draft(text="first", parts=(Part("second"), Part("a" * 281), Part(" \u200b")))
    assert [(each.rule, each.field) for each in registry.rules("x").check(draft)] == [
        ("text-too-long", "parts[1].text"),
        ("post-empty", "parts[2].text"),
    ]


def test_networks_without_threads_or_comments_say_so() -> None:
    assert one("facebook", Draft(text="a", parts=(Part("b"),))).rule == "thread-unsupported"
    assert rules_of("pinterest", Draft(media=(IMAGE,), first_comment="c")) == ["first-comment-unsupported"]
    assert rules_of("tiktok", Draft(media=(VIDEO,), first_comment="c")) == ["first-comment-unsupported"]


def test_a_first_comment_is_counted_too() -> None:
    found = one("linkedin", Draft(text="a", first_comment="🚀" * 626))
    assert (found.field, found.limit, found.measured, found.start) == ("first_comment", 1250, 1252, 625)


@pytest.mark.parametrize("network", sorted(FITTING))
def test_half_a_character_and_nul_cannot_be_sent_from_anywhere(network: str) -> None:
    media = (MediaFacts(kind=MediaKind.VIDEO, mime_type="video/mp4", bytes=9_000_000, alt_text="a\ud83d"),)
    draft = Draft(text="ok\ud83d", title="t\0", media=media, options={"tags": ["a", "b\ude00"], "board": "\0"})
    found = {(each.rule, each.field): each.start for each in registry.rules(network).check(draft)}
    assert found["lone-surrogate", "text"] == 2
    assert found["nul-character", "title"] == 1
    assert found["lone-surrogate", "media[0].alt_text"] == 1
    assert found["lone-surrogate", "options.tags[1]"] == 1
    assert found["nul-character", "options.board"] == 0


def test_empty_posts_and_missing_files() -> None:
    assert one("x", Draft(text=" \u200b\n")).rule == "post-empty"
    assert one("instagram", Draft(text="only text")).rule == "media-required"
    assert rules_of("youtube", Draft(text="only text", title="t")) == ["media-required"]
    assert rules_of("threads", Draft(link="https://example.com")) == []


def test_links_hashtags_and_mentions_are_counted_and_the_first_too_many_has_the_place() -> None:
    links = " ".join(f"https://example.com/{number}" for number in range(6))
    found = one("threads", Draft(text=links))
    assert (found.rule, found.limit, found.measured) == ("too-many-links", 5, 6)
    assert links[found.start : found.end] == "https://example.com/5"
    assert rules_of("threads", Draft(text="https://example.com " * 6)) == []  # one link, six times
    five = " ".join(links.split()[:5])
    beside = one("threads", Draft(text=five, link="https://example.com/beside"))
    assert (beside.rule, beside.field, beside.measured) == ("too-many-links", "link", 6)
    assert rules_of("threads", Draft(text=five, link="https://example.com/4")) == []

    tags = "#one #สอง #तीन #four #five &#38; https://example.com/#not #six"
    found = one("instagram", Draft(text=tags, media=(IMAGE,)))
    assert (found.rule, found.limit, found.measured) == ("too-many-hashtags", 5, 6)
    assert tags[found.start : found.end] == "#six"

    names = " ".join(f"@name.{number}" for number in range(21)) + " me@example.com"
    found = one("instagram", Draft(text=names, media=(IMAGE,)))
    assert (found.rule, found.measured, names[found.start : found.end]) == ("too-many-mentions", 21, "@name.20")


def test_what_is_changed_but_not_refused_is_a_warning() -> None:
    found = one("threads", Draft(text="#one #two"))
    assert (found.rule, found.severity, found.start) == ("too-many-hashtags", Severity.WARNING, 5)
    found = one("bluesky", Draft(text="see #" + "a" * 65))
    assert (found.rule, found.severity, found.start, found.end) == ("hashtag-too-long", Severity.WARNING, 4, 70)
    assert one("x", Draft(text="a", title="t")).severity is Severity.WARNING


def test_titles_and_forbidden_characters() -> None:
    draft = Draft(text="1 < 2", title="a>b", media=(VIDEO,))
    assert [(each.rule, each.field, each.start) for each in registry.rules("youtube").check(draft)] == [
        ("forbidden-character", "text", 2),
        ("forbidden-character", "title", 1),
    ]
    assert rules_of("youtube", Draft(text="a", title=" ", media=(VIDEO,))) == ["title-required"]
    found = one("youtube", Draft(title="ñ" * 101, media=(VIDEO,)))
    assert (found.rule, found.measured, found.start) == ("title-too-long", 101, 100)
    assert one("x", Draft(text="a\ufeffb")).rule == "forbidden-character"


def test_tiktok_allows_more_beside_photos_and_titles_only_there() -> None:
    long = "a" * 2201
    assert rules_of("tiktok", Draft(text=long, title="t", media=(IMAGE,))) == []
    assert rules_of("tiktok", Draft(text=long, title="t", media=(VIDEO,))) == ["text-too-long", "title-unused"]


def test_tags_together_and_by_themselves() -> None:
    found = one("youtube", Draft(title="t", media=(VIDEO,), options={"tags": ["a b" * 30, "c" * 400, "d" * 20]}))
    assert (found.rule, found.field, found.measured) == ("tags-too-long", "options.tags[2]", 92 + 1 + 400 + 1 + 20)
    assert one("bluesky", Draft(text="a", options={"tags": ["t"] * 9})).field == "options.tags[8]"
    assert one("bluesky", Draft(text="a", options={"tags": ["t" * 65]})).rule == "tag-too-long"
    assert one("bluesky", Draft(text="a", options={"tags": ["👨\u200d👩\u200d👧\u200d👦" * 26]})).rule == "tag-bytes"
    assert one("threads", Draft(text="a", options={"tags": ["a.b"]})).rule == "forbidden-character"


def test_links_beside_the_text() -> None:
    assert one("x", Draft(text="a", link="https://example.com")).rule == "link-unsupported"
    assert one("facebook", Draft(text="a", link="javascript:alert(1)")).rule == "link-invalid"
    assert one("linkedin", Draft(text="a", link="https://example.com", media=(IMAGE,))).rule == "link-with-media"
    long = Draft(media=(IMAGE,), link="https://example.com/" + "a" * 2029)
    assert (one("pinterest", long).rule, one("pinterest", long).measured) == ("link-too-long", 2049)


def test_a_content_warning_counts_with_the_text_on_mastodon() -> None:
    draft = Draft(text="a" * 490 + "b", options={"spoiler_text": "c" * 10})
    found = one("mastodon", draft)
    assert (found.measured, found.start, found.end) == (501, 490, 491)
    assert found.message == "The text with its content warning has 501 characters; Mastodon allows 500."


def test_linkedins_reserved_characters_are_escaped_and_hashtags_stay() -> None:
    # https://learn.microsoft.com/en-us/linkedin/marketing/community-management/shares/little-text-format
    assert escape("a (b) [c] {d} <e> @f *g* _h_ ~i~ j|k \\") == (
        r"a \(b\) \[c\] \{d\} \<e\> \@f \*g\* \_h\_ \~i\~ j\|k " + "\\\\"
    )
    assert escape("#hashtag and # alone, C# and x#y") == r"#hashtag and \# alone, C\# and x\#y"
    text = "The end (of it) 🚀" + "a" * 2982
    assert registry.rules("linkedin").text_length(text) == 3000
    assert rules_of("linkedin", Draft(text=text)) == []


@pytest.mark.parametrize(
    "piece", ["a.", "あ.", "a.com_.", "a.com/(((((", "🇹", "#", "@a.b@c-d", "http://", "a\u0301", "-"]
)
def test_a_long_hostile_text_is_read_once(piece: str) -> None:
    draft = Draft(text=piece * (300_000 // len(piece)))
    started = time.monotonic()
    for network in ("x", "mastodon", "bluesky", "threads", "instagram"):
        assert "text-too-long" in rules_of(network, draft)
    assert time.monotonic() - started < 60  # by trying anew at each place it would take hours
