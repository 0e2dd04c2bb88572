"""`/v1/workspaces/{workspace_id}/media`: the pictures and videos that posts can show."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api.deps import ContentDoor, ContentWriteDoor, Door
from api.etags import IfMatch, etag, revision_of
from api.imports.multipart import Limits, ReceivedFile, Receiver
from api.media.receiving import Receiving
from api.media.schemas import ConversionIn, MediaChange, MediaOut, MediaPageOut, MediaQuery, UploadFields
from clientnest import settings
from clientnest.audit import CHANGED, Action, Change
from clientnest.errors import BadInput, Forbidden
from clientnest.media import library, uploads
from clientnest.media.model import Recipe
from clientnest.media.reading import find
from clientnest.media.store import Store, store
from clientnest.workspaces import Membership, WorkspaceRole

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/media", tags=["media"])


def _form() -> dict[str, Any]:
    schema = UploadFields.model_json_schema()
    file = {"type": "string", "format": "binary"}
    return {**schema, "properties": {"file": file, **schema["properties"]}, "required": ["file"]}


@router.get("", summary="Pictures and videos, the latest first")
def list_media(door: ContentDoor, query: Annotated[MediaQuery, Query()]) -> MediaPageOut:
    with door.open() as (connection, membership):
        _of_the_team(membership)
        page = library.listed(
            connection, door.workspace_id, kind=query.kind, state=query.state, unused=query.unused,
            cursor=query.cursor, limit=query.limit,
        )  # fmt: skip
        return MediaPageOut(
            items=[MediaOut.of(one, door.workspace_id) for one in page.items], next_cursor=page.next_cursor
        )


@router.post(
    "",
    status_code=201,
    summary="Upload a picture or video in one request; `…/media/uploads` goes on where it stopped",
    description="It is looked at in the background: wait for the event `media.ready` or `media.refused`.",
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _form()}}}},
)
async def upload_media(request: Request, response: Response, door: ContentWriteDoor) -> MediaOut:
    await to_thread.run_sync(_check_membership, door)  # before a byte of the body is read
    kept = await to_thread.run_sync(store)
    with ExitStack() as leaving:
        folder = await to_thread.run_sync(leaving.enter_context, kept.scratch())
        file, fields = await _received(request, folder)
        made = await to_thread.run_sync(_taken, door, kept, folder, file, fields)
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/media/{made.id}"
    return made


@router.get("/{media_id}", summary="One, with addresses at which it can be seen for a while")
def get_media(door: ContentDoor, media_id: UUID, response: Response) -> MediaOut:
    with door.open() as (connection, membership):
        _of_the_team(membership)
        found = find(connection, door.workspace_id, media_id)
        response.headers["ETag"] = etag(found.revision)
        return MediaOut.of(found, door.workspace_id)


@router.patch("/{media_id}", summary="Change its name or alternative text")
def change_media(
    door: ContentWriteDoor, media_id: UUID, asked: MediaChange, response: Response, if_match: IfMatch = None
) -> MediaOut:
    with door.open() as (connection, _):
        before = find(connection, door.workspace_id, media_id)
        changed = library.change(
            connection, door.workspace_id, media_id, revision=revision_of(if_match), filename=asked.filename,
            alt_text=asked.alt_text,
        )  # fmt: skip
        names = [name for name in ("filename", "alt_text") if getattr(before, name) != getattr(changed, name)]
        door.record(connection, Action.MEDIA_CHANGED, "media", media_id, changes=dict.fromkeys(names, CHANGED))
        response.headers["ETag"] = etag(changed.revision)
        return MediaOut.of(changed, door.workspace_id)


@router.delete(
    "/{media_id}", status_code=204, summary="Remove one that no post uses, with its files",
    openapi_extra={"responses": {"409": {"$ref": "#/components/responses/Problem409"}}},
)  # fmt: skip
def delete_media(door: ContentWriteDoor, media_id: UUID) -> None:
    with door.open() as (connection, _):
        gone = library.remove(connection, door.workspace_id, media_id)
        door.record(connection, Action.MEDIA_DELETED, "media", gone.id, filename=CHANGED,
                    bytes=Change(before=gone.size_bytes))  # fmt: skip


@router.post(
    "/{media_id}/conversions", status_code=202, summary="Make another form of it, beside it, in the background"
)
def convert_media(door: ContentWriteDoor, media_id: UUID, asked: ConversionIn, response: Response) -> MediaOut:
    with door.open() as (connection, membership):
        recipe = Recipe(**asked.model_dump())
        made = library.convert(
            connection, door.workspace_id, media_id, recipe, created_by=membership.person_id
        )  # fmt: skip
        door.record(connection, Action.MEDIA_CONVERTED, "media", made.id, derived_from=Change(after=media_id),
                    recipe=Change(after=recipe.as_json()))  # fmt: skip
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/media/{made.id}"
    return MediaOut.of(made, door.workspace_id)


def _of_the_team(membership: Membership) -> None:
    """Who is shown single posts sees what those show, and not what lies ready for others."""
    if membership.key is None and membership.role is WorkspaceRole.CLIENT:
        raise Forbidden("The library is for the team.", advice="What a post shows is shown with the post.")


def _check_membership(door: Door) -> None:
    with door.open():
        pass


async def _received(request: Request, folder: Path) -> tuple[ReceivedFile, UploadFields]:
    limits = Limits(
        1, settings.media().media_max_bytes, "file", "Make it smaller, or raise CLIENTNEST_MEDIA_MAX_BYTES."
    )  # fmt: skip
    receiver = Receiver(request.headers.get("content-type", ""), folder, limits)
    try:
        async for chunk in request.stream():
            if chunk:
                await to_thread.run_sync(receiver.write, chunk)
        receiver.finish()
    finally:
        receiver.abandon()
    if not receiver.files:
        raise BadInput("There is no file.", advice="Send it as a part named `file`.", details={"field": "body.file"})
    try:
        return receiver.files[0], UploadFields.model_validate(
            {name: values[-1] for name, values in receiver.fields.items()}
        )
    except ValidationError as error:
        raise RequestValidationError(
            [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_input=False)]
        ) from error


def _taken(door: Door, kept: Store, folder: Path, file: ReceivedFile, fields: UploadFields) -> MediaOut:
    """As an upload of one piece."""
    with door.open() as (connection, membership):
        begun = uploads.begin(
            connection, door.workspace_id, length=file.path.stat().st_size, filename=file.name,
            alt_text=fields.alt_text, created_by=membership.person_id,
        )  # fmt: skip
        upload, turn = uploads.take_turn(connection, door.workspace_id, begun.media_id, 0)
    receiving = Receiving(door, kept, folder, upload, turn)
    try:
        receiving.take_file(file.path)
    finally:
        receiving.close()
    with door.open() as (connection, _):
        return MediaOut.of(find(connection, door.workspace_id, upload.media_id), door.workspace_id)
