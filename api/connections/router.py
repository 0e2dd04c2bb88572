"""`/v1/workspaces/{workspace_id}/connections`: accounts of networks, how they are, connecting them again and away.

A connection is named by its account's id. What begins one answers with an address that holds its state, so those
answers are not kept for `Idempotency-Key`.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from sqlalchemy import Connection

from api.connections.registering import ensure_app
from api.connections.schemas import (
    BegunOut,
    ConnectedOut,
    ConnectIn,
    ConnectionList,
    ConnectionOut,
    ConnectionsQuery,
    FinishIn,
)
from api.deps import AccountsDoor, Caller, Door, RequestActor, ResultsDoor
from api.manners.idempotency import STORES_NO_ANSWER
from clientnest import accounts, audit
from clientnest.accounts import Begun, Connected
from clientnest.audit import CHANGED, Action, Change
from clientnest.errors import Forbidden
from clientnest.workspaces import Membership
from clientnest.workspaces.permissions import Permission, allows

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/connections", tags=["accounts of networks"])
finishing = APIRouter(prefix="/v1/connections", tags=["accounts of networks"])
ConnectionId = Annotated[UUID, Path(description="The id of the account.")]


@router.get("", summary="The accounts that are or were connected, and what somebody has to do about each")
def list_connections(door: ResultsDoor, query: Annotated[ConnectionsQuery, Query()]) -> ConnectionList:
    with door.open() as (connection, membership):
        found = [
            one
            for one in accounts.health(connection, door.workspace_id)
            if query.network is None or one.network == query.network
        ]
        shown = [ConnectionOut.model_validate(one, from_attributes=True) for one in found[: query.limit]]
        if not _manages(membership):
            shown = [one.model_copy(update={"connected_by": None}) for one in shown]
        return ConnectionList(items=shown, total=len(found), with_problem=sum(one.problem is not None for one in found))


@router.post(
    "",
    status_code=201,
    summary="Begin to connect an account; the browser goes to the address in the answer",
    response_model=BegunOut,
    openapi_extra=STORES_NO_ANSWER,
)
def connect_account(door: AccountsDoor, asked: ConnectIn) -> Begun:
    with door.open() as (_, membership):
        _person(membership)
        server = accounts.server_named(asked.network, asked.server)
    return _begun(door, asked.network, server)


@router.post(
    "/{connection_id}/reconnect",
    status_code=201,
    summary="Begin to connect an account again; everything it has is kept",
    response_model=BegunOut,
    openapi_extra=STORES_NO_ANSWER,
)
def reconnect_account(door: AccountsDoor, connection_id: ConnectionId) -> Begun:
    with door.open() as (connection, membership):
        _person(membership)
        network = accounts.network_of(connection, door.workspace_id, connection_id)
        server = accounts.server_of(connection, door.workspace_id, connection_id, network)
    return _begun(door, network, server, connection_id)


@router.delete("/{connection_id}", status_code=204, summary="Forget the access to an account; what it has is kept")
def disconnect_account(door: AccountsDoor, connection_id: ConnectionId) -> None:
    with door.open() as (connection, _):
        network = accounts.network_of(connection, door.workspace_id, connection_id)
        accounts.disconnect(connection, door.workspace_id, connection_id)
        door.record(connection, Action.ACCOUNT_DISCONNECTED, "account", connection_id, network=Change(network),
                    credentials=CHANGED)  # fmt: skip


@finishing.post(
    "/finish",
    summary="Finish a connection with what the network sent back",
    response_model=ConnectedOut,
    openapi_extra={"responses": {"404": {"$ref": "#/components/responses/Problem404"}}},  # who has left the workspace
)
def finish_connection(caller: Caller, actor: RequestActor, asked: FinishIn) -> Connected:
    def record(connection: Connection, made: Connected) -> None:
        is_first = made.former_scopes is None
        changes = {"scopes": Change(made.former_scopes, made.scopes), "credentials": CHANGED}
        if is_first:
            changes["network"] = Change(after=made.network)
        audit.record(
            connection, Action.ACCOUNT_CONNECTED if is_first else Action.ACCOUNT_CHANGED, actor=actor,
            workspace_id=made.workspace_id, object_type="account", object_id=made.account_id, changes=changes,
        )  # fmt: skip

    return accounts.finish_connection(asked.state, asked.code, caller=caller, refused=asked.refusal, record=record)


def _begun(door: Door, network: str, server: str, account_id: UUID | None = None) -> Begun:
    ensure_app(door, network, server)
    with door.open() as (connection, membership):
        return accounts.begin_connection(
            connection, workspace_id=door.workspace_id, person_id=_person(membership), network=network,
            redirect_uri=accounts.redirect_uri(), account_id=account_id, server=server,
        )  # fmt: skip


def _person(membership: Membership) -> UUID:
    if membership.person_id is None:
        raise Forbidden(
            "A program cannot agree to anything at a network.", advice="Sign in as a person to connect accounts."
        )
    return membership.person_id


def _manages(membership: Membership) -> bool:
    if membership.key is not None:
        return Permission.ACCOUNTS_MANAGE.value in membership.key.scopes
    return membership.role is not None and allows(membership.role, Permission.ACCOUNTS_MANAGE)
