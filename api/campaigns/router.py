"""`/v1/workspaces/{workspace_id}/campaigns`: what posts belong together for a while."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Response

from api.campaigns.schemas import CampaignChange, CampaignIn, CampaignList, CampaignOut
from api.deps import ContentDoor, ContentWriteDoor
from api.etags import IfMatch, etag, revision_of
from clientnest.audit import Action, Change
from clientnest.content import campaigns
from clientnest.content.campaigns import Campaign, CampaignFields

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/campaigns", tags=["labels and campaigns"])


@router.get("", summary="All campaigns, and how many posts each has", response_model=CampaignList)
def list_campaigns(door: ContentDoor) -> dict[str, list[Campaign]]:
    with door.open() as (connection, membership):
        return {"items": campaigns.campaigns(connection, membership)}


@router.post("", status_code=201, summary="Make a campaign", response_model=CampaignOut)
def create_campaign(door: ContentWriteDoor, asked: CampaignIn, response: Response) -> Campaign:
    with door.open() as (connection, membership):
        made = campaigns.create(connection, membership, asked.name, asked.starts_on, asked.ends_on)
        door.record(connection, Action.CAMPAIGN_CREATED, "campaign", made.id,
                    changes={name: Change(after=value) for name, value in _said(made).items()})  # fmt: skip
    response.headers["ETag"] = etag(made.revision)
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/campaigns/{made.id}"
    return made


@router.get("/{campaign_id}", summary="One campaign", response_model=CampaignOut)
def get_campaign(door: ContentDoor, campaign_id: UUID, response: Response) -> Campaign:
    with door.open() as (connection, membership):
        found = campaigns.campaign(connection, membership, campaign_id)
    response.headers["ETag"] = etag(found.revision)
    return found


@router.patch("/{campaign_id}", summary="Rename a campaign, or move its days", response_model=CampaignOut)
def change_campaign(
    door: ContentWriteDoor, campaign_id: UUID, asked: CampaignChange, response: Response, if_match: IfMatch = None
) -> Campaign:
    given = CampaignFields()
    if asked.name is not None:
        given["name"] = asked.name
    if "starts_on" in asked.model_fields_set:
        given["starts_on"] = asked.starts_on
    if "ends_on" in asked.model_fields_set:
        given["ends_on"] = asked.ends_on
    with door.open() as (connection, membership):
        before = campaigns.campaign(connection, membership, campaign_id)
        changed = campaigns.change(connection, membership, campaign_id, revision=revision_of(if_match), **given)
        was, now = _said(before), _said(changed)
        door.record(connection, Action.CAMPAIGN_CHANGED, "campaign", campaign_id,
                    changes={name: Change(was[name], now[name]) for name in was})  # fmt: skip
    response.headers["ETag"] = etag(changed.revision)
    return changed


@router.delete("/{campaign_id}", status_code=204, summary="Delete a campaign; its posts stay")
def delete_campaign(door: ContentWriteDoor, campaign_id: UUID) -> None:
    with door.open() as (connection, membership):
        gone = campaigns.remove(connection, membership, campaign_id)
        door.record(connection, Action.CAMPAIGN_DELETED, "campaign", campaign_id,
                    changes={name: Change(value) for name, value in _said(gone).items()})  # fmt: skip


def _said(campaign: Campaign) -> dict[str, str | None]:
    """A campaign as the audit log tells it."""
    return {"name": campaign.name, "starts_on": _day(campaign.starts_on), "ends_on": _day(campaign.ends_on)}


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
