"""The states of a page that has nothing to draw: empty, not ready, failed. Calm, precise, with a way on."""

from datetime import timedelta
from urllib.parse import urlencode

import streamlit as st

from clientnest.errors import ClientNestError
from clientnest.workspaces import Workspace
from dashboards.components.formats import escape

_RETRY = timedelta(seconds=5)


def _state(title: str, *paragraphs: str, command: str | None = None) -> None:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    block = f"<pre>{escape(command)}</pre>" if command else ""
    st.html(f'<section class="cn-state" role="status"><h2>{escape(title)}</h2>{body}{block}</section>')


def failed(error: ClientNestError) -> None:
    """Something that ClientNest can name."""
    _state(error.message, escape(error.advice) if error.advice else "")
    again()


def refused(error: ClientNestError) -> None:
    """Something that somebody may not see, and that trying again would not change."""
    _state(error.message, escape(error.advice) if error.advice else "")


def database_down() -> None:
    """The database does not answer."""
    _state(
        "The database does not answer at the moment.",
        "Nothing is lost: your data is kept in it. The page comes back by itself once it runs again.",
        "Whoever runs this installation can see what is wrong with:",
        command="clientnest doctor",
    )
    again()


def again() -> None:
    """Try once more: when asked, and by itself every few seconds."""
    if st.button("Try again", icon=":material/refresh:", key="try-again"):
        st.rerun()
    st.session_state["retry-drawn"] = True
    st.fragment(_retry, run_every=_RETRY)()


def _retry() -> None:
    # The first run belongs to the page that failed; the timer's runs are the retries.
    if not st.session_state.pop("retry-drawn", False):
        st.rerun(scope="app")


def no_data(workspace: Workspace) -> None:
    """A workspace without a single post."""
    if workspace.is_demo:
        _state(
            "The demo has no data yet.",
            "It is generated at the first start, which takes about a minute. To make it now:",
            command=f"clientnest simulate --workspace {workspace.slug}",
        )
    else:
        page = f"data-health?{urlencode({'workspace': workspace.name})}"
        _state(
            "Nothing has been imported yet.",
            "Import the analytics files that your networks hand out: X, Facebook, Instagram, YouTube, TikTok, "
            "LinkedIn, Bluesky, or a plain CSV. They are recognised by their content and appear here within a minute.",
            f'Choose them under <a href="{escape(page)}" target="_self">Import and data health</a>, or on the computer '
            "that runs ClientNest:",
            command=f"clientnest import --workspace {workspace.slug} FILE...",
        )


def no_posts_in_period(period: str) -> None:
    """There is data, but not then or not of those accounts."""
    _state(
        "No posts in this period.",
        f"The accounts you chose published nothing from {escape(period)}. Choose a longer period or other accounts.",
    )
