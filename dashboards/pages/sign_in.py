"""Signing in, for people who are not, and an explanation for those who belong to no workspace."""

from uuid import UUID

import streamlit as st

from clientnest.errors import Unauthenticated
from dashboards import session
from dashboards.data import check_password


def render(person_id: UUID | None) -> None:
    """The form; or, for somebody signed in who belongs to no workspace, what to do."""
    _, middle, _ = st.columns([1, 1.3, 1])
    with middle:
        st.title("ClientNest", anchor=False)
        if person_id:
            st.write("You are signed in, but you do not belong to any workspace. Ask an owner to add you.")
            if st.button("Sign out"):
                session.finish()
                st.rerun()
            return
        st.html('<p class="cn-note">Results of your social media posts, from your own data.</p>')
        _form()


def _form() -> None:
    with st.form("sign-in", border=True):
        email = st.text_input("E-mail address", autocomplete="username")
        password = st.text_input("Password", type="password", autocomplete="current-password")
        sent = st.form_submit_button("Sign in", type="primary", width="stretch")
    if sent:
        if not email or not password:
            st.warning("Give your e-mail address and your password.")
            return
        try:
            found = check_password(email, password)
        except Unauthenticated as error:
            st.error(f"{error.message} {error.advice}")
            return
        session.begin(found.id)
        st.rerun()
    st.html(
        '<p class="cn-note">The demo login is in the table that <code>make run</code> prints, together with the '
        "addresses.</p>"
    )
