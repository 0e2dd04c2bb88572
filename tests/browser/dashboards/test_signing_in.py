"""Signing in to the dashboards in two steps, being signed out from elsewhere, workspaces that ask for two factors."""

from collections.abc import Callable

import pyotp
from playwright.sync_api import Page, expect

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import people, second_factor, sessions
from clientnest.workspaces import WorkspaceRole, add_member, change_workspace, create_workspace
from tests.browser.dashboards.conftest import Site, fill_in, settled, signed_in
from tests.worlds import PASSWORD


def person_with_app(email: str, site: Site) -> tuple[people.Person, list[str]]:
    """Somebody who belongs to the demo and has an authenticator app: with their recovery codes."""
    with session.tenant(Role.MIGRATE) as connection:
        made = people.create_person(connection, email, "Two Steps", PASSWORD)
        add_member(connection, site.demo, made.id, WorkspaceRole.ANALYST)
    with session.tenant(Role.IDENTITY) as connection:
        app = pyotp.parse_uri(second_factor.enrol(connection, made.id).uri)
        assert isinstance(app, pyotp.TOTP)
        return made, second_factor.confirm(connection, made.id, app.now())


def test_a_code_is_asked_for_where_an_app_is_on_and_signing_out_elsewhere_works_at_once(
    visit: Callable[..., Page], site: Site
) -> None:
    made, codes = person_with_app("two-steps@example.org", site)
    page = visit("/")
    fill_in(page, made.email, PASSWORD)
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("The code is not right")).to_be_visible()
    page.get_by_role("textbox", name="Code").fill(codes[0])
    page.get_by_role("button", name="Go on").click()
    signed_in(page)
    page.reload()
    signed_in(page)
    with session.tenant(Role.IDENTITY) as connection:
        sessions.end_all(connection, made.id, "revoked")
    page.reload()
    expect(page.get_by_label("E-mail address")).to_be_visible()


def test_a_workspace_that_asks_for_two_factors_is_closed_to_who_proved_one(
    visit: Callable[..., Page], site: Site
) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        made = people.create_person(connection, "one-step@example.org", "One Step", PASSWORD)
        strict = create_workspace(connection, "Strict", "strict", owner=made.id)
        change_workspace(connection, strict, require_second_factor=True)
    page = visit("/")
    fill_in(page, made.email, PASSWORD)
    expect(page.get_by_text("ask for a second factor")).to_be_visible()
    settled(page)
    assert page.get_by_text("Strict").count() == 0
