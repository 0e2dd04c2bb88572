"""`/v1/workspaces/{workspace_id}/webhooks`, their deliveries, and sending again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import Door, WebhooksDoor
from api.etags import IfMatch, etag, revision_of
from api.manners.idempotency import STORES_NO_ANSWER
from api.webhooks.schemas import (
    AttemptOut,
    DeliveriesQuery,
    DeliveryDetailOut,
    DeliveryOut,
    DeliveryPageOut,
    NewWebhookOut,
    ReplayedOut,
    ReplayIn,
    WebhookChange,
    WebhookIn,
    WebhookList,
    WebhookOut,
)
from clientnest import outbound, webhooks
from clientnest.audit import CHANGED, Action, Change

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/webhooks", tags=["webhooks"])


@router.get("", summary="Where events of the workspace are sent", response_model=WebhookList)
def list_webhooks(door: WebhooksDoor) -> dict[str, list[webhooks.Endpoint]]:
    with door.open() as (connection, _):
        return {"items": webhooks.endpoints(connection, door.workspace_id)}


@router.post(
    "", status_code=201, summary="Send events to an address; its signing secret is shown this once",
    openapi_extra=STORES_NO_ANSWER,
)  # fmt: skip
def create_webhook(door: WebhooksDoor, asked: WebhookIn, response: Response) -> NewWebhookOut:
    _admit(door, asked.url)
    with door.open() as (connection, membership):
        events = webhooks.checked_events(membership, asked.events)
        made, secret = webhooks.create(
            connection, door.workspace_id, asked.url, events, created_by=membership.person_id
        )
        door.record(connection, Action.WEBHOOK_CREATED, "webhook", made.id, events=Change(after=events), url=CHANGED,
                    secret=CHANGED)  # fmt: skip
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/webhooks/{made.id}"
    return _with_secret(made, secret, response)


@router.get("/{webhook_id}", summary="One webhook", response_model=WebhookOut)
def get_webhook(door: WebhooksDoor, webhook_id: UUID, response: Response) -> webhooks.Endpoint:
    with door.open() as (connection, _):
        found = webhooks.endpoint(connection, door.workspace_id, webhook_id)
        response.headers["ETag"] = etag(found.revision)
        return found


@router.patch("/{webhook_id}", summary="Change a webhook, or switch it on or off", response_model=WebhookOut)
def change_webhook(
    door: WebhooksDoor, webhook_id: UUID, asked: WebhookChange, response: Response, if_match: IfMatch = None
) -> webhooks.Endpoint:
    if asked.url is not None:
        _admit(door, asked.url)
    with door.open() as (connection, membership):
        before = webhooks.endpoint(connection, door.workspace_id, webhook_id)
        events = None if asked.events is None else webhooks.checked_events(membership, asked.events)
        changed = webhooks.change(
            connection, door.workspace_id, webhook_id, revision=revision_of(if_match), url=asked.url, events=events,
            enabled=asked.enabled,
        )  # fmt: skip
        renamed = {"url": CHANGED} if before.url != changed.url else {}
        door.record(
            connection, Action.WEBHOOK_CHANGED, "webhook", webhook_id, changes=renamed,
            events=Change(before.events, changed.events), enabled=Change(before.enabled, changed.enabled),
        )  # fmt: skip
        response.headers["ETag"] = etag(changed.revision)
        return changed


@router.delete("/{webhook_id}", status_code=204, summary="Remove a webhook, with what is known of its deliveries")
def delete_webhook(door: WebhooksDoor, webhook_id: UUID) -> None:
    with door.open() as (connection, _):
        gone = webhooks.remove(connection, door.workspace_id, webhook_id)
        door.record(connection, Action.WEBHOOK_DELETED, "webhook", gone.id, events=Change(gone.events), url=CHANGED)


@router.post(
    "/{webhook_id}/secret", summary="Another signing secret, shown this once; the former one signs too for 24 hours",
    openapi_extra=STORES_NO_ANSWER,
)  # fmt: skip
def rotate_webhook_secret(door: WebhooksDoor, webhook_id: UUID, response: Response) -> NewWebhookOut:
    with door.open() as (connection, _):
        changed, secret = webhooks.rotate_secret(connection, door.workspace_id, webhook_id)
        door.record(connection, Action.WEBHOOK_SECRET_ROTATED, "webhook", webhook_id, secret=CHANGED)
    return _with_secret(changed, secret, response)


@router.post(
    "/{webhook_id}/test", status_code=202, summary="Send the event `webhook.test` to this webhook alone",
    response_model=DeliveryOut,
)  # fmt: skip
def test_webhook(door: WebhooksDoor, webhook_id: UUID, response: Response) -> webhooks.Delivery:
    with door.open() as (connection, _):
        made = webhooks.try_out(connection, door.workspace_id, webhook_id)
        door.record(connection, Action.WEBHOOK_TESTED, "webhook", webhook_id)
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/webhooks/{webhook_id}/deliveries/{made.id}"
    return made


@router.get("/{webhook_id}/deliveries", summary="What was sent, and is to be", response_model=DeliveryPageOut)
def list_webhook_deliveries(
    door: WebhooksDoor, webhook_id: UUID, query: Annotated[DeliveriesQuery, Query()]
) -> webhooks.DeliveryPage:
    with door.open() as (connection, _):
        return webhooks.deliveries(
            connection, door.workspace_id, webhook_id, state=query.state, cursor=query.cursor, limit=query.limit
        )


@router.post(
    "/{webhook_id}/deliveries/replay", status_code=202, summary="Send again all that was given up since an instant"
)
def replay_dead_webhook_deliveries(door: WebhooksDoor, webhook_id: UUID, asked: ReplayIn) -> ReplayedOut:
    with door.open() as (connection, _):
        count = webhooks.replay_dead(connection, door.workspace_id, webhook_id, asked.since)
        door.record(connection, Action.WEBHOOK_REPLAYED, "webhook", webhook_id, deliveries=Change(after=count),
                    since=Change(after=asked.since))  # fmt: skip
        return ReplayedOut(deliveries=count)


@router.get("/{webhook_id}/deliveries/{delivery_id}", summary="One delivery, with what was sent and each attempt")
def get_webhook_delivery(door: WebhooksDoor, webhook_id: UUID, delivery_id: UUID) -> DeliveryDetailOut:
    with door.open() as (connection, _):
        found = webhooks.delivery(connection, door.workspace_id, webhook_id, delivery_id)
        made = webhooks.attempts(connection, door.workspace_id, delivery_id)
        return DeliveryDetailOut(
            delivery=DeliveryOut.model_validate(found),
            body=webhooks.body_of(connection, door.workspace_id, delivery_id),
            attempts=[AttemptOut.model_validate(attempt) for attempt in made],
        )


@router.post(
    "/{webhook_id}/deliveries/{delivery_id}/replay", status_code=202, summary="Send one delivery again",
    response_model=DeliveryOut,
)  # fmt: skip
def replay_webhook_delivery(door: WebhooksDoor, webhook_id: UUID, delivery_id: UUID) -> webhooks.Delivery:
    with door.open() as (connection, _):
        again = webhooks.replay(connection, door.workspace_id, webhook_id, delivery_id)
        door.record(connection, Action.WEBHOOK_REPLAYED, "webhook", webhook_id, deliveries=Change(after=1),
                    delivery_id=Change(after=delivery_id))  # fmt: skip
        return again


def _admit(door: Door, url: str) -> None:
    """Look the address up, outside a transaction, and only for who may ask for it."""
    with door.open():
        pass
    outbound.admit(url, field="body.url")


def _with_secret(endpoint: webhooks.Endpoint, secret: str, response: Response) -> NewWebhookOut:
    response.headers["ETag"] = etag(endpoint.revision)
    return NewWebhookOut(**WebhookOut.model_validate(endpoint).model_dump(), secret=secret)
