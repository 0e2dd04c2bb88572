"""What people do with the product, for its own key figures: names from a catalogue, and values that hold no content."""

import re
from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, insert

from clientnest.db.tables.entitlements import product_event
from clientnest.errors import BadInput
from clientnest.ids import new_id

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VALUE = re.compile(r"[a-z0-9_.:-]{1,64}")


class ProductEvent(StrEnum):
    """Everything that is counted."""

    SIGNED_UP = "signed_up"
    SIGNED_IN = "signed_in"
    WORKSPACE_CREATED = "workspace_created"
    MEMBER_INVITED = "member_invited"
    MEMBER_JOINED = "member_joined"
    ACCOUNT_CONNECTED = "account_connected"
    API_KEY_CREATED = "api_key_created"
    WEBHOOK_CREATED = "webhook_created"
    FILES_IMPORTED = "files_imported"
    PREDICTION_REQUESTED = "prediction_requested"


def record(
    connection: Connection,
    workspace_id: UUID | None,
    event: ProductEvent,
    *,
    person_id: UUID | None = None,
    properties: Mapping[str, str | int | float | bool] | None = None,
) -> None:
    """Note that something was done, in the caller's transaction. `workspace_id` None: outside of any.

    Properties are numbers, booleans, and short words made of a-z, 0-9, `_`, `.`, `:` and `-`; `BadInput` for anything
    else. The table refuses it as well.
    """
    given = dict(properties or {})
    for name, value in given.items():
        if _NAME.fullmatch(name) is None or not _holds_no_content(value):
            raise BadInput(
                f"The property {name!r} of the event {event.value} could hold content.",
                advice="Give a number, a boolean, or a word of a-z, 0-9, _ . : - with at most 64 characters.",
            )
    connection.execute(
        insert(product_event).values(
            workspace_id=workspace_id, id=new_id(), person_id=person_id, name=event.value, properties=given
        )
    )


def _holds_no_content(value: object) -> bool:
    if isinstance(value, str):
        return _VALUE.fullmatch(value) is not None
    # JSON has no infinity and no "not a number".
    return isinstance(value, bool | int) or (isinstance(value, float) and abs(value) < float("inf"))
