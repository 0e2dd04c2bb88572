"""`clientnest run`, `stop`, `status`, `doctor`."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

_Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def register(app: typer.Typer) -> None:
    """Add the commands that run an installation."""
    for command in (run, stop, status, doctor):
        app.command(command.__name__)(command)


def run(
    api_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of the API. Default: 8000.")] = None,
    dashboards_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of the dashboards. Default: 8501.")
    ] = None,
    dagster_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of Dagster. Default: 3000.")] = None,
    mlflow_port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port of MLflow. Default: 5000.")] = None,
) -> None:
    """Start everything, show the addresses, and stay until Ctrl-C. All addresses are on this machine only."""
    from clientnest import settings
    from clientnest.stack import control
    from clientnest.stack.layout import Layout
    from clientnest.stack.record import AlreadyRunning
    from clientnest.stack.run import run as start

    asked = {"api": api_port, "dashboards": dashboards_port, "dagster": dagster_port, "mlflow": mlflow_port}
    try:
        start(asked, _console())
    except AlreadyRunning as error:
        typer.echo(f"{error.message} {error.advice}")
        if control.status(Layout(settings.core().home)) is not None:
            status()


def stop() -> None:
    """Stop what `clientnest run` started, from another terminal; also what a killed run left behind."""
    from clientnest import settings
    from clientnest.stack import control
    from clientnest.stack.layout import Layout

    control.stop(Layout(settings.core().home), typer.echo)


def status(as_json: _Json = False) -> None:
    """Show what runs, and where. The exit code is 1 where nothing does."""
    from clientnest import settings
    from clientnest.stack import control
    from clientnest.stack.layout import Layout

    found = control.status(Layout(settings.core().home))
    if as_json:
        typer.echo(json.dumps(found))
    elif found is None:
        typer.echo("ClientNest does not run. `make run` starts it.")
    else:
        typer.echo(
            f"Running on {found['home']} since {found['started_at']} (process {found['pid']}, {found['phase']})."
        )
        for service in found["services"]:
            again = f", started again {service['restarts']} times" if service["restarts"] else ""
            typer.echo(f"  {service['service']:<11} {service['state']:<9} {service['address'] or ''}{again}")
    if found is None:
        raise typer.Exit(1)


def doctor(as_json: _Json = False) -> None:
    """Explain what is wrong with this installation. The exit code is 1 where something has to be put right."""
    from clientnest.stack.doctor import Level, examine

    console = _console()
    styles = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red", Level.SKIP: "dim"}
    findings = []
    for finding in examine():
        findings.append(finding)
        if not as_json:
            console.print(f"[{styles[finding.level]}]{finding.level:<4}[/]", end=" ")
            console.print(f"{finding.subject:<14} {finding.text}", markup=False, soft_wrap=True)
            if finding.advice:
                console.print(f"{'':<19} → {finding.advice}", markup=False, soft_wrap=True, style="dim")
    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings]))
    if any(finding.level is Level.FAIL for finding in findings):
        raise typer.Exit(1)


def _console() -> "Console":
    from rich.console import Console

    return Console(highlight=False)
