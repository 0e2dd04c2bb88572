"""The frame of every page: who is signed in, which workspace, which pages there are, and what happens when it fails."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import streamlit as st
from sqlalchemy.exc import OperationalError
from streamlit import Page

from clientnest.errors import ClientNestError
from dashboards import session
from dashboards.components import states, theme
from dashboards.components.frame import View, choose_workspace, sign_out_button
from dashboards.data import memberships_of
from dashboards.pages import best_times, data_health, overview, posts, sign_in

IMAGES = Path(__file__).parents[1] / "images"
st.set_page_config(page_title="ClientNest", page_icon=str(IMAGES / "mark.svg"), layout="wide")


_PAGES = (
    (overview.render, "Overview", "overview", ":material/insights:"),
    (posts.render, "Posts", "posts", ":material/article:"),
    (best_times.render, "Best times", "best-times", ":material/schedule:"),
    (data_health.render, "Import and data health", "data-health", ":material/monitor_heart:"),
)


def page() -> None:
    """Draw the page that somebody asked for; for people who are not signed in every address is the sign-in form, so
    that a link leads where it says as soon as they are."""
    person_id = session.signed_in()
    memberships = memberships_of(person_id) if person_id else ()
    if not memberships:
        form = partial(sign_in.render, person_id)
        st.navigation(_pages([form] * len(_PAGES)), position="hidden").run()
        return
    view = View(choose_workspace(memberships))
    chosen = st.navigation(_pages([partial(render, view) for render, *_ in _PAGES]))
    sign_out_button(view.membership)
    chosen.run()


def _pages(draws: Sequence[Callable[[], None]]) -> list[Page]:
    return [
        st.Page(draw, title=title, url_path=path, icon=icon, default=path == "overview")
        for draw, (_, title, path, icon) in zip(draws, _PAGES, strict=True)
    ]


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
