"""What an upload takes, and how an import and its files are told."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

_NO_NUL = r"^[^\x00]*$"
Line = Annotated[str, Field(min_length=1, max_length=300, pattern=_NO_NUL)]


class UploadFields(BaseModel):
    """What a person can say about the files, where the files do not say it themselves."""

    model_config = ConfigDict(extra="forbid")

    timezone: Line | None = Field(
        None, description="IANA zone of times that carry none; the workspace's by default.", examples=["Europe/Paris"]
    )
    account: Line | None = Field(None, description="Name or handle of the account.", examples=["acme"])
    network: Line | None = Field(None, description="For the plain CSV.", examples=["linkedin"])
    captured_at: AwareDatetime | None = Field(None, description="When the numbers were true.")
    date_order: Literal["mdy", "dmy"] | None = Field(None, description="For dates like 03/04/2025.")
    language: Line | None = Field(None, description="ISO code, for names of months.", examples=["es"])
    column_map: list[Line] = Field(
        default_factory=list, max_length=100, description="`Their header=our_field`, repeated.",
        examples=[["Reactions=likes"]],
    )  # fmt: skip
    modified_at: list[AwareDatetime] = Field(
        default_factory=list, description="When each file was last changed, in the order of the files."
    )


class ErrorOut(BaseModel):
    """What went wrong, and what to do about it."""

    model_config = ConfigDict(extra="ignore")

    code: str
    message: str
    advice: str
    retryable: bool


class PeriodOut(BaseModel):
    first: date = Field(alias="from")
    last: date = Field(alias="to")


class RejectedRowOut(BaseModel):
    """A row that could not be used; `row` counts as a spreadsheet shows it (the header is row 1)."""

    row: int
    field: str | None
    value: str | None
    reason: str


class ImportFileOut(BaseModel):
    """One file: what it was recognised as, what was taken from it, and what was refused and why."""

    file: str
    format: str | None
    state: Literal["waiting", "imported", "refused"]
    rows: int
    accepted: int
    rejected: list[RejectedRowOut] = Field(description="The first ones, where there are very many.")
    rejected_count: int
    posts: int
    snapshots: int
    period: PeriodOut | None
    captured_at: datetime | None
    captured_at_source: Literal["file", "name", "option", "modified"] | None
    warnings: list[str]
    error: ErrorOut | None


class ImportJobOut(BaseModel):
    """The work on an import. `progress` runs from 0 to 1."""

    id: UUID
    state: Literal["queued", "running", "done", "failed"]
    step: str | None
    progress: float | None
    error: ErrorOut | None
    attempts: int
    created_at: datetime
    finished_at: datetime | None


class ImportOut(BaseModel):
    """An import and its files. `has_report`: `…/rejected.csv` lists every row that could not be used."""

    job: ImportJobOut
    has_report: bool
    files: list[ImportFileOut]

    @classmethod
    def of(cls, summary: dict[str, Any]) -> "ImportOut":
        """From `clientnest.imports.summary`; where the report lies on the server stays there."""
        return cls.model_validate({**summary, "has_report": summary["report"] is not None})


class ImportSummaryOut(BaseModel):
    """One import in the list. Counts are null until known; `names` are the first files."""

    model_config = ConfigDict(from_attributes=True)

    job_id: UUID
    state: Literal["queued", "running", "done", "failed"]
    step: str | None
    progress: float | None
    error: ErrorOut | None
    created_at: datetime
    finished_at: datetime | None
    files: int
    files_refused: int
    rows: int | None
    accepted: int | None
    rejected: int | None
    names: list[str]


class ImportList(BaseModel):
    items: list[ImportSummaryOut]
