"""What people see: numbers that SQL on the captures gives too, and ways in, around and out that behave."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from playwright.sync_api import Page, expect

from dashboards.session import COOKIE
from tests.browser.dashboards.conftest import Site, fill_in, settled, shown, signed_in
from tests.worlds import PASSWORD

PAGES = {
    "/": "Overview",
    "/posts": "Posts",
    "/best-times": "Best times",
    "/data-health": "Import and data health",
}

# The last known totals of each post, straight from the captures, and the 28 days up to the newest post.
_LATEST = """
WITH latest AS (
    SELECT p.id, p.account_id, p.network, p.external_id, p.published_at AT TIME ZONE a.timezone AS local,
        {totals}
    FROM raw.post p
    JOIN app.account a ON a.workspace_id = p.workspace_id AND a.id = p.account_id
    JOIN raw.post_snapshot s ON s.workspace_id = p.workspace_id AND s.post_id = p.id
    WHERE p.workspace_id = :demo
    GROUP BY p.id, p.account_id, p.network, p.external_id, p.published_at, a.timezone
),
period AS (SELECT max(local)::date - 27 AS first, max(local)::date AS last FROM latest),
chosen AS (SELECT * FROM latest, period WHERE local >= first AND local < last + 1)
""".format(
    totals=", ".join(
        f"(array_agg(s.{name} ORDER BY s.captured_at DESC) FILTER (WHERE s.{name} IS NOT NULL))[1] AS {name}"
        for name in ("likes", "comments", "shares", "impressions", "views")
    )
)
_ENGAGEMENT = "likes + comments + shares"


def test_overview(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/", as_=site.analyst)
    engagement = site.one(f"{_LATEST} SELECT sum({_ENGAGEMENT}) FROM chosen WHERE network = 'x'")
    impressions = site.one(f"{_LATEST} SELECT sum(impressions) FROM chosen WHERE network = 'x'")
    account_id: UUID
    account_id, followers = site.rows(
        "SELECT DISTINCT ON (account_id) account_id, followers FROM raw.account_snapshot JOIN app.account a "
        "ON a.id = account_id WHERE a.workspace_id = :demo AND network = 'instagram' "
        "ORDER BY account_id, captured_at DESC"
    )[0]

    assert shown(page, "posts") == site.one(f"{_LATEST} SELECT count(*) FROM chosen") > 50
    assert shown(page, "x.engagement") == engagement > 1_000
    assert shown(page, "x.impressions") == impressions > 10_000
    assert shown(page, f"followers.{account_id}") == followers

    # Posts of the last days are still growing: their trend against a finished period is not the last word.
    card = page.get_by_role("region", name="X", exact=True)
    lead, typical = (
        card.locator(".cn-lead").inner_text(),
        card.get_by_text("Typical after 24 h").locator("..").inner_text(),
    )
    assert "so far" in lead
    assert "%" in typical
    assert "so far" not in typical


def test_what_a_network_does_not_report_is_said_and_not_shown_as_nought(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/", as_=site.analyst)
    card = page.get_by_role("region", name="Bluesky")
    assert "Impressions\n— not reported by this network" in card.inner_text()
    page.get_by_text("Impressions", exact=True).last.click()
    settled(page)
    assert "Fennimore España · Bluesky: not reported by this network" in page.get_by_test_id("stMain").inner_text()


def test_posts(site: Site, visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit("/posts?order=Most+engagement", as_=site.analyst)
    best = site.rows(f"{_LATEST} SELECT {_ENGAGEMENT} AS engagement, likes FROM chosen ORDER BY 1 DESC LIMIT 3")
    lines = page.locator('[data-testid="stDataFrame"] table tbody tr')
    lines.nth(2).locator("td").nth(3).wait_for(state="attached")
    for number, (engagement, likes) in enumerate(best):
        cells = lines.nth(number).locator("td").all_text_contents()
        assert {str(engagement), str(likes)} <= {cell.replace(",", "") for cell in cells}

    exported = downloaded(page, "These posts as CSV", tmp_path)
    expected = site.rows(f"{_LATEST} SELECT count(*), sum({_ENGAGEMENT}), sum(views) FROM chosen")[0]
    assert len(exported) == expected[0]
    assert sum(int(row["engagement"]) for row in exported) == expected[1]
    assert sum(int(row["views"] or 0) for row in exported) == expected[2]


def test_best_times(site: Site, visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit("/best-times", as_=site.analyst)
    best = site.rows("SELECT hour_of_week, uplift, posts FROM ml.best_time ORDER BY uplift DESC LIMIT 1")[0]

    assert (best.hour_of_week, best.posts) == (34, 34 % 7)
    words = page.locator("p", has_text="went best").inner_text()
    assert "Tuesday 10:00 went best: +30\u202f%" in words
    assert shown(page, "best.posts") == best.posts
    assert "Association, not proof" in page.get_by_test_id("stMain").inner_text()
    assert "321 posts" in page.locator("p", has_text="A model is in use").inner_text()

    exported = downloaded(page, "All hours as CSV", tmp_path)
    assert len(exported) == 168
    assert {float(row["uplift"]) for row in exported} == {
        row[0] for row in site.rows("SELECT DISTINCT uplift FROM ml.best_time")
    }


def test_data_health(site: Site, visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit("/data-health", as_=site.analyst)
    posts = site.rows("SELECT account_id, count(*) FROM raw.post WHERE workspace_id = :demo GROUP BY 1")
    assert len(posts) == 8
    for account_id, count in posts:
        assert shown(page, f"health.{account_id}.posts") == count

    exported = downloaded(page, "Coverage as CSV", tmp_path)
    known = {(row["account_id"], row["metric"]): float(row["share"]) for row in exported}
    for metric in ("video_views", "profile_visits", "impressions"):
        shares = site.rows(
            "SELECT account_id, avg(known::int)::float FROM (SELECT account_id, post_id, "
            f"bool_or({metric} IS NOT NULL) AS known FROM raw.post_snapshot WHERE workspace_id = :demo GROUP BY 1, 2) "
            "AS posts GROUP BY 1"
        )
        for account_id, share in shares:
            assert abs(known[str(account_id), metric] - share) < 1e-9


def test_a_link_leads_where_it_says_after_signing_in(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/best-times")
    fill_in(page, site.analyst, "not the password")
    expect(page.get_by_text("No such e-mail address and password.")).to_be_visible()
    fill_in(page, site.analyst, PASSWORD)
    expect(page.get_by_role("heading", name="Best times")).to_be_visible()


def test_signing_in_lasts_over_a_reload_until_signing_out(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/posts", as_=site.analyst)
    cookie = next(one for one in page.context.cookies() if one["name"] == COOKIE)
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert cookie["value"] not in page.content()
    page.reload()
    expect(page.get_by_role("heading", name="Posts")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("E-mail address")).to_be_visible()
    settled(page)
    page.reload()
    expect(page.get_by_label("E-mail address")).to_be_visible()
    assert not [one for one in page.context.cookies() if one["name"] == COOKIE]


def test_period_and_accounts_are_in_the_address(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/", as_=site.analyst)
    everything = shown(page, "posts")
    page.get_by_text("7 days", exact=True).click()
    settled(page)
    week = shown(page, "posts")
    page.get_by_role("combobox", name="Accounts").click()
    page.get_by_role("option", name="Fennimore Roasters · LinkedIn").click()
    settled(page)
    one_account = shown(page, "posts")
    assert one_account < week < everything

    again = page.context.new_page()
    again.goto(page.url)
    signed_in(again)
    assert shown(again, "posts") == one_account
    assert again.get_by_role("region", name="LinkedIn").count() == 1
    assert again.get_by_role("region", name="Bluesky").count() == 0
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Posts").click()
    expect(page.get_by_role("heading", name="Posts")).to_be_visible()
    settled(page)
    assert f"Posts 1 to {one_account}" in page.get_by_test_id("stMain").inner_text(), "the choice goes along"
    page.go_back()
    if urlsplit(page.url).path == "/posts":  # on a slow machine the page notes the choice in its address once more
        page.go_back()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=20_000)


def test_every_page_of_a_demo_says_that_its_data_is_generated(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/", as_=site.analyst)
    for name in PAGES.values():
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(page.get_by_text("Generated demo data")).to_be_visible()


def test_an_empty_workspace_says_how_to_import(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/?workspace=Acme", as_=site.owner)
    for name in PAGES.values():
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(page.get_by_text("clientnest import --workspace acme FILE...")).to_be_visible()
        assert page.get_by_text("Generated demo data").count() == 0


def test_nobody_sees_a_workspace_they_do_not_belong_to(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/?workspace=Acme", as_=site.analyst)
    assert "Demo brand" in page.get_by_test_id("stSidebar").inner_text()
    assert page.get_by_text("Acme").count() == 0


def test_a_file_is_handed_in_to_ones_own_workspace_only(site: Site, visit: Callable[..., Page]) -> None:
    demo = visit("/data-health", as_=site.analyst)
    assert demo.locator("input[type=file]").count() == 0

    page = visit("/data-health?workspace=Acme", as_=site.owner)
    page.locator("input[type=file]").set_input_files(
        {
            "name": "posts.csv",
            "mimeType": "text/csv",
            "buffer": b"network,account,post_id,published_at,captured_at,text,likes\n"
            b"x,acme,1,2026-02-01T10:00:00Z,2026-02-20T10:00:00Z,Hello,3\n",
        }
    )
    expect(page.get_by_text("posts.csv").first).to_be_visible()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("posts.csv · waiting")).to_be_visible()
    staged = site.rows("SELECT job.state, file.name, file.format FROM app.job JOIN app.import_file file "
                       "ON file.job_id = job.id WHERE job.workspace_id = :own")  # fmt: skip
    assert [tuple(row) for row in staged] == [("queued", "posts.csv", "plain_csv")]


def test_a_phone_shows_every_page_without_sideways_scrolling(site: Site, visit: Callable[..., Page]) -> None:
    main = "document.querySelector('[data-testid=stMain]')"
    for path, name in PAGES.items():
        page = visit(path, as_=site.analyst, width=390)
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        assert page.evaluate(f"{main}.scrollWidth - {main}.clientWidth") <= 0, path


def test_the_keyboard_shows_where_it_is(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/", as_=site.analyst)
    page.get_by_role("link", name="Posts").focus()
    page.keyboard.press("Tab")
    width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
    style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert width >= 2
    assert style != "none"


def downloaded(page: Page, button: str, folder: Path) -> list[dict[str, Any]]:
    """The rows of the CSV that a button gives."""
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    download.value.save_as(folder / "given.csv")
    return list(csv.DictReader(io.StringIO((folder / "given.csv").read_text("utf-8-sig"))))
