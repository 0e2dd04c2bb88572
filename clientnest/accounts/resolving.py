"""Which account of a workspace somebody signed in to, where it lies, and whether the plan has a place for it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from clientnest import entitlements, registry
from clientnest.accounts.protocol import Identity
from clientnest.accounts.servers import federated
from clientnest.db.tables.credentials import credential as credential_table
from clientnest.db.tables.credentials import network_app as app_table
from clientnest.db.tables.identity import account as account_table
from clientnest.entitlements import Limit
from clientnest.errors import Conflict, NotFound
from clientnest.ids import new_id

_a, _c = account_table.c, credential_table.c


@dataclass(frozen=True, slots=True)
class Found:
    """An account of the workspace; `is_new`: made just now."""

    id: UUID
    external_id: str
    display_name: str
    is_new: bool = False


def known_account(connection: Connection, workspace_id: UUID, account_id: UUID, network: str) -> Found:
    """The workspace's account of that id and network; `NotFound` where there is none."""
    row = connection.execute(
        select(_a.id, _a.external_id, _a.display_name)
        .where(_a.workspace_id == workspace_id, _a.id == account_id, _a.network == network)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(
            f"This workspace has no {registry.network(network).label} account {account_id}.",
            advice="Check the id; accounts belong to one workspace.",
        )
    return Found(row.id, row.external_id, row.display_name)


def network_of(connection: Connection, workspace_id: UUID, account_id: UUID) -> str:
    """The network of an account, connected or not; `NotFound` where the workspace has no such account."""
    network: str | None = connection.execute(
        select(_a.network).where(_a.workspace_id == workspace_id, _a.id == account_id)
    ).scalar_one_or_none()
    if network is None:
        raise NotFound("This workspace has no such account.", advice="GET …/accounts lists those there are.")
    return network


def server_of(connection: Connection, workspace_id: UUID, account_id: UUID, network: str) -> str:
    """The server where an account lies: the one it was connected at, or the one its id names."""
    joined = credential_table.join(app_table, app_table.c.id == _c.network_app_id)
    found: str | None = connection.execute(
        select(app_table.c.server).select_from(joined)
        .where(_c.workspace_id == workspace_id, _c.account_id == account_id)
    ).scalar_one_or_none()  # fmt: skip
    part = federated(network)
    if found is not None or part is None:
        return found or ""
    return part.server_of(known_account(connection, workspace_id, account_id, network).external_id)


def resolve(
    connection: Connection, workspace_id: UUID, network: str, identity: Identity, wanted: UUID | None
) -> Found:  # fmt: skip
    """The account that was signed in to: the `wanted` one (`Conflict` where it is another), one the workspace has, or a
    new one."""
    if wanted is not None:
        found = known_account(connection, workspace_id, wanted, network)
        if found.external_id != identity.external_id:
            raise _another(registry.network(network).label, identity, found)
    else:
        found = _had_or_made(connection, workspace_id, network, identity)
    if identity.told is not None:
        connection.execute(
            update(account_table).values(told=dict(identity.told))
            .where(_a.workspace_id == workspace_id, _a.id == found.id)
        )  # fmt: skip
    if found.display_name != found.external_id:
        return found
    # Nobody gave it a name yet: an export knew its id only.
    connection.execute(
        update(account_table).values(display_name=identity.display_name)
        .where(_a.workspace_id == workspace_id, _a.id == found.id)
    )  # fmt: skip
    return Found(found.id, found.external_id, identity.display_name, found.is_new)


def connected_scopes(connection: Connection, workspace_id: UUID, account_id: UUID) -> tuple[str, ...] | None:
    """The rights that an account is connected with; None where it is not."""
    row: Row[tuple[list[str]]] | None = connection.execute(
        select(_c.scopes).where(_c.workspace_id == workspace_id, _c.account_id == account_id,
                                _c.state != "disconnected")
    ).one_or_none()  # fmt: skip
    return None if row is None else tuple(row.scopes)


def require_place(connection: Connection, workspace_id: UUID) -> None:
    """`LimitReached` where the workspace's plan allows no more connected accounts."""
    connected = select(func.count()).where(_c.workspace_id == workspace_id, _c.state != "disconnected")
    entitlements.check(connection, workspace_id, Limit.ACCOUNTS, used=connected)


def _had_or_made(connection: Connection, workspace_id: UUID, network: str, identity: Identity) -> Found:
    row = {
        "workspace_id": workspace_id, "id": new_id(), "network": network, "external_id": identity.external_id,
        "display_name": identity.display_name, "url": identity.url,
    }  # fmt: skip
    made = connection.execute(
        upsert(account_table).values(row).on_conflict_do_nothing().returning(_a.id)
    ).scalar_one_or_none()  # fmt: skip
    found = connection.execute(
        select(_a.id, _a.external_id, _a.display_name)
        .where(_a.workspace_id == workspace_id, _a.network == network, _a.external_id == identity.external_id)
    ).one()  # fmt: skip
    return Found(found.id, found.external_id, found.display_name, made is not None)


def _another(label: str, identity: Identity, found: Found) -> Conflict:
    signed_in, wanted = identity.display_name, found.display_name
    if signed_in == wanted:
        signed_in, wanted = f"{signed_in} ({identity.external_id})", f"{wanted} ({found.external_id})"
    return Conflict(
        f"You signed in to {label} as {signed_in}, but the account to connect again is {wanted}.",
        advice=f"Sign in to {label} as {wanted} and try again; or add {signed_in} as an account of its own.",
    )
