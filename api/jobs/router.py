"""`/v1/workspaces/{workspace_id}/jobs`."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import ImportsDoor
from api.jobs.schemas import JobOut
from clientnest import jobs

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/jobs", tags=["jobs"])


@router.get("/{job_id}", summary="How far a job is", response_model=JobOut)
def get_job(door: ImportsDoor, job_id: UUID) -> jobs.Job:
    with door.open() as (connection, _):
        return jobs.get(connection, door.workspace_id, job_id)
