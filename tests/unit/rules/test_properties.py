"""What holds of counting whatever is written."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientnest import registry
from clientnest.rules import Draft
from clientnest.rules.counting import code_points, emoji_as_bytes, graphemes, utf8_bytes, utf16_units

NETWORKS = [network.name for network in registry.networks()]
_PIECES = (
    "https://example.com/a", "example.com", "t.co", ".", "://", "@alice@example.com", "@", "#tag", "#", " ", "\r\n",
    "\n", "👨\u200d👩\u200d👧\u200d👦", "🇹🇭", "🇹", "1\ufe0f\u20e3", "👍🏽", "\u200d", "\ufe0f", "\u0301", "นี้",
    "क्षि", "مَ", "日本", "\ud83d", "\ude00", "\0", "<", "a", "é", "-", "_", "/", "(", ")",
)  # fmt: skip
_anything = st.characters(exclude_categories=())  # halves of pairs, too
_texts = st.one_of(
    st.text(_anything, max_size=80), st.lists(st.one_of(st.sampled_from(_PIECES), _anything), max_size=40).map("".join)
)


@pytest.mark.parametrize("network", NETWORKS)
@given(text=_texts, limit=st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_too_long_is_said_exactly_when_it_is_and_what_is_before_the_place_fits(
    network: str, text: str, limit: int
) -> None:
    rules = registry.rules(network)
    length = rules.text_length(text)
    assert length >= 0
    limits = rules.limits().overridden({"text": limit})
    found = [each for each in rules.check(Draft(text=text), limits) if each.rule == "text-too-long"]
    assert len(found) == (length > limit)
    for each in found:
        assert each.start is not None
        assert (each.measured, each.limit, each.end) == (length, limit, len(text))
        assert 0 <= each.start < len(text)
        assert rules.text_length(text[: each.start]) <= limit


@pytest.mark.parametrize("network", NETWORKS)
@given(text=_texts, more=_texts)
@settings(max_examples=60, deadline=None)
def test_nothing_that_is_written_raises_and_places_lie_in_the_text(network: str, text: str, more: str) -> None:
    draft = Draft(text=text, title=more, first_comment=more, link=text, options={"tags": [text, more], "odd": 3})
    for each in registry.rules(network).check(draft):
        if each.start is not None:
            assert each.end is not None
            assert 0 <= each.start <= each.end <= max(len(text), len(more))


@given(text=_texts)
def test_x_counts_one_text_alike_in_each_of_its_normal_forms(text: str) -> None:
    length = registry.rules("x").text_length
    assert length(text) == length(unicodedata.normalize("NFC", text)) == length(unicodedata.normalize("NFD", text))


@given(before=_texts, after=_texts)
def test_lengths_add_up(before: str, after: str) -> None:
    for additive in (code_points, utf16_units, utf8_bytes):
        whole = additive(before + after)
        assert whole <= additive(before) + additive(after)
        if not before.endswith("\ud83d"):  # two halves become one character
            assert additive(before + " " + after) == additive(before) + 1 + additive(after)
    assert emoji_as_bytes(f"{before} {after}") == emoji_as_bytes(before) + 1 + emoji_as_bytes(after)
    # At the seam two may become one, and what begins with a joiner may join on both sides of it.
    assert -2 <= graphemes(before + after) - graphemes(before) - graphemes(after) <= 0


@given(before=_texts, after=_texts)
def test_no_text_becomes_shorter_by_going_on(before: str, after: str) -> None:
    for network in ("facebook", "instagram", "linkedin", "pinterest", "tiktok", "youtube", "threads", "bluesky"):
        length = registry.rules(network).text_length
        assert length(before + after) >= length(before)
