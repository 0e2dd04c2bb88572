"""`/v1/workspaces/{workspace_id}/network-apps`: the workspace's own OAuth apps. `/v1/networks`: what they are for."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.connections.schemas import AppIn, AppList, AppOut, NetworkList, NewAppIn
from api.deps import AccountsDoor, Proof
from api.etags import IfMatch, etag, revision_of
from clientnest import accounts
from clientnest.accounts import KeptApp, Offered
from clientnest.audit import CHANGED, Action, Change

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/network-apps", tags=["accounts of networks"])
networks = APIRouter(prefix="/v1", tags=["accounts of networks"])


@networks.get("/networks", summary="Which networks can be connected, and what an app for each needs",
              response_model=NetworkList)  # fmt: skip
def list_networks(_: Proof) -> dict[str, list[Offered]]:
    return {"items": accounts.offered()}


@router.get("", summary="The workspace's own apps", response_model=AppList)
def list_apps(door: AccountsDoor) -> dict[str, list[KeptApp]]:
    with door.open() as (connection, _):
        return {"items": accounts.kept_apps(connection, door.workspace_id)}


@router.post("", status_code=201, summary="Enter an app that was registered at a network", response_model=AppOut)
def enter_app(door: AccountsDoor, asked: NewAppIn, response: Response) -> KeptApp:
    with door.open() as (connection, _):
        made = accounts.add_app(
            connection, workspace_id=door.workspace_id, network=asked.network, client_id=asked.client_id,
            client_secret=asked.client_secret, server=accounts.server_named(asked.network, asked.server),
        )  # fmt: skip
        door.record(connection, Action.NETWORK_APP_CHANGED, "network_app", made.id, network=Change(after=made.network),
                    client_id=Change(after=made.client_id), client_secret=CHANGED)  # fmt: skip
        response.headers["ETag"] = etag(made.revision)
        return made


@router.get("/{app_id}", summary="One app", response_model=AppOut)
def get_app(door: AccountsDoor, app_id: UUID, response: Response) -> KeptApp:
    with door.open() as (connection, _):
        found = accounts.kept_app(connection, door.workspace_id, app_id)
        response.headers["ETag"] = etag(found.revision)
        return found


@router.put("/{app_id}", summary="Replace an app's id and secret", response_model=AppOut)
def replace_app(
    door: AccountsDoor, app_id: UUID, asked: AppIn, response: Response, if_match: IfMatch = None
) -> KeptApp:  # fmt: skip
    with door.open() as (connection, _):
        before = accounts.kept_app(connection, door.workspace_id, app_id)
        changed = accounts.replace_app(
            connection, door.workspace_id, app_id, client_id=asked.client_id, client_secret=asked.client_secret,
            revision=revision_of(if_match),
        )  # fmt: skip
        door.record(connection, Action.NETWORK_APP_CHANGED, "network_app", app_id,
                    client_id=Change(before.client_id, changed.client_id), client_secret=CHANGED)  # fmt: skip
        response.headers["ETag"] = etag(changed.revision)
        return changed


@router.delete("/{app_id}", status_code=204, summary="Remove an app; accounts connected with it work until they end")
def remove_app(door: AccountsDoor, app_id: UUID) -> None:
    with door.open() as (connection, _):
        gone = accounts.remove_app(connection, door.workspace_id, app_id)
        door.record(connection, Action.NETWORK_APP_REMOVED, "network_app", gone.id, network=Change(gone.network),
                    client_id=Change(gone.client_id), client_secret=CHANGED)  # fmt: skip
