"""API keys as the API shows them: the secret once, when it is made."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from annotated_types import Ge, Le
from pydantic import AwareDatetime, BaseModel, Field

from api.body import Body, Name

# What a zone makes of the ends of time cannot be read back.
EndsAt = Annotated[AwareDatetime, Ge(datetime(2000, 1, 1, tzinfo=UTC)), Le(datetime(2100, 1, 1, tzinfo=UTC))]


class KeyIn(Body):
    """A key to make. `scopes` are permissions that the maker has (docs/permissions.md)."""

    name: Name = Field(min_length=1, max_length=100, examples=["Reporting"])
    scopes: list[str] = Field(min_length=1, max_length=50, examples=[["results.read"]])
    expires_at: EndsAt | None = Field(None, description="Without one, it works until it is revoked.")


class KeyOut(BaseModel):
    id: UUID
    name: str
    hint: str = Field(description="How the key begins.", examples=["cnk_a1B2c3"])
    scopes: list[str]
    created_by: UUID | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")
    revoked_at: datetime | None


class NewKeyOut(KeyOut):
    """With the key itself, shown this once."""

    key: str = Field(description="Send it as `Authorization: Bearer …`.")


class KeyList(BaseModel):
    items: list[KeyOut]
