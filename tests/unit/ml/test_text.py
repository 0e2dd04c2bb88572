"""Tokens and counts, in any script."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.features.text import TEXT_COUNTS, text_counts, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, WORLD!", {"hello", "world", "hello world"}),
        ("Ｆｕｌｌ width", {"full", "width"}),
        ("see https://www.example.com/a?b=1 now", {"link:example.com", "now", "see link:example.com"}),
        ("#Food by @chef", {"#food", "@chef"}),
        ("今日はいい天気", {"今日", "天気"}),
        ("صباح الخَير", {"صباح", "الخَير", "صباح الخَير"}),
        ("हिन्दी में", {"हिन्दी", "में"}),
        ("สวัสดี", {"สว", "ดี"}),
        ("yes🎉🎉", {"yes", "🎉", "🎉 🎉"}),
        ("", set()),
    ],
)
def test_tokens_of_many_scripts(text: str, expected: set[str]) -> None:
    assert expected <= set(tokens(text))


def test_words_of_spaced_scripts_stay_whole() -> None:
    assert tokens("Crème brûlée") == ["crème", "brûlée", "crème brûlée"]
    assert "שָׁלוֹם" in tokens("שָׁלוֹם")


@given(st.text(max_size=300))
def test_no_text_breaks_the_tokens(text: str) -> None:
    found = tokens(text)
    assert all(token and "\n" not in token for token in found)
    assert all(token.count(" ") <= 1 for token in found)


def test_ten_thousand_emoji_cost_no_more_than_a_long_text() -> None:
    assert len(tokens("🎉" * 10_000)) < 4_001


def test_counts() -> None:
    frame = pl.DataFrame(
        {"text": ["Is it #new? “YES” https://a.example @you!\nGo 24 🎉", ""], "title": ["A title", ""]}
    ).with_columns(*text_counts())
    first, empty = frame.select(TEXT_COUNTS).rows(named=True)
    wanted = {
        "text_words": 9, "text_lines": 1, "text_links": 1, "text_hashtags": 1, "text_mentions": 1, "text_emoji": 1,
        "text_exclamations": 1, "text_questions": 1, "text_digits": 2, "text_quotes": 2, "title_length": 7,
    }  # fmt: skip
    assert {name: first[name] for name in wanted} == wanted
    assert set(empty.values()) == {0}
