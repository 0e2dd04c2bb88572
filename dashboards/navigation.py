"""The frame of every page: who is signed in, which workspace, which pages there are, and what happens when it fails."""

from functools import partial
from pathlib import Path

import streamlit as st
from sqlalchemy.exc import OperationalError

from clientnest.errors import ClientNestError
from dashboards import session
from dashboards.components import states, theme
from dashboards.components.frame import View, choose_workspace, sign_out_button
from dashboards.data import memberships_of
from dashboards.pages import best_times, data_health, overview, posts, sign_in

IMAGES = Path(__file__).parent / "images"
st.set_page_config(page_title="ClientNest", page_icon=str(IMAGES / "mark.svg"), layout="wide")


def signed_in_pages() -> None:
    """Draw the page that somebody signed in asked for."""
    person_id = session.signed_in()
    memberships = memberships_of(person_id) if person_id else ()
    if not memberships:
        st.navigation([st.Page(partial(sign_in.render, person_id), title="Sign in", url_path="sign-in")],
                      position="hidden").run()  # fmt: skip
        return
    membership = choose_workspace(memberships)
    view = View(membership)
    page = st.navigation(
        [
            st.Page(partial(overview.render, view), title="Overview", icon=":material/insights:", url_path="overview",
                    default=True),
            st.Page(partial(posts.render, view), title="Posts", icon=":material/article:", url_path="posts"),
            st.Page(partial(best_times.render, view), title="Best times", icon=":material/schedule:",
                    url_path="best-times"),
            st.Page(partial(data_health.render, view), title="Import and data health",
                    icon=":material/monitor_heart:", url_path="data-health"),
        ]
    )  # fmt: skip
    sign_out_button(membership)
    page.run()


def draw() -> None:
    """One run of the script; whatever goes wrong becomes a calm page."""
    theme.style()
    st.logo(str(IMAGES / f"wordmark-{theme.name()}.svg"), size="medium", icon_image=str(IMAGES / "mark.svg"))
    try:
        signed_in_pages()
    except ClientNestError as error:
        states.failed(error)
    except OperationalError:
        states.database_down()
    session.settle()


draw()
