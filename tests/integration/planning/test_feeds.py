"""Calendar feeds: their address is shown once, is somebody's own, and ends when they leave or revoke it."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import Conflict, NotFound
from clientnest.ids import new_id
from clientnest.planning import feeds
from clientnest.workspaces import WorkspaceRole
from clientnest.workspaces.keys import create_key
from tests.integration.planning.conftest import CLIENT, Brand, Member, make_brand


def _made(member: Member, **body: Any) -> tuple[dict[str, Any], str]:
    """A new feed, and the secret in its address."""
    answer = member.ask("POST", "calendar-feeds", {"name": "My phone", **body})
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown, urlsplit(shown["address"]).path.rsplit("/", 1)[1].removesuffix(".ics")


def _opened(secret: str) -> feeds.OpenedFeed:
    with session.tenant(Role.API) as connection:  # before any workspace is known
        return feeds.open_feed(connection, secret)


def test_the_address_is_shown_once_and_opens_without_signing_in(brand: Brand) -> None:
    editor = brand.member(WorkspaceRole.EDITOR)
    shown, secret = _made(editor, filters={"accounts": [str(brand.account_id)]})
    assert secret.startswith(feeds.PREFIX)
    opened = _opened(secret)
    assert (opened.workspace_id, opened.person_id, str(opened.id)) == (
        brand.workspace_id, editor.person_id, shown["id"]
    )  # fmt: skip
    assert opened.filters == {"accounts": [str(brand.account_id)]}
    (listed,) = editor.ask("GET", "calendar-feeds").json()["items"]
    assert listed.pop("last_used_at")
    assert listed == {name: value for name, value in shown.items() if name not in ("address", "last_used_at")}
    with session.tenant(Role.MIGRATE) as connection:
        row = connection.execute(
            text("SELECT to_jsonb(f)::text FROM app.calendar_feed f WHERE id = :id"), {"id": shown["id"]}
        )
        assert secret not in row.scalar_one(), "the secret is kept nowhere"


def test_making_one_twice_with_the_same_key_keeps_no_secret(brand: Brand) -> None:
    member, key = brand.member(), {"idempotency-key": new_id().hex}
    answers = [member.ask("POST", "calendar-feeds", {"name": "Phone"}, **key).json()["address"] for _ in range(2)]
    assert answers[0] != answers[1]


def test_a_feed_ends_when_it_is_revoked(brand: Brand) -> None:
    member = brand.member()
    shown, secret = _made(member)
    assert member.ask("DELETE", f"calendar-feeds/{shown['id']}").status_code == 204
    with pytest.raises(NotFound):
        _opened(secret)
    assert member.ask("DELETE", f"calendar-feeds/{shown['id']}").status_code == 204, "twice is as once"


def test_a_feed_of_somebody_who_was_removed_is_not_found(brand: Brand) -> None:
    member = brand.member(WorkspaceRole.EDITOR)
    _, secret = _made(member)
    assert _opened(secret)
    assert brand.member().ask("DELETE", f"members/{member.person_id}").status_code == 204
    with pytest.raises(NotFound):
        _opened(secret)


@pytest.mark.parametrize("secret", ["", "cnf_", "cnf_nonsense", "x" * 10_000, "\ud800", "cnf_' OR true --"])
def test_what_is_no_secret_of_ours_is_not_found(brand: Brand, secret: str) -> None:
    with pytest.raises(NotFound):
        _opened(secret)


def test_nobody_sees_or_revokes_the_feed_of_somebody_else(brand: Brand) -> None:
    shown, secret = _made(brand.member(WorkspaceRole.EDITOR))
    owner = brand.member(WorkspaceRole.OWNER)
    assert owner.ask("GET", "calendar-feeds").json()["items"] == []
    assert owner.ask("DELETE", f"calendar-feeds/{shown['id']}").status_code == 404
    assert _opened(secret)


def test_a_feed_shows_accounts_of_its_own_workspace_only(brand: Brand) -> None:
    theirs = make_brand()
    answer = brand.member().ask(
        "POST", "calendar-feeds", {"name": "Phone", "filters": {"accounts": [str(theirs.account_id)]}}
    )
    assert answer.status_code == 404, answer.text


def test_a_program_has_no_feeds(brand: Brand) -> None:
    with session.tenant(Role.API, workspace_id=brand.workspace_id) as connection:
        _, secret = create_key(connection, brand.workspace_id, "Reporting", ["content.read"], created_by=None)
    for method in ("GET", "POST"):
        body = {"name": "Phone"} if method == "POST" else None
        address = f"/v1/workspaces/{brand.workspace_id}/calendar-feeds"
        answer = CLIENT.request(method, address, headers={"Authorization": f"Bearer {secret}"}, json=body)
        assert answer.status_code == 403, answer.text


def test_somebody_has_so_many_feeds_that_work_and_no_more(brand: Brand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST", 1)
    member = brand.member()
    first, _ = _made(member)
    with session.tenant(Role.API, workspace_id=brand.workspace_id) as connection, pytest.raises(Conflict):
        feeds.create_feed(connection, brand.workspace_id, member.person_id, "Another", {})
    assert member.ask("DELETE", f"calendar-feeds/{first['id']}").status_code == 204
    assert _made(member)


def test_the_api_cannot_read_the_hashes_and_nobody_else_opens_feeds(brand: Brand) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        session.tenant(Role.API, workspace_id=brand.workspace_id) as connection,
    ):
        connection.execute(text("SELECT token_hash FROM app.calendar_feed"))
    for role in (Role.WORKER, Role.DASHBOARDS, Role.IDENTITY):
        with pytest.raises(ProgrammingError, match="permission denied"), session.tenant(role) as connection:
            connection.execute(text("SELECT * FROM app.open_calendar_feed('x')"))
