"""X counts weighted characters: by its own cases, and by what its documentation says."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from clientnest import registry
from clientnest.networks.x.rules import text_length
from clientnest.rules import Draft, Severity
from clientnest.rules.counting import utf16_units

_PAGE = "https://docs.x.com/fundamentals/counting-characters"
_LIBRARY = "https://github.com/twitter/twitter-text"
_CONFIG = f"{_LIBRARY}/blob/master/config/v3.json"
_FAMILY = "👨\u200d👩\u200d👧\u200d👦"
_CASES = (
    ("", 0, _PAGE),
    ("hello", 5, _PAGE),
    ("👾", 2, _PAGE),
    ("🙋🏽", 2, _PAGE),
    ("👨\u200d🎤", 2, _PAGE),
    (_FAMILY, 2, _PAGE),
    ("https://example.com/very/long/path", 23, _PAGE),
    ("Hi http://test.co", 26, _PAGE),
    ("cafe\u0301", 4, _PAGE),
    ("café", 4, _PAGE),
    ("日本語", 6, _CONFIG),
    ("한국어", 6, _CONFIG),
    ("สวัสดี", 6, _CONFIG),
    ("مَرْحَبًا", 9, _CONFIG),
    ("क्षत्रिय", 8, _CONFIG),
    ("a\r\nb", 4, _CONFIG),
    ("“quoted” – ‰", 13, _CONFIG),  # the per-mille sign lies beyond the light ranges
    ("\u200d", 1, _CONFIG),
    ("𝐁", 2, _CONFIG),
    ("\ud800", 2, _CONFIG),
    ("🇹🇭🇯🇵", 4, _LIBRARY),
    ("🇿🇿", 4, _LIBRARY),  # no country's flag: two emoji
    ("1\ufe0f\u20e3", 2, _LIBRARY),
    ("❤\ufe0f", 2, _LIBRARY),
    ("©", 1, _LIBRARY),
    ("©\ufe0f", 2, _LIBRARY),
    ("😀\u200d😀", 5, _LIBRARY),  # joined by nobody but the writer
    ("🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2, _LIBRARY),
    ("example.com", 23, _LIBRARY),
    ("example.com/a?b=c", 23, _LIBRARY),
    ("example.com?b=c", 27, _LIBRARY),
    ("example.notatld", 15, _LIBRARY),
    ("日本example.com中国", 4 + 23 + 4, _LIBRARY),
    ("alice@example.com", 17, _LIBRARY),
    ("#example.com", 12, _LIBRARY),
    ("(https://example.com/a_(b))", 25, _LIBRARY),
    ("https://example.com.", 24, _LIBRARY),
    ("http://user:password@example.com", 32, _LIBRARY),
    ("https://t.co/abcdefghij?x=y", 23, _LIBRARY),
    ("http://" + "a" * 64 + ".com", 75, _LIBRARY),  # a label longer than name servers know
)
_BEFORE_280 = {
    # Until 2017 a post had 140 characters, and these two were too long.
    "Invalid Tweet: 141 characters",
    "Invalid Tweet: 141 characters (due to newline)",
}
_BEFORE_EMOJI_COUNTED_TWO = {
    # Configuration 2 counted every character of an emoji that is put together; configuration 3, in force, counts two.
    "Count a mix of single byte single word, and double word unicode characters",
    "Count unicode emoji chars outside the basic multilingual plane with skin tone modifiers",
}


@pytest.mark.parametrize(("text", "expected", "source"), _CASES)
def test_a_post_weighs_what_x_says(text: str, expected: int, source: str) -> None:
    assert text_length(text) == expected, source


@pytest.fixture(scope="module")
def published(real_data: Path) -> dict[str, list[dict[str, Any]]]:
    """X's own cases for whoever counts."""
    read: dict[str, Any] = yaml.safe_load((real_data / "specs" / "twitter-text-validate.yml").read_text("utf-8"))
    return read["tests"]


def test_its_own_weighted_cases_hold(published: dict[str, list[dict[str, Any]]]) -> None:
    judged = 0
    for group in (
        "WeightedTweetsCounterTest",
        "WeightedTweetsWithDiscountedEmojiCounterTest",
        "UnicodeDirectionalMarkerCounterTest",
    ):
        for case in published[group]:
            old = group == "WeightedTweetsCounterTest" and case["description"] in _BEFORE_EMOJI_COUNTED_TWO
            holds = _holds(case["text"], case["expected"])
            assert holds is not old, f"{group}: {case['description']}"
            judged += 1
    assert judged == 44


def _holds(text: str, expected: dict[str, Any]) -> bool:
    errors = [each for each in registry.rules("x").check(Draft(text=text)) if each.severity is Severity.ERROR]
    cut = next((each.start for each in errors if each.rule == "text-too-long"), None)
    last = utf16_units(text[:cut]) - 1
    return (
        text_length(text) == expected["weightedLength"]
        and (not errors) is expected["valid"]
        and (cut is None or last == expected["validRangeEnd"])
    )


def test_its_cases_of_140_characters_hold_but_those_that_predate_280(
    published: dict[str, list[dict[str, Any]]],
) -> None:
    for case in published["tweets"]:
        valid = not registry.rules("x").check(Draft(text=case["text"]))
        assert (valid is case["expected"]) is (case["description"] not in _BEFORE_280), case["description"]


def test_who_pays_for_x_may_write_25_000() -> None:
    rules, long = registry.rules("x"), Draft(text="a" * 25_000)
    premium = rules.limits_from({"data": {"id": "1", "subscription_type": "Premium"}})
    assert rules.check(long, premium) == ()
    assert [each.rule for each in rules.check(Draft(text="a" * 25_001), premium)] == ["text-too-long"]
    for answer in ({"data": {"subscription_type": "None"}}, {"data": None}, {}):
        assert rules.limits_from(answer) == rules.limits()
