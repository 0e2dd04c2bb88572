"""`streamlit run dashboards/app.py`: the dashboards' server, with the two addresses that keep somebody signed in."""

from pathlib import Path

import altair  # noqa: F401 - both are loaded before the first visitor: two visitors at once would see half of them
import pandas  # noqa: F401
from starlette.routing import Route
from streamlit import App

from dashboards.session import END_PATH, KEEP_PATH, end_session, keep_session

app = App(
    Path(__file__).parent / "entry" / "navigation.py",
    routes=[
        Route(KEEP_PATH, keep_session, methods=["POST"]),
        Route(END_PATH, end_session, methods=["POST"]),
    ],
)
