"""Names as they are kept, and what they may not hold."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientnest.words import is_shown, on_one_line, unshown


@given(st.text(max_size=60))
def test_a_name_is_kept_on_one_line_without_what_nobody_sees_and_stays_so(name: str) -> None:
    kept = on_one_line(name)
    assert on_one_line(kept) == kept == kept.strip()
    assert unshown(kept) is None
    assert "  " not in kept
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in kept)


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S"]), min_size=1, max_size=60))
def test_whatever_shows_is_kept_as_it_is(name: str) -> None:
    assert unshown(name) is None
    assert on_one_line(name) == name


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a\x00b", "U+0000 control character"), ("\u202eexe", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("a\u2066b", "U+2066 LEFT-TO-RIGHT ISOLATE"), ("a\u200b", "U+200B ZERO WIDTH SPACE"),
        ("a\U000e0041", "U+E0041 TAG LATIN CAPITAL LETTER A"), ("a\ud800", "U+D800 control character"),
        ("Ada\tLovelace\n", None), ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", None),
    ],
)  # fmt: skip
def test_what_does_not_show_is_named(name: str, found: str | None) -> None:
    assert unshown(name) == found


def test_a_name_of_nothing_that_shows_is_none() -> None:
    assert [on_one_line(name) for name in ("", " \n\t", "\u200d\u200c", "\u202e\u200b", "\x00")] == [""] * 5
    assert not is_shown("\u202e")
