"""Writing a simulation: into demos only, and again without a change."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from clientnest.db import session
from clientnest.errors import BadInput, NotFound
from clientnest.ids import new_id
from clientnest.simulate import SimulationConfig, service
from tests.conftest import make_workspace

SMALL = {"until": datetime(2026, 3, 2, 6, tzinfo=UTC), "days": 20, "accounts": 3}


def test_a_demo_is_filled_once(database: str) -> None:
    demo = make_workspace(is_demo=True)
    with session.etl() as connection:
        first = service.run(connection, demo, SimulationConfig(**SMALL))
    with session.etl() as connection:
        second = service.run(connection, demo, SimulationConfig(**SMALL))
        with connection.cursor() as cursor:
            cursor.execute("SELECT timezone FROM app.account WHERE workspace_id = %s AND network = 'x'", (str(demo),))
            zone = cursor.fetchone()
            cursor.execute("SELECT count(*) FROM raw.post_snapshot WHERE workspace_id = %s", (str(demo),))
            stored = cursor.fetchone()
    assert first.snapshots == first.snapshots_new == stored[0] > 1_000
    assert (second.posts, second.snapshots) == (first.posts, first.snapshots)
    assert second.posts_new == second.snapshots_new == second.snapshots_changed == 0
    assert zone == ("America/New_York",)


def test_a_brand_of_somebodys_own_is_left_alone(workspace: UUID) -> None:
    with pytest.raises(BadInput, match="not a demo workspace"), session.etl() as connection:
        service.run(connection, workspace, SimulationConfig(**SMALL))
    with session.etl() as connection:
        assert service.run(connection, workspace, SimulationConfig(**SMALL, load_test=True)).snapshots_new > 0


def test_an_unknown_workspace_is_named(database: str) -> None:
    with pytest.raises(NotFound, match="There is no workspace"), session.etl() as connection:
        service.run(connection, new_id(), SimulationConfig(**SMALL))
