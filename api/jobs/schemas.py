"""Jobs as JSON."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.imports.schemas import ErrorOut


class JobOut(BaseModel):
    """Work that somebody asked for. `progress` runs from 0 to 1; `step` says what is being done."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str = Field(examples=["import"])
    state: Literal["queued", "running", "done", "failed"]
    step: str | None
    progress: float | None
    result: dict[str, Any] | None
    error: ErrorOut | None
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
