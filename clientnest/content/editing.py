"""Making, changing, trashing and restoring posts. Every change is a revision; none is lost, and none is half."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from clientnest.audit import Actor
from clientnest.content import reading, revisions
from clientnest.content.comparing import changed, snapshot
from clientnest.content.model import MOST_VARIANTS, Content, Post, Variant
from clientnest.content.reconsidering import reconsidered
from clientnest.content.states import OUT_OF_HAND, State, act, move, refusals
from clientnest.db.refused import NO_SUCH_ROW
from clientnest.db.tables.content import campaign as campaign_table
from clientnest.db.tables.content import label as label_table
from clientnest.db.tables.content import post as post_table
from clientnest.db.tables.content import post_label as post_label_table
from clientnest.db.tables.content import post_variant as variant_table
from clientnest.db.tables.identity import account as account_table
from clientnest.errors import BadInput, Conflict, NotFound
from clientnest.events import tell
from clientnest.ids import new_id
from clientnest.workspaces import Membership

_p, _v, _l = post_table.c, variant_table.c, post_label_table.c


class Edit(TypedDict, total=False):
    """What is to change; the rest stays. `variants`: by account, each whole. `removed`: accounts to leave out."""

    title: str
    campaign_id: UUID | None
    labels: Collection[UUID]
    variants: Mapping[UUID, Content]
    removed: Collection[UUID]


def create(connection: Connection, membership: Membership, actor: Actor, **given: Unpack[Edit]) -> Post:
    """A new post of drafts. `NotFound` names the account, label, campaign or media that is not the workspace's."""
    workspace_id, post_id = membership.workspace.id, new_id()
    act(connection, actor)
    row = {"workspace_id": workspace_id, "id": post_id, "created_by": membership.person_id}
    connection.execute(insert(post_table).values(row))
    _write(connection, workspace_id, post_id, (), given)
    made = reading.post(connection, membership, post_id)
    revisions.note(connection, workspace_id, None, made, actor)
    tell(connection, workspace_id, "post.created", post_id, {"state": made.state.value})
    return made


def change(
    connection: Connection, membership: Membership, post_id: UUID, actor: Actor, *, revision: int | None,
    restored_from: int | None = None, **given: Unpack[Edit],
) -> tuple[Post, list[str]]:  # fmt: skip
    """Change a post; gives it, and the names of the fields that changed (none: there is no new revision).

    `revision`: the one the change was decided on; `Stale`, saying what changed since, where there is a newer one. None
    overwrites knowingly. What was approved is looked at anew (`reconsidering`); `Conflict` for what a network has.
    """
    workspace_id = membership.workspace.id
    before = locked(connection, membership, post_id, revision=revision)
    edited = [one for one in before.variants if _differs(one, given.get("variants", {}))]
    for one in edited:
        _check_in_hand(one)
    with reconsidered(connection, membership, before, edited, actor, relabelled="labels" in given):
        act(connection, actor)
        _write(connection, workspace_id, post_id, before.variants, given)
    if not changed(snapshot(before), snapshot(reading.post(connection, membership, post_id))):
        return before, []
    after, names = count_revision(connection, membership, before, actor, restored_from=restored_from)
    tell(connection, workspace_id, "post.changed", post_id, {"state": after.state.value, "revision": after.revision})
    return after, names


def restore_revision(
    connection: Connection, membership: Membership, post_id: UUID, number: int, actor: Actor, *, revision: int | None
) -> tuple[Post, list[str]]:
    """Make a post what it was at a revision, but for its schedule: accounts that it had not are left out, unless a
    network has theirs; what lies at a network stays as it is, and labels that are deleted stay so."""
    wanted = revisions.revision(connection, membership.workspace.id, post_id, number)
    now = locked(connection, membership, post_id, revision=revision)
    fixed = {one.account_id for one in now.variants if one.state in OUT_OF_HAND}
    labels, campaign_id = _still_there(connection, membership.workspace.id, wanted)
    return change(
        connection, membership, post_id, actor, revision=revision, restored_from=number, title=wanted.title,
        campaign_id=campaign_id, labels=labels,
        variants={account: content for account, content in wanted.contents.items() if account not in fixed},
        removed={one.account_id for one in now.variants} - wanted.contents.keys() - fixed,
    )  # fmt: skip


def _still_there(
    connection: Connection, workspace_id: UUID, wanted: revisions.FullRevision
) -> tuple[Sequence[UUID], UUID | None]:  # fmt: skip
    """The labels and the campaign of a revision, but for those that were deleted since."""
    label, campaign = label_table.c, campaign_table.c
    labels: Sequence[UUID] = connection.execute(
        select(label.id).where(label.workspace_id == workspace_id, label.id.in_(wanted.labels))
    ).scalars().all()  # fmt: skip
    campaign_id: UUID | None = connection.execute(
        select(campaign.id).where(campaign.workspace_id == workspace_id, campaign.id == wanted.campaign_id)
    ).scalar_one_or_none()
    return labels, campaign_id


def trash(connection: Connection, membership: Membership, post_id: UUID, actor: Actor) -> bool:
    """Put a post in the trash, from which it can be taken for 30 days. What was scheduled is cancelled; `Conflict`
    while a network is being given it. False where it lies there already."""
    found = locked(connection, membership, post_id, trashed=None)
    if found.trashed_at is not None:
        return False
    if any(one.state in {State.PUBLISHING, State.UNCONFIRMED} for one in found.variants):
        raise Conflict(
            "The post is being published.", advice="Wait until it is known what became of it, then try again."
        )
    workspace_id = membership.workspace.id
    planned = [one.id for one in found.variants if one.state is State.SCHEDULED]
    move(connection, workspace_id, planned, State.CANCELLED, actor, "put in the trash")
    values = {"trashed_at": func.now(), "trashed_by": membership.person_id}
    connection.execute(update(post_table).where(*_named(workspace_id, post_id)).values(values))
    tell(connection, workspace_id, "post.trashed", post_id, {})
    return True


def take_back(connection: Connection, membership: Membership, post_id: UUID) -> bool:
    """Take a post out of the trash, as it was, with what had been scheduled cancelled; False where it lies in none."""
    if locked(connection, membership, post_id, trashed=None).trashed_at is None:
        return False
    workspace_id = membership.workspace.id
    values = {"trashed_at": None, "trashed_by": None}
    connection.execute(update(post_table).where(*_named(workspace_id, post_id)).values(values))
    tell(connection, workspace_id, "post.restored", post_id, {})
    return True


def locked(
    connection: Connection, membership: Membership, post_id: UUID, *, revision: int | None = None,
    trashed: bool | None = False,
) -> Post:  # fmt: skip
    """A post that nobody else changes until the transaction ends. `Stale` where it is past `revision`, `Conflict` where
    it is in the trash (None: does not matter), `NotFound` where the member may not see it."""
    workspace_id = membership.workspace.id
    row = connection.execute(
        select(_p.revision, _p.trashed_at).where(*_named(workspace_id, post_id)).with_for_update()
    ).one_or_none()
    found = reading.post(connection, membership, post_id)
    if row is None:
        raise reading.no_such_post()
    if trashed is False and row.trashed_at is not None:
        raise Conflict("The post is in the trash.", advice="Take it out first: POST …/restore.")
    if revision is not None and row.revision != revision:
        raise revisions.stale(connection, workspace_id, post_id, revision)
    return found


def count_revision(
    connection: Connection, membership: Membership, before: Post, actor: Actor, *, restored_from: int | None = None
) -> tuple[Post, list[str]]:
    """After something of a post changed (its schedule, too): another revision, of which everybody learns who has the
    post open. Gives the post, and the names of the fields."""
    workspace_id = membership.workspace.id
    values = {"revision": _p.revision + 1, "updated_at": func.now()}
    connection.execute(update(post_table).where(*_named(workspace_id, before.id)).values(values))
    after = reading.post(connection, membership, before.id)
    return after, revisions.note(connection, workspace_id, before, after, actor, restored_from=restored_from)


def _named(workspace_id: UUID, post_id: UUID) -> tuple[Any, ...]:
    return (_p.workspace_id == workspace_id, _p.id == post_id)


def _differs(variant: Variant, contents: Mapping[UUID, Content]) -> bool:
    return variant.account_id in contents and contents[variant.account_id] != variant.content


def _check_in_hand(variant: Variant) -> None:
    if variant.state in OUT_OF_HAND:
        raise Conflict(
            f"What {variant.account_name} publishes is {variant.state}, and does not change any more.",
            advice="Make another post, or change it on the network itself.",
            details={"account_id": str(variant.account_id), "state": variant.state.value},
        )


def _write(
    connection: Connection, workspace_id: UUID, post_id: UUID, there: Collection[Variant], given: Edit
) -> None:  # fmt: skip
    values = {name: given[name] for name in ("title", "campaign_id") if name in given}  # type: ignore[literal-required]
    if values:
        with _known("campaign_id", "campaign"):
            connection.execute(update(post_table).where(*_named(workspace_id, post_id)).values(values))
    if "labels" in given:
        _label(connection, workspace_id, post_id, given["labels"])
    for account_id in given.get("removed", ()):
        _leave_out(connection, workspace_id, there, account_id)
    known = {one.account_id: one for one in there}
    contents = given.get("variants", {})
    if len(known.keys() | contents.keys()) > MOST_VARIANTS:
        raise BadInput(
            f"A post is for at most {MOST_VARIANTS} accounts.", advice="Make another post for the others.",
            details={"field": "body.variants"},
        )  # fmt: skip
    new = [account_id for account_id in contents if account_id not in known]
    _check_accounts(connection, workspace_id, new)
    for account_id, content in contents.items():
        values = {"content": content.as_json()}
        with refusals(), _known("media_id", "media"):
            if account_id in known:
                if content != known[account_id].content:
                    named = (_v.workspace_id == workspace_id, _v.id == known[account_id].id)
                    connection.execute(update(variant_table).where(*named).values(values))
            else:
                values |= {"workspace_id": workspace_id, "id": new_id(), "post_id": post_id, "account_id": account_id}
                connection.execute(insert(variant_table).inline().values({**values, "digest": b""}))


def _label(connection: Connection, workspace_id: UUID, post_id: UUID, labels: Collection[UUID]) -> None:
    connection.execute(delete(post_label_table).where(_l.workspace_id == workspace_id, _l.post_id == post_id))
    rows = [{"workspace_id": workspace_id, "post_id": post_id, "label_id": label} for label in set(labels)]
    if rows:
        with _known("label_id", "label"):
            connection.execute(insert(post_label_table), rows)


def _leave_out(
    connection: Connection, workspace_id: UUID, there: Collection[Variant], account_id: UUID
) -> None:  # fmt: skip
    found = next((one for one in there if one.account_id == account_id), None)
    if found is None:
        raise NotFound("The post has no variant for that account.", advice="Read the post for those it has.")
    _check_in_hand(found)
    with refusals():
        connection.execute(delete(variant_table).where(_v.workspace_id == workspace_id, _v.id == found.id))


def _check_accounts(connection: Connection, workspace_id: UUID, wanted: Collection[UUID]) -> None:
    columns = account_table.c
    found: Sequence[UUID] = connection.execute(
        select(columns.id).where(columns.workspace_id == workspace_id, columns.id.in_(wanted))
    ).scalars().all()  # fmt: skip
    missing = sorted(set(wanted) - set(found))
    if missing:
        raise NotFound(
            f"The workspace has no account {missing[0]}.", advice="GET …/accounts lists those there are.",
            details={"field": "body.variants.account_id"},
        )  # fmt: skip


@contextmanager
def _known(field: str, what: str) -> Iterator[None]:
    """`NotFound` where a row refers to something that the workspace does not have."""
    try:
        yield
    except IntegrityError as error:
        if getattr(error.orig, "sqlstate", None) != NO_SUCH_ROW:
            raise
        raise NotFound(
            f"The workspace has no such {what}.", advice="Check the id: everything belongs to one workspace.",
            details={"field": field},
        ) from error  # fmt: skip
