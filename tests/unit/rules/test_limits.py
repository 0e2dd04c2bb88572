"""Limits of one account: what its server tells, and what is set for it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientnest import registry
from clientnest.errors import BadInput
from clientnest.rules import Draft
from tests.unit.rules.test_checks import IMAGE

# https://docs.joinmastodon.org/entities/Instance/
ANSWER = {
    "configuration": {
        "statuses": {"max_characters": 5000, "max_media_attachments": 6, "characters_reserved_per_url": 30},
        "media_attachments": {
            "description_limit": 420, "image_matrix_limit": 1_000_000, "image_size_limit": 50_000,
            "video_size_limit": 60_000, "video_frame_rate_limit": 60, "video_matrix_limit": 2_304_000,
            "supported_mime_types": ["image/png", "video/webm", "audio/ogg"],
        },
    }
}  # fmt: skip
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_a_mastodon_server_tells_its_limits() -> None:
    rules = registry.rules("mastodon")
    limits = rules.limits_from(ANSWER)
    assert rules.check(Draft(text="a" * 5000), limits) == ()
    (found,) = rules.check(Draft(text="https://example.com " + "a" * 4970), limits)
    assert (found.measured, found.limit) == (30 + 1 + 4970, 5000)
    files = rules.check(Draft(media=(IMAGE,) * 7), limits)
    assert {each.rule for each in files} == {
        "too-many-files", "media-type", "media-bytes-above", "media-pixels-above"
    }  # fmt: skip
    assert limits.alt_text is not None
    assert limits.alt_text.value == 420


def test_what_a_server_does_not_say_or_says_wrongly_stays() -> None:
    rules = registry.rules("mastodon")
    for odd in ({}, {"configuration": None}, {"configuration": {"statuses": {"max_characters": "many"}}},
                {"configuration": {"statuses": {"max_characters": -1}, "media_attachments": []}}):  # fmt: skip
        assert rules.limits_from(odd) == rules.limits()


@given(statuses=_json, media=_json)
def test_no_answer_of_a_server_raises(statuses: Any, media: Any) -> None:
    registry.rules("mastodon").limits_from({"configuration": {"statuses": statuses, "media_attachments": media}})


def test_limits_of_an_account_replace_those_of_the_network() -> None:
    rules = registry.rules("x")
    own = json.loads('{"text": 25000, "video": {"most": {"seconds": 14400}}, "image": {"types": ["image/png"]}}')
    limits = rules.limits().overridden(own)
    assert rules.check(Draft(text="a" * 25_000), limits) == ()
    assert [each.rule for each in rules.check(Draft(media=(IMAGE,)), limits)] == ["media-type"]
    assert limits.video is not None
    assert limits.video.most["seconds"] == 14400
    assert limits.video.most["bytes"] == 512_000_000  # the others stay


@pytest.mark.parametrize(
    ("own", "field"),
    [
        ({"text": "280"}, "text"),
        ({"text": True}, "text"),
        ({"text": -1}, "text"),
        ({"texts": 280}, "texts"),
        ({"label": "Y"}, "label"),
        ({"title": 100}, "title"),  # X has none
        ({"video": 5}, "video"),
        ({"video": {"longest": 5}}, "video.longest"),
        ({"video": {"most": {"colour": 5}}}, "video.most.colour"),
        ({"video": {"most": {"seconds": float("nan")}}}, "video.most.seconds"),
        ({"image": {"types": [5]}}, "image.types"),
    ],
)
def test_what_is_no_limit_is_refused_by_name(own: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        registry.rules("x").limits().overridden(own)
    assert refused.value.details["field"] == field


def test_unknown_networks_have_no_rules() -> None:
    with pytest.raises(BadInput, match="Unknown network"):
        registry.rules("myspace")
