"""Policies, rounds, links and delegates that operations are tried with."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, text

from clientnest.approvals import policies, rounds
from clientnest.approvals.model import Level, Mode
from clientnest.audit import Actor
from clientnest.content import states
from clientnest.content.states import State
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import proofs
from clientnest.ids import new_id
from clientnest.workspaces import Membership, WorkspaceRole
from tests.integration.api.operations import Operation, colleague

ANYBODY = Level(roles=(WorkspaceRole.OWNER, WorkspaceRole.ADMIN, WorkspaceRole.APPROVER, WorkspaceRole.CLIENT))
_STATES = {"submit": State.DRAFT, "withdraw": State.IN_REVIEW, "approve": State.IN_REVIEW,
           "request-changes": State.IN_REVIEW}  # fmt: skip


def make_policy(workspace_id: UUID) -> UUID:
    """The policy of the workspace, the only one it has: anybody may approve who may at all, and nobody has to."""
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        connection.execute(text("DELETE FROM app.approval_policy WHERE workspace_id = :w"), {"w": workspace_id})
        return policies.create(connection, workspace_id, Mode.OPTIONAL, [ANYBODY]).id


def forget_policies(workspace_id: UUID) -> None:
    """Nothing has to be approved, and nothing can be."""
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        connection.execute(text("DELETE FROM app.approval_policy WHERE workspace_id = :w"), {"w": workspace_id})


def state_for(operation: Operation | None) -> State:
    """What a post has to be so that the operation can do something; approved, where it does not matter: so that
    everybody sees it who sees any."""
    return State.APPROVED if operation is None else _STATES.get(operation.path.rpartition("/")[2], State.APPROVED)


def bring(
    connection: Connection, owner: Membership, post_id: UUID, variants: Collection[UUID], to: State, actor: Actor
) -> None:  # fmt: skip
    """Bring drafts to a state, with a round where they are in review."""
    states.move(connection, owner.workspace.id, variants, to, actor)
    if to is State.IN_REVIEW:
        rounds.open_rounds(connection, owner, post_id, dict.fromkeys(variants, False))


def make_link(workspace_id: UUID, post_id: UUID) -> UUID:
    """A client's link to a post."""
    link_id = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.review_link (workspace_id, id, post_id, name, token_hash, expires_at) "
                 "VALUES (:w, :id, :post, 'Ada', :hash, now() + interval '1 day')"),
            {"w": workspace_id, "id": link_id, "post": post_id, "hash": proofs.hash_of(link_id.hex)},
        )  # fmt: skip
    return link_id


def make_delegation(workspace_id: UUID, person_id: UUID) -> UUID:
    """Somebody who decides for a member."""
    delegate_id = colleague(workspace_id, WorkspaceRole.APPROVER)
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.approval_delegation (workspace_id, person_id, delegate_id, starts_at) "
                 "SELECT :w, :p, :d, now() WHERE EXISTS (SELECT FROM app.membership "
                 "WHERE workspace_id = :w AND person_id = :p) "
                 "ON CONFLICT (workspace_id, person_id) DO UPDATE SET delegate_id = :d"),
            {"w": workspace_id, "p": person_id, "d": delegate_id},
        )  # fmt: skip
    return delegate_id
