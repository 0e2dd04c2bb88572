"""Notifications and preferences as JSON."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.body import Body
from clientnest.notifications import Category, Choice, Email, Preferences, Shown
from clientnest.notifications.inbox import MOST_AT_ONCE
from clientnest.notifications.kinds import Channels, Kind, Subject


class SubjectOut(BaseModel):
    """What it is about."""

    type: Subject
    id: UUID


class WorkspaceNameOut(BaseModel):
    """Where; `name` as it is now."""

    id: UUID
    name: str = Field(examples=["Acme"])


class NotificationOut(BaseModel):
    """Something to know of, in words: names in them are as they are now."""

    id: UUID
    kind: Kind
    category: Category
    title: str = Field(examples=["Acme on X has to be connected again"])
    body: str
    subject: SubjectOut
    workspace: WorkspaceNameOut | None = Field(description="null where it concerns none.")
    created_at: datetime
    read_at: datetime | None

    @classmethod
    def of(cls, one: Shown) -> "NotificationOut":
        where = one.workspace_id
        return cls(
            id=one.id, kind=one.kind, category=one.category, title=one.title, body=one.body,
            subject=SubjectOut(type=one.subject_type, id=one.subject_id),
            workspace=None if where is None else WorkspaceNameOut(id=where, name=one.workspace_name or ""),
            created_at=one.created_at, read_at=one.read_at,
        )  # fmt: skip


class NotificationPage(BaseModel):
    """Newest first."""

    items: list[NotificationOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last.")


class NotificationsQuery(BaseModel):
    """Which ones, which page."""

    model_config = ConfigDict(extra="forbid")

    unread: bool = Field(False, description="Only those that were not read.")
    workspace_id: UUID | None = None
    limit: int = Field(50, ge=1, le=MOST_AT_ONCE)
    cursor: str | None = Field(None, max_length=512, description="`next_cursor` of the page before.")


class UnreadCount(BaseModel):
    unread: int = Field(examples=[3])


class ReadAllIn(Body):
    """Up to which: what came after it stays unread."""

    up_to: UUID = Field(description="The id of the newest one that was seen.")
    workspace_id: UUID | None = Field(None, description="Only of that workspace.")


class ChannelsIO(Body):
    """How notifications come: in the app or not, and when by letter."""

    in_app: bool
    email: Email


class ChoiceIO(Body):
    """What holds in one workspace; a category that is not named has its default."""

    workspace_id: UUID
    categories: dict[Category, ChannelsIO]


class PreferencesIO(Body):
    """How somebody wants to hear of things. A workspace that is not named has the defaults."""

    model_config = ConfigDict(json_schema_extra={"examples": [{
        "timezone": "Europe/Paris",
        "workspaces": [{
            "workspace_id": "00000000-0000-0000-0000-000000000007",
            "categories": {"accounts": {"in_app": True, "email": "at_once"}},
        }],
    }]})  # fmt: skip

    timezone: str | None = Field(
        None, min_length=1, max_length=64,
        description="IANA name; digests come at 8:00 there. null: as in the first workspace you joined.",
    )  # fmt: skip
    workspaces: list[ChoiceIO] = Field(max_length=1_000)

    @classmethod
    def of(cls, found: Preferences) -> "PreferencesIO":
        return cls(timezone=found.timezone, workspaces=[_choice(choice) for choice in found.choices])

    def wanted(self) -> Preferences:
        return Preferences(self.timezone, [
            Choice(one.workspace_id, {category: Channels(in_app=channels.in_app, email=channels.email)
                                      for category, channels in one.categories.items()})
            for one in self.workspaces
        ])  # fmt: skip


def _choice(choice: Choice) -> ChoiceIO:
    return ChoiceIO(
        workspace_id=choice.workspace_id,
        categories={
            category: ChannelsIO(in_app=channels.in_app, email=channels.email)
            for category, channels in choice.categories.items()
        },
    )
