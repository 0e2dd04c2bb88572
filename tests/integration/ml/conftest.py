"""Three workspaces with marts, trained once against a real MLflow server: a demo, one of pure chance, one too small."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from clientnest.db.session import etl
from clientnest.records import AccountRef, PostRow, PostType
from clientnest.simulate import SimulationConfig
from clientnest.simulate.service import run as simulate
from clientnest.warehouse.write import write_capture
from ml.training import TrainingOutcome, learn_workspace
from tests.conftest import make_workspace
from tests.integration.ml.mlflow_server import MlflowServer, start_mlflow
from tests.worlds import build_marts

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Learned:
    """What training came to: `demo` has a champion, `chance` none, `small` too few posts, `empty` no post at all."""

    mlflow: MlflowServer
    demo: UUID
    chance: UUID
    small: UUID
    empty: UUID
    outcomes: dict[UUID, TrainingOutcome]


@pytest.fixture(scope="module")
def learned(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learned]:
    demo, chance, small, empty = make_workspace(is_demo=True), make_workspace(), make_workspace(), make_workspace()
    with etl() as connection:
        simulate(connection, demo, SimulationConfig(until=UNTIL, accounts=4))
        write_capture(connection, chance, _random_posts(400), source="export:plain_csv")
        write_capture(connection, small, _random_posts(30), source="export:plain_csv")
    build_marts(tmp_path_factory.mktemp("dbt"))
    server = start_mlflow(Path(tmp_path_factory.mktemp("mlflow")))
    try:
        outcomes = {
            workspace: learn_workspace(workspace, tracking_uri=server.uri) for workspace in (demo, chance, small, empty)
        }
        yield Learned(server, demo, chance, small, empty, outcomes)
    finally:
        server.stop()


def _random_posts(count: int) -> Iterator[PostRow]:
    """Results that have nothing to do with the post."""
    random = np.random.default_rng(3)
    account = AccountRef("x", "dice", "Dice")
    for number in range(count):
        published = UNTIL - timedelta(days=10, hours=7 * number)
        yield PostRow(
            account=account,
            external_id=f"post-{number}",
            captured_at=UNTIL,
            published_at=published,
            post_type=PostType.TEXT,
            text=f"{random.choice(['red', 'green', 'blue'])} {random.choice(['sky', 'sea', 'tree'])}",
            metrics={"likes": int(random.lognormal(4, 1)), "comments": int(random.integers(0, 9)), "shares": 0},
        )
