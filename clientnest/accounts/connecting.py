"""Connecting an account with OAuth 2: off to the network with a state and a PKCE challenge, and back with a code.

A state is good once, for ten minutes, for the person and workspace that began; only its hash is stored. The network
is asked between transactions, never inside one, and the state is spent before that: an answer that fails half-way
cannot be played again.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, insert, select, update

from clientnest import entitlements, registry, vault, workspaces
from clientnest.accounts import oauth, resolving
from clientnest.accounts.apps import app_by_id, find_app
from clientnest.accounts.credentials import store_connection
from clientnest.accounts.protocol import App, Identity, NetworkRefused, OAuthNetwork, Tokens, oauth_network
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.credentials import connection_attempt as attempt_table
from clientnest.entitlements import ProductEvent
from clientnest.errors import BadInput, NotFound, Unavailable
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
    """An account that is connected now; `is_new`: the workspace did not have it before. `former_scopes`: with which
    rights it was connected before; None where it was not."""

    workspace_id: UUID
    account_id: UUID
    network: str
    external_id: str
    display_name: str
    is_new: bool
    scopes: tuple[str, ...]
    former_scopes: tuple[str, ...] | None


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
    the network cannot be connected, `LimitReached` where the plan has no place for one more account.
    """
    moment = now or datetime.now(UTC)
    part = oauth_network(network)
    if account_id is not None:
        resolving.known_account(connection, workspace_id, account_id, network)
        server = server or resolving.server_of(connection, workspace_id, account_id, network)
    if account_id is None or resolving.connected_scopes(connection, workspace_id, account_id) is None:
        resolving.require_place(connection, workspace_id)
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
    now: datetime | None = None, record: Callable[[Connection, Connected], None] | None = None,
) -> Connected:  # fmt: skip
    """Take what the network sent back with the caller's browser: a `code`, or, in `refused`, why there is none.

    Opens transactions of its own (see above); `record` is called in the one that keeps the connection. `BadInput` for a
    state that is not the caller's, used or late; `NetworkRefused` where the person or the network said no; `Conflict`
    where another account was signed in to than the one to reconnect; `LimitReached` where the plan has no place for
    one more; `Forbidden` where the person may not manage accounts any more.
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
    tokens, identity = _asked(part, attempt, code)
    with workspaces.enter(role, caller.person_id, attempt.workspace_id, token=caller) as (connection, membership):
        require(membership, Permission.ACCOUNTS_MANAGE)
        connected = _connected(connection, attempt, identity, tokens)
        if connected.former_scopes is None:
            resolving.require_place(connection, attempt.workspace_id)
            entitlements.record(
                connection, attempt.workspace_id, ProductEvent.ACCOUNT_CONNECTED, person_id=caller.person_id,
                properties={"network": attempt.network},
            )  # fmt: skip
        store_connection(
            connection, workspace_id=attempt.workspace_id, account_id=connected.account_id, app=attempt.app,
            network=part, tokens=tokens, asked_scopes=attempt.scopes, person_id=caller.person_id, now=moment,
        )  # fmt: skip
        if record is not None:
            record(connection, connected)
    return connected


def _asked(part: OAuthNetwork, attempt: _Attempt, code: str) -> tuple[Tokens, Identity]:
    """What the network gives for a code, and to whom. The state is spent, so only beginning again can help."""
    try:
        tokens = part.exchange(
            attempt.app, code=code, code_verifier=attempt.verifier, redirect_uri=attempt.redirect_uri
        )
        return tokens, part.who_am_i(attempt.app, tokens)
    except Unavailable as error:
        raise Unavailable(error.message, advice=f"Nothing was changed. {_AGAIN}", details=error.details) from error


def _connected(connection: Connection, attempt: _Attempt, identity: Identity, tokens: Tokens) -> Connected:
    found = resolving.resolve(connection, attempt.workspace_id, attempt.network, identity, attempt.account_id)
    return Connected(
        attempt.workspace_id, found.id, attempt.network, found.external_id, found.display_name, found.is_new,
        attempt.scopes if tokens.scopes is None else tokens.scopes,
        resolving.connected_scopes(connection, attempt.workspace_id, found.id),
    )  # fmt: skip


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


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
