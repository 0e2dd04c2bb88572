"""Zip files of exports: members one by one, limits found while unpacking, names that are never paths."""

import io
import os
import struct
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

from clientnest.exports import ReadOptions, UnreadableExport, expand, open_export
from clientnest.settings import ImportSettings
from tests.unit.exports.files import X_HEADER, Read, table, write, x_file, x_row


def _zip(members: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2025, 3, 31, 10, 20, 30))
            info.compress_type = compression
            archive.writestr(info, content)
    return out.getvalue()


def test_members_are_given_one_by_one_with_their_names_and_times(tmp_path: Path) -> None:
    inner = _zip({"Content 2025-01-01_2025-02-01 Us/Totals.csv": "Date,Views\n2025-01-31,5\n"})
    outer = _zip({"march.csv": x_file(), "old/inner.zip": inner, "__MACOSX/._march.csv": "x", ".DS_Store": "x"})
    seen = []
    for file in expand(write(tmp_path, outer, "exports.zip")):
        with open_export(file) as reading:
            seen.append((file.name, reading.recognition.format, len(list(reading)), file.modified_at))
    assert seen == [
        ("exports.zip/march.csv", "x_analytics", 3, datetime(2025, 3, 31, 10, 20, 30, tzinfo=UTC)),
        (
            "exports.zip/old/inner.zip/Content 2025-01-01_2025-02-01 Us/Totals.csv", "youtube_daily", 1,
            datetime(2025, 3, 31, 10, 20, 30, tzinfo=UTC),
        ),
    ]  # fmt: skip


def test_what_is_no_zip_of_exports_is_given_as_it_is(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(X_HEADER)
    book.worksheets[0].append(x_row(datetime(2025, 3, 1, tzinfo=UTC)))
    path = tmp_path / "really.zip"
    book.save(path)
    (file,) = expand(path, name="upload.xlsx")
    assert (file.name, file.path) == ("upload.xlsx", path)
    assert len(list(open_export(file))) == 1


def test_a_zip_opened_as_one_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnreadableExport, match="is a zip"):
        open_export(write(tmp_path, _zip({"a.csv": x_file()}), "a.csv"))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "C:\\Windows\\x.csv", "a/../../x.csv", "x\n\x1b[31m.csv"]
)
def test_names_in_a_zip_are_shown_and_never_followed(tmp_path: Path, name: str) -> None:
    before = set(tmp_path.parent.iterdir())
    (shown,) = [file.name for file in expand(write(tmp_path, _zip({name: x_file()}), "a.zip"))]
    assert shown.startswith("a.zip/")
    assert ".." not in shown
    assert shown.isprintable()
    assert set(tmp_path.parent.iterdir()) == before


def test_temporary_files_are_gone_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    files = expand(write(tmp_path, _zip({"a.csv": x_file(), "b.csv": x_file()}), "a.zip"))
    next(files)
    assert len(list(folder.iterdir())) == 1
    files.close()  # type: ignore[attr-defined]
    assert list(folder.iterdir()) == []


LIMITS = ImportSettings(import_max_unpacked_bytes=3_000_000, import_max_compression_ratio=200, import_max_files=5)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"bomb.csv": bytes(2_900_000)}, "200 times"),
        ({f"{n}.csv": os.urandom(1_000_000) for n in range(4)}, "unpacks to more than"),
        ({f"{n}.csv": "a,b\n" for n in range(6)}, "more than 5 files"),
        ({"a.zip": _zip({"b.zip": _zip({"c.zip": _zip({"d.zip": _zip({"e.csv": "a"})})})})}, "deep"),
        ({"a.zip": _zip({"bomb.csv": bytes(2_900_000)})}, "200 times"),
        ({}, "no files"),
    ],
    ids=["ratio", "size", "files", "depth", "nested", "empty"],
)
def test_limits_hold_over_everything_in_the_zip(tmp_path: Path, members: dict[str, str | bytes], said: str) -> None:
    path = write(tmp_path, _zip(members), "a.zip")
    with pytest.raises(UnreadableExport) as refused:
        list(expand(path, limits=LIMITS))
    assert said in refused.value.message
    assert "a.zip" in refused.value.message


def test_a_zip_that_lies_about_sizes_is_still_stopped(tmp_path: Path) -> None:
    content = bytearray(_zip({"bomb.csv": bytes(5_000_000)}))
    for signature, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):  # the field "uncompressed size"
        place = content.index(signature) + at
        content[place : place + 4] = struct.pack("<I", 10)
    sizes = (file.path.stat().st_size for file in expand(write(tmp_path, bytes(content), "a.zip"), limits=LIMITS))
    with pytest.raises(UnreadableExport):
        list(sizes)


def test_damaged_and_locked_zips(tmp_path: Path) -> None:
    whole = _zip({"a.csv": x_file(400)})
    damaged = bytearray(whole)
    damaged[200:260] = os.urandom(60)
    with pytest.raises(UnreadableExport, match="damaged"):
        list(expand(write(tmp_path, bytes(damaged), "a.zip")))
    locked = bytearray(whole)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag "encrypted"
        locked[locked.index(signature) + at] |= 1
    with pytest.raises(UnreadableExport, match="password"):
        list(expand(write(tmp_path, bytes(locked), "b.zip")))


def test_a_workbook_that_is_a_bomb_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = openpyxl.Workbook()
    path = tmp_path / "a.xlsx"
    book.save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet2.xml", b"<a>" + b" " * 30_000_000)
    with pytest.raises(UnreadableExport, match="200 times"):
        open_export(path)


def test_where_the_time_of_capture_comes_from(tmp_path: Path) -> None:
    when, modified = datetime(2025, 5, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
    named = write(tmp_path, x_file(), "account_analytics_content_2025-03-01_2025-03-31.csv")
    plain = write(tmp_path, x_file(), "download.csv")
    options = ReadOptions(captured_at=when, modified_at=modified)

    def source(path: Path, given: ReadOptions) -> tuple[datetime, str]:
        recognition = Read(path, given).reading.recognition
        return recognition.captured_at, recognition.captured_at_source

    assert source(named, options) == (datetime(2025, 4, 1, tzinfo=UTC), "name")
    assert source(plain, options) == (when, "option")
    assert source(plain, ReadOptions(modified_at=modified)) == (modified, "modified")
    os.utime(plain, (1_700_000_000, 1_700_000_000))
    assert source(plain, ReadOptions()) == (datetime.fromtimestamp(1_700_000_000, UTC), "modified")
    assert "modification time" in Read(plain).warnings
    timed = table(["network", "post_id", "captured_at", "likes"], [["x", "1", "2025-02-02T10:00:00Z", 1]])
    assert source(write(tmp_path, timed, named.name), options) == (datetime(2025, 2, 2, 10, tzinfo=UTC), "file")


def test_a_large_file_streams_with_flat_memory(tmp_path: Path) -> None:
    rows = table(X_HEADER, [x_row(datetime(2025, 3, 1, tzinfo=UTC), "long " * 400)] * 50).split("\r\n", 1)[1]
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(table(X_HEADER, []))
        for _ in range(120):
            file.write(rows)
    tracemalloc.start()
    with open_export(path) as reading:
        count = sum(1 for _ in reading)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 6_000
    assert path.stat().st_size > 12_000_000
    assert peak < 9_000_000
