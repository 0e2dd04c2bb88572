"""Opaque cursors of keyset pagination: where the last page ended, for one order and one set of filters."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clientnest.errors import BadInput

Value = datetime | float | int | None
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Cursor:
    """The sort value and the id of the last row given."""

    value: Value
    row_id: UUID


def fingerprint(*parts: object) -> str:
    """What a cursor belongs to: a short digest of sort and filters."""
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def encode(cursor: Cursor, belongs_to: str) -> str:
    value = cursor.value.isoformat() if isinstance(cursor.value, datetime) else cursor.value
    packed = json.dumps([belongs_to, value, cursor.row_id.hex], separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).rstrip(b"=").decode()


def decode(text: str, belongs_to: str, *, instant: bool) -> Cursor:
    """The cursor in a text that `encode` gave for the same sort and filters; `BadInput` for anything else.

    `instant`: the sort value is a time, not a number.
    """
    broken = BadInput(
        "The cursor is not one that a previous page gave.", advice="Start again without a cursor.",
        details={"field": "query.cursor"},
    )  # fmt: skip
    if len(text) > _LONGEST:
        raise broken
    try:
        made_for, value, row_id = json.loads(
            base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        )
        if made_for != belongs_to:
            raise BadInput(
                "The cursor belongs to another order or other filters.",
                advice="Keep sort and filters while paging, or start again without a cursor.",
                details={"field": "query.cursor"},
            )
        return Cursor(_instant(value) if instant else _number(value), UUID(hex=row_id))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise broken from error


def _instant(value: object) -> datetime | None:
    if value is None:
        return None
    instant = datetime.fromisoformat(str(value))
    if instant.tzinfo is None:
        raise ValueError("not an instant")
    return instant


def _number(value: object) -> float | int | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63):
        return value
    raise ValueError("not a number that a column could hold")
