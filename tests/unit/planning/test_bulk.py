"""Files of many posts: read as they were meant, asked about where they can mean two things, and faults told by row."""

import csv
import io
import time as clock
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientnest.errors import BadInput
from clientnest.exports.model import ExportFile
from clientnest.planning.bulk import FIELDS, BulkPlan, bulk_template, read_bulk
from clientnest.planning.wall_clock import Kind
from clientnest.settings import forget
from clientnest.zones import zone

PARIS = zone("Europe/Paris")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _read(path: Path, **options: Any) -> BulkPlan:
    return read_bulk(ExportFile.at(path), PARIS, now=NOW, **options)


def _csv(folder: Path, *rows: list[str], header: str = "date,time,text,network") -> Path:
    out = io.StringIO()
    csv.writer(out).writerows([header.split(","), *rows])
    path = folder / "posts.csv"
    path.write_bytes(out.getvalue().encode())
    return path


def _xlsx(folder: Path, *rows: list[Any], header: str = "date,time,text,network") -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (header.split(","), *rows):
        sheet.append(row)
    path = folder / "posts.xlsx"
    book.save(path)
    return path


def test_a_row_says_all_that_a_post_has(tmp_path: Path) -> None:
    path = _csv(
        tmp_path,
        ["2026-03-31", "18:05", "America/New_York", "Déjà vu\nไทย 👩\u200d👩\u200d👧", "@acme", "Bluesky", "https://e.org/a",
         "news; spring,news", "https://e.org/1.jpg https://e.org/2.jpg", "launch", "More: below", "?"],
        header="Publish Date,time,Time zone,Message,handle,platform,URL,tags,Media URLs,campaign,first_comment,notes",
    )  # fmt: skip
    plan = _read(path)
    assert (plan.problems, plan.question, plan.ignored) == ((), None, ("notes",))
    (row,) = plan.rows
    assert row.number == 2
    assert row.schedule.instant == datetime(2026, 3, 31, 22, 5, tzinfo=UTC)
    assert (row.schedule.wall_clock, row.schedule.timezone) == (
        datetime(2026, 3, 31, 18, 5), "America/New_York",  # noqa: DTZ001
    )  # fmt: skip
    assert row.text == "Déjà vu\nไทย 👩\u200d👩\u200d👧"
    assert (row.account, row.network, row.link) == ("@acme", "bluesky", "https://e.org/a")
    assert (row.labels, row.media) == (("news", "spring"), ("https://e.org/1.jpg", "https://e.org/2.jpg"))
    assert (row.campaign, row.first_comment) == ("launch", "More: below")


@pytest.mark.parametrize(
    ("said", "instant", "kind"),
    [
        ("2026-03-31 09:00", "2026-03-31T07:00Z", Kind.EXACT),
        ("31 March 2026 9:00 PM", "2026-03-31T19:00Z", Kind.EXACT),
        ("31.03.2026 09:00", "2026-03-31T07:00Z", Kind.EXACT),
        ("31/03/2026 09:00", "2026-03-31T07:00Z", Kind.EXACT),  # there is no month 31
        ("2026-03-31T09:00:00Z", "2026-03-31T09:00Z", Kind.EXACT),
        ("2026-03-31T09:00:00-05:00", "2026-03-31T14:00Z", Kind.EXACT),
        ("2026-03-29 02:30", "2026-03-29T01:30Z", Kind.GAP),
        ("2026-10-25 02:30", "2026-10-25T00:30Z", Kind.OVERLAP),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30Z", Kind.OVERLAP),  # the second of both
    ],
)
def test_dates_are_read_as_they_are_written(tmp_path: Path, said: str, instant: str, kind: Kind) -> None:
    plan = _read(_csv(tmp_path, [said, "Hello"], header="date,text"))
    assert plan.problems == ()
    assert [(row.schedule.instant, row.schedule.kind) for row in plan.rows] == [(datetime.fromisoformat(instant), kind)]


def test_an_order_that_nothing_proves_is_asked_about_and_the_answer_is_taken(tmp_path: Path) -> None:
    path = _csv(tmp_path, ["07/07/2026", "09:00", "A", "x"], ["03/04/2026", "09:00", "B", "x"])
    asked = _read(path)
    assert (asked.rows, asked.problems) == ((), ())
    question = asked.question
    assert question is not None
    assert (question.why, question.column, question.row, question.value) == ("either", "date", 3, "03/04/2026")
    assert (question.mdy, question.dmy) == (date(2026, 3, 4), date(2026, 4, 3))
    for order, day in (("mdy", "2026-03-04"), ("dmy", "2026-04-03")):
        assert [f"{row.schedule.wall_clock:%Y-%m-%d}" for row in _read(path, date_order=order).rows][1] == day


def test_one_date_that_proves_the_order_settles_all_the_others_wherever_it_is(tmp_path: Path) -> None:
    rows = [["03/04/2026", "09:00", "A", "x"]] * 1_000 + [["13/04/2026", "09:00", "B", "x"]]
    plan = _read(_csv(tmp_path, *rows))
    assert plan.question is None
    assert {row.schedule.wall_clock.date() for row in plan.rows} == {date(2026, 4, 3), date(2026, 4, 13)}


def test_a_file_that_mixes_orders_is_asked_about_and_rows_that_do_not_fit_the_answer_are_told(tmp_path: Path) -> None:
    path = _csv(tmp_path, ["03/13/2026", "09:00", "A", "x"], ["14/03/2026", "09:00", "B", "x"],
                ["05/06/2026", "09:00", "C", "x"])  # fmt: skip
    question = _read(path).question
    assert question is not None
    assert (question.why, question.row, question.value) == ("contradicting", 4, "05/06/2026")
    plan = _read(path, date_order="dmy")
    assert [row.text for row in plan.rows] == ["B", "C"]
    (problem,) = plan.problems
    assert (problem.row, problem.column, problem.value) == (2, "date", "03/13/2026")
    assert "no month 13" in problem.message
    assert "2026-03-31" in problem.advice


def test_dates_that_a_spreadsheet_made_of_some_texts_only_are_asked_about(tmp_path: Path) -> None:
    path = _xlsx(tmp_path, [date(2026, 4, 3), time(9), "A", "x"], ["13/04/2026", "09:00", "B", "x"])
    question = _read(path).question
    assert question is not None
    assert (question.why, question.row) == ("converted", 3)
    assert [row.schedule.wall_clock.day for row in _read(path, date_order="dmy").rows] == [3, 13]


def test_each_fault_of_a_row_is_told_with_its_row_column_value_and_what_to_do(tmp_path: Path) -> None:
    header = "date,time,timezone,text,network,link,media"
    rows = [
        ["2026-04-01", "09:00", "", "Good", "x", "", ""],
        ["2026-04-01", "25:00", "Europe/Atlantis", "Bad", "friendster", "example", "cat.jpg"],
        ["2026-02-30", "09:00", "", "Bad", "x", "", ""],
        ["2026-02-01", "09:00", "", "Past", "x", "", ""],
        ["2200-01-01", "09:00", "", "Far", "x", "", ""],
        ["9999-12-31", "23:59", "America/New_York", "Far", "x", "", ""],
        ["2026-04-01", "", "", "No time", "x", "", ""],
        ["", "09:00", "", "No date", "x", "", ""],
        ["2026-04-01 10:00", "09:00", "", "Two times", "x", "", ""],
        ["2026-04-01", "09:00", "", "", "x", "https://e.org", ""],
        ["", "", "", "", "", "", ""],
        ["2026-04-01", "09:00", "", "x" * 70_001, "x", "", ""],
        ["2026-04-01", "09:00", "", "Too", "x", "", "", "much"],
        ["2026-04-02", "09:00", "", "", "x", "", "https://e.org/1.jpg"],
    ]
    plan = _read(_csv(tmp_path, *rows, header=header))
    assert [row.number for row in plan.rows] == [2, 15]
    told = [(one.row, one.column, one.value, one.message.split(".")[0]) for one in plan.problems]
    assert told == [
        (3, "media", "cat.jpg", "This is neither an address nor the id of a picture or a video"),
        (3, "timezone", "Europe/Atlantis", "Unknown time zone 'Europe/Atlantis'"),
        (3, "time", "25:00", "This is not a time of day"),
        (3, "link", "example", "This is not the address of a page"),
        (3, "network", "friendster", "Unknown network 'friendster'"),
        (4, "date", "2026-02-30", "There is no such day or time"),
        (5, "date", "2026-02-01", "2026-02-01 09:00 in Europe/Paris is past"),
        (6, "date", "2200-01-01", "2200-01-01 09:00 in Europe/Paris is more than 731 days ahead"),
        (7, "date", "9999-12-31", "The time 9999-12-31 23:59:00 is beyond any calendar"),
        (8, "time", None, "The time of day is missing"),
        (9, "date", None, "The date is missing"),
        (10, "time", "09:00:00", "The date names another time of day than this"),
        (11, "text", None, "There is nothing to post"),
        (13, "text", "x" * 59 + "…", "The text has 70,001 characters"),
        (14, None, None, "The row has 8 values for 7 columns; a quotation mark in it is probably wrong"),
    ]
    assert all(one.advice for one in plan.problems)


def test_cells_of_spreadsheets_are_dates_times_and_numbers(tmp_path: Path) -> None:
    header = "date,time,text,campaign"
    plan = _read(_xlsx(tmp_path, [datetime(2026, 4, 1), time(9, 5), "A", 2026],  # noqa: DTZ001
                       [datetime(2026, 4, 1, 18, 30), None, 5, None], [date(2026, 4, 2), "9:05 pm", "C", None],  # noqa: DTZ001
                       header=header))  # fmt: skip
    assert plan.problems == ()
    assert [f"{row.schedule.wall_clock:%d %H:%M}" for row in plan.rows] == ["01 09:05", "01 18:30", "02 21:05"]
    assert [(row.text, row.campaign) for row in plan.rows] == [("A", "2026"), ("5", None), ("C", None)]


def test_a_text_that_begins_with_an_equals_sign_is_kept_or_named_and_never_lost(tmp_path: Path) -> None:
    path = _xlsx(tmp_path, ["2026-04-01", "09:00", "=Big news", "x"], ["2026-04-01", "10:00", "Fine", "x"],
                 ["2026-04-01", "11:00", "=1+1", "x"])  # fmt: skip
    book = openpyxl.load_workbook(path)
    book.active["C4"].data_type = "s"  # as text, which an apostrophe before it makes of it
    book.save(path)
    plan = _read(path)
    assert [row.text for row in plan.rows] == ["Fine", "=1+1"]
    (problem,) = plan.problems
    assert (problem.row, problem.column, problem.value) == (2, "text", "=Big news")
    assert "apostrophe" in problem.advice


def test_a_formula_with_a_result_is_its_result(tmp_path: Path) -> None:
    path = _xlsx(tmp_path, ["2026-04-01", "09:00", "=A2", "x"])
    _patch_sheet(path, "<f>A2</f><v></v>", '<f>A2</f><v>Big news</v>', kind="str")  # fmt: skip
    assert [row.text for row in _read(path).rows] == ["Big news"]
    _patch_sheet(path, "<v>Big news</v>", "<v>#NAME?</v>", kind="e")
    (problem,) = _read(path).problems
    assert (problem.row, problem.column, problem.value) == (2, "text", "=A2")


def _patch_sheet(path: Path, before: str, after: str, *, kind: str) -> None:
    """Write a result into the first formula, as a spreadsheet program does."""
    import re
    import zipfile

    with zipfile.ZipFile(path) as packed:
        members = {name: packed.read(name) for name in packed.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"].decode()
    assert before in sheet or before.replace("<v></v>", "<v />") in sheet, sheet
    sheet = sheet.replace(before, after).replace(before.replace("<v></v>", "<v />"), after)
    members["xl/worksheets/sheet1.xml"] = re.sub(
        r'<c r="C2"[^>]*>', f'<c r="C2" t="{kind}">', sheet
    ).encode()  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"just a line", "no comma, semicolon or tab"),
        (b"name,size\na,1\n", "no columns that say when and what to post. It has 'name', 'size'"),
        (b"date,text,message\n2026-04-01,a,b\n", "the columns 'text' and 'message' both mean the text"),
        (b"\x89PNG\r\n\x1a\n....", "is a PNG image"),
        (b"PK\x03\x04 damaged", "posts.csv"),
        (b'{"date": "2026-04-01"}', "no columns that say when"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "posts.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=said) as refused:
        _read(path)
    assert refused.value.message.startswith("posts.csv")
    assert refused.value.advice


def test_a_file_cut_off_in_its_last_row_loses_that_row_only(tmp_path: Path) -> None:
    path = _csv(tmp_path, ["2026-04-01", "09:00", "A", "x"])
    path.write_bytes(path.read_bytes() + b'2026-04-01,10:00,"B is cut')
    plan = _read(path)
    assert [row.text for row in plan.rows] == ["A"]
    assert [(one.row, "cut off" in one.message) for one in plan.problems] == [(3, True)]


def test_a_file_has_so_many_rows_and_bytes_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _csv(tmp_path, *([["2026-04-01", "09:00", "A", "x"]] * 6))
    for name, least, said in (("ROWS", "5", "more than 5 rows"), ("BYTES", "100", "the limit is 100")):
        with monkeypatch.context() as patch:
            patch.setenv(f"CLIENTNEST_BULK_MAX_{name}", least)
            forget()
            with pytest.raises(BadInput, match=said):
                _read(path)
        forget()
    assert len(_read(path).rows) == 6


def test_the_template_reads_back_without_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "template.csv"
    path.write_bytes(bulk_template(now=NOW))
    plan = _read(path)
    assert (plan.problems, plan.question, plan.ignored) == ((), None, ())
    assert [row.schedule.timezone for row in plan.rows] == ["Europe/Paris", "Europe/Paris"]
    header = path.read_text(encoding="utf-8-sig").splitlines()[0]
    assert tuple(header.split(",")) == FIELDS


CELLS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(("2026-04-01", "09:00", "03/04/2026", "13/04/2026", "=A1", "x", "UTC", "9999-12-31", "https://e.org",
                     "0001-01-01", "24:00", "1e9")),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELLS, min_size=1, max_size=12), max_size=6), st.sampled_from((None, "mdy", "dmy")))
def test_whatever_a_file_holds_each_row_is_a_post_or_has_its_problem(
    tmp_path: Path, rows: list[list[str]], order: Any
) -> None:
    clean = [[cell.encode("utf-8", "replace").decode().replace("\0", "") for cell in row] for row in rows]
    try:
        plan = _read(_csv(tmp_path, *clean, header=",".join(FIELDS)), date_order=order)
    except BadInput:
        return
    if plan.question is not None:
        assert order is None
        assert (plan.rows, plan.problems) == ((), ())
        return
    numbers = {row.number for row in plan.rows}
    assert numbers.isdisjoint(one.row for one in plan.problems)
    filled = sum(any(cell.strip() for cell in row) for row in clean)
    assert len(numbers | {one.row for one in plan.problems}) == filled
    assert all(NOW < row.schedule.instant < NOW + timedelta(days=732) for row in plan.rows)


def test_five_thousand_rows_are_read_while_somebody_waits(tmp_path: Path) -> None:
    rows = [
        [f"2026-{4 + n % 8:02}-{1 + n % 28:02}", f"{n % 24:02}:{n % 60:02}", ("Europe/Paris", "Asia/Tokyo")[n % 2],
         f"Post {n} ไทย 👩\u200d👩\u200d👧", "@acme", "x", "https://e.org/a", "news, spring", "https://e.org/1.jpg",
         "launch", ""]
        for n in range(5_000)
    ]  # fmt: skip
    for path in (_csv(tmp_path, *rows, header=",".join(FIELDS)), _xlsx(tmp_path, *rows, header=",".join(FIELDS))):
        began = clock.monotonic()
        plan = _read(path)
        took = clock.monotonic() - began
        assert (len(plan.rows), plan.problems) == (5_000, ())
        assert took < 5, f"{path.name}: {took:.2f} s"  # on a busy machine; else it took 0.6 s at most
