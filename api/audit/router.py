"""`/v1/workspaces/{workspace_id}/audit-events` and `/v1/me/security-events`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection

from api.audit.schemas import EventPageOut, EventsPageQuery, ExportFormat, ExportQuery, PageQuery
from api.deps import AuditDoor, Caller, Door, own
from clientnest import audit
from clientnest.db.roles import Role

router = APIRouter(prefix="/v1", tags=["audit"])

_WRITERS = {ExportFormat.CSV: audit.export_csv, ExportFormat.JSON_LINES: audit.export_json_lines}
_MEDIA_TYPES = {ExportFormat.CSV: "text/csv", ExportFormat.JSON_LINES: "application/x-ndjson"}


@router.get(
    "/workspaces/{workspace_id}/audit-events", summary="What happened in a workspace", response_model=EventPageOut
)
def list_audit_events(door: AuditDoor, query: Annotated[EventsPageQuery, Query()]) -> audit.EventPage:
    with door.open() as (connection, _):
        return audit.search(connection, door.workspace_id, query.filters(), cursor=query.cursor, limit=query.limit)


@router.get(
    "/workspaces/{workspace_id}/audit-events/export",
    summary="What happened in a workspace, as a file; that it was exported is an event too",
    response_class=StreamingResponse,
    responses={200: {"content": {media: {"schema": {"type": "string"}} for media in _MEDIA_TYPES.values()}}},
)
def export_audit_events(door: AuditDoor, query: Annotated[ExportQuery, Query()]) -> StreamingResponse:
    with door.open() as (connection, _):
        door.record(connection, audit.Action.AUDIT_EXPORTED, "workspace", format=audit.Change(after=query.format))
    batches = audit.batches(lambda: _opened(door), door.workspace_id, query.filters())
    return StreamingResponse(
        _WRITERS[query.format](batches),
        media_type=f"{_MEDIA_TYPES[query.format]}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="audit-{door.workspace_id}.{query.format.value}"'},
    )


@router.get(
    "/me/security-events",
    summary="What happened to your own way in: sign-ins, sessions, passwords, second factors",
    response_model=EventPageOut,
)
def list_security_events(caller: Caller, query: Annotated[PageQuery, Query()]) -> audit.EventPage:
    with own(caller, Role.API) as connection:
        return audit.personal_events(connection, caller.person_id, cursor=query.cursor, limit=query.limit)


@contextmanager
def _opened(door: Door) -> Iterator[Connection]:
    with door.open() as (connection, _):
        yield connection
