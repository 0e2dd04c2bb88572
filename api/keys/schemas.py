"""API keys as the API shows them: the secret once, when it is made."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from api.body import Body


class KeyIn(Body):
    """A key to make. `scopes` are permissions that the maker has (docs/permissions.md)."""

    name: str = Field(min_length=1, max_length=100, examples=["Reporting"])
    scopes: list[str] = Field(min_length=1, max_length=50, examples=[["results.read"]])
    expires_at: AwareDatetime | None = None


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
