"""`/v1/workspaces/{workspace_id}/labels`: what a team sorts its posts by."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import ContentDoor, ContentWriteDoor
from api.etags import IfMatch, etag, revision_of
from api.labels.schemas import LabelChange, LabelIn, LabelList, LabelOut
from clientnest.audit import Action, Change
from clientnest.content import labels
from clientnest.content.labels import Label, LabelFields

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/labels", tags=["labels and campaigns"])


@router.get("", summary="All labels, and how many posts have each", response_model=LabelList)
def list_labels(door: ContentDoor) -> dict[str, list[Label]]:
    with door.open() as (connection, membership):
        return {"items": labels.labels(connection, membership)}


@router.post("", status_code=201, summary="Make a label", response_model=LabelOut)
def create_label(door: ContentWriteDoor, asked: LabelIn, response: Response) -> Label:
    with door.open() as (connection, membership):
        made = labels.create(connection, membership, asked.name, asked.colour)
        door.record(connection, Action.LABEL_CREATED, "label", made.id, name=Change(after=made.name),
                    colour=Change(after=made.colour))  # fmt: skip
    response.headers["ETag"] = etag(made.revision)
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/labels/{made.id}"
    return made


@router.get("/{label_id}", summary="One label", response_model=LabelOut)
def get_label(door: ContentDoor, label_id: UUID, response: Response) -> Label:
    with door.open() as (connection, membership):
        found = labels.label(connection, membership, label_id)
    response.headers["ETag"] = etag(found.revision)
    return found


@router.patch("/{label_id}", summary="Rename or recolour a label", response_model=LabelOut)
def change_label(
    door: ContentWriteDoor, label_id: UUID, asked: LabelChange, response: Response, if_match: IfMatch = None
) -> Label:
    given = LabelFields()
    if asked.name is not None:
        given["name"] = asked.name
    if asked.colour is not None:
        given["colour"] = asked.colour
    with door.open() as (connection, membership):
        before = labels.label(connection, membership, label_id)
        changed = labels.change(connection, membership, label_id, revision=revision_of(if_match), **given)
        door.record(connection, Action.LABEL_CHANGED, "label", label_id, name=Change(before.name, changed.name),
                    colour=Change(before.colour, changed.colour))  # fmt: skip
    response.headers["ETag"] = etag(changed.revision)
    return changed


@router.delete("/{label_id}", status_code=204, summary="Delete a label; the posts that had it stay")
def delete_label(door: ContentWriteDoor, label_id: UUID) -> None:
    with door.open() as (connection, membership):
        gone = labels.remove(connection, membership, label_id)
        door.record(connection, Action.LABEL_DELETED, "label", label_id, name=Change(gone.name),
                    colour=Change(gone.colour))  # fmt: skip
