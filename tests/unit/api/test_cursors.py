"""Cursors: what was packed comes back, and nothing else gets through."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientnest.errors import BadInput
from clientnest.warehouse.serve.cursor import Cursor, decode, encode, fingerprint

ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30))])
INSTANTS = st.none() | st.datetimes(timezones=ZONES)
NUMBERS = st.none() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False, max_value=1e18,
                                                               min_value=-1e18)  # fmt: skip
MADE_FOR = fingerprint("likes", True)


@given(INSTANTS, st.uuids())
def test_an_instant_comes_back_as_it_was(value: datetime | None, row_id: UUID) -> None:
    assert decode(encode(Cursor(value, row_id), MADE_FOR), MADE_FOR, instant=True) == Cursor(value, row_id)


@given(NUMBERS, st.uuids())
def test_a_number_comes_back_as_it_was(value: float | None, row_id: UUID) -> None:
    assert decode(encode(Cursor(value, row_id), MADE_FOR), MADE_FOR, instant=False) == Cursor(value, row_id)


@given(st.text(max_size=600), st.booleans())
def test_any_other_text_is_refused(text: str, instant: bool) -> None:
    with pytest.raises(BadInput):
        decode(text, MADE_FOR, instant=instant)


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists)


@given(st.lists(JSON, min_size=2, max_size=2) | JSON, st.booleans())
def test_whatever_is_packed_like_a_cursor_is_a_value_of_that_kind_or_refused(packed: object, instant: bool) -> None:
    forged = json.dumps([MADE_FOR, *packed] if isinstance(packed, list) else packed)
    text = base64.urlsafe_b64encode(forged.encode()).rstrip(b"=").decode()
    try:
        cursor = decode(text, MADE_FOR, instant=instant)
    except BadInput:
        return
    assert cursor.value is None or isinstance(cursor.value, datetime if instant else int | float)
    assert not isinstance(cursor.value, datetime) or cursor.value.tzinfo is not None


def test_a_cursor_of_another_question_is_refused() -> None:
    with pytest.raises(BadInput, match="another order"):
        decode(encode(Cursor(3, UUID(int=1)), MADE_FOR), fingerprint("likes", False), instant=False)
