"""`python -m clientnest.cli`, for places where the script is not on the path."""

from clientnest.cli import app

app()
