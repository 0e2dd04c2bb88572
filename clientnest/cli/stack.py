"""`clientnest run`, `stop`, `status`, `doctor`."""

import typer


def register(app: typer.Typer) -> None:
    """Add the commands that run an installation."""
