"""`clientnest simulate`: fill the demo workspace, or make load."""

from datetime import datetime
from typing import Annotated

import typer


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
    load_test: Annotated[bool, typer.Option("--load-test", help="Allow a workspace that is not a demo.")] = False,
) -> None:
    """Write generated posts and snapshots of an invented brand (see docs/simulation.md)."""
    import time
    from datetime import UTC

    from clientnest.db import session
    from clientnest.db.roles import Role
    from clientnest.errors import NotFound
    from clientnest.simulate import SimulationConfig, service
    from clientnest.simulate.config import last_full_hour
    from clientnest.workspaces import workspace_by_slug

    config = SimulationConfig(
        seed=seed,
        until=until.replace(tzinfo=UTC) if until else last_full_hour(),
        days=days,
        accounts=accounts,
        snapshots=snapshots,
        load_test=load_test,
    )
    with session.tenant(Role.ETL) as reading:
        chosen = workspace_by_slug(reading, workspace)
    if chosen is None:
        raise NotFound(
            f"There is no workspace with the short name {workspace!r}.",
            advice="The demo's is `demo`; `make run` makes it at the first start.",
        )
    started = time.monotonic()
    with session.etl() as connection:
        counts = service.run(connection, chosen.id, config)
    typer.echo(
        f"“{chosen.name}” now holds {counts.posts:,} generated posts with {counts.snapshots:,} snapshots, "
        f"{counts.snapshots_new:,} of them new ({time.monotonic() - started:.1f} s)."
    )
