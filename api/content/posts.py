"""`/v1/workspaces/{workspace_id}/posts`: drafts and their variants, from the first word to the trash."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.content.queries import PostsQuery
from api.content.schemas import PostChange, PostIn, PostOut, PostPageOut, contents
from api.deps import ContentDoor, ContentWriteDoor, Door
from api.etags import IfMatchNeeded, etag, needed_revision_of
from clientnest.audit import Action, Change
from clientnest.content import editing, reading, recurring
from clientnest.content.editing import Edit
from clientnest.content.model import Post

router = APIRouter(prefix="/v1/workspaces/{workspace_id}/posts", tags=["posts"])


@router.get("", summary="Posts, planned and published, page by page")
def list_posts(door: ContentDoor, query: Annotated[PostsQuery, Query()]) -> PostPageOut:
    with door.open() as (connection, membership):
        page = reading.posts(connection, membership, query.filters(), cursor=query.cursor, limit=query.limit)
    return PostPageOut(items=[PostOut.of(one, door.workspace_id) for one in page.items], next_cursor=page.next_cursor)


@router.post("", status_code=201, summary="Write a post, with a variant for each account")
def create_post(door: ContentWriteDoor, asked: PostIn, response: Response) -> PostOut:
    with door.open() as (connection, membership):
        made = editing.create(
            connection, membership, door.actor, title=asked.title, campaign_id=asked.campaign_id, labels=asked.labels,
            variants=contents(asked.variants),
        )  # fmt: skip
        accounts = [one.account_id for one in made.variants]
        door.record(connection, Action.POST_CREATED, "post", made.id, accounts=Change(after=accounts))
    response.headers["Location"] = f"/v1/workspaces/{door.workspace_id}/posts/{made.id}"
    return shown(made, door, response)


@router.get("/{post_id}", summary="One post")
def get_post(door: ContentDoor, post_id: UUID, response: Response) -> PostOut:
    with door.open() as (connection, membership):
        return shown(reading.post(connection, membership, post_id), door, response)


@router.patch("/{post_id}", summary="Change a post; what was approved is looked at anew")
def change_post(
    door: ContentWriteDoor, post_id: UUID, asked: PostChange, response: Response, if_match: IfMatchNeeded = None
) -> PostOut:
    given = Edit(removed=asked.removed_accounts)
    if asked.title is not None:
        given["title"] = asked.title
    if "campaign_id" in asked.model_fields_set:
        given["campaign_id"] = asked.campaign_id
    if asked.labels is not None:
        given["labels"] = asked.labels
    if asked.variants is not None:
        given["variants"] = contents(asked.variants)
    with door.open() as (connection, membership):
        after, fields = editing.change(
            connection, membership, post_id, door.actor, revision=needed_revision_of(if_match), **given
        )
        if fields:
            recurring.follow(connection, membership, after, door.actor, datetime.now(UTC))
            door.record(connection, Action.POST_CHANGED, "post", post_id, revision=Change(after=after.revision),
                        fields=Change(after=fields))  # fmt: skip
    return shown(after, door, response)


@router.delete("/{post_id}", summary="Put a post in the trash, where it stays for 30 days; nothing scheduled goes out")
def trash_post(door: ContentWriteDoor, post_id: UUID, response: Response) -> PostOut:
    with door.open() as (connection, membership):
        if editing.trash(connection, membership, post_id, door.actor):
            door.record(connection, Action.POST_TRASHED, "post", post_id)
        return shown(reading.post(connection, membership, post_id), door, response)


@router.post("/{post_id}/restore", summary="Take a post out of the trash")
def restore_post(door: ContentWriteDoor, post_id: UUID, response: Response) -> PostOut:
    with door.open() as (connection, membership):
        if editing.take_back(connection, membership, post_id):
            door.record(connection, Action.POST_TAKEN_BACK, "post", post_id)
        return shown(reading.post(connection, membership, post_id), door, response)


def shown(post: Post, door: Door, response: Response) -> PostOut:
    """A post as an answer, with the ETag to change it by."""
    response.headers["ETag"] = etag(post.revision)
    return PostOut.of(post, door.workspace_id)
