"""What nobody needs goes, rows and files both; a crash in between leaves no row without its file."""

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from clientnest.ids import new_id
from clientnest.media import housekeeping
from clientnest.media.store import LocalStore
from clientnest.media.tasks import forget, sweep
from tests.integration.media.conftest import Place, use
from tests.media_files import encoded, picture

PHOTO = encoded(picture(), "JPEG")


def _age(place: Place, days: int) -> None:
    place.do("UPDATE app.media SET unused_since = unused_since - make_interval(days => :d) WHERE workspace_id = :w",
             d=days)  # fmt: skip


def test_media_that_no_post_used_for_long_go_and_others_stay(place: Place) -> None:
    used, unused, refused = (place.make(content)["id"] for content in (PHOTO, PHOTO, b"text"))
    use(place, used)
    _age(place, 31)
    forget(0)
    assert place.ask("GET", used).status_code == 200
    assert [place.ask("GET", one).status_code for one in (unused, refused)] == [404, 404]
    assert {key.split("/")[1] for key in place.files()} == {used}
    place.do("DELETE FROM app.post WHERE workspace_id = :w")
    forget(0)
    assert place.ask("GET", used).status_code == 200, "its thirty days begin when it is not used any more"
    _age(place, 31)
    forget(0)
    assert place.files() == []


def test_media_taken_up_again_meanwhile_stay(place: Place) -> None:
    media = place.make(PHOTO)["id"]
    _age(place, 31)
    use(place, media)
    housekeeping._forget(place.workspace_id, UUID(media), datetime.fromisoformat("2999-01-01T00:00:00Z"))
    assert place.ask("GET", media).status_code == 200


def test_what_was_never_finished_has_a_way_out(place: Place) -> None:
    media_id = place.upload(PHOTO)
    place.do("UPDATE app.media SET state_since = now() - interval '25 hours' WHERE workspace_id = :w")
    forget(0)
    media = place.shown(media_id)
    assert (media["state"], media["problem"]) == ("refused", "Looking at it was begun, and not finished within a day.")


def test_an_upload_that_became_a_picture_is_forgotten_without_it(place: Place) -> None:
    media = place.make(PHOTO)["id"]
    place.do("UPDATE app.media_upload SET expires_at = now() - interval '1 second' WHERE workspace_id = :w")
    forget(0)
    assert place.rows("SELECT 1 FROM app.media_upload WHERE workspace_id = :w") == []
    assert place.shown(media)["state"] == "ready"
    assert len(place.files()) == 3


def test_a_crash_between_rows_and_files_leaves_files_that_a_later_look_removes(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    media = place.make(PHOTO)["id"]
    kept = place.make(PHOTO)["id"]
    waiting = place.begin(9)
    place.send(waiting, 0, b"abc")

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    _age(place, 31)
    use(place, kept)
    with monkeypatch.context() as patch:
        patch.setattr(housekeeping, "remove_files", dies)
        with pytest.raises(KeyboardInterrupt):
            forget(0)
    place.do("DELETE FROM app.post WHERE workspace_id = :w")
    assert place.ask("GET", media).status_code == 404
    written = tmp_path / "left"
    written.write_bytes(b"of a workspace that is gone")
    stray = f"{new_id()}/{new_id()}/{new_id().hex}-original"
    place.store.adopt(written, stray)
    sweep(0)
    assert len(place.files()) == 7, "what is young may belong to a row that is about to be written"
    monkeypatch.setattr(housekeeping, "_TOO_YOUNG", -housekeeping._TOO_YOUNG)
    sweep(0)
    assert {key.split("/")[1] for key in place.files()} == {kept, waiting.rpartition("/")[2]}
    assert stray not in [key for key, _ in place.store.files()]


def test_a_workspace_goes_with_what_its_posts_show(place: Place) -> None:
    use(place, place.make(PHOTO)["id"])
    place.do("DELETE FROM app.workspace WHERE id = :w")
    assert place.rows("SELECT 1 FROM app.media WHERE workspace_id = :w") == []


def test_what_killed_writers_left_is_removed_after_a_day(tmp_path: Path) -> None:
    kept = LocalStore(tmp_path)
    old, young = tmp_path / ".writing" / "old", tmp_path / ".writing" / "young"
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (time.time() - 90_000,) * 2)
    with kept.scratch() as folder:
        assert folder.is_dir()
        assert (old.exists(), young.exists()) == (False, True)
    assert not folder.exists()
    assert list(kept.files()) == []
