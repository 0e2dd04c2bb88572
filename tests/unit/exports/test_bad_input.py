"""Files as they reach us: damaged, converted, mislabelled. Each gets a precise message or a documented treatment."""

from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest

from clientnest.errors import BadInput
from clientnest.exports import ReadOptions, UnreadableExport, expand, open_export
from tests.unit.exports.files import INSTAGRAM_HEADER, X_HEADER, Read, table, write, x_file, x_row

NOON = datetime(2025, 3, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \r\n\r\n", "nothing but blanks"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "a PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(200), "a JPEG image"),
        (b"%PDF-1.7\n" + b"x" * 100, "a PDF document"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "a web page"),
        (b"just some words\nand more words\n", "not a table"),
        (bytes(range(1, 32)) * 40, "not a text file"),
        (b"Name,Age\r\nAnn,3\r\n", "'Name', 'Age'"),
        (b'{"posts": []}', "getAuthorFeed"),
        (b'{"feed": [{"post": {"uri": "at:', "not valid JSON"),
        (b"[" * 100_000, "JSON"),
        (b"PK\x03\x04" + b"nonsense" * 30, "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged"),
        (b"<?xml version='1.0'?><rss></rss>", "not a spreadsheet"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aaaa'>]>"
         b"<Workbook xmlns='urn:schemas-microsoft-com:office:spreadsheet'>&a;</Workbook>", "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_with_its_name_a_reason_and_advice(
    tmp_path: Path, content: bytes, said: str
) -> None:
    with pytest.raises(UnreadableExport) as refused:
        open_export(write(tmp_path, content, "march.csv"))
    assert said in refused.value.message
    assert "march.csv" in refused.value.message
    assert refused.value.advice
    assert isinstance(refused.value, BadInput)


def test_a_path_without_a_file(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match="no such file"):
        open_export(tmp_path / "gone.csv")
    with pytest.raises(UnreadableExport, match="not a file"):
        next(expand(tmp_path))


def test_a_header_without_rows_is_recognised_and_said(tmp_path: Path) -> None:
    read = Read(write(tmp_path, x_file(0)))
    assert (read.reading.recognition.format, read.reading.rows) == ("x_analytics", 0)
    assert "no rows" in read.warnings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_give_the_same_posts(tmp_path: Path, encoding: str, delimiter: str) -> None:
    texts = ["plain", 'Grüße, ñandú; 日本語 | "quoted"', "two\r\nlines\tand a tab", "🎉" * 10_000, "nul\0inside"]
    content = table(X_HEADER, [x_row(NOON, text, Likes=3) for text in texts], delimiter=delimiter)
    read = Read(write(tmp_path, content, encoding=encoding))
    assert not read.rejected
    assert [post.text for post in read.posts] == [
        "plain", "Grüße, ñandú; 日本語 | \"quoted\"", "two\nlines\tand a tab", "🎉" * 10_000, "nulinside",
    ]  # fmt: skip
    assert {post.metrics["likes"] for post in read.posts} == {3}


def test_western_european_text_is_read_with_a_warning(tmp_path: Path) -> None:
    read = Read(write(tmp_path, table(X_HEADER, [x_row(NOON, "Grüße aus Köln – ñ")]), encoding="cp1252"))
    assert read.posts[0].text == "Grüße aus Köln – ñ"
    assert "not in UTF-8" in read.warnings


def test_one_damaged_character_does_not_spoil_the_others(tmp_path: Path) -> None:
    content = table(X_HEADER, [x_row(NOON, "日本語 é BROKEN")]).encode().replace(b"BROKEN", b"\xff")
    read = Read(write(tmp_path, content))
    assert read.posts[0].text == "日本語 é \ufffd"
    assert "damaged" in read.warnings


@pytest.mark.parametrize("cut", [5, 30, 60, 100])
def test_a_row_the_file_cuts_off_is_refused_and_the_others_are_kept(tmp_path: Path, cut: int) -> None:
    whole = table(X_HEADER, [x_row(NOON, f"Ein schöner, langer Text {n} 🎉") for n in range(3)]).encode()
    start = whole.rindex(b"\r\n", 0, -2) + 2
    read = Read(write(tmp_path, whole[: start + cut]))
    assert len(read.posts) == 2
    assert [row.row for row in read.rejected] == [4]
    assert "cut off" in read.rejected[0].reason


@pytest.mark.parametrize("ending", [b'x,2,4,"not clos', b'x,2,4,"two\nlin', "x,2,4,caf\u00e9".encode()[:-1]])
def test_a_last_text_cut_off_in_a_full_row_is_not_taken_for_the_whole_text(tmp_path: Path, ending: bytes) -> None:
    read = Read(write(tmp_path, b"network,post_id,likes,text\nx,1,3,caf\xc3\xa9\n" + ending))
    assert [post.text for post in read.posts] == ["café"]
    assert [(row.row, "cut off" in row.reason) for row in read.rejected] == [(3, True)]
    whole = Read(write(tmp_path, 'network,post_id,likes,text\nx,1,3,"no line end"'))
    assert [post.text for post in whole.posts] == ["no line end"]


def _plain_lines(count: int) -> list[str]:
    return ["network,post_id,text,likes\n", *(f"x,{number},text,3\n" for number in range(count))]


def test_a_quotation_mark_that_never_closes_loses_only_what_it_swallows(tmp_path: Path) -> None:
    lines = x_file(4).splitlines(keepends=True)
    lines[2] = lines[2].replace("Post 1", '"Post 1')
    read = Read(write(tmp_path, "".join(lines)))
    assert [post.text for post in read.posts] == ["Post 0", "Post 3"]
    assert [(row.row, "quotation mark" in row.reason) for row in read.rejected] == [(3, True)]
    lines = _plain_lines(3)
    lines[2] = lines[2].replace("text", '"text')
    read = Read(write(tmp_path, "".join(lines)))
    assert ([post.external_id for post in read.posts], len(read.rejected)) == (["0"], 1)
    assert "cut off" in read.rejected[0].reason


def test_a_huge_swallowed_field_refuses_the_file_with_the_row(tmp_path: Path) -> None:
    lines = _plain_lines(20_000)
    lines[2] = lines[2].replace("text", '"text')
    with pytest.raises(UnreadableExport, match="row 3 cannot be split") as refused:
        Read(write(tmp_path, "".join(lines)))
    assert "quotation mark" in refused.value.advice


def test_one_endless_line_is_refused_without_reading_it_whole(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match="longer than"):
        Read(write(tmp_path, table(X_HEADER, []) + "a," * 3_000_000))


@pytest.mark.parametrize("lost", ["6.49E+17", "6,49E+17", "6.49e17"])
def test_ids_that_excel_rounded_are_said_to_be_lost(tmp_path: Path, lost: str) -> None:
    row = x_row(NOON)
    row[0] = lost
    read = Read(write(tmp_path, table(X_HEADER, [row, x_row(NOON)])))
    assert len(read.posts) == 1
    (rejected,) = read.rejected
    assert (rejected.row, rejected.field, rejected.value) == (2, "Post id", lost)
    assert "Excel has rounded this id" in rejected.reason


def test_ids_rounded_to_fifteen_digits_are_found_by_their_links_or_their_zeros(tmp_path: Path) -> None:
    rows = []
    for day in range(1, 5):
        row = x_row(datetime(2025, 3, day, 7, 8, 9, tzinfo=UTC))
        row[0] = row[0][:15] + "0" * (len(row[0]) - 15)
        rows.append(row)
    assert all("Excel has rounded" in row.reason for row in Read(write(tmp_path, table(X_HEADER, rows))).rejected)
    (alone,) = Read(write(tmp_path, table(X_HEADER, rows[:1]))).rejected
    assert "not the one in the post's link" in alone.reason
    for row in rows:
        row[3] = "https://x.com/i/web"
    read = Read(write(tmp_path, table(X_HEADER, rows)))
    assert len(read.rejected) == 4
    assert all("Excel has rounded" in row.reason for row in read.rejected)


def test_numeric_ids_of_a_workbook_beyond_a_double_are_lost_and_smaller_ones_exact(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(X_HEADER)
    for post_id in (812369747765362688, 9007199254740991):
        row: list[object] = list(x_row(NOON))
        row[0], row[3] = post_id, ""
        sheet.append(row)
    path = tmp_path / "x.xlsx"
    book.save(path)
    read = Read(path)
    assert [post.external_id for post in read.posts] == ["9007199254740991"]
    assert "Excel has rounded" in read.rejected[0].reason


@pytest.mark.parametrize(("row", "column"), [(900_000, 16_000), (1_000_000, 120)])
def test_a_stray_cell_far_away_is_refused_without_taking_the_memory_for_all_between(
    tmp_path: Path, row: int, column: int
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(X_HEADER)
    sheet.append(x_row(NOON))
    sheet.cell(row=row, column=column, value="oops")
    path = tmp_path / "x.xlsx"
    book.save(path)
    with pytest.raises(UnreadableExport, match="more memory than a table needs") as refused:
        open_export(path)
    assert "stray cells" in refused.value.advice


def test_totals_blank_rows_dashes_and_spreadsheet_leftovers(tmp_path: Path) -> None:
    dashes = x_row(NOON, Likes="-", Impressions="–", Replies="n/a", Reposts="")
    total = ["Total", *[""] * 3, *["9"] * (len(X_HEADER) - 4)]
    read = Read(
        write(tmp_path, "sep=;\r\n" + table(X_HEADER, [[], dashes, total, [""] * len(X_HEADER)], delimiter=";"))
    )
    assert read.reading.rows == 1
    assert {read.posts[0].metrics[name] for name in ("likes", "impressions", "comments", "shares")} == {None}


def test_negative_counts_and_rates_above_one_are_kept(tmp_path: Path) -> None:
    header = ["network", "account", "post_id", "published_at", "likes", "engagement_rate"]
    text = table(header, [["x", "us", "1", "2025-03-01T10:00:00Z", "-3", "4.2"], ["x", "us", "2", "", "5", "250%"]])
    read = Read(write(tmp_path, text))
    assert [(post.metrics["likes"], post.metrics["engagement_rate"]) for post in read.posts] == [(-3, 4.2), (5, 2.5)]


@pytest.mark.parametrize(
    "value", ["1.2K", "3 M", "many", "1.5", "12:30", "1e400", "--5", "0x10", "1_000", "٣x", "9" * 30]
)
def test_a_count_that_is_none_refuses_its_row_naming_column_and_value(tmp_path: Path, value: str) -> None:
    read = Read(write(tmp_path, x_file(1, Likes=value)))
    (rejected,) = read.rejected
    assert (rejected.row, rejected.field, rejected.value) == (2, "Likes", value)


def _dated(*dates: str) -> str:
    rows = []
    for number, said in enumerate(dates):
        row = dict.fromkeys(INSTAGRAM_HEADER, "1")
        row |= {"Post ID": f"1800000000000001{number}", "Publish time": said, "Date": "Lifetime"}
        rows.append([row[name] for name in INSTAGRAM_HEADER])
    return table(INSTAGRAM_HEADER, rows)


def test_contradicting_dates_are_a_question_that_names_an_example(tmp_path: Path) -> None:
    path = write(tmp_path, _dated("31/03/2025 10:00", "03/31/2025 10:00"))
    with pytest.raises(UnreadableExport, match="'31/03/2025 10:00'") as asked:
        open_export(path)
    assert "--date-order" in asked.value.advice
    read = Read(path, ReadOptions(date_order="dmy"))
    assert (len(read.posts), "no month 31" in read.rejected[0].reason) == (1, True)


def test_ambiguous_dates_of_a_plain_table_are_asked_for_unless_a_later_row_proves_them(tmp_path: Path) -> None:
    header = ["network", "post_id", "published_at", "likes"]
    rows = [["x", str(number), "03/04/2025", 1] for number in range(500)]
    with pytest.raises(UnreadableExport, match="which number is the month"):
        open_export(write(tmp_path, table(header, rows)))
    proven = Read(write(tmp_path, table(header, [*rows, ["x", "999", "25/04/2025", 1]])))
    assert proven.posts[0].published_at == datetime(2025, 4, 3, tzinfo=UTC)


def test_an_ambiguous_date_far_down_a_file_of_clear_ones_is_refused_alone(tmp_path: Path) -> None:
    header = ["network", "post_id", "published_at", "likes"]
    rows = [["x", str(number), "2025-04-03", 1] for number in range(300)] + [["x", "300", "03/04/2025", 1]]
    (rejected,) = Read(write(tmp_path, table(header, rows))).rejected
    assert (rejected.row, rejected.value) == (302, "03/04/2025")
    assert "--date-order" in rejected.reason


@pytest.mark.parametrize(
    "said", ["31.02.2025", "2025-13-01", "yesterday", "45", "12 Foo 2025", "03/15/25", "2025-03-01 25:00", "15 Mar"]
)
def test_dates_that_cannot_be_are_refused_by_row(tmp_path: Path, said: str) -> None:
    text = table(["network", "post_id", "published_at", "likes"], [["x", "1", said, 1]])
    (rejected,) = Read(write(tmp_path, text)).rejected
    assert (rejected.field, rejected.value) == ("published_at", said)


def test_wall_clock_times_are_read_in_the_accounts_zone(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    header = ["network", "post_id", "published_at", "likes"]
    said = ["2025-10-26 02:30", "2025-03-30 02:30", "2025-07-01 10:00 +0000", "Mar 1, 2025", "1. März 2025, 9:05 PM"]
    text = table(header, [["x", str(number), value, 1] for number, value in enumerate(said)])
    read = Read(write(tmp_path, text), ReadOptions(timezone=ZoneInfo("Europe/Berlin")))
    assert [post.published_at for post in read.posts] == [
        datetime(2025, 10, 26, 0, 30, tzinfo=UTC), datetime(2025, 3, 30, 1, 30, tzinfo=UTC),
        datetime(2025, 7, 1, 10, tzinfo=UTC), datetime(2025, 2, 28, 23, tzinfo=UTC),
        datetime(2025, 3, 1, 20, 5, tzinfo=UTC),
    ]  # fmt: skip
    assert read.reading.period == (date(2025, 2, 28), date(2025, 10, 26))


def test_a_file_beyond_the_limit_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from clientnest import settings

    monkeypatch.setenv("CLIENTNEST_IMPORT_MAX_FILE_BYTES", "100")
    settings.forget()
    try:
        with pytest.raises(UnreadableExport, match="the limit is 100"):
            open_export(write(tmp_path, x_file()))
    finally:
        monkeypatch.undo()
        settings.forget()
