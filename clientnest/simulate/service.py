"""Writing a simulation into a workspace: into demos only, unless a load test is asked for in so many words."""

from uuid import UUID

from psycopg2.extensions import connection as Connection

from clientnest.errors import BadInput, NotFound
from clientnest.simulate.brand import accounts
from clientnest.simulate.capture import capture
from clientnest.simulate.config import SimulationConfig
from clientnest.warehouse.write import LoadCounts, write_capture
from clientnest.workspaces import Workspace

SOURCE = "simulate"


def run(
    connection: Connection, workspace_id: UUID, config: SimulationConfig, *, run_id: str | None = None
) -> LoadCounts:
    """Generate and write everything in the caller's transaction (role etl). Twice the same is the same as once.

    Raises `NotFound` for an unknown workspace and `BadInput` where invented numbers would mix with a brand's own.
    """
    refuse_real_workspace(_workspace(connection, workspace_id), config)
    counts = write_capture(connection, workspace_id, capture(config), source=SOURCE, run_id=run_id)
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE app.account SET timezone = %s "
            "WHERE workspace_id = %s AND network = %s AND external_id = %s AND timezone IS DISTINCT FROM %s",
            [
                (made.timezone, str(workspace_id), made.ref.network, made.ref.external_id, made.timezone)
                for made in accounts(config)
            ],
        )
    return counts


def refuse_real_workspace(workspace: Workspace, config: SimulationConfig) -> None:
    """`BadInput` for a workspace that is no demo, unless a load test was asked for."""
    if not workspace.is_demo and not config.load_test:
        raise BadInput(
            f"“{workspace.name}” ({workspace.slug}) is not a demo workspace; generated numbers would mix with its own.",
            advice="Choose a demo workspace, or say --load-test if this workspace is there to be filled.",
        )


def _workspace(connection: Connection, workspace_id: UUID) -> Workspace:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, slug, timezone, is_demo FROM app.workspace WHERE id = %s", (str(workspace_id),))
        found = cursor.fetchone()
    if found is None:
        raise NotFound(f"There is no workspace {workspace_id}.")
    return Workspace(workspace_id, *found)
