"""Every page of the dashboards and every file it offers, for each role: its own workspace, and nothing of another.

Pages come from the dashboards' own menu, so a new one is tested without a change here. The dashboards are served as
they are, in this process, and asked as a browser asks them.
"""

from collections.abc import Iterator
from uuid import UUID

import pytest
import streamlit as st
from psycopg2.extensions import cursor as Cursor
from sqlalchemy import text
from streamlit import config
from streamlit.web import bootstrap

from api.main import create_app
from clientnest import settings
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import Forbidden, NotFound
from clientnest.identity import AccessToken, issue_token, sessions, verify_token
from clientnest.workspaces import Membership, Permission, Workspace, WorkspaceRole
from clientnest.workspaces.permissions import allows
from dashboards import data
from dashboards.app import app
from dashboards.components import frame
from dashboards.entry.menu import PAGES, Entry
from tests.conftest import make_workspace
from tests.integration.api.operations import colleague
from tests.integration.isolation.conftest import Marked
from tests.integration.isolation.visiting import Page, Visitor, Way, signed_in
from tests.services.processes import ROOT
from tests.services.served import served
from tests.worlds import PASSWORD, World

every_page = pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.path)
SIGN_IN, NO_WORKSPACE = "Results of your social media posts, from your own data.", "do not belong to any workspace"


@pytest.fixture(scope="module")
def site(marked: Marked) -> Iterator[str]:
    """Host and port of the dashboards, with their own configuration, as `streamlit run dashboards/app.py` finds it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "_main_script_path", str(ROOT / "dashboards" / "app.py"))
        bootstrap.load_config_options({})
        assert config.get_option("client.showErrorDetails") == "none"
        with served(app) as address:
            yield address


@pytest.fixture(scope="module")
def members(marked: Marked, site: str) -> dict[WorkspaceRole, Way]:
    """Somebody of each role in the first workspace, signed in."""
    return {role: signed_in(site, colleague(marked.world.mine.workspace_id, role)) for role in WorkspaceRole}


@pytest.fixture
def nothing_cached() -> Iterator[None]:
    """What a test made visible on purpose is forgotten after it."""
    st.cache_data.clear()
    yield
    st.cache_data.clear()


def look(site: str, entry: Entry, way: Way | None, *, files: bool = True, **query: str) -> Page:
    path = "" if entry is PAGES[0] else entry.path
    with Visitor(site, path, cookie=way.cookie if way else "", **query) as visitor:
        return visitor.look(files=files)


def elsewhere(marked: Marked) -> dict[str, str]:
    """An address that names the other workspace, its accounts and what its posts say."""
    return {"workspace": "other", "account": f"Acme {marked.other.word} · X", "of": f"Acme {marked.other.word} · X"}


def demote(person_id: UUID, role: WorkspaceRole | None) -> None:
    """Change somebody's part, or take them out of every workspace."""
    statement = "DELETE FROM app.membership" if role is None else "UPDATE app.membership SET role = :role"
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text(f"{statement} WHERE person_id = :p"), {"p": person_id, "role": role.value if role else None}
        )


@every_page
@pytest.mark.parametrize("role", WorkspaceRole)
def test_each_role_sees_the_pages_it_may_see_with_its_own_workspace_in_them(
    site: str, marked: Marked, members: dict[WorkspaceRole, Way], entry: Entry, role: WorkspaceRole
) -> None:
    page = look(site, entry, members[role], **elsewhere(marked))
    assert page.pages == [one.title for one in PAGES]
    assert not page.elements("exception")
    if allows(role, entry.permission):
        assert marked.mine.shown_in(page.shown) == marked.mine.all
        assert page.files
    else:
        assert f"As {role} you may not do this here" in page.shown
        assert marked.mine.shown_in(page.shown) == set()
        assert not page.files
    assert marked.other.shown_in(page.shown) == set()


@pytest.fixture
def api(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The API through which the dashboards sign people in."""
    with served(create_app()) as address:
        monkeypatch.setenv("CLIENTNEST_API_PORT", address.rpartition(":")[2])
        settings.forget()
        yield
    monkeypatch.undo()
    settings.forget()


def test_signing_in_by_the_form_leads_to_ones_own_workspace(site: str, marked: Marked, api: None) -> None:
    with Visitor(site, workspace="other") as visitor:
        form = visitor.look()
        assert SIGN_IN in form.shown
        fields = {"E-mail address": marked.world.mine.owner.email, "Password": PASSWORD}
        filled = {form.labelled("text_input", label).id: value for label, value in fields.items()}
        page = visitor.look({**filled, form.labelled("button", "Sign in").id: True})
    assert marked.mine.shown_in(page.shown) == marked.mine.all
    assert marked.other.shown_in(page.shown) == set()


@every_page
def test_who_belongs_nowhere_or_did_not_sign_in_sees_nothing_of_any_workspace(
    site: str, marked: Marked, entry: Entry
) -> None:
    stranger = signed_in(site, colleague(marked.world.mine.workspace_id, WorkspaceRole.EDITOR))
    demote(stranger.person_id, None)
    with session.tenant(Role.IDENTITY) as connection:
        ended = signed_in(site, colleague(marked.world.mine.workspace_id, WorkspaceRole.OWNER))
        sessions.end(connection, ended.person_id, ended.session_id, "revoked")
    not_a_cookie = Way(ended.person_id, ended.session_id, issue_token(marked.world.mine.owner.id))  # one of the API's
    for way, words in ((stranger, NO_WORKSPACE), (ended, SIGN_IN), (not_a_cookie, SIGN_IN), (None, SIGN_IN)):
        page = look(site, entry, way, workspace="mine")
        assert words in page.shown
        assert marked.mine.shown_in(page.shown) | marked.other.shown_in(page.shown) == set()
        assert not page.files


@every_page
def test_the_switch_between_workspaces_takes_no_name_but_ones_own(site: str, marked: Marked, entry: Entry) -> None:
    person = colleague(make_workspace(), WorkspaceRole.OWNER)
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.membership (workspace_id, person_id, role) VALUES (:w, :p, 'owner')"),
            {"w": marked.world.mine.workspace_id, "p": person},
        )
    way = signed_in(site, person)
    with Visitor(site, "" if entry is PAGES[0] else entry.path, cookie=way.cookie, workspace="mine") as visitor:
        page = visitor.look()
        assert marked.mine.shown_in(page.shown) == marked.mine.all
        switch = page.labelled("selectbox", "Workspace")
        assert set(switch.options) == {"mine", "Test brand"}
        forged = visitor.look({switch.id: "other"})
    assert not forged.elements("exception")
    assert marked.other.shown_in(forged.shown) == set()


@every_page
def test_who_is_removed_or_signed_out_loses_the_page_they_have_open(site: str, marked: Marked, entry: Entry) -> None:
    for leave in (_remove, _sign_out):
        way = signed_in(site, colleague(marked.world.mine.workspace_id, WorkspaceRole.OWNER))
        with Visitor(site, "" if entry is PAGES[0] else entry.path, cookie=way.cookie) as visitor:
            page = visitor.look()
            assert marked.mine.shown_in(page.shown) == marked.mine.all
            made_when_asked = [one for one in page.elements("download_button") if one.deferred_file_id]
            parts = [one.auto_rerun.fragment_id for one in page.messages if one.WhichOneof("type") == "auto_rerun"]
            leave(way)
            assert [visitor.save(button) for button in made_when_asked] == [""] * len(made_when_asked)
            for again in (*parts, ""):
                assert marked.mine.shown_in(visitor.look(fragment=again).shown) == set()


def test_there_are_parts_and_files_that_are_made_after_the_page(site: str, members: dict[WorkspaceRole, Way]) -> None:
    """Without them the test above would show nothing of what is asked for later."""
    pages = [look(site, entry, members[WorkspaceRole.OWNER], files=False) for entry in PAGES]
    assert any(one.deferred_file_id for page in pages for one in page.elements("download_button"))
    assert any(one.WhichOneof("type") == "auto_rerun" for page in pages for one in page.messages)


def test_a_demoted_member_loses_what_their_new_role_may_not_see(site: str, marked: Marked) -> None:
    way = signed_in(site, colleague(marked.world.mine.workspace_id, WorkspaceRole.EDITOR))
    with Visitor(site, "data-health", cookie=way.cookie) as visitor:
        assert marked.mine.shown_in(visitor.look().shown) == marked.mine.all
        demote(way.person_id, WorkspaceRole.CLIENT)
        page = visitor.look()
    assert "As client you may not do this here: see imports" in page.shown
    assert marked.mine.shown_in(page.shown) == set()


def _remove(way: Way) -> None:
    demote(way.person_id, None)


def _sign_out(way: Way) -> None:
    with session.tenant(Role.IDENTITY) as connection:
        sessions.end(connection, way.person_id, way.session_id, "signed_out")


def _leaks(site: str, marked: Marked, way: Way) -> set[str]:
    """Pages on which something of the other workspace shows to somebody who asks for it."""
    pages = {entry.path: look(site, entry, way, workspace="other") for entry in PAGES}
    return {path for path, page in pages.items() if marked.other.shown_in(page.shown)}


def test_these_tests_notice_when_membership_is_not_asked_for(
    site: str, marked: Marked, members: dict[WorkspaceRole, Way], monkeypatch: pytest.MonkeyPatch, nothing_cached: None
) -> None:
    def everybody(proof: AccessToken) -> tuple[Membership, ...]:
        return tuple(
            Membership(Workspace(brand.workspace_id, name, name, "UTC", False), proof.person_id, WorkspaceRole.OWNER)
            for name, brand in (("mine", marked.world.mine), ("other", marked.world.other))
        )

    monkeypatch.setattr(data, "memberships_of", everybody)
    assert _leaks(site, marked, members[WorkspaceRole.OWNER]) == {entry.path for entry in PAGES}


def test_these_tests_notice_when_a_file_is_made_without_asking_again(
    site: str, marked: Marked, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = signed_in(site, colleague(marked.world.mine.workspace_id, WorkspaceRole.EDITOR))
    with Visitor(site, "posts", cookie=way.cookie) as visitor:
        button = visitor.look(files=False).labelled("download_button", "These posts as CSV")
        demote(way.person_id, None)
        monkeypatch.setattr(frame, "check", lambda *_: None)
        assert marked.mine.shown_in(visitor.save(button)) == marked.mine.all


def test_these_tests_notice_when_a_policy_is_gone(
    site: str, marked: Marked, members: dict[WorkspaceRole, Way], owned: Cursor, nothing_cached: None
) -> None:
    owned.execute("ALTER TABLE ml.training_run DISABLE ROW LEVEL SECURITY")
    try:
        assert _leaks(site, marked, members[WorkspaceRole.OWNER]) == {"best-times"}
    finally:
        owned.execute("ALTER TABLE ml.training_run ENABLE ROW LEVEL SECURITY")


def test_nobody_hands_in_files_with_a_role_that_may_not(marked: Marked, members: dict[WorkspaceRole, Way]) -> None:
    """The form is not drawn for them; what it would call refuses them all the same, there and elsewhere."""
    for role, way in members.items():
        token = verify_token(issue_token(way.person_id, session_id=way.session_id))
        with pytest.raises(NotFound):
            data.stage_import(token, marked.world.other.workspace_id, (), None)
        if not allows(role, Permission.IMPORTS_CREATE):
            with pytest.raises(Forbidden):
                data.stage_import(token, marked.world.mine.workspace_id, (), None)
