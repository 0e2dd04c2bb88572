"""Pictures and videos in the library: looked at by the worker, named, listed, converted, removed by those who may."""

from pathlib import Path
from uuid import UUID

import pytest

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import Conflict
from clientnest.ids import new_id
from clientnest.media import library, processing
from clientnest.media.tasks import process
from clientnest.workspaces import WorkspaceRole
from tests.conftest import make_workspace
from tests.integration.api.operations import colleague, headers_of
from tests.integration.media.conftest import TUS, Place, use
from tests.media_files import encoded, gif, located, picture, video
from tests.services.processes import drain

PHOTO = encoded(picture(400, 300), "JPEG", exif=located())


@pytest.fixture
def kind_of_store() -> str:
    return "folder"


def test_a_photo_is_ready_when_the_worker_has_looked_at_it(place: Place) -> None:
    media_id = place.upload(PHOTO, "Markt.png", alt_text="Pumpkins")
    before = place.shown(media_id)
    assert (before["state"], before["kind"], before["addresses"]) == ("processing", None, None)
    drain()
    media = place.shown(media_id)
    assert (media["state"], media["filename"], media["alt_text"]) == ("ready", "Markt.jpg", "Pumpkins")
    assert (media["mime_type"], media["width"], media["height"], media["kind"]) == ("image/jpeg", 400, 300, "image")
    assert media["notes"] == [
        "Markt.png is of the type image/jpeg: it is called Markt.jpg now.",
        "Notes within the file (place, camera, comments) were removed.",
    ]
    assert len(bytes.fromhex(media["sha256"])) == 32
    told = place.rows("SELECT kind, payload FROM app.event WHERE workspace_id = :w AND subject_id = :m", m=media_id)
    assert told == [("media.ready", {"kind": "image"})]
    process(str(place.workspace_id), str(media_id))
    assert place.shown(media_id)["sha256"] == media["sha256"], "what is done twice counts once"
    assert len(place.files()) == 3


def test_what_cannot_be_used_is_refused_with_its_reason(place: Place) -> None:
    media = place.make(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.png")
    assert (media["state"], media["size_bytes"]) == ("refused", 0)
    assert media["problem"].startswith("This is an SVG drawing")
    assert place.files() == []
    told = place.rows("SELECT kind FROM app.event WHERE workspace_id = :w")
    assert told == [("media.refused",)]
    refused = place.ask("POST", f"{media['id']}/conversions", json={"mime_type": "image/jpeg"})
    assert (refused.status_code, refused.json()["code"]) == (409, "media-not-ready")


def test_a_conversion_is_a_media_of_its_own(place: Place, tmp_path: Path) -> None:
    source = place.make(video(tmp_path / "given", "mov"), "clip.mov")
    wish = {"mime_type": "video/mp4", "width": 80, "height": 80, "fit": "crop"}
    begun = place.ask("POST", f"{source['id']}/conversions", json=wish)
    assert begun.status_code == 202, begun.text
    made = place.work(UUID(begun.json()["id"]))
    assert (made["state"], made["width"], made["height"], made["filename"]) == ("ready", 80, 80, "clip.mp4")
    assert (made["derived_from"], made["recipe"]["fit"]) == (source["id"], "crop")
    assert place.shown(UUID(source["id"])) | {"addresses": None} == source | {"addresses": None}
    for wrong, field in (({"mime_type": "image/jpeg"}, "body.mime_type"), ({"mime_type": "video/webm"}, None)):
        answer = place.ask("POST", f"{source['id']}/conversions", json=wrong)
        assert answer.status_code == 422
        assert field is None or answer.json()["errors"][0]["field"] == field
    still = place.make(PHOTO)
    assert place.ask("POST", f"{still['id']}/conversions", json={"mime_type": "video/mp4"}).status_code == 422
    too_small = {"mime_type": "video/mp4", "max_bytes": 2_000}
    impossible = place.work(UUID(place.ask("POST", f"{source['id']}/conversions", json=too_small).json()["id"]))
    assert impossible["problem"] == "2 seconds do not fit into 2,000 bytes."


def test_a_conversion_of_what_was_removed_meanwhile_is_refused(place: Place) -> None:
    source = place.make(PHOTO)
    begun = place.ask("POST", f"{source['id']}/conversions", json={"mime_type": "image/png"}).json()
    assert place.ask("DELETE", source["id"]).status_code == 204
    made = place.work(UUID(begun["id"]))
    assert (made["state"], made["problem"]) == ("refused", "What it was to be made of is gone.")


def test_the_second_of_two_editors_is_told(place: Place) -> None:
    media = place.make(PHOTO)
    tag = place.ask("GET", media["id"]).headers["etag"]
    first = place.ask("PATCH", media["id"], json={"alt_text": "A stall"}, headers={"If-Match": tag})
    assert (first.status_code, first.json()["alt_text"]) == (200, "A stall")
    second = place.ask("PATCH", media["id"], json={"filename": "x.jpg"}, headers={"If-Match": tag})
    assert (second.status_code, second.json()["code"]) == (412, "stale")
    renamed = place.ask("PATCH", media["id"], json={"filename": "../evening.exe"}).json()
    assert renamed["filename"] == "evening.jpg"
    assert place.ask("PATCH", media["id"], json={"filename": "gpj.\u202eexe"}).status_code == 422
    assert place.ask("PATCH", media["id"], json={"alt_text": "a\0b"}).status_code == 422
    log = place.rows(
        "SELECT to_jsonb(e)::text FROM app.audit_event e WHERE workspace_id = :w AND action LIKE '%media.c%'"
    )
    assert "stall" not in str(log)


def test_media_are_listed_page_by_page(place: Place) -> None:
    made = [place.make(content)["id"] for content in (PHOTO, gif(), PHOTO)]
    place.begin(9)
    use(place, made[0])
    listed = place.ask("GET", params={"limit": 2, "state": "ready"}).json()
    assert [one["id"] for one in listed["items"]] == [made[2], made[1]]
    rest = place.ask("GET", params={"limit": 2, "state": "ready", "cursor": listed["next_cursor"]}).json()
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == ([made[0]], None)
    unused = place.ask("GET", params={"unused": True, "kind": "image"}).json()["items"]
    assert {one["id"] for one in unused} == set(made[1:])
    used = place.ask("GET", params={"unused": False}).json()["items"]
    assert [one["id"] for one in used] == made[:1]
    assert place.ask("GET", params={"cursor": listed["next_cursor"]}).status_code == 422


def test_what_a_post_shows_is_not_removed(place: Place) -> None:
    media = place.make(PHOTO)
    posts = [str(use(place, media["id"])) for _ in range(2)]
    refused = place.ask("DELETE", media["id"])
    assert (refused.status_code, refused.json()["posts"]) == (409, posts)
    place.do("DELETE FROM app.post WHERE workspace_id = :w")
    assert place.ask("DELETE", media["id"]).status_code == 204
    assert place.ask("GET", media["id"]).status_code == 404
    drain()
    assert place.files() == []


def test_what_a_post_takes_up_at_the_same_moment_is_not_removed(place: Place) -> None:
    media = place.make(PHOTO)
    with session.tenant(Role.API, workspace_id=place.workspace_id) as connection:
        before = library._posts(connection, place.workspace_id, UUID(media["id"]))
        use(place, media["id"])
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(library, "_posts", lambda *_: before)  # as it was a moment ago
            with pytest.raises(Conflict):
                library.remove(connection, place.workspace_id, UUID(media["id"]))
        connection.rollback()
    assert place.shown(UUID(media["id"]))["state"] == "ready"


def test_a_plan_without_room_takes_no_more(place: Place) -> None:
    place.do("INSERT INTO app.limit_override (workspace_id, key, value, reason) VALUES (:w, 'storage_mb', 2, 'x')")
    place.begin(1_500_000)
    for answer in (
        place.ask("POST", "uploads", headers={**TUS, "Upload-Length": "600000"}),
        place.ask("POST", files={"file": ("a.jpg", PHOTO)}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "limit-reached"), answer.text


def test_who_only_reads_changes_nothing_and_clients_do_not_see_the_library(place: Place) -> None:
    media = place.make(PHOTO)
    analyst = headers_of(colleague(place.workspace_id, WorkspaceRole.ANALYST))
    assert place.ask("GET", media["id"], headers=analyst).status_code == 200
    assert place.ask("POST", "uploads", headers={**analyst, **TUS, "Upload-Length": "3"}).status_code == 403
    assert place.ask("DELETE", media["id"], headers=analyst).status_code == 403
    client = headers_of(colleague(place.workspace_id, WorkspaceRole.CLIENT))
    assert place.ask("GET", headers=client).status_code == 403


def test_a_form_without_its_file_is_refused(place: Place) -> None:
    for parts, field in (
        ({"files": {"files": ("a.jpg", PHOTO)}}, "body.file"), ({"files": {"alt_text": (None, "x")}}, "body.file"),
        ({"files": {"file": ("a.jpg", PHOTO)}, "data": {"alt_text": "x" * 5001}}, "body.alt_text"),
        ({"files": {"file": ("a.jpg", PHOTO)}, "data": {"colour": "red"}}, "body.colour"),
    ):  # fmt: skip
        answer = place.ask("POST", **parts)  # type: ignore[arg-type]
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
    assert place.rows("SELECT 1 FROM app.media WHERE workspace_id = :w") == []


def test_nobody_reads_or_writes_media_of_another_workspace_in_the_database(place: Place) -> None:
    media = place.make(PHOTO)
    other = make_workspace()
    for role in (Role.API, Role.WORKER):
        with session.tenant(role, workspace_id=other) as connection:
            for table in ("media", "media_upload", "media_piece"):
                assert connection.exec_driver_sql(f"SELECT * FROM app.{table}").all() == []
    processing.process(other, UUID(media["id"]))
    processing.refuse(other, UUID(media["id"]), "No.")
    assert place.shown(UUID(media["id"]))["state"] == "ready"
    assert place.ask("GET", str(new_id())).status_code == 404
