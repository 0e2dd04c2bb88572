"""A small built world for tests that read: two workspaces measuring accounts of the same names, every number known."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from clientnest import jobs
from clientnest.accounts import save_app
from clientnest.db import session
from clientnest.db.dbt_env import dbt_environment
from clientnest.db.roles import Role
from clientnest.identity import Person, create_person, issue_token
from clientnest.ids import new_id
from clientnest.records import AccountRef, AccountRow, CaptureRow, PostRow, PostType
from clientnest.warehouse.write import write_capture
from clientnest.workspaces import create_workspace

PASSWORD = "correct horse battery staple"
TIMEZONE = "America/New_York"
FIRST = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)  # 22:00 of the day before in New York
CAPTURED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
X_POSTS, INSTAGRAM_POSTS = 40, 10
SERVER = "social.example"  # of Mastodon, as the API's examples name it


@dataclass(frozen=True)
class Brand:
    """One workspace: its owner, its accounts by network, a post of each, and an import that waits."""

    workspace_id: UUID
    owner: Person
    accounts: dict[str, UUID]
    posts: dict[str, UUID]
    job_id: UUID

    @property
    def headers(self) -> dict[str, str]:
        """What the owner sends with each request."""
        return {"Authorization": f"Bearer {issue_token(self.owner.id)}"}


@dataclass(frozen=True)
class World:
    mine: Brand
    other: Brand


def make_world() -> World:
    """Fill the database of this process; `build_marts` has to follow."""
    with session.tenant(Role.MIGRATE) as connection:
        # Nobody registers anything at the server that examples of the API name.
        save_app(connection, workspace_id=None, network="mastodon", server=SERVER, client_id="of-tests",
                 client_secret=None)  # fmt: skip
        people = [create_person(connection, f"{name}@example.org", name, PASSWORD) for name in ("mine", "other")]
        workspaces = [
            create_workspace(connection, person.name, f"{person.name}-brand", owner=person.id, timezone=TIMEZONE)
            for person in people
        ]
    for factor, workspace in enumerate(workspaces, start=1):
        with session.etl() as connection:
            write_capture(connection, workspace.id, list(_captures(factor)), source="export:x_analytics")
    return World(*(_brand(person, workspace.id) for person, workspace in zip(people, workspaces, strict=True)))


def build_marts(folder: Path) -> None:
    """Run dbt once on the database of this process, without its tests; it writes its own files to `folder`."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), "build", "--exclude-resource-type", "test",
         "--exclude-resource-type", "unit_test", "--target-path", str(folder / "target"), "--log-path", str(folder)],
        env={**os.environ, **dbt_environment()}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]


def _captures(factor: int) -> Iterator[CaptureRow]:
    """`factor` makes the workspaces differ. X: many ties, one post without time or numbers. Instagram: no shares."""
    x, instagram = AccountRef("x", "acme", "Acme"), AccountRef("instagram", "acme", "Acme pictures")
    for number in range(X_POSTS):
        yield PostRow(
            x, f"x-{number}", CAPTURED,
            {"impressions": 100 * (number + 1) * factor, "likes": (number % 7) * factor, "comments": 1, "shares": 0},
            published_at=FIRST + timedelta(days=number), post_type=PostType.TEXT if number % 2 else PostType.IMAGE,
            text=f"Post {number} of 100%_sure \\ #launch" + (" Ünïque" if number == 7 else ""),
        )  # fmt: skip
    yield PostRow(x, "x-unknown", CAPTURED, {}, text="Nobody knows when")
    for number in range(INSTAGRAM_POSTS):
        yield PostRow(
            instagram, f"i-{number}", CAPTURED, {"reach": 1000 * factor + number, "likes": 10 * factor, "comments": 2},
            published_at=FIRST + timedelta(days=number), post_type=PostType.SHORT_VIDEO, text="Look",
        )  # fmt: skip
    for day in range(30):
        yield AccountRow(x, FIRST + timedelta(days=day, hours=9), {"followers": 1000 * factor + 3 * day})


def _brand(owner: Person, workspace_id: UUID) -> Brand:
    with session.tenant(Role.ETL) as connection:
        accounts = connection.execute(
            text("SELECT network, id FROM app.account WHERE workspace_id = :w"), {"w": workspace_id}
        )
        by_network = {row.network: row.id for row in accounts}
        posts = connection.execute(
            text("SELECT DISTINCT ON (network) network, id FROM raw.post WHERE workspace_id = :w "
                 "AND published_at IS NOT NULL ORDER BY network, published_at"), {"w": workspace_id},
        )  # fmt: skip
        by_post = {row.network: row.id for row in posts}
        job_id = jobs.enqueue(connection, workspace_id, "import", {"options": {}}, requested_by=owner.id)
        run_id = new_id()
        connection.execute(
            text("INSERT INTO ml.training_run (workspace_id, id, family, outcome, reason, posts) "
                 "VALUES (:w, :run, 'best_times', 'champion', 'learned', 40)"), {"w": workspace_id, "run": run_id},
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO ml.best_time (workspace_id, account_id, hour_of_week, uplift, uplift_low, uplift_high, "
                 "posts, training_run_id) SELECT :w, :a, hour, hour / 1000.0 - 0.05, -0.1, 0.2, 1, :run "
                 "FROM generate_series(0, 167) AS hour"),
            {"w": workspace_id, "a": by_network["x"], "run": run_id},
        )  # fmt: skip
    return Brand(workspace_id, owner, by_network, by_post, job_id)
