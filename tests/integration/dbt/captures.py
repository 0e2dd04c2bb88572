"""Captures for the models to chew on."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from clientnest.db.session import etl
from clientnest.records import AccountRef, CaptureRow, PostRow, PostType
from clientnest.warehouse.write import write_capture

START = datetime(2025, 3, 20, 12, tzinfo=UTC)


def write(workspace: UUID, rows: Iterable[CaptureRow], source: str = "poll:test") -> None:
    """Write one capture as the product does."""
    with etl() as connection:
        write_capture(connection, workspace, rows, source=source)


def post(
    number: int = 1,
    *,
    account: str = "acme",
    age: timedelta = timedelta(hours=1),
    published_at: datetime | None = START,
    text: str | None = None,
    post_type: PostType | None = PostType.IMAGE,
    is_repost: bool = False,
    **metrics: float | None,
) -> PostRow:
    """One post, captured at an age."""
    return PostRow(
        account=AccountRef("instagram", account, account.title()),
        external_id=str(number),
        captured_at=(published_at or START) + age,
        metrics=metrics,
        published_at=published_at,
        post_type=post_type,
        text=text,
        is_repost=is_repost,
    )
