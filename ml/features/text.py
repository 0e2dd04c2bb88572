"""What a text is made of, in any language and offline: counts, and the tokens that models of wording learn from."""

import re
import unicodedata
from itertools import pairwise

import polars as pl

_MAX_TOKENS = 2_000  # a longer text than any caption; bounds the cost of one draft
# Scripts written without spaces between words: pairs of characters stand in for words.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# `\w` leaves out combining marks, which would cut Arabic, Hebrew and Indic words into pieces.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0980-\u0dff"
_EMOJI = "\u2600-\u27bf\U0001f1e6-\U0001faff"
_TOKEN = re.compile(
    rf"https?://(?:www\.)?([^\s/?#]+)\S*|([{_UNSPACED}]+)|([#@]?(?:(?![{_UNSPACED}])[\w{_MARKS}])+)|([{_EMOJI}])"
)

TEXT_COUNTS = (
    "text_length", "text_words", "text_lines", "text_links", "text_hashtags", "text_mentions", "text_exclamations",
    "text_questions", "text_digits", "text_capitals", "text_quotes", "text_emoji", "title_length",
)  # fmt: skip


def text_counts() -> list[pl.Expr]:
    """Expressions over `text` and `title`: the columns `TEXT_COUNTS`, in that order (counts; capitals is a share)."""
    text, length = pl.col("text"), pl.col("text").str.len_chars()
    return [
        length.alias("text_length"),
        text.str.count_matches(r"\S+").alias("text_words"),
        text.str.count_matches(r"\n").alias("text_lines"),
        text.str.count_matches(r"https?://").alias("text_links"),
        text.str.count_matches(r"#[\w\p{M}]").alias("text_hashtags"),
        text.str.count_matches(r"@\w").alias("text_mentions"),
        text.str.count_matches(r"[!！]").alias("text_exclamations"),
        text.str.count_matches(r"[?？؟]").alias("text_questions"),
        text.str.count_matches(r"\d").alias("text_digits"),
        (text.str.count_matches(r"\p{Lu}") / length.clip(1)).alias("text_capitals"),
        text.str.count_matches(r'["“”«»„]').alias("text_quotes"),
        text.str.count_matches(r"[\x{2600}-\x{27BF}\x{1F1E6}-\x{1FAFF}]").alias("text_emoji"),
        pl.col("title").str.len_chars().alias("title_length"),
    ]


def tokens(document: str) -> list[str]:
    """Words and pairs of neighbouring words, in lower case; a pair is joined by one space.

    Links become their domain ("link:example.com"), unspaced scripts pairs of characters, each emoji a word of its own.
    """
    words: list[str] = []
    for domain, unspaced, word, emoji in _TOKEN.findall(unicodedata.normalize("NFKC", document).lower()):
        if domain:
            words.append(f"link:{domain}")
        elif unspaced:
            words.extend(unspaced[i : i + 2] for i in range(max(len(unspaced) - 1, 1)))
        else:
            words.append(word or emoji)
        if len(words) >= _MAX_TOKENS:
            break
    return words + [f"{first} {second}" for first, second in pairwise(words)]
