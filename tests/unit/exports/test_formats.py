"""Each format known by its headers, in files written here with the traps of the real ones."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import xlwt

from clientnest.exports import ReadOptions, UnreadableExport
from clientnest.records import PostType
from tests.unit.exports.files import (
    FACEBOOK_HEADER,
    INSTAGRAM_HEADER,
    TIKTOK_HEADER,
    X_HEADER,
    Read,
    table,
    write,
    x_file,
    x_id,
    x_row,
)

NOON = datetime(2025, 3, 15, 12, 34, 56, tzinfo=UTC)


def test_x_takes_the_time_from_the_id_where_the_export_gives_the_day_alone(tmp_path: Path) -> None:
    read = Read(
        write(tmp_path, table(X_HEADER, [x_row(NOON, "a &amp; b &lt;3", Impressions="1,234", Reposts=5, Shares=9)]))
    )
    (post,) = read.posts
    assert read.reading.recognition.format == "x_analytics"
    assert (post.published_at, post.published_time_known) == (NOON, True)
    assert (post.text, post.account.external_id, post.account.display_name) == ("a & b <3", "ourbrand", "OurBrand")
    assert (post.metrics["impressions"], post.metrics["shares"]) == (1234, 5)


def test_x_says_when_day_and_id_disagree_and_keeps_the_files_day(tmp_path: Path) -> None:
    row = x_row(NOON)
    row[1] = "Mon, Jan 6, 2025"
    read = Read(write(tmp_path, table(X_HEADER, [row])))
    assert read.posts[0].published_at == datetime(2025, 1, 6, tzinfo=UTC)
    assert not read.posts[0].published_time_known
    assert "1 posts have a time that does not fit" in read.warnings


def test_x_ids_from_before_snowflake_hold_no_time(tmp_path: Path) -> None:
    row = x_row(NOON)
    row[0], row[1], row[3] = "20", "Tue, Mar 21, 2006", "https://x.com/jack/status/20"
    (post,) = Read(write(tmp_path, table(X_HEADER, [row]))).posts
    assert (post.published_at, post.published_time_known) == (datetime(2006, 3, 21, tzinfo=UTC), False)


def test_x_overview_is_movement_by_day_captured_when_the_last_day_ended(tmp_path: Path) -> None:
    text = table(
        ["Date", "Impressions", "Likes", "New follows", "Unfollows", "Create Post"],
        [["Sat, Mar 1, 2025", "10", "2", "3", "1", "4"], ["Sun, Mar 2, 2025", "20", "4", "0", "0", "0"]],
    )
    read = Read(write(tmp_path, text))
    assert [(row.period_start, row.period_end, row.metrics["follows"]) for row in read.periods] == [
        (date(2025, 3, 1), date(2025, 3, 1), 3), (date(2025, 3, 2), date(2025, 3, 2), 0),
    ]  # fmt: skip
    assert read.reading.recognition.captured_at == datetime(2025, 3, 3, tzinfo=UTC)


def _instagram(publish: str, **changes: str) -> str:
    row = {
        "Post ID": "18000000000000000", "Account ID": "17841400000000000", "Account username": "our.brand",
        "Account name": "Our Brand", "Description": "Line one\nline two", "Duration (sec)": "12",
        "Publish time": publish, "Permalink": "https://www.instagram.com/reel/x/", "Post type": "IG reel",
        "Date": "Lifetime", "Views": "100", "Reach": "90", "Likes": "8", "Shares": "2", "Follows": "1",
        "Comments": "3", "Saves": "4",
    }  # fmt: skip
    return table(INSTAGRAM_HEADER, [[{**row, **changes}.get(name, "") for name in INSTAGRAM_HEADER]])


def test_instagram_from_meta_business_suite(tmp_path: Path) -> None:
    options = ReadOptions(timezone=ZoneInfo("Europe/Vienna"))
    read = Read(write(tmp_path, "\ufeff" + _instagram("03/30/2025 14:05"), "Mar-01-2025_Mar-31-2025_123.csv"), options)
    (post,) = read.posts
    assert read.reading.recognition.format == "meta_instagram"
    assert (read.reading.recognition.captured_at, read.reading.recognition.captured_at_source) == (
        datetime(2025, 4, 1, tzinfo=UTC), "name",
    )  # fmt: skip
    assert post.published_at == datetime(2025, 3, 30, 12, 5, tzinfo=UTC)
    assert (post.account.external_id, post.account.display_name) == ("17841400000000000", "our.brand")
    assert (post.post_type, post.text, post.duration_seconds) == (PostType.SHORT_VIDEO, "Line one\nline two", 12)
    assert {name: post.metrics[name] for name in ("views", "reach", "saves")} == {"views": 100, "reach": 90, "saves": 4}


def test_metas_documented_order_of_day_and_month_yields_to_proof_in_the_column(tmp_path: Path) -> None:
    assert Read(write(tmp_path, _instagram("03/04/2025 14:05"))).posts[0].published_at == datetime(
        2025, 3, 4, 14, 5, tzinfo=UTC
    )
    assert Read(write(tmp_path, _instagram("31/03/2025 14:05"))).posts[0].published_at == datetime(
        2025, 3, 31, 14, 5, tzinfo=UTC
    )


def test_a_row_of_one_day_is_no_lifetime_total(tmp_path: Path) -> None:
    read = Read(write(tmp_path, _instagram("03/30/2025 14:05", Date="03/31/2025")))
    assert [(row.field, row.value) for row in read.rejected] == [("Date", "03/31/2025")]
    assert "Lifetime" in read.rejected[0].reason


def test_facebook_from_meta_business_suite_uses_the_id_of_the_graph_api(tmp_path: Path) -> None:
    row = (
        "122100000000000001,61550000000001,Our Page,Only a title,,33,11/10/2025 21:00,,https://www.facebook.com/reel/1,"
    )
    row += "0,0,Reels,,,,,Lifetime,500,400,30,20,6,4,9,5,4,812.5,1.6"
    (post,) = Read(write(tmp_path, f"{FACEBOOK_HEADER}\n{row}\n")).posts
    assert post.external_id == "61550000000001_122100000000000001"
    assert (post.account.external_id, post.account.display_name) == ("61550000000001", "Our Page")
    assert (post.text, post.title) == ("Only a title", None)
    assert (post.metrics["likes"], post.metrics["clicks"], post.metrics["watch_time_seconds"]) == (20, 9, 812.5)


def test_tiktok_content_in_spanish_without_years(tmp_path: Path) -> None:
    made = datetime(2025, 3, 8, 17, 0, 5, tzinfo=UTC)
    link = f"https://www.tiktok.com/@our.brand/video/{int(made.timestamp()) << 32 | 77}"
    text = table(TIKTOK_HEADER, [["Hola", link, "8 de marzo", "1", "2", "3", "4"], ["?", "", "9 de marzo", 1, 1, 1, 1]])
    read = Read(write(tmp_path, "\ufeff" + text))
    (post,) = read.posts
    assert (post.published_at, post.published_time_known, post.text) == (made, True, "Hola")
    assert (post.account.external_id, post.metrics["views"], post.post_type) == ("our.brand", 4, PostType.SHORT_VIDEO)
    assert "names no TikTok video" in read.rejected[0].reason


@pytest.mark.parametrize(
    ("days", "captured", "found"),
    [
        (["December 31", "January 1"], datetime(2025, 1, 2, tzinfo=UTC), [date(2024, 12, 31), date(2025, 1, 1)]),
        (["8 de marzo"], datetime(2025, 3, 8, 23, tzinfo=UTC), [date(2025, 3, 8)]),
        (["29 de febrero"], datetime(2025, 3, 8, tzinfo=UTC), [date(2024, 2, 29)]),
        (["12. März", "1. April"], datetime(2025, 4, 2, tzinfo=UTC), [date(2025, 3, 12), date(2025, 4, 1)]),
        (["4月12日"], datetime(2025, 4, 20, tzinfo=UTC), [date(2025, 4, 12)]),
        (["12 tháng 4"], datetime(2025, 4, 20, tzinfo=UTC), [date(2025, 4, 12)]),
        (["30 września", "2 listopada"], datetime(2025, 12, 1, tzinfo=UTC), [date(2025, 9, 30), date(2025, 11, 2)]),
    ],
)  # fmt: skip
def test_days_without_a_year_in_many_languages(
    tmp_path: Path, days: list[str], captured: datetime, found: list[date]
) -> None:
    header = ["Date", "Video Views", "Profile Views", "Likes", "Comments", "Shares"]
    path = write(tmp_path, table(header, [[day, 1, 2, 3, 4, 5] for day in days]))
    assert [row.period_start for row in Read(path, ReadOptions(captured_at=captured)).periods] == found


def test_a_day_that_occurs_twice_without_years_cannot_be_placed(tmp_path: Path) -> None:
    header = ["Date", "Video Views", "Profile Views", "Likes", "Comments", "Shares"]
    days = ["April 12", "April 13", "April 12"]
    read = Read(write(tmp_path, table(header, [[day, 1, 2, 3, 4, 5] for day in days])))
    assert [(row.row, row.value) for row in read.rejected] == [(4, "April 12")]
    assert len(read.periods) == 2


def test_a_month_that_two_languages_know_differently_is_asked_for(tmp_path: Path) -> None:
    header = ["Date", "Video Views", "Profile Views", "Likes", "Comments", "Shares"]
    path = write(tmp_path, table(header, [["2 listopada", 1, 2, 3, 4, 5]]))
    captured = datetime(2025, 12, 1, tzinfo=UTC)
    (rejected,) = Read(path, ReadOptions(captured_at=captured)).rejected
    assert "Polish" in rejected.reason
    assert "Croatian" in rejected.reason
    (row,) = Read(path, ReadOptions(captured_at=captured, language="hr")).periods
    assert row.period_start == date(2025, 10, 2)


LINKEDIN_METRICS = [
    "Date",
    "Impressions (organic)",
    "Impressions (total)",
    "Unique impressions (organic)",
    "Clicks (total)",
]
LINKEDIN_POSTS = [
    "Post title", "Post link", "Post type", "Created date", "Impressions", "Views", "Clicks",
    "Click through rate (CTR)", "Likes", "Comments", "Reposts", "Follows", "Engagement rate", "Content Type",
]  # fmt: skip
LINKEDIN_MADE = datetime(2025, 3, 3, 8, 15, tzinfo=UTC)
LINKEDIN_ID = int(LINKEDIN_MADE.timestamp() * 1000) << 22 | 5
LINKEDIN_SHEETS: dict[str, list[list[object]]] = {
    "Metrics": [
        ["Aggregated engagement metrics", "", "", "", ""], LINKEDIN_METRICS,
        ["03/01/2025", 10, 12, 9, 1], ["03/14/2025", 20, 22, 18, 2],
    ],
    "All posts": [
        ["Metrics of posts published in the period"] + [""] * 13, LINKEDIN_POSTS,
        ["We hire", f"https://www.linkedin.com/feed/update/urn:li:activity:{LINKEDIN_ID}", "Organic", "03/03/2025", 100,
         "", 7, 0.07, 5, 2, 1, 0, 0.15, "Image"],
        ["No link", "", "Organic", "03/04/2025", 100, "", 7, 0.07, 5, 2, 1, 0, 0.15, "Image"],
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
def test_linkedin_workbook_with_banners_and_two_sheets(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "anything.bin"
    if kind == "xls":
        old = xlwt.Workbook()
        for name, rows in LINKEDIN_SHEETS.items():
            sheet = old.add_sheet(name)
            for y, row in enumerate(rows):
                for x, cell in enumerate(row):
                    sheet.write(y, x, cell)
        old.save(str(path))
    else:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for name, rows in LINKEDIN_SHEETS.items():
            page = book.create_sheet(name)
            for row in rows:
                page.append(row)
        book.save(path)
    read = Read(path, ReadOptions(account="Our Page"))
    (post,) = read.posts
    assert read.reading.recognition.format == "linkedin_page"
    assert [(row.period_start, row.metrics["impressions"]) for row in read.periods] == [
        (date(2025, 3, 1), 12), (date(2025, 3, 14), 22),
    ]  # fmt: skip
    assert read.reading.recognition.captured_at == datetime(2025, 3, 15, tzinfo=UTC)
    assert post.external_id == f"urn:li:activity:{LINKEDIN_ID}"
    assert (post.published_at, post.published_time_known) == (LINKEDIN_MADE, True)
    assert (post.account.external_id, post.account.display_name) == ("our page", "Our Page")
    assert (post.metrics["video_views"], post.metrics["click_through_rate"]) == (None, 0.07)
    assert (read.rejected[0].row, "All posts" in read.rejected[0].reason) == (4, True)


def test_facebook_insights_as_csv_with_the_old_headers(tmp_path: Path) -> None:
    header = [
        "Post ID", "Permalink", "Post Message", "Type", "Countries", "Languages", "Posted", "Audience Targeting",
        "Lifetime Post Total Reach", "Lifetime Post Total Impressions", "Lifetime Engaged Users",
        "Lifetime Post Stories by action type - like", "Lifetime Average time video viewed",
    ]  # fmt: skip
    page = "https://www.facebook.com/ourpage/posts/"
    rows = [
        [""] * 8 + ["Lifetime: The total number of people your Page post was served to. (Unique Users)"] + [""] * 4,
        ["1_2", f"{page}2", "=Hi", "Photo", "", "", "3/14/2015 9:30 AM", "", 10, 20, 3, 2, 0],
        ["1_3", f"{page}3", "Hi", "Link", "", "", "03/15/2015 09:30:00 AM", "", 10, 20, 3, "", 0],
    ]  # fmt: skip
    read = Read(write(tmp_path, table(header, rows), "Facebook Insights Data Export - Our - 2015-03-20.csv"))
    assert read.reading.recognition.format == "facebook_insights"
    assert read.reading.recognition.captured_at == datetime(2015, 3, 21, tzinfo=UTC)
    assert [(post.external_id, post.published_at) for post in read.posts] == [
        ("1_2", datetime(2015, 3, 14, 9, 30, tzinfo=UTC)), ("1_3", datetime(2015, 3, 15, 9, 30, tzinfo=UTC)),
    ]  # fmt: skip
    assert (read.posts[0].metrics["reach"], read.posts[0].metrics["likes"], read.posts[1].metrics["likes"]) == (
        10,
        2,
        None,
    )


def test_youtube_content_chart_and_a_period_named_by_the_zip(tmp_path: Path) -> None:
    chart = table(["Date", "Content", "Video title", "Views"], [["2025-03-01", "abcdefghijk", "Hi", 5]])
    (row,) = Read(write(tmp_path, chart)).periods
    assert (row.dimension, row.dimension_value, row.metrics["views"]) == ("post", "abcdefghijk", 5)
    by_country = table(["Geography", "Views", "Watch time (hours)"], [["Total", 9, 2], ["AT", 9, 2]])
    path = write(tmp_path, by_country, "Geography 2025-01-01_2025-02-01 Our channel.csv")
    read = Read(path)
    assert [(row.period_start, row.period_end, row.dimension_value) for row in read.periods] == [
        (date(2025, 1, 1), date(2025, 1, 31), "AT")
    ]
    assert read.reading.recognition.captured_at == datetime(2025, 2, 1, tzinfo=UTC)


def _feed(*items: tuple[str, str, str | None]) -> str:
    feed = []
    for number, (author, text, reposter) in enumerate(items):
        post = {
            "uri": f"at://did:plc:{author}/app.bsky.feed.post/{number}",
            "author": {"did": f"did:plc:{author}", "handle": f"{author}.test"},
            "record": {"createdAt": "2025-03-01T10:00:00.000Z", "text": text},
            "likeCount": 3,
        }
        item: dict[str, object] = {"post": post}
        if reposter:
            item["reason"] = {
                "$type": "app.bsky.feed.defs#reasonRepost",
                "by": {"did": f"did:plc:{reposter}", "handle": f"{reposter}.test"},
            }
        feed.append(item)
    return json.dumps({"feed": feed, "cursor": "2025"})


def test_bluesky_pages_and_half_surrogates(tmp_path: Path) -> None:
    first, second = _feed(("us", "one", None), ("them", "two", "us")), _feed(("us", "\ud83d half", "us"))
    pages = f"[{first}, {second}]"
    read = Read(write(tmp_path, pages, "feed.txt"))
    assert [post.text for post in read.posts] == ["one", "\ufffd half"]
    assert [(row.row, row.value) for row in read.rejected] == [(2, "them.test")]
    assert (read.posts[0].metrics["likes"], read.posts[0].metrics["comments"]) == (3, None)


def test_two_feeds_in_one_file_are_a_question(tmp_path: Path) -> None:
    path = write(tmp_path, _feed(("us", "one", None), ("them", "two", None)))
    with pytest.raises(UnreadableExport, match="several accounts"):
        Read(path)
    assert [post.text for post in Read(path, ReadOptions(account="@them.test")).posts] == ["two"]


def test_recognition_shows_how_every_column_is_used(tmp_path: Path) -> None:
    columns = {use.column: use.field for use in Read(write(tmp_path, x_file())).reading.recognition.columns}
    assert list(columns) == X_HEADER
    assert (columns["Reposts"], columns["Shares"], columns["Permalink Clicks"]) == ("shares", None, None)


def test_a_mapped_column_joins_a_known_format(tmp_path: Path) -> None:
    read = Read(
        write(tmp_path, x_file(1, **{"Permalink Clicks": 7})), ReadOptions(column_map={"permalink clicks": "clicks"})
    )
    assert read.posts[0].metrics["clicks"] == 7


def test_ids_beyond_a_doubles_precision_stay_exact(tmp_path: Path) -> None:
    assert int(x_id(NOON)) > 2**53
    assert Read(write(tmp_path, table(X_HEADER, [x_row(NOON)]))).posts[0].external_id == x_id(NOON)
