"""Connecting an account with OAuth 2: off to the network with a state and a PKCE challenge, and back with a code.

A state is good once, for ten minutes, for the person and workspace that began; only its hash is stored. The network
is asked between transactions, never inside one, and the state is spent before that: an answer that fails half-way
cannot be played again.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from clientnest import registry, vault, workspaces
from clientnest.accounts import oauth
from clientnest.accounts.apps import app_by_id, find_app
from clientnest.accounts.credentials import store_connection
from clientnest.accounts.protocol import App, Identity, NetworkRefused, oauth_network
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.credentials import connection_attempt as attempt_table
from clientnest.db.tables.credentials import credential as credential_table
from clientnest.db.tables.credentials import network_app as app_table
from clientnest.db.tables.identity import account as account_table
from clientnest.errors import BadInput, Conflict, NotFound
from clientnest.identity.tokens import AccessToken
from clientnest.ids import new_id
from clientnest.vault.columns import VERIFIER
from clientnest.workspaces.permissions import Permission, require

CONNECTION_LIFETIME = timedelta(minutes=10)
_KEPT = timedelta(days=1)  # so that a late return is told that it is late
_AGAIN = "Begin again from the workspace's accounts."
_a = attempt_table.c


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the person's browser, and what it has to bring back before `expires_at`."""

    url: str
    state: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Connected:
    """An account that is connected now; `is_new`: the workspace did not have it before."""

    workspace_id: UUID
    account_id: UUID
    network: str
    external_id: str
    display_name: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Attempt:
    workspace_id: UUID
    account_id: UUID | None
    network: str
    verifier: str = field(repr=False)
    redirect_uri: str
    scopes: tuple[str, ...]
    app: App


def begin_connection(
    connection: Connection, *, workspace_id: UUID, person_id: UUID, network: str, redirect_uri: str,
    account_id: UUID | None = None, server: str = "", now: datetime | None = None,
) -> Begun:  # fmt: skip
    """Begin to connect an account of a network, or to connect `account_id` again.

    `connection` is scoped to workspace and person. `NotFound` where the account or an app is missing, `BadInput` where
    the network cannot be connected.
    """
    moment = now or datetime.now(UTC)
    part = oauth_network(network)
    if account_id is not None:
        _account(connection, workspace_id, account_id, network)
        server = server or _server(connection, workspace_id, account_id)
    app = find_app(connection, workspace_id, network, server=server)
    attempt_id, state, verifier = new_id(), secrets.token_urlsafe(32), oauth.new_verifier()
    connection.execute(delete(attempt_table).where(_a.person_id == person_id, _a.expires_at < moment - _KEPT))
    connection.execute(
        insert(attempt_table).values(
            workspace_id=workspace_id, id=attempt_id, person_id=person_id, network_app_id=app.id,
            account_id=account_id, network=network, state_hash=_hash(state), redirect_uri=redirect_uri,
            sealed_verifier=vault.seal(verifier.encode(), purpose=VERIFIER.purpose, owner=attempt_id),
            scopes=list(part.scopes), expires_at=moment + CONNECTION_LIFETIME, created_at=moment,
        )
    )  # fmt: skip
    url = part.authorise_url(
        app, state=state, code_challenge=oauth.challenge(verifier), redirect_uri=redirect_uri, scopes=part.scopes
    )
    return Begun(url, state, moment + CONNECTION_LIFETIME)


def finish_connection(
    state: str, code: str | None, *, caller: AccessToken, refused: str | None = None, role: Role = Role.API,
    now: datetime | None = None,
) -> Connected:  # fmt: skip
    """Take what the network sent back with the caller's browser: a `code`, or, in `refused`, why there is none.

    Opens transactions of its own (see above). `BadInput` for a state that is not the caller's, used or late;
    `NetworkRefused` where the person or the network said no; `Conflict` where another account was signed in to than
    the one to reconnect; `Forbidden` where the person may not manage accounts any more.
    """
    moment = now or datetime.now(UTC)
    attempt = _spend(role, caller, state, moment)
    label = registry.network(attempt.network).label
    if not code:
        raise NetworkRefused(
            f"{label} did not give access: {refused or 'no reason was given'}.",
            advice="Nothing was changed. Begin again, and agree to everything the network asks.",
        )
    part = oauth_network(attempt.network)
    tokens = part.exchange(attempt.app, code=code, code_verifier=attempt.verifier, redirect_uri=attempt.redirect_uri)
    identity = part.who_am_i(attempt.app, tokens)
    with workspaces.enter(role, caller.person_id, attempt.workspace_id, token=caller) as (connection, membership):
        require(membership, Permission.ACCOUNTS_MANAGE)
        connected = _resolve(connection, attempt, identity)
        store_connection(
            connection, workspace_id=attempt.workspace_id, account_id=connected.account_id, app=attempt.app,
            network=part, tokens=tokens, asked_scopes=attempt.scopes, person_id=caller.person_id, now=moment,
        )  # fmt: skip
    return connected


def _spend(role: Role, caller: AccessToken, state: str, now: datetime) -> _Attempt:
    """Use a state up, for good: committed before anything else is tried with it."""
    wanted = select(attempt_table).where(_a.state_hash == _hash(state), _a.person_id == caller.person_id)
    with session.tenant(role, person_id=caller.person_id) as connection:
        workspace_id = _unspent(connection.execute(wanted).one_or_none(), now).workspace_id
    with workspaces.enter(role, caller.person_id, workspace_id, token=caller) as (connection, membership):
        require(membership, Permission.ACCOUNTS_MANAGE)
        row = _unspent(connection.execute(wanted.with_for_update()).one_or_none(), now)
        app = app_by_id(connection, row.network_app_id)
        connection.execute(update(attempt_table).where(_a.id == row.id).values(used_at=now, sealed_verifier=None))
    if app is None:
        raise NotFound("The app that this connection was begun with is gone.", advice=_AGAIN)
    verifier = vault.unseal(row.sealed_verifier, purpose=VERIFIER.purpose, owner=row.id).decode()
    return _Attempt(row.workspace_id, row.account_id, row.network, verifier, row.redirect_uri, tuple(row.scopes), app)


def _unspent(row: Row[Any] | None, now: datetime) -> Row[Any]:
    if row is None:
        raise BadInput("You did not begin this connection, or not here.", advice=_AGAIN)
    if row.used_at is not None:
        raise BadInput(
            "This connection was finished already.", advice="Look at the workspace's accounts; or begin again."
        )
    if row.expires_at <= now:
        minutes = CONNECTION_LIFETIME // timedelta(minutes=1)
        raise BadInput(f"This connection took longer than {minutes} minutes.", advice=_AGAIN)
    return row


def _resolve(connection: Connection, attempt: _Attempt, identity: Identity) -> Connected:
    """The account that was signed in to: the one to reconnect, one the workspace has, or a new one."""
    columns = account_table.c
    made: UUID | None = None
    if attempt.account_id is not None:
        found = _account(connection, attempt.workspace_id, attempt.account_id, attempt.network)
        if found.external_id != identity.external_id:
            label = registry.network(attempt.network).label
            raise Conflict(
                f"You signed in to {label} as {identity.display_name}, but the account to connect again is "
                f"{found.display_name}.",
                advice=f"Sign in to {label} as {found.display_name} and try again; or add {identity.display_name} as "
                "an account of its own.",
            )
    else:
        row = {
            "workspace_id": attempt.workspace_id, "id": new_id(), "network": attempt.network,
            "external_id": identity.external_id, "display_name": identity.display_name, "url": identity.url,
        }  # fmt: skip
        made = connection.execute(
            upsert(account_table).values(row).on_conflict_do_nothing().returning(columns.id)
        ).scalar_one_or_none()
        found = connection.execute(
            select(columns.id, columns.display_name, columns.external_id)
            .where(columns.workspace_id == attempt.workspace_id, columns.network == attempt.network,
                   columns.external_id == identity.external_id)
        ).one()  # fmt: skip
    name = found.display_name
    if name == found.external_id:  # nobody gave it a name yet: an export knew its id only
        name = identity.display_name
        connection.execute(
            update(account_table).values(display_name=name)
            .where(columns.workspace_id == attempt.workspace_id, columns.id == found.id)
        )  # fmt: skip
    return Connected(attempt.workspace_id, found.id, attempt.network, found.external_id, name, made is not None)


def _account(connection: Connection, workspace_id: UUID, account_id: UUID, network: str) -> Row[Any]:
    columns = account_table.c
    row = connection.execute(
        select(columns.id, columns.display_name, columns.external_id)
        .where(columns.workspace_id == workspace_id, columns.id == account_id, columns.network == network)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(
            f"This workspace has no {registry.network(network).label} account {account_id}.",
            advice="Check the id; accounts belong to one workspace.",
        )
    return row


def _server(connection: Connection, workspace_id: UUID, account_id: UUID) -> str:
    """The server of a federated network that the account was connected at before."""
    joined = credential_table.join(app_table, app_table.c.id == credential_table.c.network_app_id)
    found: str | None = connection.execute(
        select(app_table.c.server).select_from(joined)
        .where(credential_table.c.workspace_id == workspace_id, credential_table.c.account_id == account_id)
    ).scalar_one_or_none()  # fmt: skip
    return found or ""


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
