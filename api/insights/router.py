"""Reads under `/v1/workspaces/{workspace_id}`: overview, posts, accounts and what is known about each."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.answers import as_json
from api.deps import ImportsDoor, ResultsDoor
from api.insights import schemas
from api.insights.queries import AccountsQuery, HashtagsQuery, PeriodQuery, PostsQuery, SelectionQuery
from clientnest.warehouse import serve

router = APIRouter(prefix="/v1/workspaces/{workspace_id}", tags=["insights"])


@router.get(
    "/insights/overview",
    summary="What the posts of a period achieved, beside the period before (the latest 28 days where none is named)",
    response_model=schemas.OverviewOut,
)
def get_overview(door: ResultsDoor, query: Annotated[SelectionQuery, Query()]) -> serve.Overview:
    with door.open() as (connection, _):
        period = query.period() or serve.latest_period(connection)
        return serve.overview(connection, query.filters(), period)


@router.get("/insights/posts", summary="Posts with their results, page by page", response_model=schemas.PostPageOut)
def list_measured_posts(door: ResultsDoor, query: Annotated[PostsQuery, Query()]) -> Response:
    with door.open() as (connection, _):
        found = serve.posts(
            connection,
            query.filters(),
            sort=query.sort,
            descending=query.order == "desc",
            limit=query.limit,
            cursor=query.cursor,
        )
    return as_json(found)


@router.get("/insights/posts/{measured_id}", summary="One post with its results", response_model=schemas.PostOut)
def get_measured_post(door: ResultsDoor, measured_id: UUID) -> serve.PostResult:
    with door.open() as (connection, _):
        return serve.post(connection, measured_id)


@router.get("/accounts", summary="The accounts that are measured", response_model=schemas.AccountList)
def list_accounts(door: ResultsDoor) -> dict[str, tuple[serve.Account, ...]]:
    with door.open() as (connection, _):
        return {"items": serve.accounts(connection)}


@router.get("/accounts/{account_id}", summary="One account", response_model=schemas.AccountOut)
def get_account(door: ResultsDoor, account_id: UUID) -> serve.Account:
    with door.open() as (connection, _):
        return serve.account(connection, account_id)


@router.get(
    "/accounts/{account_id}/daily",
    summary="An account day by day (the latest 28 days where no period is named)",
    response_model=schemas.DailySeriesOut,
)
def get_account_daily(door: ResultsDoor, account_id: UUID, query: Annotated[PeriodQuery, Query()]) -> serve.DailySeries:
    with door.open() as (connection, _):
        period = query.period() or serve.latest_period(connection)
        return serve.account_daily(connection, account_id, period)


@router.get(
    "/accounts/{account_id}/best-times",
    summary="The hours of the week in which an account's posts do best",
    response_model=schemas.BestTimesOut,
)
def get_best_times(door: ResultsDoor, account_id: UUID) -> serve.BestTimes:
    with door.open() as (connection, _):
        return serve.best_times(connection, account_id)


@router.get(
    "/insights/posting-slots",
    summary="What posts of each hour of the week achieved",
    response_model=schemas.PostingSlotList,
)
def list_posting_slots(
    door: ResultsDoor, query: Annotated[AccountsQuery, Query()]
) -> dict[str, tuple[serve.PostingSlot, ...]]:
    with door.open() as (connection, _):
        return {"items": serve.posting_slots(connection, tuple(query.account_id))}


@router.get("/insights/hashtags", summary="Posts with a hashtag beside the others", response_model=schemas.HashtagList)
def list_hashtags(
    door: ResultsDoor, query: Annotated[HashtagsQuery, Query()]
) -> dict[str, tuple[serve.HashtagEffect, ...]]:
    with door.open() as (connection, _):
        found = serve.hashtags(connection, tuple(query.account_id), at_least=query.at_least, limit=query.limit)
        return {"items": found}


@router.get(
    "/insights/content-types", summary="Types of content beside one another", response_model=schemas.ContentTypeList
)
def list_content_types(
    door: ResultsDoor, query: Annotated[AccountsQuery, Query()]
) -> dict[str, tuple[serve.ContentType, ...]]:
    with door.open() as (connection, _):
        return {"items": serve.content_types(connection, tuple(query.account_id))}


@router.get("/data-health", summary="What was captured, and what is odd in it", response_model=schemas.DataHealthOut)
def get_data_health(door: ImportsDoor) -> dict[str, tuple[serve.SourceHealth, ...]]:
    with door.open() as (connection, _):
        return {"items": serve.data_health(connection)}
