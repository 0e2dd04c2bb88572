"""The log as a file: whole, whatever its length, in memory that does not grow with it."""

import csv
import gc
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from sqlalchemy import Connection

from clientnest.audit import Event, batches, export_csv, export_json_lines
from clientnest.audit.searching import MOST_AT_ONCE
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from tests.conftest import make_workspace
from tests.integration.audit.logbook import ADDRESS, INVITED, invite, long_log, somebody

EVENTS = 50_000
LOOK_EVERY = 10  # parts: to look through all objects takes a while
MIB = 1024**2


@pytest.fixture(scope="module")
def long(database: str) -> UUID:
    workspace_id = make_workspace()
    long_log(workspace_id, somebody(), EVENTS)
    return workspace_id


def _batches(workspace_id: UUID):  # type: ignore[no-untyped-def]
    @contextmanager
    def open_log() -> Iterator[Connection]:
        with session.tenant(Role.API, workspace_id=workspace_id) as connection:
            yield connection

    return batches(open_log, workspace_id)


@pytest.mark.parametrize("write", [export_csv, export_json_lines])
def test_a_long_log_is_written_whole_and_held_a_batch_at_a_time(long: UUID, write) -> None:  # type: ignore[no-untyped-def]
    lines, most_bytes, most_events = 0, 0, 0
    for number, part in enumerate(write(_batches(long))):
        lines += part.count(b"\n")
        most_bytes = max(most_bytes, len(part))
        if number % LOOK_EVERY == 1:
            most_events = max(most_events, sum(isinstance(one, Event) for one in gc.get_objects()))
    assert lines == EVENTS + (write is export_csv)
    assert most_bytes < MIB
    assert 0 < most_events <= 2 * MOST_AT_ONCE


def test_between_batches_no_connection_is_held(long: UUID) -> None:
    written = export_json_lines(_batches(long))
    next(written)
    assert session.engine(Role.API).pool.checkedout() == 0  # type: ignore[attr-defined]


def test_both_formats_say_the_same(workspace: UUID) -> None:
    actor, invitation = somebody(), new_id()
    event_id = invite(workspace, actor, invitation)
    with session.tenant(Role.IDENTITY) as connection:
        connection.exec_driver_sql("SELECT app.erase_subject(%s)", (str(invitation),))
    written = b"".join(export_csv(_batches(workspace)))
    assert written.startswith("\ufeffat,".encode())
    (row,) = csv.DictReader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    (line,) = b"".join(export_json_lines(_batches(workspace))).splitlines()
    told = json.loads(line)
    assert row["id"] == told["id"] == str(event_id)
    assert row["at"] == told["at"]
    assert (row["action"], row["actor_kind"], row["actor_id"]) == (
        told["action"], told["actor_kind"], told["actor_id"],
    )  # fmt: skip
    assert row["address"] == told["origin"]["address"] == ADDRESS
    assert json.loads(row["changes"]) == {"role": [None, "editor"], "email": "erased"}
    assert told["changes"][1] == {"field": "email", "before": None, "after": None, "state": "erased"}
    assert INVITED not in written.decode()
