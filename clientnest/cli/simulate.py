"""`clientnest simulate`: fill the demo workspace, or make load."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from clientnest.simulate import SimulationConfig
    from clientnest.workspaces import Workspace


def register(app: typer.Typer) -> None:
    """Add the command that generates data."""
    app.command("simulate")(simulate)


def simulate(
    workspace: Annotated[str, typer.Option(help="Short name of the workspace to fill.")] = "demo",
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 7,
    days: Annotated[int, typer.Option(help="How many days before the end posts were published.")] = 182,
    accounts: Annotated[int, typer.Option(help="How many accounts post.")] = 8,
    snapshots: Annotated[int | None, typer.Option(help="About how many post snapshots to make.")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="The end, in UTC. Default: now.")
    ] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Write from here, without Dagster; `clientnest dbt build` has to follow.")
    ] = False,
    load_test: Annotated[
        bool, typer.Option("--load-test", help="Allow a workspace that is not a demo; writes directly.")
    ] = False,
) -> None:
    """Generate posts and captures of an invented brand (docs/simulation.md); once done, the dashboards show them."""
    from datetime import UTC

    from clientnest.simulate import SimulationConfig
    from clientnest.simulate.config import last_full_hour

    config = SimulationConfig(
        seed=seed,
        until=until.replace(tzinfo=UTC) if until else last_full_hour(),
        days=days,
        accounts=accounts,
        snapshots=snapshots,
        load_test=load_test,
    )
    chosen = _workspace(workspace)
    if direct or load_test:
        _write(chosen, config)
    else:
        _queue(chosen, config)


def _write(workspace: "Workspace", config: "SimulationConfig") -> None:
    import time

    from clientnest.db import session
    from clientnest.simulate import service

    started = time.monotonic()
    with session.etl() as connection:
        counts = service.run(connection, workspace.id, config)
    typer.echo(
        f"“{workspace.name}” now holds {counts.posts:,} generated posts with {counts.snapshots:,} snapshots, "
        f"{counts.snapshots_new:,} of them new ({time.monotonic() - started:.1f} s)."
    )
    typer.echo("`clientnest dbt build` brings them into the dashboards.", err=True)


def _queue(workspace: "Workspace", config: "SimulationConfig") -> None:
    """Hand it to Dagster, which builds the tables as well, and stay until it is done."""
    from dataclasses import asdict

    from clientnest import jobs
    from clientnest.db import session
    from clientnest.db.roles import Role
    from clientnest.errors import ClientNestError, Unavailable
    from clientnest.simulate import service

    service.refuse_real_workspace(workspace, config)
    with session.tenant(Role.ETL) as connection:
        params = {**asdict(config), "until": config.until.isoformat()}
        job_id = jobs.enqueue(connection, workspace.id, "simulate", params)
    if not _follow(workspace.id, job_id):
        raise Unavailable(
            f"Dagster is not running, so nothing works on it; it stays queued as job {job_id}.",
            advice="Start it with `make run`: it then begins by itself. Or write from here with --direct.",
        )
    with session.tenant(Role.ETL) as connection:
        job = jobs.get(connection, workspace.id, job_id)
    if job.error:
        raise ClientNestError(str(job.error["message"]), advice=str(job.error.get("advice") or ""))
    result = job.result or {}
    typer.echo(
        f"“{workspace.name}” now holds {result.get('posts', 0):,} generated posts with "
        f"{result.get('snapshots', 0):,} snapshots, {result.get('new', 0):,} of them new; the dashboards show them."
    )


def _follow(workspace_id: UUID, job_id: UUID) -> bool:
    """Show the job until it is closed; False where nobody works on it."""
    from clientnest.cli import import_report
    from clientnest.imports.following import follow

    try:
        with import_report.progress() as tell:
            for seen in follow(workspace_id, job_id):
                if seen.unattended:
                    return False
                tell(seen.job.step or seen.job.state, seen.job.progress)
    except KeyboardInterrupt:
        typer.echo(f"It goes on without this terminal (job {job_id}).", err=True)
        raise typer.Exit(130) from None
    return True


def _workspace(slug: str) -> "Workspace":
    from clientnest.db import session
    from clientnest.db.roles import Role
    from clientnest.errors import NotFound
    from clientnest.workspaces import workspace_by_slug

    with session.tenant(Role.ETL) as connection:
        chosen = workspace_by_slug(connection, slug)
    if chosen is None:
        raise NotFound(
            f"There is no workspace with the short name {slug!r}.",
            advice="The demo's is `demo`; `make run` makes it at the first start.",
        )
    return chosen
