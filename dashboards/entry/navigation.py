"""The frame of every page: who is signed in, which workspace, which pages there are, and what happens when it fails."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st
from sqlalchemy.exc import OperationalError
from streamlit import Page

from clientnest.errors import ClientNestError
from clientnest.workspaces import Permission
from dashboards import session
from dashboards.components import states, theme
from dashboards.components.frame import View, choose_workspace, sign_out_button
from dashboards.data import memberships_of
from dashboards.pages import best_times, data_health, overview, posts, sign_in

IMAGES = Path(__file__).parents[1] / "images"
st.set_page_config(page_title="ClientNest", page_icon=str(IMAGES / "mark.svg"), layout="wide")


# What draws a page, its title, address and icon, and what somebody has to be allowed to see it.
_PAGES = (
    (overview.render, "Overview", "overview", ":material/insights:", Permission.RESULTS_READ),
    (posts.render, "Posts", "posts", ":material/article:", Permission.RESULTS_READ),
    (best_times.render, "Best times", "best-times", ":material/schedule:", Permission.PREDICTIONS_READ),
    (data_health.render, "Import and data health", "data-health", ":material/monitor_heart:", Permission.IMPORTS_READ),
)


def page() -> None:
    """Draw the page that somebody asked for; for people who are not signed in every address is the sign-in form, so
    that a link leads where it says as soon as they are."""
    proof = session.signed_in()
    memberships = memberships_of(proof) if proof else ()
    if memberships is None:
        session.finish()
        st.rerun()
    open_ones = [
        one for one in memberships or () if not one.workspace.require_second_factor or (proof and proof.second_factor)
    ]
    if not open_ones or proof is None:
        form = partial(sign_in.render, proof, closed=len(memberships or ()))
        st.navigation(_pages(form, _PAGES), position="hidden").run()
        return
    view = View(choose_workspace(open_ones), proof)
    chosen = st.navigation(_pages(view, [page for page in _PAGES if view.may(page[-1])]))
    sign_out_button(view)
    chosen.run()


def _pages(drawn: View | Callable[[], None], pages: Sequence[Any]) -> list[Page]:
    """The pages for somebody's eyes, or all of them drawn by one function."""
    return [
        st.Page(
            partial(render, drawn) if isinstance(drawn, View) else drawn,
            title=title, url_path=path, icon=icon, default=path == "overview",
        )
        for render, title, path, icon, _ in pages
    ]  # fmt: skip


def draw() -> None:
    """One run of the script; whatever goes wrong becomes a calm page."""
    theme.style()
    st.logo(str(IMAGES / f"wordmark-{theme.name()}.svg"), size="medium", icon_image=str(IMAGES / "mark.svg"))
    session.settle()
    try:
        page()
    except ClientNestError as error:
        states.failed(error)
    except OperationalError:
        states.database_down()


draw()
