"""Imports into a real database: whole files or nothing, precise refusals, the same result however often and in any
order."""

import random
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg2
import pytest

from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import BadInput, NotFound, Unavailable
from clientnest.ids import new_id
from clientnest.imports import ImportOptions, SourceFile, loading, service, staging
from tests.conftest import make_workspace
from tests.integration.imports.helpers import claim, holdings, import_all, run, stage, summary
from tests.unit.exports import files
from tests.unit.exports.independent import expected

ON = ImportOptions(captured_at=datetime(2025, 4, 1, tzinfo=UTC))


def test_every_real_file_gives_what_an_independent_reader_counts_and_nothing_new_the_second_time(
    workspace: UUID, real_data: Path
) -> None:
    folder = real_data / "exports"
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    first = import_all(workspace, paths, ON)
    held = holdings(workspace)
    for path, entry in zip(paths, first, strict=True):
        wanted = expected(path)
        assert entry["format"] == wanted.format, path
        assert entry["state"] == "imported", entry["error"]
        counts = tuple(entry[name] for name in ("rows", "accepted", "posts", "snapshots"))
        assert counts == (wanted.rows, wanted.accepted, wanted.posts, wanted.snapshots), path
        assert entry["accepted"] + len(entry["rejected"]) == entry["rows"]
    second = import_all(workspace, paths, ON)
    assert second == first
    assert holdings(workspace) == held


def test_monthly_files_of_one_account_are_one_history_in_any_order(workspace: UUID, real_data: Path) -> None:
    paths = sorted((real_data / "exports" / "x_monthly").iterdir())
    import_all(workspace, paths)
    other = make_workspace()
    shuffled = paths[:]
    random.Random(5).shuffle(shuffled)
    for half in (shuffled[:20], shuffled[20:]):
        import_all(other, half)
    assert len(holdings(workspace)["accounts"]) == 1
    assert holdings(workspace) == holdings(other)


def test_a_refused_file_changes_nothing_and_the_others_go_in(workspace: UUID, tmp_path: Path) -> None:
    good = files.write(tmp_path, files.x_file(3), "good.csv")
    image = files.write(tmp_path, b"\x89PNG\r\n\x1a\n" + b"0" * 200, "image.csv")
    empty = files.write(tmp_path, b"", "empty.csv")
    only_header = files.write(tmp_path, files.table(files.X_HEADER, []), "header.csv")
    bad_row = files.x_row(datetime(2025, 3, 1, tzinfo=UTC))
    bad_row[0] = "6.49E+17"
    unusable = files.write(tmp_path, files.table(files.X_HEADER, [bad_row]), "lost_ids.csv")
    entries = import_all(workspace, [image, empty, only_header, unusable], ON)
    assert [entry["state"] for entry in entries] == ["refused"] * 4
    for entry, word in zip(entries, ("PNG image", "empty", "header", "none of its 1 rows"), strict=True):
        assert word in entry["error"]["message"], entry["error"]
        assert entry["error"]["advice"]
    assert entries[3]["rejected"][0]["row"] == 2
    assert not any(holdings(workspace).values())
    entries = import_all(workspace, [image, good, unusable], ON)
    assert [entry["state"] for entry in entries] == ["refused", "imported", "refused"]
    assert len(holdings(workspace)["posts"]) == 3


def test_where_every_file_is_unreadable_the_job_is_done_at_once(workspace: UUID, tmp_path: Path) -> None:
    image = files.write(tmp_path, b"\x89PNG\r\n\x1a\n" + b"0" * 200, "image.csv")
    told = summary(workspace, stage(workspace, [image]))
    assert (told["job"]["state"], told["files"][0]["state"]) == ("done", "refused")


def test_rejected_rows_are_listed_with_reasons_and_kept_in_a_csv_that_runs_no_formula(
    workspace: UUID, tmp_path: Path
) -> None:
    rows = [files.x_row(datetime(2025, 3, day, tzinfo=UTC)) for day in (1, 2, 3)]
    rows[1][0] = '=HYPERLINK("http://evil")'
    path = files.write(tmp_path, files.table(files.X_HEADER, rows), "mixed.csv")
    job_id = stage(workspace, [path], ON)
    run(claim(job_id))
    told = summary(workspace, job_id)
    (entry,) = told["files"]
    assert (entry["rows"], entry["accepted"], entry["rejected_count"], entry["posts"]) == (3, 2, 1, 2)
    assert entry["rejected"][0]["row"] == 3
    assert entry["rejected"][0]["reason"]
    lines = Path(told["report"]).read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "file,row,field,value,reason"
    assert len(lines) == 2
    assert ",'=HYPER" in lines[1].replace('"', "")


def test_members_of_a_zip_are_files_of_their_own(workspace: UUID, tmp_path: Path) -> None:
    path = tmp_path / "exports.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("march/good.csv", files.x_file(2))
        archive.writestr("notes.txt", "just words\nwithout a table")
    entries = import_all(workspace, [path], ON)
    assert [(entry["file"], entry["state"]) for entry in entries] == [
        ("exports.zip/march/good.csv", "imported"),
        ("exports.zip/notes.txt", "refused"),
    ]


def test_an_account_of_another_workspace_is_imported_here_on_its_own(workspace: UUID, tmp_path: Path) -> None:
    other = make_workspace()
    path = files.write(tmp_path, files.x_file(2, Likes=5))
    import_all(workspace, [path], ON)
    before = holdings(workspace)
    entries = import_all(other, [files.write(tmp_path, files.x_file(4, Likes=9), "theirs.csv")], ON)
    assert (entries[0]["posts"], entries[0]["warnings"]) == (4, summary_of_first(workspace)["warnings"])
    assert holdings(workspace) == before


def summary_of_first(workspace: UUID) -> dict[str, object]:
    with session.etl() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM app.job WHERE workspace_id = %s ORDER BY created_at LIMIT 1", (str(workspace),))
        row = cursor.fetchone()
    assert row is not None
    entry: dict[str, object] = summary(workspace, UUID(row[0]))["files"][0]
    return entry


def test_an_import_interrupted_anywhere_ends_the_same_when_it_is_run_again(workspace: UUID, tmp_path: Path) -> None:
    paths = [files.write(tmp_path, files.x_file(3 + n), f"{n}.csv") for n in range(3)]
    undisturbed = make_workspace()
    import_all(undisturbed, paths, ON)

    job_id = stage(workspace, paths, ON)
    job = claim(job_id)
    seen: list[str] = []

    class Killed(BaseException): ...

    def die_in_the_second_file(step: str, progress: float) -> None:
        seen.append(step)
        if step.startswith("reading 1.csv"):
            raise Killed

    with pytest.raises(Killed):
        service.run(job, report=die_in_the_second_file)
    states = [entry["state"] for entry in summary(workspace, job_id)["files"]]
    assert states == ["imported", "waiting", "waiting"]
    outcome = run(job)
    assert outcome.imported == 3
    assert holdings(workspace) == holdings(undisturbed)


def test_an_attempt_that_lost_its_lease_and_still_writes_does_not_disturb_the_next(
    workspace: UUID, tmp_path: Path
) -> None:
    paths = [files.write(tmp_path, files.x_file(3 + n), f"{n}.csv") for n in range(3)]
    job = claim(stage(workspace, paths, ON))
    late: list[int] = []

    def overtaken(step: str, progress: float) -> None:
        if step == "reading 1.csv" and not late:
            late.append(run(job).imported)

    outcome = service.run(job, report=overtaken)
    assert (outcome.imported, outcome.refused, late) == (3, 0, [3])
    assert len(holdings(workspace)["posts"]) == 5


def test_a_database_that_goes_away_while_writing_leaves_nothing_of_the_file(
    workspace: UUID, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = files.write(tmp_path, files.x_file(5))
    job = claim(stage(workspace, [path], ON))
    written = loading.write_capture

    def write_and_lose(connection: object, *arguments: object, **options: object) -> object:
        counts = written(connection, *arguments, **options)  # type: ignore[arg-type]
        with psycopg2.connect(connection.dsn, password=_password()) as other, other.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute("SELECT pg_terminate_backend(%s)", (connection.get_backend_pid(),))  # type: ignore[attr-defined]
        return counts

    monkeypatch.setattr(loading, "write_capture", write_and_lose)
    with pytest.raises(Unavailable, match=r"export\.csv"):
        run(job)
    assert not any(holdings(workspace).values())
    monkeypatch.undo()
    assert run(job).imported == 1


def _password() -> str:
    from clientnest import secrets

    return secrets.load().passwords["etl"]


def test_nothing_is_imported_into_the_demo_and_unknown_workspaces_are_named(tmp_path: Path, database: str) -> None:
    path = files.write(tmp_path, files.x_file(1))
    with pytest.raises(BadInput, match="demo"):
        stage(make_workspace(is_demo=True), [path])
    with pytest.raises(NotFound):
        stage(new_id(), [path])
    with pytest.raises(BadInput, match="no file"):
        stage(make_workspace(), [])
    assert not list((settings.core().home / "uploads").glob("*/*/.*"))


def test_times_without_a_zone_are_read_in_the_workspaces_unless_another_is_named(tmp_path: Path, database: str) -> None:
    row = [1, 2, "brand", "Brand", "Text", 0, "03/01/2025 12:00", "https://i/p/1", "IG image", "", "Lifetime"]
    path = files.write(tmp_path, files.table(files.INSTAGRAM_HEADER, [[*row, 1, 1, 1, 1, 1, 1, 1]]))
    for options, hour in ((ON, 17), (ImportOptions(timezone="Europe/Paris", captured_at=ON.captured_at), 11)):
        place = make_workspace(timezone="America/New_York")
        import_all(place, [path], options)
        assert holdings(place)["posts"][0][3].hour == hour


def test_a_copy_that_is_gone_is_refused_and_the_others_go_in(workspace: UUID, tmp_path: Path) -> None:
    paths = [files.write(tmp_path, files.x_file(2), "a.csv"), files.write(tmp_path, files.x_file(3), "b.csv")]
    job_id = stage(workspace, paths, ON)
    (staging.uploads(workspace, job_id) / "00000").unlink()
    run(claim(job_id))
    entries = summary(workspace, job_id)["files"]
    assert [entry["state"] for entry in entries] == ["refused", "imported"]
    assert "a.csv" in entries[0]["error"]["message"]


def test_uploads_bring_their_own_name_and_time(workspace: UUID, tmp_path: Path) -> None:
    stored = files.write(tmp_path, files.x_file(1), "tmp123")
    sent = datetime(2025, 5, 1, 12, tzinfo=UTC)
    with session.tenant(Role.API, workspace_id=workspace) as connection:  # the API's role may do this and no more
        upload = SourceFile(stored, name="tweets.csv", modified_at=sent)
        job_id = service.stage(connection, workspace, [upload], ImportOptions())
        waiting = service.summary(connection, workspace, job_id)["files"][0]
    assert (waiting["file"], waiting["state"], waiting["captured_at_source"]) == ("tweets.csv", "waiting", "modified")
    assert datetime.fromisoformat(waiting["captured_at"]) == sent
