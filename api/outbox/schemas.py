"""Letters as the operator reads them."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class LetterOut(BaseModel):
    """A letter that waits. Its links work: hand it to whom it is addressed to, and to nobody else."""

    id: UUID
    kind: str = Field(examples=["invitation"])
    recipient: str
    subject: str
    text: str
    created_at: datetime
    problem: str | None = Field(description="What the mail server said; null where there is no mail server.")


class LetterList(BaseModel):
    items: list[LetterOut]
