"""Every network counts a text by its own rule."""

from collections import Counter

import pytest

from clientnest import registry
from clientnest.networks.bluesky.rules import text_bytes
from clientnest.networks.youtube.rules import tags_length
from tests.unit.rules.counts import cases


@pytest.mark.parametrize(("network", "text", "expected", "source"), list(cases()))
def test_a_text_counts_what_the_networks_rule_says(network: str, text: str, expected: int, source: str) -> None:
    assert registry.rules(network).text_length(text) == expected, source


def test_every_network_but_x_has_at_least_twenty_cases() -> None:
    counted = Counter(network for network, *_ in cases())
    others = {network.name for network in registry.networks()} - {"x"}  # it has cases of its own
    assert all(counted[name] >= 20 for name in others)


def test_bluesky_counts_bytes_besides() -> None:
    assert text_bytes("👨\u200d👩\u200d👧\u200d👦") == 25
    assert registry.rules("bluesky").text_length("👨\u200d👩\u200d👧\u200d👦") == 1


def test_youtube_counts_quotes_and_commas_of_tags() -> None:
    # https://developers.google.com/youtube/v3/docs/videos#snippet.tags[]: Foo-Baz is seven, Foo Baz nine
    assert tags_length(("Foo-Baz",)) == 7
    assert tags_length(("Foo Baz",)) == 9
    assert tags_length(("Foo-Baz", "Foo Baz")) == 17
    assert tags_length(()) == 0
