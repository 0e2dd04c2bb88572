"""Work for one workspace leaves every row of the others as it was: imports, generated data, learning, tasks.

What the other workspace has is compared row by row in every table of the database that knows workspaces; kinds of jobs
and tasks are found where the worker finds them.
"""

import asyncio
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from psycopg2.extensions import cursor as Cursor
from sqlalchemy import Connection, text

from clientnest import accounts, events, jobs, tasks
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from clientnest.imports import ImportOptions
from clientnest.imports.service import clean_up
from clientnest.imports.staging import uploads
from clientnest.jobs import LostLease
from clientnest.mail import Letter, send
from clientnest.tasks import passing_on
from ml.marts import TrainingRow, write_training
from orchestration.defs.ingestion.captures import _WRITERS, bring
from tests.conftest import make_workspace
from tests.integration.api.things import fresh_ids
from tests.integration.imports.helpers import claim, stage
from tests.integration.isolation.conftest import contents
from tests.services.oauth_server import NETWORK, Standard, module
from tests.unit.exports import files
from tests.worlds import Brand, World

LATER = datetime(2026, 4, 1, tzinfo=UTC)


@contextmanager
def untouched(cursor: Cursor, *workspaces: UUID) -> Iterator[None]:
    """Whatever is done meanwhile leaves these workspaces as they were."""
    before = [contents(cursor, one) for one in workspaces]
    yield
    for one, held in zip(workspaces, before, strict=True):
        now = contents(cursor, one)
        assert {table for table in held if held[table] != now[table]} == set()


def same_accounts(folder: Path) -> list[Path]:
    """Files that name the accounts which both workspaces measure, with posts that both have and new ones."""
    lines = [
        f"{network},acme,{post},2026-01-05T10:00:00Z,2026-04-01T00:00:00Z,{likes}\n"
        for network, post, likes in (("x", "x-1", 900), ("x", "new", 901), ("instagram", "i-1", 902))
    ]
    return [
        files.write(folder, "network,account,post_id,published_at,captured_at,likes\n" + "".join(lines), "plain.csv"),
        files.write(folder, files.x_file(3), "x.csv"),
    ]


def import_job(brand: Brand, folder: Path) -> jobs.Job:
    return claim(stage(brand.workspace_id, same_accounts(folder), ImportOptions(captured_at=LATER)))


def simulate_job(brand: Brand, folder: Path) -> jobs.Job:
    with session.tenant(Role.ETL) as connection:
        params = {"until": LATER.isoformat(), "days": 3, "accounts": 2, "load_test": True}
        job_id = jobs.enqueue(connection, brand.workspace_id, "simulate", params)
    return claim(job_id)


JOBS: Mapping[str, Callable[[Brand, Path], jobs.Job]] = {"import": import_job, "simulate": simulate_job}


def job_of(kind: str, brand: Brand, folder: Path) -> jobs.Job:
    assert kind in JOBS, f"say here how a job of the kind {kind} is made"
    return JOBS[kind](brand, folder)


@pytest.mark.parametrize("kind", _WRITERS)
def test_a_job_writes_in_its_own_workspace_only(world: World, owned: Cursor, tmp_path: Path, kind: str) -> None:
    job = job_of(kind, world.mine, tmp_path)
    before = contents(owned, world.mine.workspace_id)
    with untouched(owned, world.other.workspace_id):
        captured = bring(job, "test", lambda *_: None)
        with session.tenant(Role.ETL) as connection:
            jobs.heartbeat(connection, job.lease, step="reading", progress=0.5)
            jobs.finish(connection, job.lease, captured.result)
    assert captured.days
    now = contents(owned, world.mine.workspace_id)
    assert {"raw.load", "raw.post", "raw.post_snapshot", "app.job", "app.event"} <= {
        table for table in now if now[table] != before[table]
    }


@pytest.mark.parametrize("kind", _WRITERS)
def test_these_tests_notice_when_a_job_writes_elsewhere(world: World, owned: Cursor, tmp_path: Path, kind: str) -> None:
    theirs = job_of(kind, world.other, tmp_path)
    with pytest.raises(AssertionError, match=r"raw\.post"), untouched(owned, world.other.workspace_id):
        bring(theirs, "test", lambda *_: None)


def test_a_job_of_one_workspace_reaches_no_file_and_no_lease_of_another(
    world: World, owned: Cursor, tmp_path: Path
) -> None:
    mine, theirs = (import_job(brand, tmp_path / name) for brand, name in ((world.mine, "m"), (world.other, "o")))
    crossed = replace(mine, id=theirs.id)
    kept = uploads(theirs.workspace_id, theirs.id)
    with untouched(owned, world.other.workspace_id):
        assert not bring(crossed, "test", lambda *_: None).days
        clean_up(crossed)
        for change in (jobs.heartbeat, lambda connection, lease: jobs.finish(connection, lease, {})):
            with pytest.raises(LostLease), session.tenant(Role.ETL) as connection:
                change(connection, replace(theirs.lease, workspace_id=world.mine.workspace_id))
    assert len(list(kept.iterdir())) == 2
    assert bring(theirs, "test", lambda *_: None).days, "it was there to be done"


def test_learning_replaces_the_best_times_of_its_own_workspace_only(world: World, owned: Cursor) -> None:
    run = TrainingRow("best_times", "champion", "learned", 40, None, None)
    hour = {"hour_of_week": 1, "uplift": 0.1, "uplift_low": 0.0, "uplift_high": 0.2, "posts": 3}
    both = [world.mine.accounts["x"], world.other.accounts["x"]]
    times = pl.DataFrame([{"account_id": str(account), **hour} for account in both])
    with untouched(owned, world.other.workspace_id), session.etl() as connection:
        write_training(connection, world.mine.workspace_id, [run], times, run.id)
    owned.execute("SELECT account_id FROM ml.best_time WHERE training_run_id = %s", (str(run.id),))
    assert owned.fetchall() == [(str(world.mine.accounts["x"]),)]


def _event(workspace_id: UUID) -> int:
    with session.tenant(Role.ETL) as connection:
        events.tell(connection, workspace_id, "account.connected", new_id(), {})
        return int(
            connection.execute(
                text("SELECT max(id) FROM app.event WHERE workspace_id = :w"), {"w": workspace_id}
            ).scalar_one()
        )


def _scoped_tasks() -> list[str]:
    """Tasks that are told which workspace they work for."""
    tasks.app.perform_import_paths()
    return [name for name, task in tasks.app.tasks.items() if "workspace_id" in inspect.signature(task.func).parameters]


@pytest.mark.parametrize("name", _scoped_tasks())
def test_a_task_with_what_belongs_to_another_workspace_does_nothing(
    world: World, owned: Cursor, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = world.mine.workspace_id, world.other.workspace_id
    told: list[UUID] = []
    monkeypatch.setattr(
        passing_on, "HEARERS", (*passing_on.HEARERS, lambda _c, workspace_id, _e: told.append(workspace_id))
    )
    theirs: dict[str, Any] = {**fresh_ids(world.other), "event_id": _event(other)}
    theirs["endpoint_id"] = theirs["webhook_id"]
    owned.execute(
        "UPDATE app.webhook_delivery SET state = 'waiting', next_attempt_at = now(), problem = NULL, "
        "finished_at = NULL WHERE id = %s", (str(theirs["delivery_id"]),),
    )  # fmt: skip
    task = tasks.app.tasks[name]
    named = [one for one in inspect.signature(task.func).parameters if one.endswith("_id") and one != "workspace_id"]
    assert set(named) <= set(theirs), "say here how one of the other workspace comes about"
    given = {one: theirs[one] if isinstance(theirs[one], int) else str(theirs[one]) for one in named}
    with untouched(owned, mine, other):
        for workspace_id in (mine, make_workspace()):
            done = task.func(workspace_id=str(workspace_id), **given)
            if inspect.iscoroutine(done):
                asyncio.run(done)
    assert told == []


def test_an_event_is_passed_on_in_its_own_workspace_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[UUID, set[UUID]]] = []

    def hear(connection: Connection, workspace_id: UUID, event: events.Event) -> None:
        seen = connection.execute(text("SELECT DISTINCT workspace_id FROM app.event")).scalars()
        told.append((workspace_id, set(seen)))

    monkeypatch.setattr(passing_on, "HEARERS", (hear,))
    for brand in (world.mine, world.other):
        passing_on.pass_on(str(brand.workspace_id), _event(brand.workspace_id))
    assert told == [(brand.workspace_id, {brand.workspace_id}) for brand in (world.mine, world.other)]


def test_a_letter_changes_nothing_in_any_workspace(world: World, owned: Cursor) -> None:
    from clientnest.mail.tasks import deliver

    with session.tenant(Role.IDENTITY) as connection:
        mail_id = send(connection, Letter.RESET_PASSWORD, "who@example.org", link="https://example.org", hours=1)
    with untouched(owned, world.mine.workspace_id, world.other.workspace_id):
        deliver(str(mail_id))


def test_renewing_an_account_reaches_no_account_of_another_workspace(
    world: World, owned: Cursor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, *module(Standard()))
    mine, other = world.mine.workspace_id, world.other.workspace_id
    account_ids = {one: _due_account(one) for one in (mine, other)}
    now = datetime.now(UTC)
    with untouched(owned, mine, other):
        for scope, named in ((mine, mine), (mine, other)):
            with session.tenant(Role.WORKER, workspace_id=scope) as connection:
                assert accounts.refresh_account(connection, named, account_ids[other], now) is None
    with untouched(owned, other), session.tenant(Role.WORKER, workspace_id=mine) as connection:
        done = accounts.refresh_account(connection, mine, account_ids[mine], now)
    assert done is not None
    assert done.state == "needs_reconnect"


def _due_account(workspace_id: UUID) -> UUID:
    """An account whose access has ended and is renewed by nothing."""
    account_id = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("INSERT INTO app.account (workspace_id, id, network, external_id, display_name) "
                 "VALUES (:w, :a, :network, 'same', 'Same')"), {"w": workspace_id, "a": account_id, "network": NETWORK},
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO app.credential (workspace_id, account_id, state, sealed_access_token, expires_at, "
                 "due_at) VALUES (:w, :a, 'connected', '\\x00', :past, :past)"),
            {"w": workspace_id, "a": account_id, "past": datetime.now(UTC) - timedelta(hours=1)},
        )  # fmt: skip
    return account_id
