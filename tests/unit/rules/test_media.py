"""Files of a post: their number and mixture, and each by itself."""

from dataclasses import replace

import pytest

from clientnest import registry
from clientnest.rules import Draft, MediaKind, Severity
from tests.unit.rules.test_checks import IMAGE, VIDEO, one, rules_of

GIF = replace(IMAGE, kind=MediaKind.GIF, mime_type="image/gif", duration_seconds=3, frame_rate=10)


@pytest.mark.parametrize(
    ("network", "most", "rule"),
    [("x", 4, "files"), ("bluesky", 4, "images"), ("mastodon", 4, "files"), ("threads", 20, "files"),
     ("instagram", 10, "files"), ("facebook", 10, "images"), ("linkedin", 20, "images"), ("tiktok", 35, "images"),
     ("pinterest", 5, "images")],
)  # fmt: skip
def test_more_files_than_allowed(network: str, most: int, rule: str) -> None:
    assert rules_of(network, Draft(text="a", media=(IMAGE,) * most)) == []
    found = one(network, Draft(text="a", media=(IMAGE,) * (most + 1)))
    assert (found.rule, found.field, found.limit) == (f"too-many-{rule}", f"media[{most}]", most)


def test_images_and_videos_mix_where_the_network_mixes_them() -> None:
    for network in ("instagram", "threads"):
        assert rules_of(network, Draft(media=(IMAGE, VIDEO))) == []
    for network in ("x", "bluesky", "mastodon", "facebook", "linkedin", "tiktok", "pinterest"):
        found = one(network, Draft(text="a", media=(IMAGE, VIDEO)))
        assert (found.rule, found.field) == ("media-mixed", "media[1]")


def test_moving_gifs() -> None:
    assert rules_of("x", Draft(media=(GIF,))) == []
    assert rules_of("x", Draft(media=(GIF, IMAGE))) == ["gif-not-alone"]
    assert rules_of("instagram", Draft(media=(GIF,))) == ["media-unsupported"]
    found = one("bluesky", Draft(media=(GIF,)))
    assert (found.rule, found.severity) == ("gif-stands-still", Severity.WARNING)


def test_kinds_types_and_codecs_that_a_network_does_not_take() -> None:
    assert rules_of("youtube", Draft(title="t", media=(IMAGE,))) == ["media-unsupported"]
    assert one("instagram", Draft(media=(replace(IMAGE, mime_type="image/png"),))).rule == "media-type"
    assert one("tiktok", Draft(media=(replace(VIDEO, video_codec="av1"),))).rule == "media-codec"


def test_what_is_measured_of_a_file() -> None:
    found = one("bluesky", Draft(media=(replace(IMAGE, bytes=2_000_001),)))
    assert (found.rule, found.field, found.limit, found.measured) == (
        "media-bytes-above", "media[0]", 2_000_000, 2_000_001,
    )  # fmt: skip
    assert found.message == "File 1 is 2,000,001 bytes large; Bluesky asks for at most 2,000,000."
    for network, change, rule in (
        ("x", {"duration_seconds": 140.5}, "media-seconds-above"),
        ("x", {"duration_seconds": 0.4}, "media-seconds-below"),
        ("x", {"width": 3001, "height": 1000}, "media-ratio-above"),
        ("instagram", {"frame_rate": 22.9}, "media-frame-rate-below"),
        ("tiktok", {"width": 359}, "media-width-below"),
        ("linkedin", {"duration_seconds": 1801}, "media-seconds-above"),
        ("mastodon", {"width": 4000, "height": 3000}, "media-pixels-above"),
    ):
        assert rules_of(network, Draft(text="a", media=(replace(VIDEO, **change),))) == [rule]


def test_what_a_network_corrects_is_a_warning() -> None:
    found = one("instagram", Draft(media=(replace(IMAGE, width=3000, height=3000),)))
    assert (found.rule, found.severity) == ("media-width-above", Severity.WARNING)


def test_what_is_not_known_is_not_judged() -> None:
    unknown = replace(VIDEO, width=None, height=None, duration_seconds=None, frame_rate=None, video_codec=None)
    for network in registry.networks():
        assert rules_of(network.name, Draft(text="a", title="t", media=(unknown,))) in ([], ["title-unused"])


def test_alt_texts_are_counted() -> None:
    found = one("pinterest", Draft(media=(replace(IMAGE, alt_text="a" * 501),)))
    assert (found.rule, found.field, found.start) == ("alt-text-too-long", "media[0].alt_text", 500)
    assert one("mastodon", Draft(media=(replace(IMAGE, alt_text="a" * 1501),))).limit == 1500


def test_files_of_a_thread_are_judged_part_by_part() -> None:
    from clientnest.rules import Part

    draft = Draft(text="a", media=(IMAGE,) * 4, parts=(Part("b", (IMAGE,) * 4), Part("", (IMAGE,) * 5)))
    assert one("x", draft).field == "parts[1].media[4]"
