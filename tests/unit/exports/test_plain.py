"""The plain table: three shapes, canonical column names, and other people's headers by mapping."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from clientnest.errors import BadInput
from clientnest.exports import ReadOptions, UnreadableExport, open_export
from clientnest.exports.plain import FIELDS
from clientnest.metrics import Grain, columns
from clientnest.records import AccountRow, PostType
from tests.unit.exports.files import Read, table, write


def test_posts_with_their_own_account_network_and_time_of_capture(tmp_path: Path) -> None:
    header = [
        "network", "account", "account_name", "captured_at", "post_id", "published_at", "post_type", "title", "text",
        "url", "link_url", "duration_seconds", "is_repost", "likes", "watch_time_seconds", "engagement_rate", "mood",
    ]  # fmt: skip
    rows = [
        ["Mastodon", "@Us@social.example", "We", "2025-04-01T00:00:00Z", "109", "2025-03-01 10:00+01:00", "image", "T",
         "Hi", "https://social.example/109", "https://us.example", "", "", 5, "", "", "good"],
        ["mastodon", "@Us@social.example", "We", "2025-04-02T00:00:00Z", "109", "2025-03-01 10:00+01:00", "GIF", "T",
         "Hi", "", "", "1:05", "yes", 7, "90.5", "3.5%", ""],
    ]  # fmt: skip
    read = Read(write(tmp_path, table(header, rows)))
    first, second = read.posts
    assert read.reading.recognition.format == "plain_csv"
    assert read.reading.recognition.network is None
    assert {use.column: use.field for use in read.reading.recognition.columns}["mood"] is None
    assert (first.account.network, first.account.external_id, first.account.display_name) == (
        "mastodon", "us@social.example", "We",
    )  # fmt: skip
    assert first.published_at == datetime(2025, 3, 1, 9, tzinfo=UTC)
    assert [post.captured_at.day for post in read.posts] == [1, 2]
    assert (first.post_type, first.link_url, first.is_repost) == (PostType.IMAGE, "https://us.example", False)
    assert (second.post_type, second.duration_seconds, second.is_repost) == (PostType.OTHER, 65, True)
    assert (second.metrics["watch_time_seconds"], second.metrics["engagement_rate"]) == (90.5, pytest.approx(0.035))
    assert "kept as other" in read.warnings


def test_days_and_periods_of_an_account(tmp_path: Path) -> None:
    text = table(["date", "views", "follows"], [["2025-03-01", 10, 1], ["2025-03-02", 20, ""]])
    read = Read(write(tmp_path, text), ReadOptions(network="tiktok", account="@us"))
    assert [(row.period_start, row.period_end, row.metrics["follows"]) for row in read.periods] == [
        (date(2025, 3, 1), date(2025, 3, 1), 1), (date(2025, 3, 2), date(2025, 3, 2), None),
    ]  # fmt: skip
    header = ["period_start", "period_end", "dimension", "dimension_value", "views"]
    rows = [["2025-03-01", "2025-03-31", "country", "AT", 10], ["2025-03-31", "2025-03-01", "country", "AT", 10]]
    read = Read(write(tmp_path, table(header, rows)), ReadOptions(network="youtube"))
    assert [(row.period_end, row.dimension_value) for row in read.periods] == [(date(2025, 3, 31), "AT")]
    assert "ends before it begins" in read.rejected[0].reason


def test_totals_of_an_account(tmp_path: Path) -> None:
    text = table(["network", "account", "captured_at", "followers", "posts_count"], [["x", "us", "2025-03-01", 9, 3]])
    (row,) = Read(write(tmp_path, text)).items
    assert isinstance(row, AccountRow)
    assert (row.captured_at, row.metrics["followers"]) == (datetime(2025, 3, 1, tzinfo=UTC), 9)


def test_headers_in_another_language_are_mapped_by_name(tmp_path: Path) -> None:
    text = table(["Beitrags-ID", "Veröffentlicht", "Gefällt-mir", "Konto"], [["77", "15.03.2025 18:05", 4, "Uns"]])
    path = write(tmp_path, text)
    with pytest.raises(UnreadableExport, match="'Beitrags-ID'") as refused:
        open_export(path, ReadOptions(network="instagram"))
    assert "--map" in refused.value.advice
    mapping = {"beitrags-id": "post_id", "Veröffentlicht": "published_at", "Gefällt-mir": "likes", "Konto": "account"}
    (post,) = Read(path, ReadOptions(network="instagram", column_map=mapping)).posts
    assert (post.external_id, post.account.external_id, post.metrics["likes"]) == ("77", "uns", 4)
    assert post.published_at == datetime(2025, 3, 15, 18, 5, tzinfo=UTC)


def test_what_is_asked_for_when_a_plain_table_is_not_clear(tmp_path: Path) -> None:
    path = write(tmp_path, table(["post_id", "likes"], [["1", 2]]))
    with pytest.raises(UnreadableExport, match="which network") as refused:
        open_export(path)
    assert "mastodon" in refused.value.advice
    with pytest.raises(BadInput, match="Unknown network 'myspace'"):
        open_export(path, ReadOptions(network="myspace"))
    with pytest.raises(BadInput, match="no field 'hearts'") as unknown:
        open_export(path, ReadOptions(network="x", column_map={"likes": "hearts"}))
    assert "likes" in unknown.value.advice
    with pytest.raises(UnreadableExport, match="no column 'Herzen'"):
        open_export(path, ReadOptions(network="x", column_map={"Herzen": "likes"}))
    assert "unnamed" in Read(path, ReadOptions(network="x")).warnings
    (rejected,) = Read(write(tmp_path, table(["network", "post_id", "likes"], [["myspace", "1", 2]]))).rejected
    assert (rejected.field, rejected.value) == ("network", "myspace")


def test_options_without_a_zone_or_with_an_unknown_order_are_refused() -> None:
    with pytest.raises(BadInput, match="time zone"):
        ReadOptions(captured_at=datetime(2025, 3, 1))  # noqa: DTZ001
    with pytest.raises(BadInput, match="date order"):
        ReadOptions(date_order="ymd")  # type: ignore[arg-type]


def test_every_metric_of_the_catalogue_and_every_field_is_documented() -> None:
    documentation = (Path(__file__).parents[3] / "docs" / "exports.md").read_text(encoding="utf-8")
    assert set(columns(Grain.POST)) | set(columns(Grain.ACCOUNT)) | set(columns(Grain.PERIOD)) <= set(FIELDS)
    assert [field for field in FIELDS if f"`{field}`" not in documentation] == []
