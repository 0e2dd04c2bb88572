"""What is kept to act for an account: sealed tokens, when they end, and the state that people see.

`connected`: works. `expiring`: works or may work again by itself, but somebody should look (`problem`, `advice`).
`needs_reconnect`: only the person can help. `disconnected`: nothing is kept but the account and its posts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from clientnest import registry, vault
from clientnest.accounts.protocol import App, OAuthNetwork, Renewal, Tokens
from clientnest.db.tables.credentials import credential as credential_table
from clientnest.db.tables.identity import account as account_table
from clientnest.errors import NotFound, PermanentError
from clientnest.events import tell
from clientnest.vault.columns import ACCESS_TOKEN, REFRESH_TOKEN

WARN_AHEAD = timedelta(days=7)
"""How long before its end an access that nothing renews is reported."""
_c = credential_table.c


class NotConnected(PermanentError):
    """Nothing can be done for the account at its network; `advice` says what makes it possible."""

    code = "not-connected"
    status = 409


@dataclass(frozen=True, slots=True)
class Renewable:
    """Whether and until when an access can be renewed without the person."""

    by: Renewal
    has_refresh_token: bool
    refresh_expires_at: datetime | None

    def at(self, now: datetime) -> bool:
        if self.by is Renewal.BY_REFRESHING:
            return self.has_refresh_token and (self.refresh_expires_at is None or self.refresh_expires_at > now)
        return self.by is Renewal.BY_ITSELF


def due_at(
    network: OAuthNetwork, renewable: Renewable, *, expires_at: datetime | None, now: datetime
) -> datetime | None:
    """When the access has to be looked at next: to renew it, or to say that it ends. None: never.

    Accesses that live shorter than the network's `renew_ahead` are renewed at half their life, not over and over.
    """
    if expires_at is None:
        return None
    if renewable.at(now):
        return max(expires_at - network.renew_ahead, now + max(expires_at - now, timedelta(0)) / 2)
    return expires_at - WARN_AHEAD if now < expires_at - WARN_AHEAD else max(expires_at, now)


def store_connection(
    connection: Connection, *, workspace_id: UUID, account_id: UUID, app: App, network: OAuthNetwork, tokens: Tokens,
    asked_scopes: tuple[str, ...], person_id: UUID, now: datetime,
) -> None:  # fmt: skip
    """Keep what a person's agreement gave, as `connected`. A refresh token kept from before stays where the network
    gave none this time: many give one at the first agreement only. One of another app is of no use, and goes."""
    before = connection.execute(
        select(_c.network_app_id, _c.has_refresh_token, _c.refresh_expires_at).with_for_update()
        .where(_c.workspace_id == workspace_id, _c.account_id == account_id)
    ).one_or_none()  # fmt: skip
    values = sealed_tokens(account_id, tokens)
    keeps = before is not None and before.has_refresh_token and before.network_app_id == app.id
    if tokens.refresh_token is None and not keeps:
        values |= {"sealed_refresh_token": None, "refresh_expires_at": None}
    refresh_expires_at = before.refresh_expires_at if keeps and before else None
    renewable = Renewable(
        network.renewal, bool(tokens.refresh_token or keeps), values.get("refresh_expires_at", refresh_expires_at)
    )
    values |= {
        "network_app_id": app.id, "state": "connected", "problem": None, "advice": None, "failures": 0,
        "scopes": list(asked_scopes if tokens.scopes is None else tokens.scopes),
        "due_at": due_at(network, renewable, expires_at=tokens.expires_at, now=now),
        "last_checked_at": now, "connected_by": person_id, "connected_at": now, "updated_at": func.now(),
    }  # fmt: skip
    # Values given twice rather than `excluded`: this role may write tokens and not read them.
    key = {"workspace_id": workspace_id, "account_id": account_id}
    connection.execute(
        upsert(credential_table).values(key | values).on_conflict_do_update(index_elements=list(key), set_=values)
    )
    announce(connection, workspace_id, account_id, "connected")


def sealed_tokens(account_id: UUID, tokens: Tokens) -> dict[str, Any]:
    """The columns that fresh tokens replace. Without a refresh token among them, the stored one is left alone."""
    values: dict[str, Any] = {
        "sealed_access_token": vault.seal(
            tokens.access_token.encode(), purpose=ACCESS_TOKEN.purpose, owner=account_id
        ),
        "expires_at": tokens.expires_at,
    }  # fmt: skip
    if tokens.refresh_token:
        values["sealed_refresh_token"] = vault.seal(
            tokens.refresh_token.encode(), purpose=REFRESH_TOKEN.purpose, owner=account_id
        )
        values["refresh_expires_at"] = tokens.refresh_expires_at
    return values


def opened_tokens(row: Row[Any]) -> Tokens:
    """The stored tokens of a credential's row. Raises as `vault.unseal`."""
    access_token = vault.unseal(row.sealed_access_token, purpose=ACCESS_TOKEN.purpose, owner=row.account_id)
    refresh_token = row.sealed_refresh_token and vault.unseal(
        row.sealed_refresh_token, purpose=REFRESH_TOKEN.purpose, owner=row.account_id
    )
    return Tokens(
        access_token.decode(), refresh_token.decode() if refresh_token else None, tuple(row.scopes), row.expires_at,
        row.refresh_expires_at,
    )  # fmt: skip


def access(connection: Connection, workspace_id: UUID, account_id: UUID, *, now: datetime) -> Tokens:
    """The tokens to act for an account with, for the worker. `NotConnected` where there are none that can work."""
    row = connection.execute(
        select(_c.account_id, _c.state, _c.problem, _c.advice, _c.scopes, _c.expires_at, _c.refresh_expires_at,
               _c.sealed_access_token, _c.sealed_refresh_token, account_table.c.display_name, account_table.c.network)
        .join_from(account_table, credential_table, isouter=True, onclause=(
            (_c.workspace_id == account_table.c.workspace_id) & (_c.account_id == account_table.c.id)))
        .where(account_table.c.workspace_id == workspace_id, account_table.c.id == account_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound(f"There is no account {account_id}.", advice="Check the id; accounts belong to one workspace.")
    name = f"{row.display_name} on {registry.network(row.network).label}"
    if row.state in {None, "disconnected"}:
        raise NotConnected(f"{name} is not connected.", advice="Connect it in the workspace's accounts.")
    if row.state == "needs_reconnect":
        raise NotConnected(f"{name}: {row.problem}", advice=row.advice)
    if row.expires_at is not None and row.expires_at <= now:
        raise NotConnected(
            f"The access to {name} ended at {row.expires_at:%Y-%m-%d %H:%M} UTC and is not renewed yet.",
            advice=row.advice or "Wait a minute, or connect it again.",
        )
    return opened_tokens(row)


def disconnect(connection: Connection, workspace_id: UUID, account_id: UUID) -> None:
    """Forget the tokens of an account; the account and its posts stay. Waits for a renewal under way."""
    changed = connection.execute(
        update(credential_table)
        .where(_c.workspace_id == workspace_id, _c.account_id == account_id, _c.state != "disconnected")
        .values(
            state="disconnected", problem=None, advice=None, sealed_access_token=None, sealed_refresh_token=None,
            scopes=[], expires_at=None, refresh_expires_at=None, due_at=None, failures=0, updated_at=func.now(),
        )
    )  # fmt: skip
    if changed.rowcount == 0:
        raise NotFound("That account is not connected.", advice="There is nothing to disconnect.")
    announce(connection, workspace_id, account_id, "disconnected")


def announce(connection: Connection, workspace_id: UUID, account_id: UUID, state: str) -> None:
    """Tell who listens that an account came into a state."""
    tell(connection, workspace_id, f"account.{state}", account_id, {"state": state})
