"""OAuth apps: a workspace's own, or the installation's for all workspaces that have none.

The API's role writes those of its workspace; those of the installation (`workspace_id` None) are the operator's, who
writes them as the tables' owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
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
from clientnest.workspaces.revisions import stale

_c = app_table.c
REGISTERED_FOR = "registered_for"
"""In `extra` of an app that this installation registered: with which redirect address and scopes."""


@dataclass(frozen=True, slots=True)
class KeptApp:
    """An app as people see it, without its secret. `workspace_id` None: the installation's."""

    id: UUID
    workspace_id: UUID | None
    network: str
    server: str
    client_id: str
    has_secret: bool
    extra: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime

    @property
    def registered_itself(self) -> bool:
        return REGISTERED_FOR in self.extra

    @property
    def revision(self) -> int:
        """The millisecond of the last change, as far as nine digits hold it."""
        return int(self.updated_at.timestamp() * 1000) % 1_000_000_000


_KEPT = tuple(
    _c.sealed_secret.is_not(None).label(name) if name == "has_secret" else _c[name]
    for name in KeptApp.__dataclass_fields__
)


def save_app(
    connection: Connection, *, workspace_id: UUID | None, network: str, client_id: str, client_secret: str | None,
    server: str = "", extra: Mapping[str, Any] | None = None,
) -> UUID:  # fmt: skip
    """Add an app, or replace what is kept of the one for that workspace, network and server; gives its id.

    `client_secret` None or blank: a public client. `BadInput` for an unknown network or an empty id.
    """
    kept = connection.execute(
        select(_c.id).where(_c.workspace_id.is_not_distinct_from(workspace_id), _c.network == network,
                            _c.server == server).with_for_update()
    ).scalar_one_or_none()  # fmt: skip
    if kept is not None:
        return replace_app(
            connection, workspace_id, kept, client_id=client_id, client_secret=client_secret, extra=extra
        ).id
    return add_app(
        connection, workspace_id=workspace_id, network=network, server=server, client_id=client_id,
        client_secret=client_secret, extra=extra,
    ).id  # fmt: skip


def add_app(
    connection: Connection, *, workspace_id: UUID | None, network: str, client_id: str, client_secret: str | None,
    server: str = "", extra: Mapping[str, Any] | None = None,
) -> KeptApp:  # fmt: skip
    """Add an app. `Conflict` where the workspace has one for that network and server; else as `save_app`."""
    label = registry.network(network).label
    app_id = new_id()
    row = {"id": app_id, "workspace_id": workspace_id, "network": network, "server": server}
    try:
        with connection.begin_nested():
            made = connection.execute(
                insert(app_table).values(row | _values(app_id, client_id, client_secret, extra)).returning(*_KEPT)
            ).one()
    except IntegrityError as error:
        raise Conflict(
            f"There is an app for {label}{_at(server)} already.", advice="Look at it, and change it if needed."
        ) from error
    return KeptApp(**made._mapping)


def replace_app(
    connection: Connection, workspace_id: UUID | None, app_id: UUID, *, client_id: str, client_secret: str | None,
    extra: Mapping[str, Any] | None = None, revision: int | None = None,
) -> KeptApp:  # fmt: skip
    """Replace an app's id and secret. `revision`: the one the change was decided on; `Stale` where there is a newer."""
    before = kept_app(connection, workspace_id, app_id, lock=True)
    if revision is not None and revision != before.revision:
        raise stale("The app")
    values = _values(app_id, client_id, client_secret, extra)
    changed = connection.execute(
        update(app_table).where(_c.id == app_id).values(**values, updated_at=func.now()).returning(*_KEPT)
    ).one()
    return KeptApp(**changed._mapping)


def kept_apps(connection: Connection, workspace_id: UUID | None) -> list[KeptApp]:
    """The apps of a workspace (None: of the installation), by network and server."""
    wanted = select(*_KEPT).where(_c.workspace_id.is_not_distinct_from(workspace_id))
    rows = connection.execute(wanted.order_by(_c.network, _c.server))
    return [KeptApp(**row._mapping) for row in rows]


def kept_app(connection: Connection, workspace_id: UUID | None, app_id: UUID, *, lock: bool = False) -> KeptApp:
    """One app of a workspace (None: of the installation). `NotFound` where it has no such app."""
    wanted = select(*_KEPT).where(_c.id == app_id, _c.workspace_id.is_not_distinct_from(workspace_id))
    row = connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise _no_such_app()
    return KeptApp(**row._mapping)


def app_at(connection: Connection, workspace_id: UUID, network: str, server: str) -> KeptApp | None:
    """The app that accounts of a workspace are connected with at a server; None where there is none."""
    row = connection.execute(_usable(workspace_id, network, server, *_KEPT)).one_or_none()
    return None if row is None else KeptApp(**row._mapping)


def find_app(connection: Connection, workspace_id: UUID, network: str, *, server: str = "") -> App:
    """The app to connect accounts with: the workspace's own before the installation's. `NotFound` where neither is."""
    label = registry.network(network).label
    row = connection.execute(_usable(workspace_id, network, server, app_table)).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no app for {label}{_at(server)}.",
            advice=f"Register one on {label}'s developer pages, and enter its client id and secret in the settings.",
        )
    return _app(row)


def app_by_id(connection: Connection, app_id: UUID) -> App | None:
    """The app of that id, as far as the connection may see it."""
    row = connection.execute(select(app_table).where(_c.id == app_id)).one_or_none()
    return None if row is None else _app(row)


def remove_app(connection: Connection, workspace_id: UUID | None, app_id: UUID) -> KeptApp:
    """Remove an app; gives what it was. What was connected through it works until its access ends; then it says so."""
    removed = connection.execute(
        delete(app_table)
        .where(_c.id == app_id, _c.workspace_id.is_not_distinct_from(workspace_id))
        .returning(*_KEPT)
    ).one_or_none()  # fmt: skip
    if removed is None:
        raise _no_such_app()
    return KeptApp(**removed._mapping)


def _usable(workspace_id: UUID, network: str, server: str, *columns: Any) -> Any:
    return (
        select(*columns)
        .where(_c.network == network, _c.server == server,
               or_(_c.workspace_id == workspace_id, _c.workspace_id.is_(None)))
        .order_by(_c.workspace_id.is_(None)).limit(1)
    )  # fmt: skip


def _values(app_id: UUID, client_id: str, client_secret: str | None, extra: Mapping[str, Any] | None) -> dict[str, Any]:
    if not client_id.strip():
        raise BadInput("The app's client id is empty.", advice="Copy it from the network's developer pages.")
    secret = (client_secret or "").strip().encode()
    return {
        "client_id": client_id.strip(),
        "sealed_secret": vault.seal(secret, purpose=APP_SECRET.purpose, owner=app_id) if secret else None,
        "extra": dict(extra or {}),
    }


def _at(server: str) -> str:
    return f" at {server}" if server else ""


def _no_such_app() -> NotFound:
    return NotFound("There is no such app here.", advice="It may have been removed already.")


def _app(row: Row[Any]) -> App:
    secret = row.sealed_secret and vault.unseal(row.sealed_secret, purpose=APP_SECRET.purpose, owner=row.id)
    return App(row.id, row.network, row.server, row.client_id, secret.decode() if secret else None, row.extra)
