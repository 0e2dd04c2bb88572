"""`/v1/workspaces/{workspace_id}/posts/{post_id}/comments`: what colleagues and clients say to one another."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.comments.schemas import CommentChange, CommentIn, CommentOut, CommentPageOut, CommentsQuery
from api.deps import ContentCommentDoor, ContentDoor, Door
from api.etags import IfMatchNeeded, etag, needed_revision_of
from clientnest.audit import CHANGED, Action, Change
from clientnest.content import commenting, comments, reading
from clientnest.content.comments import Comment

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/posts/{post_id}/comments", tags=["comments"])


@router.get("", summary="The comments on a post, page by page; clients see no internal ones")
def list_comments(door: ContentDoor, post_id: UUID, query: Annotated[CommentsQuery, Query()]) -> CommentPageOut:
    with door.open() as (connection, membership):
        page = comments.comments(connection, membership, post_id, cursor=query.cursor, limit=query.limit)
    return CommentPageOut(items=[CommentOut.model_validate(one) for one in page.items], next_cursor=page.next_cursor)


@router.post("", status_code=201, summary="Comment on a post, or answer")
def write_comment(door: ContentCommentDoor, post_id: UUID, asked: CommentIn, response: Response) -> CommentOut:
    with door.open() as (connection, membership):
        made = commenting.write(
            connection, membership, door.actor, post_id, asked.text, account_id=asked.account_id,
            parent_id=asked.parent_id, internal=asked.internal, mentions=asked.mentions,
        )  # fmt: skip
        door.record(
            connection, Action.COMMENT_WRITTEN, "comment", made.id, post_id=Change(after=post_id), text=CHANGED,
            account_id=Change(after=made.account_id), parent_id=Change(after=made.parent_id),
            internal=Change(after=made.internal), mentions=Change(after=list(made.mentions)),
        )  # fmt: skip
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/posts/{post_id}/comments/{made.id}"
    return _shown(made, response)


@router.get("/{comment_id}", summary="One comment")
def get_comment(door: ContentDoor, post_id: UUID, comment_id: UUID, response: Response) -> CommentOut:
    with door.open() as (connection, membership):
        post = reading.post(connection, membership, post_id)
        return _shown(comments.comment(connection, membership, post, comment_id), response)


@router.patch("/{comment_id}", summary="Change your own comment")
def change_comment(
    door: ContentCommentDoor, post_id: UUID, comment_id: UUID, asked: CommentChange, response: Response,
    if_match: IfMatchNeeded = None,
) -> CommentOut:  # fmt: skip
    with door.open() as (connection, membership):
        before, after = commenting.change(
            connection, membership, door.actor, post_id, comment_id, revision=needed_revision_of(if_match),
            text=asked.text, mentions=asked.mentions,
        )  # fmt: skip
        if after.revision != before.revision:
            changes = {"mentions": Change(list(before.mentions), list(after.mentions))}
            if after.text != before.text:
                changes["text"] = CHANGED
            door.record(connection, Action.COMMENT_CHANGED, "comment", comment_id, changes=changes,
                        post_id=Change(after=post_id))  # fmt: skip
    return _shown(after, response)


@router.delete("/{comment_id}", status_code=204, summary="Delete your own comment, or as an admin anybody's")
def delete_comment(door: ContentCommentDoor, post_id: UUID, comment_id: UUID) -> None:
    with door.open() as (connection, membership):
        if commenting.remove(connection, membership, door.actor, post_id, comment_id):
            door.record(connection, Action.COMMENT_DELETED, "comment", comment_id, post_id=Change(after=post_id),
                        text=CHANGED)  # fmt: skip


@router.post("/{comment_id}/resolve", summary="Say that a thread needs nobody any more")
def resolve_comment(door: ContentCommentDoor, post_id: UUID, comment_id: UUID, response: Response) -> CommentOut:
    return _resolve(door, post_id, comment_id, response, resolved=True)


@router.post("/{comment_id}/reopen", summary="Open a resolved thread again")
def reopen_comment(door: ContentCommentDoor, post_id: UUID, comment_id: UUID, response: Response) -> CommentOut:
    return _resolve(door, post_id, comment_id, response, resolved=False)


def _resolve(door: Door, post_id: UUID, comment_id: UUID, response: Response, *, resolved: bool) -> CommentOut:
    action = Action.COMMENT_RESOLVED if resolved else Action.COMMENT_REOPENED
    with door.open() as (connection, membership):
        if commenting.resolve(connection, membership, post_id, comment_id, resolved=resolved):
            door.record(connection, action, "comment", comment_id, post_id=Change(after=post_id))
        post = reading.post(connection, membership, post_id)
        return _shown(comments.comment(connection, membership, post, comment_id), response)


def _shown(comment: Comment, response: Response) -> CommentOut:
    response.headers["ETag"] = etag(comment.revision)
    return CommentOut.model_validate(comment)
