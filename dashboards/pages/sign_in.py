"""Signing in, for people who are not, and an explanation for those who belong to no workspace."""

import streamlit as st

from clientnest.errors import ClientNestError
from clientnest.identity import AccessToken
from dashboards import doorkeeper, session
from dashboards.doorkeeper import CodeNeeded


def render(proof: AccessToken | None, *, closed: int = 0) -> None:
    """The form; or, for somebody signed in, why there is nothing to see: they belong to no workspace, or to so many
    that ask for a second factor they did not sign in with."""
    _, middle, _ = st.columns([1, 1.3, 1])
    with middle:
        st.title("ClientNest", anchor=False)
        if proof:
            st.write(
                "Your workspaces ask for a second factor. Add an authenticator app to your login, and sign in with it."
                if closed
                else "You are signed in, but you do not belong to any workspace. Ask an owner to invite you."
            )
            if st.button("Sign out"):
                session.finish()
                st.rerun()
            return
        st.html('<p class="cn-note">Results of your social media posts, from your own data.</p>')
        _form()


def _form() -> None:
    if "code_token" in st.session_state:
        _code_form()
    else:
        _password_form()


def _password_form() -> None:
    with st.form("sign-in", border=True):
        email = st.text_input("E-mail address", autocomplete="username")
        password = st.text_input("Password", type="password", autocomplete="current-password")
        sent = st.form_submit_button("Sign in", type="primary", width="stretch")
    if sent:
        if not email or not password:
            st.warning("Give your e-mail address and your password.")
            return
        try:
            found = doorkeeper.with_password(email, password, st.context.ip_address)
        except ClientNestError as error:
            st.error(f"{error.message} {error.advice}")
            return
        if isinstance(found, CodeNeeded):
            st.session_state.code_token = found.token
        else:
            session.begin(found)
        st.rerun()
    st.html(
        '<p class="cn-note">The demo login is in the table that <code>make run</code> prints, together with the '
        "addresses.</p>"
    )


def _code_form() -> None:
    with st.form("code", border=True):
        code = st.text_input(
            "Code", autocomplete="one-time-code", max_chars=64,
            help="Six digits of your authenticator app, or one of your recovery codes.",
        )  # fmt: skip
        sent = st.form_submit_button("Go on", type="primary", width="stretch")
    if st.button("Sign in as somebody else", type="tertiary"):
        del st.session_state.code_token
        st.rerun()
    if sent:
        try:
            session.begin(doorkeeper.with_code(st.session_state.code_token, code, st.context.ip_address))
        except ClientNestError as error:
            st.error(f"{error.message} {error.advice}")
            return
        del st.session_state.code_token
        st.rerun()
