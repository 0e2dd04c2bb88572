"""`/v1/workspaces/{workspace_id}/api-keys`."""

from uuid import UUID

from fastapi import APIRouter

from api.deps import KeysDoor
from api.keys.schemas import KeyIn, KeyList, KeyOut, NewKeyOut
from api.manners.idempotency import STORES_NO_ANSWER
from clientnest.audit import Action, Change
from clientnest.workspaces import keys
from clientnest.workspaces.permissions import grantable

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/api-keys", tags=["API keys"])


@router.get("", summary="The workspace's API keys, revoked ones too", response_model=KeyList)
def list_keys(door: KeysDoor) -> dict[str, list[keys.ApiKey]]:
    with door.open() as (connection, _):
        return {"items": keys.keys(connection, door.workspace_id)}


@router.post("", status_code=201, summary="Make an API key, shown this once", openapi_extra=STORES_NO_ANSWER)
def create_key(door: KeysDoor, asked: KeyIn) -> NewKeyOut:
    with door.open() as (connection, membership):
        scopes = grantable(membership, asked.scopes)
        made, secret = keys.create_key(
            connection, door.workspace_id, asked.name, [scope.value for scope in scopes],
            created_by=membership.person_id, expires_at=asked.expires_at,
        )  # fmt: skip
        door.record(connection, Action.API_KEY_CREATED, "api_key", made.id, name=Change(after=made.name),
                    scopes=Change(after=made.scopes), expires_at=Change(after=made.expires_at))  # fmt: skip
        return NewKeyOut(**KeyOut.model_validate(made, from_attributes=True).model_dump(), key=secret)


@router.delete("/{key_id}", status_code=204, summary="Revoke an API key, for good")
def revoke_key(door: KeysDoor, key_id: UUID) -> None:
    with door.open() as (connection, _):
        gone = keys.revoke_key(connection, door.workspace_id, key_id)
        door.record(connection, Action.API_KEY_REVOKED, "api_key", gone.id, name=Change(gone.name))
