"""`/v1/workspaces/{workspace_id}/posts/bulk`: a file is looked at, and then all of its posts are made, or none."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from api.bulk.schemas import EXAMPLE, BulkDoneOut, BulkFields, BulkOut
from api.deps import ContentDoor, ContentWriteDoor, Door
from api.imports.multipart import Limits, Receiver
from api.imports.upload import fresh_folder
from clientnest import settings
from clientnest.audit import CHANGED, Action, Change
from clientnest.content import bulk
from clientnest.errors import BadInput
from clientnest.exports.model import ExportFile
from clientnest.planning.bulk import bulk_template
from clientnest.zones import zone

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/posts/bulk", tags=["bulk"])
_ONE_PART = "file"


def _form() -> dict[str, Any]:
    schema = BulkFields.model_json_schema()
    file = {"type": "string", "format": "binary", "description": "CSV or XLSX.", "examples": [EXAMPLE]}
    return {**schema, "properties": {_ONE_PART: file, **schema["properties"]}, "required": [_ONE_PART]}


@router.post(
    "",
    summary="Schedule many posts from a CSV or spreadsheet; a dry run first, unless told otherwise",
    description="Everything is checked before anything is made, and one transaction makes all posts or none. Posts "
    "that have to be approved get their time, and go out once they were.",
    response_model=BulkOut,
    responses={201: {"model": BulkDoneOut, "description": "With `dry_run` false: all posts were made."}},
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _form()}}}},
)
async def schedule_in_bulk(request: Request, door: ContentWriteDoor) -> BulkOut | Response:
    await to_thread.run_sync(_check_membership, door)  # before a byte of the body is read
    async with _received(request) as (file, fields):
        return await to_thread.run_sync(_answer, door, file, fields)


@router.get(
    "/template", summary="A CSV to begin with: every column, and two examples", response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)  # fmt: skip
def get_bulk_template(door: ContentDoor) -> Response:
    with door.open():
        pass
    headers = {"Content-Disposition": 'attachment; filename="posts.csv"'}
    return Response(bulk_template(), media_type="text/csv; charset=utf-8", headers=headers)


def _check_membership(door: Door) -> None:
    with door.open():
        pass


def _answer(door: Door, file: ExportFile, fields: BulkFields) -> BulkOut | Response:
    with door.open() as (connection, membership):
        place = zone(fields.timezone or membership.workspace.timezone, field="body.timezone")
        report = bulk.look_at(connection, membership, file, place, date_order=fields.date_order, now=datetime.now(UTC))
        if fields.dry_run:
            return BulkOut.of(report)
        done = bulk.carry_out(connection, membership, report, door.actor)
        scheduled = len(done.posts) - len(done.unscheduled)
        door.record(connection, Action.POSTS_CREATED_IN_BULK, "batch", done.id, posts=Change(after=len(done.posts)),
                    scheduled=Change(after=scheduled), file=CHANGED)  # fmt: skip
    made = BulkDoneOut(id=done.id, created=len(done.posts), scheduled=scheduled,
                       waiting_for_approval=len(done.unscheduled), posts=list(done.posts))  # fmt: skip
    return Response(made.model_dump_json(), 201, media_type="application/json")


@asynccontextmanager
async def _received(request: Request) -> AsyncIterator[tuple[ExportFile, BulkFields]]:
    """The file, which is removed at the end, and what was said about it."""
    folder = await to_thread.run_sync(fresh_folder)
    try:
        most = settings.planning().bulk_max_bytes
        limits = Limits(1, most, _ONE_PART, "Split it into several.")
        receiver = Receiver(request.headers.get("content-type", ""), folder, limits)
        try:
            async for chunk in request.stream():
                if chunk:
                    await to_thread.run_sync(receiver.write, chunk)
            receiver.finish()
        finally:
            receiver.abandon()
        if not receiver.files:
            raise BadInput(
                "There is no file.", advice="Send it as a part named `file`.", details={"field": "body.file"}
            )
        (file,) = receiver.files
        yield ExportFile.at(file.path, file.name), _fields(receiver.fields)
    finally:
        await to_thread.run_sync(shutil.rmtree, folder, True)


def _fields(given: dict[str, list[str]]) -> BulkFields:
    twice = next((name for name, values in given.items() if len(values) > 1), None)
    if twice is not None:
        raise BadInput(f"The field {twice[:100]!r} was sent twice.", details={"field": f"body.{twice[:100]}"})
    try:
        return BulkFields.model_validate({name: values[0] for name, values in given.items() if values[0] != ""})
    except ValidationError as error:
        raise RequestValidationError(
            [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_input=False)]
        ) from error
