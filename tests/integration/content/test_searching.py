"""Posts are found by what they say: in any language, by a part of a word, and never by what one may not see."""

import unicodedata
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from clientnest.content import searching
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import BadInput
from clientnest.ids import new_id
from tests.conftest import make_workspace
from tests.integration.content.conftest import Desk, seen

TEXTS = {
    "english": "Our new CAFÉ opens at nine — C# and AI for everybody",
    "german": "Die Straße zum Glück führt über Łódź",
    "thai": "ร้านกาแฟของเราเปิดเก้าโมง",
    "chinese": "我们的市场九点开门",
    "japanese": "東京タワーで、ﾊﾟﾝとコーヒー。",
    "arabic": "بِسْمِ السوق يفتح في التاسعة",
    "hindi": "बाज़ार नौ बजे खुलता है क्षि",
    "greek": "Ο ΛΟΓΟΣ της ημέρας",
    "emoji": "Corn 🌽 and flags 🇪🇺 100%_off",
}
FOUND_BY = {
    "english": ["café", "cafe", "CAFE", "ope", "nine our", "ai", "c#", "everybody afé"],
    "german": ["strasse", "STRAẞE", "gluck", "lodz", "ührt"],
    "thai": ["กาแฟ", "เปิด", "ร้าน"],
    "chinese": ["市场", "九", "九点开"],
    "japanese": ["東京", "タワー", "パン", "ﾊﾟ"],
    "arabic": ["بسم", "سوق", "فتح"],
    "hindi": ["बाज़ार", "क्षि", "खुल"],
    "greek": ["λόγος", "ημερας"],
    "emoji": ["🌽", "🇪🇺", "100%", "%_", "and flags"],
}


def found(desk: Desk, asked: str, by: str = "editor", **more: Any) -> list[str]:
    query = httpx.QueryParams(q=asked, **more)
    return [one["id"] for one in seen(desk("GET", f"/posts?{query}", by=by))["items"]]


def test_posts_of_all_the_world_are_found_by_words_and_parts_of_them(desk: Desk) -> None:
    posts = {language: desk.write(text=words)["id"] for language, words in TEXTS.items()}
    for language, questions in FOUND_BY.items():
        for asked in questions:
            assert found(desk, asked) == [posts[language]], asked
            assert found(desk, unicodedata.normalize("NFD", asked)) == [posts[language]], asked
    assert found(desk, "café tokyo") == [], "all words have to be there"
    assert found(desk, "eve") == [posts["english"]]
    assert found(desk, "ve") == [], "in scripts that part words a short one is a beginning"


WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=60)


def test_a_post_is_found_by_any_word_of_any_text(desk: Desk) -> None:
    desk.write()

    @given(WORDS)
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    def run(written: str) -> None:
        post = desk.write(text=written)["id"]
        for word in written.split()[:5]:
            answer = found(desk, word, limit=200)
            assert post in answer, (written, word)

    run()


def test_everything_that_a_post_says_is_looked_at_and_stays_true(desk: Desk) -> None:
    label, campaign, media = new_id(), new_id(), new_id()
    desk.sql("INSERT INTO app.label (workspace_id, id, name, colour) VALUES (:w, :id, 'Springtime', '#00ff00')",
             id=label)  # fmt: skip
    desk.sql("INSERT INTO app.campaign (workspace_id, id, name) VALUES (:w, :id, 'Harvest festival')", id=campaign)
    desk.sql("INSERT INTO app.media (workspace_id, id, state, filename, alt_text, size_bytes, kind, mime_type, width, "
             "height, sha256, stored) VALUES (:w, :id, 'ready', 'pumpkin.jpg', 'An orange gourd', 9, 'image', "
             "'image/jpeg', 40, 30, sha256('x'), :id)", id=media)  # fmt: skip
    shown = [{"media_id": str(media), "alt_text": "A lantern"}]
    post = seen(desk("POST", "/posts", {
        "title": "Internal headline", "labels": [str(label)], "campaign_id": str(campaign),
        "variants": [{"account_id": str(desk.accounts["x"]), "text": "First part", "thread": [{"text": "Sequel"}],
                      "first_comment": "Whisper", "title": "Shout", "media": shown}],
    }))["id"]  # fmt: skip
    for asked in ("headline", "springtime", "harvest fest", "pumpkin", "orange", "lantern", "sequel", "whisper",
                  "shout", "first spring gourd"):  # fmt: skip
        assert found(desk, asked) == [post], asked
    desk.sql("UPDATE app.label SET name = 'Autumn' WHERE id = :id", id=label)
    desk.sql("UPDATE app.campaign SET name = 'Thanksgiving' WHERE id = :id", id=campaign)
    desk.sql("UPDATE app.media SET alt_text = 'A squash' WHERE id = :id", id=media)
    desk("PATCH", f"/posts/{post}", {"title": "Renamed", "labels": []}, If_Match="*")
    for asked, there in (("springtime", False), ("autumn", False), ("thanksgiving", True), ("harvest", False),
                         ("gourd", False), ("squash", True), ("headline", False), ("renamed", True)):  # fmt: skip
        assert (found(desk, asked) == [post]) is there, asked
    desk.sql("DELETE FROM app.post WHERE id = :id", id=UUID(post))
    assert found(desk, "renamed") == []


def test_search_goes_with_filters_and_pages(desk: Desk) -> None:
    posts = [desk.write("x" if number % 2 else "bluesky", text=f"Harvest {number}")["id"] for number in range(5)]
    desk.write(text="Something else")
    assert found(desk, "harvest") == posts[::-1]
    assert found(desk, "harvest", network="x") == [posts[3], posts[1]]
    first = seen(desk("GET", "/posts?q=harvest&limit=2"))
    rest = seen(desk("GET", f"/posts?q=harvest&limit=3&cursor={first['next_cursor']}"))
    assert [one["id"] for one in (*first["items"], *rest["items"])] == posts[::-1]
    assert rest["next_cursor"] is None
    assert desk("GET", f"/posts?q=other&cursor={first['next_cursor']}").status_code == 422


def test_what_is_not_among_the_latest_is_found_by_the_index(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    posts = [desk.write(text=f"Harvest 市场 ai {number}")["id"] for number in range(6)]
    monkeypatch.setattr(searching, "_WALKED", 1)
    for asked in ("harvest", "市场", "市场 harv", "ai harvest", "ai", "a"):
        assert found(desk, asked) == posts[::-1], asked
    first = seen(desk("GET", "/posts?q=harvest&limit=2"))
    assert [one["id"] for one in first["items"]] == posts[:3:-1]
    rest = seen(desk("GET", f"/posts?q=harvest&cursor={first['next_cursor']}"))
    assert [one["id"] for one in rest["items"]] == posts[3::-1]


def test_clients_find_nothing_by_what_they_do_not_see(desk: Desk) -> None:
    post = seen(desk("POST", "/posts", {"title": "Of tests", "variants": [
        {"account_id": str(desk.accounts["x"]), "text": "Shown to all"},
        {"account_id": str(desk.accounts["bluesky"]), "text": "Confidential until May"},
    ]}))["id"]  # fmt: skip
    desk.sql("UPDATE app.post_variant SET state = 'in_review' WHERE post_id = :id AND account_id = :a", id=UUID(post),
             a=desk.accounts["x"])  # fmt: skip
    assert found(desk, "confidential") == [post]
    assert found(desk, "shown", by="client") == [post]
    assert found(desk, "of tests shown", by="client") == [post]
    assert found(desk, "confidential", by="client") == []
    assert found(desk, "co", by="client") == []


HOSTILE = ("%", "%%%", "_", "\\", "\\%", "'", "''':*", '" OR 1=1 --', "!&|()<->:*", "a:*", "%_" * 100, " ", "\u200b",
           "\ufdfa", "' & '", "É" * 200)  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_questions_are_only_text(desk: Desk, hostile: str) -> None:
    post = desk.write(text="Nothing of that")["id"]
    said = desk.write(text=f"This says {hostile} itself")["id"]
    answer = found(desk, hostile)
    assert said in answer
    assert (post in answer) is (not hostile.strip(" \u200b"))


def test_questions_that_no_text_could_hold_are_refused(desk: Desk) -> None:
    desk.write()
    for asked in ("x" * 201, "x" * 50_000, "a\x00b"):
        assert desk("GET", f"/posts?{httpx.QueryParams(q=asked)}").status_code == 422


def test_a_question_of_a_megabyte_is_refused_before_it_is_read(desk: Desk) -> None:
    with (
        session.tenant(Role.API, workspace_id=desk.workspace_id) as connection,
        pytest.raises(BadInput, match="200 characters"),
    ):
        searching.question(connection, "x" * 1_000_000)


def test_the_longest_posts_are_kept_and_found_by_how_they_begin(desk: Desk) -> None:
    many = " ".join(f"{number:x}市" for number in range(14_000))[:100_000]
    post = seen(desk("POST", "/posts", {"title": "Long", "variants": [
        {"account_id": str(account), "text": many} for account in desk.accounts.values()
    ]}))["id"]  # fmt: skip
    assert found(desk, "long 1abc市") == [post]


def test_nobody_finds_what_others_wrote(desk: Desk) -> None:
    desk.write(text="Harvest")
    with session.tenant(Role.API, workspace_id=make_workspace()) as connection:
        assert connection.execute(text("SELECT * FROM app.posts_with('{%harvest%}', '', NULL)")).all() == []
        assert connection.execute(text("SELECT * FROM app.post_search")).all() == []
    with session.tenant(Role.API) as connection:
        assert connection.execute(text("SELECT * FROM app.posts_with('{%harvest%}', '', NULL)")).all() == []
