"""How the connected accounts of a workspace are, and what somebody has to do about it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from clientnest import registry
from clientnest.accounts.credentials import WARN_AHEAD, Renewable
from clientnest.accounts.protocol import oauth_network
from clientnest.db.tables.credentials import credential as credential_table
from clientnest.db.tables.identity import account as account_table

_PLAIN = (
    "account_id", "state", "problem", "advice", "scopes", "expires_at", "refresh_expires_at", "has_refresh_token",
    "last_refreshed_at", "last_checked_at", "connected_by",
)  # fmt: skip
_REAGREE = "Connect it again, and agree to everything the network asks."


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """One account that is or was connected. `is_usable`: posts can go out now. `problem` and `advice`: what is wrong or
    will be, and what to do; both None where all is well. Instants are UTC, None where unknown or never."""

    account_id: UUID
    network: str
    display_name: str
    state: str
    is_usable: bool
    problem: str | None
    advice: str | None
    missing_scopes: tuple[str, ...]
    expires_at: datetime | None
    last_refreshed_at: datetime | None
    last_checked_at: datetime | None
    connected_by: UUID | None


def health(connection: Connection, workspace_id: UUID, *, now: datetime | None = None) -> list[AccountHealth]:
    """Every account of the workspace that is or was connected, those with a problem first, then by network and name.

    Imported accounts that were never connected are not among them. Reads no sealed value.
    """
    moment = now or datetime.now(UTC)
    account = account_table.c
    rows = connection.execute(
        select(*(credential_table.c[name] for name in _PLAIN), account.network, account.display_name)
        .join(account_table, (account.workspace_id == credential_table.c.workspace_id)
              & (account.id == credential_table.c.account_id))
        .where(credential_table.c.workspace_id == workspace_id)
    )  # fmt: skip
    found = [_judged(row, moment) for row in rows]
    return sorted(found, key=lambda one: (one.problem is None, one.network, one.display_name, one.account_id))


def _judged(row: Row[Any], now: datetime) -> AccountHealth:
    works = row.state in {"connected", "expiring"}
    missing = tuple(sorted(set(oauth_network(row.network).scopes) - set(row.scopes))) if works else ()
    problem, advice = (row.problem, row.advice) if row.problem else _unsaid(row, missing, now)
    return AccountHealth(
        row.account_id, row.network, row.display_name, row.state,
        works and (row.expires_at is None or row.expires_at > now), problem, advice, missing, row.expires_at,
        row.last_refreshed_at, row.last_checked_at, row.connected_by,
    )  # fmt: skip


def _unsaid(row: Row[Any], missing: tuple[str, ...], now: datetime) -> tuple[str, str] | tuple[None, None]:
    """What is wrong though no renewal has said so."""
    name = f"{row.display_name} on {registry.network(row.network).label}"
    if row.state == "disconnected":
        return f"{name} is disconnected.", "Connect it again to publish and measure; what it has is kept."
    if row.expires_at is not None and row.expires_at <= now:
        return (
            f"The access to {name} ended at {row.expires_at:%Y-%m-%d %H:%M} UTC and was not renewed.",
            "Connect it again. If others stand the same way, the worker is not running: `clientnest doctor`.",
        )
    if missing:
        return f"{name} was connected without the rights {', '.join(missing)}.", _REAGREE
    renewal = Renewable(oauth_network(row.network).renewal, row.has_refresh_token, row.refresh_expires_at)
    ends = row.refresh_expires_at if renewal.at(now) else row.expires_at
    if ends is not None and ends - WARN_AHEAD <= now:
        return f"{name} has to be connected again by {ends:%Y-%m-%d %H:%M} UTC.", _REAGREE
    return None, None
