"""Workspaces as the API shows them."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.body import Body, Name
from clientnest.workspaces import Membership, WorkspaceRole


class WorkspaceOut(BaseModel):
    """One brand or client, and what the caller is in it (null: an API key)."""

    id: UUID
    name: str = Field(examples=["Demo brand"])
    slug: str = Field(examples=["demo"])
    timezone: str = Field(description="IANA name.", examples=["Europe/Paris"])
    is_demo: bool = Field(description="Its data is generated.")
    require_second_factor: bool = Field(description="Whether everybody needs an authenticator app or a passkey here.")
    role: WorkspaceRole | None

    @classmethod
    def of(cls, membership: Membership) -> "WorkspaceOut":
        workspace = membership.workspace
        return cls(
            id=workspace.id,
            name=workspace.name,
            slug=workspace.slug,
            timezone=workspace.timezone,
            is_demo=workspace.is_demo,
            require_second_factor=workspace.require_second_factor,
            role=membership.role,
        )


class WorkspaceList(BaseModel):
    items: list[WorkspaceOut]


class WorkspaceIn(Body):
    """A new workspace; whoever makes it owns it."""

    name: Name = Field(min_length=1, max_length=200, examples=["Acme"])
    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", examples=["acme"])
    timezone: str = Field("UTC", max_length=64, description="IANA name.", examples=["Europe/Paris"])


class WorkspaceChange(Body):
    """What is to change; the rest stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Acme Europe"}]})

    name: Name | None = Field(None, min_length=1, max_length=200)
    timezone: str | None = Field(None, max_length=64)
    require_second_factor: bool | None = None


class TransferIn(Body):
    """The member who is to own the workspace."""

    person_id: UUID
