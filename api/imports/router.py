"""`/v1/workspaces/{workspace_id}/imports`."""

from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse

from api.deps import Door, ImportCreateDoor, ImportsDoor
from api.imports.schemas import ImportList, ImportOut, UploadFields
from api.imports.upload import received
from clientnest import imports
from clientnest.audit import Action, Change
from clientnest.errors import NotFound
from clientnest.imports.service import rejects_report
from clientnest.warehouse import serve

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/imports", tags=["imports"])


def _upload_schema() -> dict[str, Any]:
    """The multipart form: the files, and the fields of `UploadFields`."""
    schema = UploadFields.model_json_schema()
    files = {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
    return {**schema, "properties": {"files": files, **schema["properties"]}, "required": ["files"]}


@router.post(
    "",
    status_code=202,
    summary="Import analytics exports: any number of files, or zips of them",
    description="Files are recognised at once and read in the background; follow `Location` for what became of them.",
    openapi_extra={
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _upload_schema()}}},
    },
)
async def create_import(request: Request, response: Response, door: ImportCreateDoor) -> ImportOut:
    await to_thread.run_sync(_check_membership, door)  # before a byte of the body is read
    async with received(request) as (files, options):
        accepted = await to_thread.run_sync(_stage, door, files, options)
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/imports/{accepted.job.id}"
    return accepted


@router.get("", summary="The latest imports")
def list_imports(door: ImportsDoor, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> ImportList:
    with door.open() as (connection, _):
        return ImportList.model_validate({"items": serve.imports(connection, limit=limit)}, from_attributes=True)


@router.get("/{job_id}", summary="An import: how far it is, and what became of each file")
def get_import(door: ImportsDoor, job_id: UUID) -> ImportOut:
    with door.open() as (connection, _):
        return ImportOut.of(imports.summary(connection, door.workspace_id, job_id))


@router.get(
    "/{job_id}/rejected.csv",
    summary="Every row of an import that could not be used, with the reason",
    response_class=FileResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def get_rejected_rows(door: ImportsDoor, job_id: UUID) -> FileResponse:
    with door.open() as (connection, _):
        imports.summary(connection, door.workspace_id, job_id)
        report = rejects_report(door.workspace_id, job_id)
    if not report.exists():
        raise NotFound("This import has no rejected rows, or is not done yet.", advice="See its `rejected_count`.")
    return FileResponse(report, media_type="text/csv; charset=utf-8", filename=f"rejected-{job_id}.csv")


def _check_membership(door: Door) -> None:
    with door.open():
        pass


def _stage(door: Door, files: list[imports.SourceFile], options: imports.ImportOptions) -> ImportOut:
    with door.open() as (connection, membership):
        job_id = imports.stage(
            connection, door.workspace_id, files, options, requested_by=membership.person_id
        )  # fmt: skip
        door.record(connection, Action.IMPORT_STARTED, "import", job_id, files=Change(after=len(files)))
        return ImportOut.of(imports.summary(connection, door.workspace_id, job_id))
