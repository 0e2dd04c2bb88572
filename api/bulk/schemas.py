"""Files of posts as the API takes them, and what it says of each row."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.body import Body
from api.calendar.schemas import WallClock
from clientnest.content import bulk
from clientnest.content.planned import EXCERPT

EXAMPLE = (
    "date,time,timezone,text,account,network,labels\n"
    '2026-03-31,09:00,Europe/Paris,"The market opens at nine.",@acme,bluesky,"news, spring"\n'
)


class BulkFields(Body):
    """What a person can say about the file."""

    dry_run: bool = Field(True, description="Only say what would be done; false does it, if all rows can be used.")
    timezone: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="IANA zone of rows that name none; the workspace's by default.", examples=["Europe/Paris"]
    )
    date_order: Literal["mdy", "dmy"] | None = Field(
        None, description="The answer to `question`: what dates like 03/04/2026 mean."
    )


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class BulkRowOut(BaseModel):
    """A row that can be used, and the post it makes."""

    row: int = Field(description="As a spreadsheet counts; the header is row 1.", examples=[2])
    account_id: UUID
    account_name: str
    network: str = Field(examples=["bluesky"])
    local_time: WallClock
    timezone: str = Field(examples=["Europe/Paris"])
    instant: datetime
    note: str | None = Field(description="That clocks pass over the time, or show it twice.")
    excerpt: str = Field(description=f"The first {EXCERPT} characters of the text.")

    @classmethod
    def of(cls, entry: bulk.Entry) -> "BulkRowOut":
        at = entry.schedule
        return cls(
            row=entry.row, account_id=entry.account.id, account_name=entry.account.name,
            network=entry.account.network, local_time=at.wall_clock, timezone=at.timezone, instant=at.instant,
            note=at.note, excerpt=entry.content.parts[0].text[:EXCERPT],
        )  # fmt: skip


class ProblemOut(_Out):
    """Why a row cannot be used, and what to do. `column`: its name in the file; null for the row as a whole."""

    row: int
    column: str | None
    value: str | None
    message: str
    advice: str


class WarningOut(_Out):
    """What to know of a row that can be used all the same."""

    row: int
    message: str


class QuestionOut(_Out):
    """Dates that can be read in two orders, which only a person can settle: send the file again with `date_order`."""

    column: str
    why: Literal["either", "contradicting", "converted"] = Field(
        description="`either` order fits; some dates fit one only, and some the other (`contradicting`); or a "
        "spreadsheet has read some of them, and left others (`converted`)."
    )
    row: int
    value: str
    mdy: date | None = Field(description="The day it is with the month first; null where there is none.")
    dmy: date | None


class BulkOut(BaseModel):
    """What a file says, and what would become of it."""

    rows: list[BulkRowOut]
    problems: list[ProblemOut]
    question: QuestionOut | None
    warnings: list[WarningOut]
    notes: list[str] = Field(description="About how the file was read.")
    ignored_columns: list[str]

    @classmethod
    def of(cls, report: bulk.Report) -> "BulkOut":
        return cls(
            rows=[BulkRowOut.of(one) for one in report.entries],
            problems=[ProblemOut.model_validate(one) for one in report.problems],
            question=QuestionOut.model_validate(report.question) if report.question else None,
            warnings=[WarningOut.model_validate(one) for one in report.warnings],
            notes=list(report.notes), ignored_columns=list(report.ignored),
        )  # fmt: skip


class BulkDoneOut(BaseModel):
    """What was done: all of it, in one go."""

    id: UUID = Field(description="Of the whole; the event and the audit log name it.")
    created: int
    scheduled: int
    waiting_for_approval: int = Field(description="They have their time, and have to be approved before it.")
    posts: list[UUID] = Field(description="In the order of the rows.")
