"""Putting a post that a rule made on the calendar: scheduled where it may be, else as a plan that waits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from clientnest.approvals import rounds, submitting
from clientnest.approvals.model import Mode
from clientnest.audit import Actor
from clientnest.content import scheduling, validating
from clientnest.content.model import Post
from clientnest.planning.wall_clock import Resolution
from clientnest.rules import Severity
from clientnest.workspaces import Membership


def put_on_calendar(
    connection: Connection, membership: Membership, post: Post, at: Resolution, actor: Actor, now: datetime
) -> tuple[Post, str | None]:
    """Give each variant its time. What has to be approved is sent to be, and scheduled then; what a network would
    refuse is a plan. Gives the post, and what somebody has to know of it, if there is anything."""
    workspace_id = membership.workspace.id
    contents = {one.account_id: one.content for one in post.variants}
    checked = validating.check_accounts(connection, workspace_id, contents)
    refused = {one.account_id: one for one in checked if one.account_id is not None and not one.is_publishable}
    modes = rounds.modes(connection, workspace_id, [one.id for one in post.variants])
    asked = [one.account_id for one in post.variants
             if modes[one.id] is Mode.REQUIRED and one.account_id not in refused]  # fmt: skip
    free = [one.account_id for one in post.variants if one.account_id not in {*asked, *refused}]

    def put(accounts: list[UUID], *, plan_only: bool) -> None:
        nonlocal post
        if accounts:
            wanted = scheduling.Wanted(at.wall_clock, at.timezone, at.fold)
            post = scheduling.put(
                connection, membership, post.id, actor, revision=None, at=wanted, now=now, accounts=accounts,
                plan_only=plan_only,
            ).post  # fmt: skip

    put(free, plan_only=False)
    put([*asked, *refused], plan_only=True)
    if asked:
        post = submitting.submit(
            connection, membership, post.id, actor, revision=None, accounts=asked, then_schedule=True
        )
    first = next(iter(refused.values()), None)
    return post, None if first is None else next(
        one.message for one in first.violations if one.severity is Severity.ERROR
    )
