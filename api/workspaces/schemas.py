"""People and workspaces as the API shows them."""

from uuid import UUID

from pydantic import BaseModel, Field

from clientnest.workspaces import Membership, WorkspaceRole


class Me(BaseModel):
    """The person whose token was sent."""

    id: UUID
    email: str = Field(examples=["demo@clientnest.local"])
    name: str


class WorkspaceOut(BaseModel):
    """One brand or client, and what the person is in it."""

    id: UUID
    name: str = Field(examples=["Demo brand"])
    slug: str = Field(examples=["demo"])
    timezone: str = Field(description="IANA name.", examples=["Europe/Paris"])
    is_demo: bool = Field(description="Its data is generated.")
    role: WorkspaceRole

    @classmethod
    def of(cls, membership: Membership) -> "WorkspaceOut":
        workspace = membership.workspace
        return cls(
            id=workspace.id,
            name=workspace.name,
            slug=workspace.slug,
            timezone=workspace.timezone,
            is_demo=workspace.is_demo,
            role=membership.role,
        )


class WorkspaceList(BaseModel):
    items: list[WorkspaceOut]
