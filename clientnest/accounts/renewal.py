"""Renewing accesses before they end: each by one process at a time, in a transaction of its own.

A network that rotates refresh tokens takes the old one back as it gives the new, so what it gave is committed before
the next account is begun. The row stays locked while the network is asked; others pass over it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, select, text, update

from clientnest import registry
from clientnest.accounts.apps import app_by_id
from clientnest.accounts.credentials import Renewable, announce, due_at, opened_tokens, sealed_tokens
from clientnest.accounts.protocol import App, AppRefused, NetworkRefused, OAuthNetwork, oauth_network
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.credentials import credential as credential_table
from clientnest.db.tables.identity import account as account_table
from clientnest.errors import ClientNestError, TransientError
from clientnest.log import get_logger
from clientnest.vault import VaultError

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
AT_ONCE = 100
_c = credential_table.c
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Renewed:
    """An account that was looked at, and the state it is in now; `problem` where somebody should look."""

    workspace_id: UUID
    account_id: UUID
    state: str
    problem: str | None


def due(connection: Connection, now: datetime, *, limit: int = AT_ONCE) -> list[tuple[UUID, UUID]]:
    """Workspace and account of what has to be looked at by now, most urgent first, in all workspaces. Worker only."""
    statement = text("SELECT workspace_id, account_id FROM app.credentials_due(:until, :most)")
    return [(row[0], row[1]) for row in connection.execute(statement, {"until": now, "most": limit})]


def refresh_due(now: datetime, *, limit: int = AT_ONCE) -> list[Renewed]:
    """Look at everything that is due, in transactions of its own as the worker; safe in several processes at once.

    Refusals and failures of networks become states of their accounts. A mistake of ours with one account does not hold
    up the others: it is raised, in an `ExceptionGroup`, once all had their turn.
    """
    with session.tenant(Role.WORKER) as connection:
        found = due(connection, now, limit=limit)
    renewed: list[Renewed] = []
    mistakes: list[Exception] = []
    for workspace_id, account_id in found:
        try:
            with session.tenant(Role.WORKER, workspace_id=workspace_id) as connection:
                one = refresh_account(connection, workspace_id, account_id, now)
        except Exception as error:  # noqa: BLE001 - raised below
            mistakes.append(error)
            continue
        if one is not None:
            renewed.append(one)
    if mistakes:
        raise ExceptionGroup("Some accounts could not be looked at.", mistakes)
    return renewed


def refresh_account(connection: Connection, workspace_id: UUID, account_id: UUID, now: datetime) -> Renewed | None:
    """Look at one account if it is due and no other process does. Asks the network while the row is locked, so the
    transaction should hold nothing else. None where there is nothing to do."""
    row = connection.execute(
        select(credential_table, account_table.c.network, account_table.c.display_name)
        .join(account_table, (account_table.c.workspace_id == _c.workspace_id) & (account_table.c.id == _c.account_id))
        .where(_c.workspace_id == workspace_id, _c.account_id == account_id, _c.due_at <= now)
        .with_for_update(of=credential_table, skip_locked=True)
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    values = _looked_at(connection, row, now)
    connection.execute(
        update(credential_table)
        .where(_c.workspace_id == workspace_id, _c.account_id == account_id)
        .values(**values, updated_at=func.now())
    )
    state, problem = values["state"], values["problem"]
    if state != row.state:
        announce(connection, workspace_id, account_id, state)
    _log.info("account renewal", account=str(account_id), network=row.network, state=state, failures=values["failures"])
    return Renewed(workspace_id, account_id, state, problem)


def _looked_at(connection: Connection, row: Row[Any], now: datetime) -> Mapping[str, Any]:
    """What becomes of a credential that is due."""
    network = oauth_network(row.network)
    renewable = Renewable(network.renewal, row.has_refresh_token, row.refresh_expires_at)
    try:
        app = app_by_id(connection, row.network_app_id) if row.network_app_id and renewable.at(now) else None
        return _ending(row, now) if app is None else _renewed(row, network, app, now)
    except (TransientError, AppRefused, VaultError) as error:
        # Nothing that connecting again would mend: the network is away, or who runs this has to act.
        return _postponed(row, error, now)
    except NetworkRefused as error:
        return {**_needs_reconnect(error.message, error.advice), "last_checked_at": now}


def _renewed(row: Row[Any], network: OAuthNetwork, app: App, now: datetime) -> Mapping[str, Any]:
    fresh = network.refresh(app, opened_tokens(row))
    values = sealed_tokens(row.account_id, fresh)
    if fresh.scopes is not None:
        values["scopes"] = list(fresh.scopes)
    renewable = Renewable(
        network.renewal,
        bool(fresh.refresh_token) or row.has_refresh_token,
        values.get("refresh_expires_at", row.refresh_expires_at),
    )
    return {
        **values, "state": "connected", "problem": None, "advice": None, "failures": 0,
        "due_at": due_at(network, renewable, expires_at=fresh.expires_at, now=now),
        "last_refreshed_at": now, "last_checked_at": now,
    }  # fmt: skip


def _postponed(row: Row[Any], error: ClientNestError, now: datetime) -> Mapping[str, Any]:
    """Try again later: after 30 seconds, twice as long each time, an hour at most; later where the network says so."""
    pause = min(FIRST_PAUSE * 2 ** min(row.failures, 16), LONGEST_PAUSE)
    asked_for = timedelta(seconds=float(error.details.get("retry_after_seconds", 0)))
    return {
        "state": "expiring", "problem": error.message, "advice": error.advice, "failures": row.failures + 1,
        "due_at": now + max(pause, asked_for),
    }  # fmt: skip


def _ending(row: Row[Any], now: datetime) -> Mapping[str, Any]:
    """An access that nothing renews: said ahead of its end, and at its end."""
    name = f"{row.display_name} on {registry.network(row.network).label}"
    when = f"{row.expires_at:%Y-%m-%d %H:%M} UTC"
    if row.expires_at <= now:
        return _needs_reconnect(f"The access to {name} ended at {when}.", "Connect the account again.")
    return {
        "state": "expiring", "problem": f"The access to {name} ends at {when} and cannot be renewed.",
        "advice": "Connect the account again before then.", "failures": 0, "due_at": row.expires_at,
    }  # fmt: skip


def _needs_reconnect(problem: str, advice: str) -> dict[str, Any]:
    return {"state": "needs_reconnect", "problem": problem, "advice": advice, "failures": 0, "due_at": None}
