"""OAuth apps: a workspace's own, or the installation's for all workspaces that have none.

The API's role writes those of its workspace; those of the installation (`workspace_id` None) are the operator's, who
writes them as the tables' owner.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from clientnest import registry, vault
from clientnest.accounts.protocol import App
from clientnest.db.tables.credentials import network_app as app_table
from clientnest.errors import BadInput, Conflict, NotFound
from clientnest.ids import new_id
from clientnest.vault.columns import APP_SECRET

_c = app_table.c


def save_app(
    connection: Connection, *, workspace_id: UUID | None, network: str, client_id: str, client_secret: str | None,
    server: str = "", extra: Mapping[str, Any] | None = None,
) -> UUID:  # fmt: skip
    """Add an app, or replace what is kept of the one for that workspace, network and server; gives its id.

    `client_secret` None or blank: a public client. `BadInput` for an unknown network or an empty id.
    """
    registry.network(network)
    if not client_id.strip():
        raise BadInput("The app's client id is empty.", advice="Copy it from the network's developer pages.")
    kept = connection.execute(
        select(_c.id).where(_c.workspace_id.is_not_distinct_from(workspace_id), _c.network == network,
                            _c.server == server).with_for_update()
    ).scalar_one_or_none()  # fmt: skip
    app_id = kept or new_id()
    secret = (client_secret or "").strip().encode()
    values = {
        "client_id": client_id.strip(),
        "sealed_secret": vault.seal(secret, purpose=APP_SECRET.purpose, owner=app_id) if secret else None,
        "extra": dict(extra or {}),
    }
    if kept is not None:
        connection.execute(update(app_table).where(_c.id == app_id).values(**values, updated_at=func.now()))
        return app_id
    row = {"id": app_id, "workspace_id": workspace_id, "network": network, "server": server, **values}
    try:
        with connection.begin_nested():
            connection.execute(insert(app_table).values(row))
    except IntegrityError as error:
        raise Conflict(
            "Somebody else added that app just now.", advice="Look at it, and change it if needed."
        ) from error
    return app_id


def find_app(connection: Connection, workspace_id: UUID, network: str, *, server: str = "") -> App:
    """The app to connect accounts with: the workspace's own before the installation's. `NotFound` where neither is."""
    label = registry.network(network).label
    row = connection.execute(
        select(app_table)
        .where(_c.network == network, _c.server == server,
               or_(_c.workspace_id == workspace_id, _c.workspace_id.is_(None)))
        .order_by(_c.workspace_id.is_(None)).limit(1)
    ).one_or_none()  # fmt: skip
    if row is None:
        at = f" at {server}" if server else ""
        raise NotFound(
            f"There is no app for {label}{at}.",
            advice=f"Register one on {label}'s developer pages, and enter its client id and secret in the settings.",
        )
    return _app(row)


def app_by_id(connection: Connection, app_id: UUID) -> App | None:
    """The app of that id, as far as the connection may see it."""
    row = connection.execute(select(app_table).where(_c.id == app_id)).one_or_none()
    return None if row is None else _app(row)


def remove_app(connection: Connection, workspace_id: UUID, app_id: UUID) -> None:
    """Remove a workspace's app. What was connected through it works until its access ends; then it says so."""
    removed = connection.execute(delete(app_table).where(_c.id == app_id, _c.workspace_id == workspace_id))
    if removed.rowcount == 0:
        raise NotFound("This workspace has no such app.", advice="It may have been removed already.")


def _app(row: Row[Any]) -> App:
    secret = row.sealed_secret and vault.unseal(row.sealed_secret, purpose=APP_SECRET.purpose, owner=row.id)
    return App(row.id, row.network, row.server, row.client_id, secret.decode() if secret else None, row.extra)
