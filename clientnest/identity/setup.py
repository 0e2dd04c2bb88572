"""The first start of an installation: an owner with a workspace of their own, and a demo workspace with its login."""

from dataclasses import dataclass

from sqlalchemy import Connection, select, text, update

from clientnest import secrets
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.identity import membership as membership_table
from clientnest.db.tables.identity import person as person_table
from clientnest.db.tables.identity import workspace as workspace_table
from clientnest.identity import passwords, people
from clientnest.workspaces import WorkspaceRole, add_member, create_workspace

OWNER_EMAIL = "owner@clientnest.local"
DEMO_EMAIL = "demo@clientnest.local"
HOME_SLUG = "home"
DEMO_SLUG = "demo"
_LOCK = 0x636E_6573_7402  # one first start at a time


@dataclass(frozen=True, slots=True)
class Logins:
    """What to show at a start.

    `owner_password` is set at the first start only: it is stored nowhere but as a hash. `demo_email` and
    `demo_password` are None where the demo login was removed.
    """

    owner_email: str
    owner_password: str | None
    demo_email: str | None
    demo_password: str | None


def ensure_logins() -> Logins:
    """Make owner, workspaces and demo login where nobody is there yet; afterwards change nothing but a stale demo
    password. Safe at every start; needs a migrated database; runs as the tables' owner."""
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        owner_password = None
        if connection.execute(select(person_table.c.id).limit(1)).one_or_none() is None:
            owner_password = passwords.random_password()
            _make(connection, owner_password)
        demo_password = _current_demo_password(connection)
        return Logins(
            owner_email=_owner_email(connection),
            owner_password=owner_password,
            demo_email=DEMO_EMAIL if demo_password else None,
            demo_password=demo_password,
        )


def _make(connection: Connection, owner_password: str) -> None:
    owner = people.create_person(connection, OWNER_EMAIL, "Owner", owner_password)
    connection.execute(update(person_table).where(person_table.c.id == owner.id).values(is_operator=True))
    create_workspace(connection, "My workspace", HOME_SLUG, owner=owner.id)
    demo = create_workspace(connection, "Demo brand", DEMO_SLUG, owner=owner.id, is_demo=True)
    guest = people.create_person(connection, DEMO_EMAIL, "Demo", secrets.load().demo_password)
    add_member(connection, demo.id, guest.id, WorkspaceRole.ANALYST)


def _current_demo_password(connection: Connection) -> str | None:
    """The demo login's password, made valid again where the kept one no longer fits (a secrets file made anew)."""
    stored = connection.execute(
        select(person_table.c.password_hash).where(person_table.c.email == DEMO_EMAIL)
    ).scalar_one_or_none()
    if stored is None:
        return None
    kept = secrets.load().demo_password
    if not passwords.matches(kept, stored):
        people.set_password(connection, DEMO_EMAIL, kept)
    return kept


def _owner_email(connection: Connection) -> str:
    """Who owns the oldest workspace that is not the demo."""
    email = connection.execute(
        select(person_table.c.email)
        .join(membership_table, membership_table.c.person_id == person_table.c.id)
        .join(workspace_table, workspace_table.c.id == membership_table.c.workspace_id)
        .where(membership_table.c.role == WorkspaceRole.OWNER.value, ~workspace_table.c.is_demo)
        .order_by(workspace_table.c.id, person_table.c.id)
        .limit(1)
    ).scalar_one_or_none()
    return email or OWNER_EMAIL
