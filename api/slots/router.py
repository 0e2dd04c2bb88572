"""`/v1/workspaces/{workspace_id}/accounts/{account_id}/slots`."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import AccountsDoor, ContentDoor
from api.etags import IfMatch, etag, revision_of
from api.slots.schemas import SlotChange, SlotIn, SlotList, SlotOut, SlotTimeOut, UpcomingOut, UpcomingQuery
from clientnest.audit import Action, Change
from clientnest.planning import queueing, slots
from clientnest.planning.slots import Slot, SlotFields

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/accounts/{account_id}/slots", tags=["queue slots"])
_AHEAD = timedelta(days=14)


@router.get("", summary="The times of the week at which the account posts what is queued", response_model=SlotList)
def list_slots(door: ContentDoor, account_id: UUID) -> dict[str, list[Slot]]:
    with door.open() as (connection, _):
        return {"items": slots.slots(connection, door.workspace_id, account_id)}


@router.post("", status_code=201, summary="Add a queue slot", response_model=SlotOut)
def create_slot(door: AccountsDoor, account_id: UUID, asked: SlotIn, response: Response) -> Slot:
    with door.open() as (connection, membership):
        made = slots.create(
            connection, door.workspace_id, account_id, asked.weekday, time.fromisoformat(asked.local_time),
            asked.timezone, created_by=membership.person_id,
        )  # fmt: skip
        door.record(connection, Action.SLOT_CREATED, "slot", made.id,
                    changes={name: Change(after=value) for name, value in _said(made).items()})  # fmt: skip
    response.headers["ETag"] = etag(made.revision)
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/accounts/{account_id}/slots/{made.id}"
    return made


@router.get("/upcoming", summary="When the account's slots come", response_model=UpcomingOut)
def list_upcoming_slots(door: ContentDoor, account_id: UUID, query: Annotated[UpcomingQuery, Query()]) -> UpcomingOut:
    since = query.since or datetime.now(UTC)
    with door.open() as (connection, _):
        found = queueing.upcoming(connection, door.workspace_id, account_id, since, query.until or since + _AHEAD)
        return UpcomingOut(items=[SlotTimeOut.of(one) for one in found])


@router.get("/{slot_id}", summary="One queue slot", response_model=SlotOut)
def get_slot(door: ContentDoor, account_id: UUID, slot_id: UUID, response: Response) -> Slot:
    with door.open() as (connection, _):
        found = slots.slot(connection, door.workspace_id, account_id, slot_id)
        response.headers["ETag"] = etag(found.revision)
        return found


@router.patch("/{slot_id}", summary="Change a queue slot; what is planned already stays", response_model=SlotOut)
def change_slot(
    door: AccountsDoor, account_id: UUID, slot_id: UUID, asked: SlotChange, response: Response, if_match: IfMatch = None
) -> Slot:
    given = SlotFields()
    if asked.weekday is not None:
        given["weekday"] = asked.weekday
    if asked.local_time is not None:
        given["local_time"] = time.fromisoformat(asked.local_time)
    if "timezone" in asked.model_fields_set:
        given["timezone"] = asked.timezone
    with door.open() as (connection, _):
        before = slots.slot(connection, door.workspace_id, account_id, slot_id)
        changed = slots.change(
            connection, door.workspace_id, account_id, slot_id, revision=revision_of(if_match), **given
        )
        was, now = _said(before), _said(changed)
        door.record(connection, Action.SLOT_CHANGED, "slot", slot_id,
                    changes={name: Change(was[name], now[name]) for name in was})  # fmt: skip
    response.headers["ETag"] = etag(changed.revision)
    return changed


@router.delete("/{slot_id}", status_code=204, summary="Remove a queue slot; what is planned at its times stays")
def delete_slot(door: AccountsDoor, account_id: UUID, slot_id: UUID) -> None:
    with door.open() as (connection, _):
        gone = slots.remove(connection, door.workspace_id, account_id, slot_id)
        door.record(connection, Action.SLOT_DELETED, "slot", slot_id,
                    changes={name: Change(value) for name, value in _said(gone).items()})  # fmt: skip


def _said(slot: Slot) -> dict[str, str | int | None]:
    """A slot as the audit log tells it."""
    return {"account_id": str(slot.account_id), "weekday": slot.weekday, "local_time": f"{slot.local_time:%H:%M}",
            "timezone": slot.timezone}  # fmt: skip
