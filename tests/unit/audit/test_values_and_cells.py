"""What the logs keep is bounded and storable, and what they export is never a formula."""

import csv
import io
import json
import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from clientnest.audit import ActorKind, Event, FieldChange, Origin, State, export_csv
from clientnest.audit.catalogue import FIELDS, Action, Kept, PersonalAction
from clientnest.audit.values import MOST_CHARACTERS, storable
from clientnest.ids import new_id

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=2500)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.datetimes() | st.uuids(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(ANY_TEXT, inner, max_size=4),
)


@given(VALUES)
def test_any_value_is_kept_as_bounded_json_without_what_postgres_refuses(value: object) -> None:
    written = json.dumps(storable(value), allow_nan=False)
    assert len(written) <= MOST_CHARACTERS
    assert "\\u0000" not in re.sub(r"\\\\", "", written)
    json.loads(written, parse_constant=str.upper)
    json.dumps(storable(value), ensure_ascii=False).encode()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80))
def test_a_short_text_is_kept_as_it_is(value: str) -> None:
    assert storable(value) == value


def test_the_largest_event_fits_its_row() -> None:
    most = max(sum(kept is Kept.CLEAR for kept in fields.values()) for fields in FIELDS.values())
    assert most * (2 * MOST_CHARACTERS + 200) < 32_768


def test_actions_are_named_after_their_log_and_fields_are_declared_once() -> None:
    assert all(re.fullmatch(r"workspace(\.[a-z_]+)+", action) for action in Action)
    assert all(re.fullmatch(r"person(\.[a-z_]+)+", action) for action in PersonalAction)
    personal = {"email", "password", "url", "secret", "client_secret", "credentials", "address"}
    for fields in FIELDS.values():
        assert not personal & {name for name, kept in fields.items() if kept is Kept.CLEAR}


@given(st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", "  =", " \t@"]), st.text(max_size=20))
def test_no_cell_of_an_export_is_a_formula(start: str, rest: str) -> None:
    evil = start + rest
    event = Event(
        new_id(), datetime.now(UTC), evil, ActorKind.PERSON, None, evil, evil,
        (FieldChange("name", evil, evil, State.SHOWN),), Origin(evil, evil, State.SHOWN), evil,
    )  # fmt: skip
    written = b"".join(export_csv([(event,)])).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(written, newline="")):
        assert len(row) == 11
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@"))
            assert not cell.startswith(("\t", "\r", "\n"))
