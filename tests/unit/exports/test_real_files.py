"""Every real export file is recognised, and read with the counts of a small independent reader."""

import csv
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from clientnest.exports import ExportReading, ReadOptions, expand, open_export
from clientnest.records import PeriodRow, PostRow, RejectedRow
from tests.unit.exports.independent import expected


def _files() -> list[Path]:
    folder = os.environ.get("CLIENTNEST_REAL_DATA")
    return sorted(path for path in (Path(folder) / "exports").rglob("*") if path.is_file()) if folder else []


def _read(path: Path, options: ReadOptions | None = None) -> tuple[ExportReading, list[object]]:
    (file,) = expand(path)
    with open_export(file, options) as reading:
        return reading, list(reading)


@pytest.mark.usefixtures("real_data")
@pytest.mark.parametrize("path", _files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_format_and_counts_are_those_of_the_independent_reader(path: Path) -> None:
    reading, items = _read(path)
    posts = [item for item in items if isinstance(item, PostRow)]
    found = (
        reading.recognition.format, reading.rows, reading.accepted, len({p.external_id for p in posts}),
        len({(p.external_id, p.captured_at) for p in posts}),
    )  # fmt: skip
    assert found == tuple(expected(path))
    assert reading.rows == reading.accepted + sum(isinstance(item, RejectedRow) for item in items)


def test_there_are_real_files_to_read(real_data: Path) -> None:
    assert len(_files()) >= 45


def test_every_x_number_and_time_is_the_files_own(real_data: Path) -> None:
    metrics = {
        "impressions": "impressions", "engagements": "engagements", "retweets": "shares", "replies": "comments",
        "likes": "likes", "user profile clicks": "profile_visits", "url clicks": "link_clicks",
        "hashtag clicks": "hashtag_clicks", "detail expands": "detail_expands", "follows": "follows",
        "media views": "media_views",
    }  # fmt: skip
    seen = 0
    for path in sorted((real_data / "exports" / "x_monthly").iterdir()):
        reading, items = _read(path)
        with path.open(encoding="utf-8", newline="") as file:
            for row, item in zip(csv.DictReader(file), items, strict=True):
                assert isinstance(item, PostRow)
                assert item.external_id == row["Tweet id"]
                assert item.published_at == datetime.strptime(row["time"], "%Y-%m-%d %H:%M %z")
                assert {ours: item.metrics[ours] for ours in metrics.values()} == {
                    ours: int(float(row[theirs])) for theirs, ours in metrics.items()
                }
                assert item.metrics["engagement_rate"] == pytest.approx(float(row["engagement rate"]))
                assert item.metrics["promoted_impressions"] is None
                seen += 1
        assert reading.recognition.captured_at_source == "name"
    assert seen == 1129


def test_the_monthly_x_files_are_one_account_captured_at_each_months_end(real_data: Path) -> None:
    accounts, captures = set(), []
    for path in sorted((real_data / "exports" / "x_monthly").iterdir()):
        reading, items = _read(path)
        captures.append(reading.recognition.captured_at)
        accounts |= {
            (item.account.external_id, item.account.display_name) for item in items if isinstance(item, PostRow)
        }
    assert accounts == {("ropensci", "rOpenSci")}
    assert captures[0] == datetime(2017, 1, 1, tzinfo=UTC)
    assert captures[-1] == datetime(2020, 1, 1, tzinfo=UTC)
    assert len(set(captures)) == 37


def test_both_facebook_files_give_the_same_posts_and_numbers(real_data: Path) -> None:
    old, new = sorted((real_data / "exports" / "facebook_insights").iterdir())
    first, second = ([item for item in _read(path)[1] if isinstance(item, PostRow)] for path in (old, new))
    assert [(p.external_id, p.captured_at, p.published_at, p.metrics) for p in first] == [
        (p.external_id, p.captured_at, p.published_at, p.metrics) for p in second
    ]
    post = first[0]
    assert post.account.external_id == "1553363564876294"
    assert post.account.display_name == "lokvietnam"
    assert {name: post.metrics[name] for name in ("likes", "comments", "shares", "reach", "link_clicks")} == {
        "likes": 2506, "comments": 166, "shares": 576, "reach": 221_231, "link_clicks": 240,
    }  # fmt: skip
    assert post.duration_seconds == pytest.approx(109.075)


def test_youtube_units_and_ids_that_begin_with_a_dash(real_data: Path) -> None:
    _reading, items = _read(real_data / "exports" / "youtube_studio" / "table_data.csv", ReadOptions(account="@Alison"))
    posts = {item.external_id: item for item in items if isinstance(item, PostRow)}
    assert "-JTnUJTN2aI" in posts
    post = posts["F3HVs95pagk"]
    assert post.account.external_id == "alison"
    assert post.metrics["watch_time_seconds"] == pytest.approx(19.2306 * 3600)
    assert post.metrics["average_view_seconds"] == 25
    assert post.metrics["click_through_rate"] == pytest.approx(0.0412)
    assert post.metrics["unique_viewers"] is None
    assert (post.published_at, post.published_time_known) == (datetime(2025, 3, 15, tzinfo=UTC), False)
    assert posts["KNTGa8wQR04"].published_at is None


def test_the_countries_of_the_chart_add_up_to_the_totals_of_each_day(real_data: Path) -> None:
    folder = real_data / "exports" / "youtube_studio" / "by_geography"
    by_day: dict[date, int] = {}
    reading, items = _read(folder / "Chart data.csv")
    for item in items:
        assert isinstance(item, PeriodRow)
        assert item.dimension == "country"
        by_day[item.period_start] = by_day.get(item.period_start, 0) + int(item.metrics["views"] or 0)
    assert reading.recognition.captured_at == datetime(2021, 12, 31, tzinfo=UTC)
    totals = {
        item.period_start: item.metrics["views"]
        for item in _read(folder / "Totals.csv")[1]
        if isinstance(item, PeriodRow)
    }
    assert by_day.keys() == totals.keys()
    assert all(by_day[day] <= int(total or 0) for day, total in totals.items())
    assert sum(int(total or 0) for total in totals.values()) == 15_503_810  # the row Total of the table


def test_a_table_by_country_without_a_period_is_kept_as_everything_until_the_capture(real_data: Path) -> None:
    path = real_data / "exports" / "youtube_studio" / "by_geography" / "Table data.csv"
    reading, items = _read(path, ReadOptions(captured_at=datetime(2022, 1, 1, tzinfo=UTC)))
    (first, *_rest) = (item for item in items if isinstance(item, PeriodRow))
    assert (first.dimension_value, first.period_start, first.period_end) == (
        "US", date(2005, 2, 14), date(2021, 12, 31),
    )  # fmt: skip
    assert reading.period is None
    assert any("which period" in warning for warning in reading.warnings)


def test_tiktoks_days_get_the_last_year_before_the_capture(real_data: Path) -> None:
    path = real_data / "exports" / "tiktok" / "overview.csv"
    reading, items = _read(path, ReadOptions(captured_at=datetime(2021, 4, 19, tzinfo=UTC)))
    assert [item.period_start for item in items if isinstance(item, PeriodRow)][::6] == [
        date(2021, 4, 12),
        date(2021, 4, 18),
    ]
    assert reading.recognition.captured_at_source == "option"
    assert any("no year" in warning for warning in reading.recognition.warnings)


def test_reposts_of_others_are_refused_and_the_feeds_owner_is_found(real_data: Path) -> None:
    _reading, items = _read(real_data / "exports" / "bluesky" / "bluesky_getAuthorFeed.json")
    assert {item.account.display_name for item in items if isinstance(item, PostRow)} == {"benoist.dev"}
    rejected = [item for item in items if isinstance(item, RejectedRow)]
    assert rejected[0].value == "spooky.click"
    assert all("repost of somebody else's post" in item.reason for item in rejected)
