"""Members and invitations as the API shows them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.body import Body
from clientnest.workspaces import WorkspaceRole

GivenRole = Literal["admin", "editor", "approver", "analyst", "client"]


class MemberOut(BaseModel):
    person_id: UUID
    email: str = Field(examples=["ada@example.org"])
    name: str
    role: WorkspaceRole
    since: datetime


class MemberList(BaseModel):
    items: list[MemberOut]


class MemberChange(Body):
    role: GivenRole = Field(examples=["editor"])


class InvitationIn(Body):
    """An address to invite, and as what."""

    email: str = Field(min_length=1, max_length=320, examples=["grace@example.org"])
    role: GivenRole = Field(examples=["editor"])


class InvitationOut(BaseModel):
    """An open invitation. Its link is in the letter only."""

    id: UUID
    email: str
    role: WorkspaceRole
    invited_by: UUID | None
    created_at: datetime
    expires_at: datetime


class InvitationList(BaseModel):
    items: list[InvitationOut]


class AcceptIn(Body):
    token: str = Field(min_length=1, max_length=200, description="From the link in the letter.", examples=["pN3…"])
