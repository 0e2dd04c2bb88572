"""Writing comments, answering, resolving. Those who are mentioned, and who wrote in the thread before, are told.

Mentions are a list of people beside the text, not marks within it: so the text is kept to the letter, holds no name
that outlives a change or the erasure of its person, and what is quoted or pasted calls for nobody.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, update

from clientnest.audit import Actor, ActorKind
from clientnest.content import reading
from clientnest.content.comments import Comment, comment, seen_by_clients
from clientnest.content.model import Post
from clientnest.db.tables.collaboration import comment as comment_table
from clientnest.db.tables.collaboration import comment_mention as mention_table
from clientnest.errors import BadInput, Conflict, Forbidden, NotFound
from clientnest.events import tell
from clientnest.ids import new_id
from clientnest.workspaces import Membership, WorkspaceRole
from clientnest.workspaces.members import members
from clientnest.workspaces.revisions import stale

LONGEST = 10_000
MOST_MENTIONS = 50
_ADMINS = frozenset({WorkspaceRole.OWNER, WorkspaceRole.ADMIN})
_c, _m = comment_table.c, mention_table.c


def write(
    connection: Connection, membership: Membership, actor: Actor, post_id: UUID, text: str, *,
    account_id: UUID | None = None, parent_id: UUID | None = None, internal: bool | None = None,
    mentions: Collection[UUID] = (),
) -> Comment:  # fmt: skip
    """Say something on a post, or on the variant of one account; `parent_id`: as an answer, in its thread.

    `internal` None: for the team only, but where a client writes. `BadInput` for an internal comment of a client, an
    answer that more would read than what it answers, and the mention of a client who would not see it.
    """
    post = reading.post(connection, membership, post_id)
    if post.trashed_at is not None:
        raise Conflict("The post is in the trash.", advice="Take it out first: POST …/restore.")
    hidden = _is_internal(membership, internal)
    answered = None if parent_id is None else comment(connection, membership, post, parent_id)
    account_id = _place(post, answered, account_id)
    if answered is not None and answered.internal and not hidden:
        raise BadInput(
            "An answer to an internal comment is internal, too.", advice="Leave `internal` true, or begin a thread.",
            details={"field": "body.internal"},
        )  # fmt: skip
    comment_id = new_id()
    values = {
        "workspace_id": membership.workspace.id, "id": comment_id, "post_id": post_id, "account_id": account_id,
        "parent_id": answered and answered.thread_id, "text": text, "internal": hidden,
        "author_kind": actor.kind.value, "author_id": actor.id,
    }  # fmt: skip
    connection.execute(insert(comment_table).values(values))
    made = comment(connection, membership, post, comment_id)
    _tell(connection, membership, "comment.written", made)
    _mention(connection, membership, made, mentions)
    return comment(connection, membership, post, comment_id)


def change(
    connection: Connection, membership: Membership, actor: Actor, post_id: UUID, comment_id: UUID, *,
    revision: int | None, text: str | None = None, mentions: Collection[UUID] | None = None,
) -> tuple[Comment, Comment]:  # fmt: skip
    """Change one's own comment; gives it as it was and as it is. `Forbidden` for another's, `Conflict` for a deleted
    one. Who is mentioned now and was not before is told."""
    post, before = _locked(connection, membership, post_id, comment_id)
    if (before.author_kind, before.author_id) != (actor.kind, actor.id):
        raise Forbidden("A comment is changed by who wrote it.", advice="Answer it instead.")
    if before.deleted_at is not None:
        raise Conflict("The comment was deleted.", advice="Write another.")
    if revision is not None and before.revision != revision:
        raise stale("The comment")
    if text is not None and text != before.text:
        _write(connection, membership, before, text=text, edited_at=func.now())
    if mentions is not None and set(mentions) != set(before.mentions):
        kept = (_m.workspace_id == membership.workspace.id, _m.comment_id == comment_id)
        connection.execute(delete(mention_table).where(*kept, _m.person_id.not_in(mentions)))
        _mention(connection, membership, before, set(mentions) - set(before.mentions))
        _write(connection, membership, before)
    after = comment(connection, membership, post, comment_id)
    if after.revision != before.revision:
        _tell(connection, membership, "comment.changed", after)
    return before, after


def remove(
    connection: Connection, membership: Membership, actor: Actor, post_id: UUID, comment_id: UUID
) -> Comment | None:
    """Delete one's own comment, or as an admin anybody's: its words and mentions are gone, its place stays. None where
    it was deleted before."""
    post, before = _locked(connection, membership, post_id, comment_id)
    if (before.author_kind, before.author_id) != (actor.kind, actor.id) and membership.role not in _ADMINS:
        raise Forbidden("A comment is deleted by who wrote it, or by an admin.", advice="Ask one of them.")
    if before.deleted_at is not None:
        return None
    kept = (_m.workspace_id == membership.workspace.id, _m.comment_id == comment_id)
    connection.execute(delete(mention_table).where(*kept))
    _write(connection, membership, before, text="", deleted_at=func.now())
    _tell(connection, membership, "comment.deleted", before)
    return comment(connection, membership, post, comment_id)


def resolve(
    connection: Connection, membership: Membership, post_id: UUID, comment_id: UUID, *, resolved: bool
) -> Comment | None:
    """Say that a thread needs nobody any more, or does again; None where it is so. `Conflict` for an answer."""
    post, before = _locked(connection, membership, post_id, comment_id)
    if before.parent_id is not None:
        raise Conflict(
            "A thread is resolved as a whole.", advice="Resolve its first comment.",
            details={"thread_id": str(before.parent_id)},
        )  # fmt: skip
    if (before.resolved_at is not None) == resolved:
        return None
    said = {"resolved_at": func.now(), "resolved_by": membership.person_id}
    _write(connection, membership, before, **(said if resolved else dict.fromkeys(said)))
    _tell(connection, membership, "comment.resolved" if resolved else "comment.reopened", before)
    return comment(connection, membership, post, comment_id)


def _is_internal(membership: Membership, internal: bool | None) -> bool:
    if membership.role is not WorkspaceRole.CLIENT:
        return internal is not False
    if internal:
        raise BadInput(
            "What a client writes is for everybody on the post.", advice="Leave `internal` out.",
            details={"field": "body.internal"},
        )  # fmt: skip
    return False


def _place(post: Post, answered: Comment | None, account_id: UUID | None) -> UUID | None:
    """What a comment is about: an answer what its thread is about, whatever became of that."""
    if answered is not None:
        if account_id not in {None, answered.account_id}:
            raise BadInput(
                "An answer is about what its thread is about.", advice="Leave `account_id` out, or begin a thread.",
                details={"field": "body.account_id"},
            )  # fmt: skip
        return answered.account_id
    if account_id is not None and post.of(account_id) is None:
        raise NotFound(
            f"The post has no variant for the account {account_id}.", advice="Read the post for those it has.",
            details={"field": "body.account_id"},
        )  # fmt: skip
    return account_id


def _locked(
    connection: Connection, membership: Membership, post_id: UUID, comment_id: UUID
) -> tuple[Post, Comment]:  # fmt: skip
    """The comment, which nobody else changes until the transaction ends."""
    post = reading.post(connection, membership, post_id)
    named = (_c.workspace_id == membership.workspace.id, _c.id == comment_id)
    connection.execute(select(_c.id).where(*named).with_for_update())
    return post, comment(connection, membership, post, comment_id)


def _write(connection: Connection, membership: Membership, before: Comment, **values: object) -> None:
    named = (_c.workspace_id == membership.workspace.id, _c.id == before.id)
    connection.execute(update(comment_table).where(*named).values({**values, "revision": before.revision + 1}))


def _mention(
    connection: Connection, membership: Membership, said: Comment, people: Collection[UUID]
) -> None:  # fmt: skip
    """Note whom a comment mentions anew, and tell them. `NotFound` for who does not belong to the workspace."""
    if not people:
        return
    workspace_id = membership.workspace.id
    roles = {one.person_id: one.role for one in members(connection, workspace_id)}
    missing = sorted(set(people) - roles.keys())
    if missing:
        raise NotFound(
            f"Nobody with the id {missing[0]} belongs to the workspace.", advice="GET …/members lists those who do.",
            details={"field": "body.mentions"},
        )  # fmt: skip
    clients = sorted(person for person in set(people) if roles[person] is WorkspaceRole.CLIENT)
    if clients and (said.internal or not seen_by_clients(connection, workspace_id, said.post_id, said.account_id)):
        raise BadInput(
            f"{clients[0]} is a client, who would not see the comment.",
            advice="Mention them where `internal` is false, on a post that was sent to be reviewed.",
            details={"field": "body.mentions"},
        )  # fmt: skip
    rows = [{"workspace_id": workspace_id, "comment_id": said.id, "person_id": person} for person in set(people)]
    connection.execute(insert(mention_table), rows)
    _tell(connection, membership, "comment.mentioned", said, people=sorted(str(person) for person in set(people)))


def _tell(
    connection: Connection, membership: Membership, kind: str, said: Comment, **more: object
) -> None:  # fmt: skip
    payload = {"post_id": str(said.post_id), "thread_id": str(said.thread_id), **more}
    if said.author_kind is ActorKind.PERSON:
        payload["author_id"] = str(said.author_id)
    tell(connection, membership.workspace.id, kind, said.id, payload)
