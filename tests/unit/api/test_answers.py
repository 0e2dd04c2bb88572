"""What a route writes itself is what FastAPI would make of it under the schema that the document shows."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from pydantic import TypeAdapter

from api.answers import as_json
from api.insights.schemas import PostPageOut
from clientnest.warehouse.serve import PostPage
from clientnest.warehouse.serve.posts import PostResult

AT = datetime(2026, 3, 1, 9, 30, 15, 120_000, tzinfo=UTC)


def test_a_page_of_posts_is_written_as_its_schema_says() -> None:
    known = PostResult(
        post_id=UUID(int=7), account_id=UUID(int=8), account_name="Acmé ☕", network="x", external_id="1",
        published_at=AT, published_time_known=True, published_local=AT.replace(tzinfo=None), hour_of_week=154,
        post_type="text", title=None, text='"quoted"\n\u2028 and \x01', url="https://example.com/?a=b&c",
        hashtags=("a", "b"),
        captured_at=AT.astimezone(timezone(timedelta(hours=2))), age_hours=12.5, is_mature=False, followers=2**53,
        flags=("rate_above_100",), metrics={"likes": 3, "engagement_rate": 0.1 + 0.2, "reach": None},
        missing={"not reported by this network": ("reach",)},
    )  # fmt: skip
    unknown = PostResult(
        post_id=UUID(int=9), account_id=UUID(int=8), account_name="", network="x", external_id="", published_at=None,
        published_time_known=False, published_local=None, hour_of_week=None, post_type=None, title=None, text=None,
        url=None, hashtags=(), captured_at=None, age_hours=None, is_mature=False, followers=None, flags=(), metrics={},
        missing={},
    )  # fmt: skip
    page = PostPage((known, unknown), "next")
    adapter = TypeAdapter(PostPageOut)
    written = adapter.dump_json(adapter.validate_python(page, from_attributes=True), by_alias=True)
    answer = as_json(page)
    assert bytes(answer.body) == written
    assert answer.media_type == "application/json"
