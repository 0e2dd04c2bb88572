"""Invitations: a letter to an address, accepted by whoever signs in with that address, once, within two weeks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from clientnest.db.tables.identity import membership as membership_table
from clientnest.db.tables.signing_in import invitation as invitation_table
from clientnest.entitlements import Limit, ProductEvent, check, record
from clientnest.errors import BadInput, Conflict, Forbidden, NotFound
from clientnest.events import tell
from clientnest.identity import Person, proofs
from clientnest.identity.people import normalise_email
from clientnest.identity.registration import link
from clientnest.ids import new_id
from clientnest.mail import Letter, send
from clientnest.workspaces.service import Workspace, WorkspaceRole, add_member

LIFETIME = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that is open: neither accepted nor taken back. `expires_at` may have passed."""

    id: UUID
    email: str
    role: WorkspaceRole
    invited_by: UUID | None
    created_at: datetime
    expires_at: datetime


_COLUMNS = tuple(invitation_table.c[name] for name in Invitation.__dataclass_fields__)


def invite(
    connection: Connection, workspace: Workspace, inviter: Person, email: str, role: WorkspaceRole
) -> Invitation:
    """Invite an address, by letter. An open invitation of the same address is replaced: its link stops working."""
    if role is WorkspaceRole.OWNER:
        raise BadInput(
            "Nobody is invited as owner.", advice="Invite as admin, then hand over.", details={"field": "role"}
        )
    address = normalise_email(email)
    columns = invitation_table.c
    connection.execute(
        update(invitation_table)
        .where(*_open(workspace.id), columns.email == address)
        .values(revoked_at=func.now())
    )  # fmt: skip
    check(connection, workspace.id, Limit.SEATS, used=_seats(workspace.id))
    token = proofs.random_token()
    try:
        with connection.begin_nested():
            row = connection.execute(
                insert(invitation_table)
                .values(workspace_id=workspace.id, id=new_id(), email=address, role=role.value,
                        token_hash=proofs.hash_of(token), invited_by=inviter.id, expires_at=func.now() + LIFETIME)
                .returning(*_COLUMNS)
            ).one()  # fmt: skip
    except IntegrityError as error:
        raise Conflict("This address is being invited by somebody else right now.", advice="Try again.") from error
    send(connection, Letter.INVITATION, address, workspace=workspace.name, inviter=inviter.name, role=role.value,
         link=link("accept-invitation", token), days=LIFETIME.days)  # fmt: skip
    tell(connection, workspace.id, "member.invited", row.id, {"role": role.value})
    record(connection, workspace.id, ProductEvent.MEMBER_INVITED, person_id=inviter.id, properties={"role": role.value})
    return _from(row)


def invitations(connection: Connection, workspace_id: UUID) -> list[Invitation]:
    """The open invitations of a workspace, the latest first."""
    columns = invitation_table.c
    rows = connection.execute(select(*_COLUMNS).where(*_open(workspace_id)).order_by(columns.id.desc()))
    return [_from(row) for row in rows]


def take_back(connection: Connection, workspace_id: UUID, invitation_id: UUID) -> Invitation:
    """Make the link of an open invitation useless. `NotFound` where there is none."""
    columns = invitation_table.c
    row = connection.execute(
        update(invitation_table)
        .where(*_open(workspace_id), columns.id == invitation_id)
        .values(revoked_at=func.now())
        .returning(*_COLUMNS)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("There is no such open invitation.", advice="GET …/invitations lists them.")
    return _from(row)


def find(connection: Connection, token: str) -> tuple[UUID, Invitation]:
    """The workspace and the invitation that a link belongs to. Needs the role `identity`; `BadInput` for a link that
    is used, taken back, too old or nothing at all."""
    columns = invitation_table.c
    row = connection.execute(
        select(columns.workspace_id, *_COLUMNS).where(
            *_open(), columns.token_hash == proofs.hash_of(token[:200]), columns.expires_at > func.now()
        )
    ).one_or_none()
    if row is None:
        raise BadInput(
            "This invitation does not work (any more): it was used, taken back, or is too old.",
            advice="Ask for a new one.",
            details={"field": "token"},
        )
    return row.workspace_id, _from(row)


def accept(connection: Connection, workspace_id: UUID, found: Invitation, person: Person) -> None:
    """Make somebody a member, once. Needs the role `api` inside the workspace; `Forbidden` where the invitation was
    sent to another address than the one they sign in with."""
    if person.email != found.email:
        raise Forbidden(
            "This invitation was sent to another address than the one you sign in with.",
            advice="Sign in with that address, or ask for an invitation to yours.",
        )
    columns = invitation_table.c
    used = connection.execute(
        update(invitation_table)
        .where(*_open(workspace_id), columns.id == found.id)
        .values(accepted_at=func.now(), accepted_by=person.id)
    ).rowcount  # fmt: skip
    if not used:
        raise Conflict("This invitation was used meanwhile.", advice="Sign in: you may belong to it already.")
    add_member(connection, workspace_id, person.id, found.role)
    tell(connection, workspace_id, "member.joined", person.id, {"role": found.role.value})
    record(connection, workspace_id, ProductEvent.MEMBER_JOINED, person_id=person.id,
           properties={"role": found.role.value})  # fmt: skip


def _open(workspace_id: UUID | None = None) -> tuple[ColumnElement[bool], ...]:
    """Neither accepted nor taken back; in one workspace, or in any."""
    columns = invitation_table.c
    waiting = (columns.accepted_at.is_(None), columns.revoked_at.is_(None))
    return waiting if workspace_id is None else (columns.workspace_id == workspace_id, *waiting)


def _seats(workspace_id: UUID) -> Select[int]:
    """How many seats are taken: by members, and by invitations that could be accepted."""
    open_ones, belonging = invitation_table.c, membership_table.c
    invited = select(func.count()).where(*_open(workspace_id), open_ones.expires_at > func.now())
    members = select(func.count()).where(belonging.workspace_id == workspace_id)
    return select(invited.scalar_subquery() + members.scalar_subquery())


def _from(row: object) -> Invitation:
    values = {name: getattr(row, name) for name in Invitation.__dataclass_fields__}
    return Invitation(**{**values, "role": WorkspaceRole(values["role"])})
