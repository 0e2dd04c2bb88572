"""`clientnest run`, `stop`, `status`, `doctor`."""

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the commands that run an installation."""
    app.command("run")(run)


def run(
    api_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the API. Default: 8000.")] = None,
    dashboards_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the dashboards. Default: 8501.")
    ] = None,
    dagster_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of Dagster. Default: 3000.")] = None,
    mlflow_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of MLflow. Default: 5000.")] = None,
) -> None:
    """Start everything, show the addresses, and stay until Ctrl-C. All addresses are on this machine only."""
    from rich.console import Console

    from clientnest.stack.run import run as start

    asked = {"api": api_port, "dashboards": dashboards_port, "dagster": dagster_port, "mlflow": mlflow_port}
    start(asked, Console(highlight=False))
