"""`/v1/workspaces/{workspace_id}/media/uploads`: uploads that go on where they stopped, as the protocol tus has it.

The address of an upload ends in the id of the picture or video that it becomes.
"""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import anyio
from anyio import to_thread
from fastapi import APIRouter, Header, Request, Response
from starlette.requests import ClientDisconnect

from api.deps import ContentWriteDoor
from api.media import tus
from api.media.receiving import Receiving
from clientnest import settings
from clientnest.audit import CHANGED, Action, Change
from clientnest.media import library, uploads
from clientnest.media.store import store

router = APIRouter(
    prefix="/v1/workspaces/{workspace_id}/media/uploads", tags=["media"], route_class=tus.TusRoute,
)  # fmt: skip
_AT_ONCE = 1024**2
Version = Annotated[str | None, Header(alias="Tus-Resumable", description="Always 1.0.0.", examples=[tus.VERSION])]
Length = Annotated[
    str | None, Header(alias="Upload-Length", description="Bytes of the whole file.", examples=["3"])
]  # fmt: skip
Offset = Annotated[
    str | None, Header(alias="Upload-Offset", description="Bytes that came before.", examples=["0"])
]  # fmt: skip
Metadata = Annotated[
    str | None,
    Header(alias="Upload-Metadata", description="`filename` and `alt`, each with its value in base64."),
]  # fmt: skip
Checksum = Annotated[str | None, Header(alias="Upload-Checksum", description="`sha1` or `sha256`, and base64.")]


def _answers(*statuses: int) -> dict[str, Any]:
    """Problems that follow from the protocol, for the OpenAPI document."""
    return {"responses": {str(one): {"$ref": f"#/components/responses/Problem{one}"} for one in statuses}}


_BYTES = {
    "requestBody": {
        "required": True,
        "content": {tus.PATCH_TYPE: {"schema": {"type": "string", "format": "binary"}, "example": "abc"}},
    }
}


@router.options("", include_in_schema=False)
@router.options("/{upload_id}", include_in_schema=False)
def say_what_is_spoken() -> Response:
    """The same to everybody, whether there is such a workspace or not."""
    return Response(
        status_code=204,
        headers={
            "Tus-Version": tus.VERSION, "Tus-Extension": tus.EXTENSIONS,
            "Tus-Max-Size": str(settings.media().media_max_bytes), "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
        },
    )  # fmt: skip


@router.post(
    "", status_code=201, summary="Begin a resumable upload (tus 1.0.0); go on with PATCH at `Location`",
    response_class=Response, openapi_extra=_answers(400, 412, 413),
)  # fmt: skip
def create_upload(
    door: ContentWriteDoor, version: Version = None, length: Length = None, said: Metadata = None
) -> Response:
    with door.open() as (connection, membership):
        tus.require_version(version)
        given = tus.metadata(said)
        begun = uploads.begin(
            connection, door.workspace_id, length=tus.number(length, "Upload-Length"),
            filename=given.get("filename", given.get("name", "")), alt_text=given.get("alt", ""),
            created_by=membership.person_id,
        )  # fmt: skip
    location = f"/v1/workspaces/{door.workspace_id}/media/uploads/{begun.media_id}"
    return Response(status_code=201, headers={"Location": location, **tus.told(begun)})


@router.head(
    "/{upload_id}", summary="How far an upload is", response_class=Response, openapi_extra=_answers(400, 410, 412)
)
def get_upload(door: ContentWriteDoor, upload_id: UUID, version: Version = None) -> Response:
    with door.open() as (connection, _):
        tus.require_version(version)
        found = uploads.find(connection, door.workspace_id, upload_id)
    return Response(headers={**tus.told(found), "Upload-Length": str(found.length)})


@router.patch(
    "/{upload_id}", status_code=204, summary="Send the next bytes of an upload", response_class=Response,
    openapi_extra={**_BYTES, **_answers(400, 410, 412, 413, 415, 423, 460)},
)  # fmt: skip
async def continue_upload(
    request: Request, door: ContentWriteDoor, upload_id: UUID, version: Version = None, offset: Offset = None,
    checksum: Checksum = None,
) -> Response:  # fmt: skip
    def begin(folder: Path) -> Receiving:
        with door.open() as (connection, _):
            tus.require_version(version)
            _require_type(request)
            upload, turn = uploads.take_turn(
                connection, door.workspace_id, upload_id, tus.number(offset, "Upload-Offset")
            )
            proved = tus.checksum(checksum)
        return Receiving(door, kept, folder, upload, turn, proved)

    kept = await to_thread.run_sync(store)
    with ExitStack() as leaving:
        folder = await to_thread.run_sync(leaving.enter_context, kept.scratch())
        receiving = await to_thread.run_sync(begin, folder)
        await receive(request, receiving)
        return Response(status_code=204, headers=tus.told(receiving.upload))


@router.delete(
    "/{upload_id}", status_code=204, summary="Give an upload up, with what came of it", response_class=Response,
    openapi_extra=_answers(400, 410, 412),
)  # fmt: skip
def end_upload(door: ContentWriteDoor, upload_id: UUID, version: Version = None) -> Response:
    with door.open() as (connection, _):
        tus.require_version(version)
        uploads.find(connection, door.workspace_id, upload_id)
        gone = library.remove(connection, door.workspace_id, upload_id)
        door.record(connection, Action.MEDIA_DELETED, "media", gone.id, filename=CHANGED,
                    bytes=Change(before=gone.size_bytes))  # fmt: skip
    return Response(status_code=204)


async def receive(request: Request, receiving: Receiving) -> None:
    """All of a request's body; of one that stops in the middle, what came."""
    try:
        gathered = bytearray()
        try:
            async for chunk in request.stream():
                gathered += chunk
                if len(gathered) >= _AT_ONCE:
                    await to_thread.run_sync(receiving.write, bytes(gathered))
                    gathered.clear()
            await to_thread.run_sync(receiving.write, bytes(gathered))
            await to_thread.run_sync(receiving.finish)
        except ClientDisconnect:
            await to_thread.run_sync(receiving.write, bytes(gathered))
            await to_thread.run_sync(receiving.interrupted)
            raise
    finally:
        with anyio.CancelScope(shield=True):
            await to_thread.run_sync(receiving.close)


def _require_type(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != tus.PATCH_TYPE:
        raise tus.OtherType(
            f"The body is not of the type {tus.PATCH_TYPE}.", advice="Let a client of the protocol tus send it."
        )
