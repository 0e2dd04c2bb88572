"""The frame of every page: who is signed in, which workspace, which pages there are, and what happens when it fails."""

from functools import partial
from pathlib import Path

import streamlit as st
from sqlalchemy.exc import OperationalError
from streamlit import Page

from clientnest.errors import ClientNestError, Forbidden
from clientnest.workspaces import require
from dashboards import session
from dashboards.components import states, theme
from dashboards.components.frame import View, choose_workspace, heading, sign_out_button
from dashboards.data import memberships_of
from dashboards.entry.menu import PAGES, Entry
from dashboards.pages import sign_in

IMAGES = Path(__file__).parents[1] / "images"
st.set_page_config(page_title="ClientNest", page_icon=str(IMAGES / "mark.svg"), layout="wide")


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
        st.navigation([_page(entry, form) for entry in PAGES], position="hidden").run()
        return
    view = View(choose_workspace(open_ones), proof)
    chosen = st.navigation([_page(entry, partial(_shown, entry, view), view) for entry in PAGES])
    sign_out_button(view)
    chosen.run()


def _page(entry: Entry, draw: partial[None], view: View | None = None) -> Page:
    """A page as Streamlit takes it; one that somebody may not see carries a lock."""
    icon = entry.icon if view is None or view.may(entry.permission) else ":material/lock:"
    return st.Page(draw, title=entry.title, url_path=entry.path, icon=icon, default=entry.path == PAGES[0].path)


def _shown(entry: Entry, view: View) -> None:
    """Draw the page, or say why somebody may not see it."""
    try:
        require(view.membership, entry.permission)
    except Forbidden as error:
        heading(view, entry.title)
        states.refused(error)
        return
    entry.draw(view)


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
