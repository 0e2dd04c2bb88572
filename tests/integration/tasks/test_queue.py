"""The queue: tasks come with the commit, are taken over from dead workers, and its tables follow the library."""

import os
import signal
import subprocess
import time
from importlib.resources import files

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege

from clientnest.db import queue, session
from clientnest.db.bootstrap import prepare
from clientnest.db.roles import Role
from clientnest.db.urls import libpq
from clientnest.mail import Letter, send
from tests.services import smtp
from tests.services.processes import PROGRAM


def sql(statement: str) -> list[tuple[object, ...]]:
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_a_task_of_a_killed_worker_is_begun_again(database: str) -> None:
    with smtp.running() as post_office:
        environment = {**os.environ, "CLIENTNEST_SMTP_URL": post_office.url}
        post_office.hold.clear()
        with session.tenant(Role.IDENTITY) as connection:
            send(connection, Letter.RESET_PASSWORD, "held@example.org", link="x", hours=1)
        first = subprocess.Popen([PROGRAM, "worker"], env=environment)
        assert post_office.busy.wait(30), "the worker never came to the mail server"
        first.kill()
        first.wait()
        post_office.hold.set()
        assert _mail_tasks() == [("doing",)]
        sql("UPDATE queue.procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
        second = subprocess.Popen([PROGRAM, "worker"], env=environment)
        try:
            # What was delivered is deleted. Letters are no sign: the mail server may still take the dead worker's.
            until = time.monotonic() + 90
            while _mail_tasks() and time.monotonic() < until:
                time.sleep(0.2)
        finally:
            second.send_signal(signal.SIGTERM)
            assert second.wait(30) == 0
        assert _mail_tasks() == []
        assert post_office.received
        assert {letter["Message-ID"] for letter in post_office.received} == {post_office.received[0]["Message-ID"]}


def _mail_tasks() -> list[tuple[object, ...]]:
    return sql("SELECT status::text FROM queue.procrastinate_jobs WHERE task_name = 'mail.deliver'")


def test_an_older_queue_is_upgraded_by_the_librarys_own_migrations(database: str) -> None:
    names = sorted(file.name for file in files("procrastinate.sql").joinpath("migrations").iterdir()
                   if file.name.endswith(".sql"))  # fmt: skip
    fresh = _shape()
    sql("DROP SCHEMA queue CASCADE")
    sql("CREATE SCHEMA queue AUTHORIZATION clientnest_migrate")
    older = psycopg2.connect(libpq(Role.MIGRATE))
    older.autocommit = True
    with older.cursor() as cursor:
        cursor.execute("SET search_path TO queue")
        for name in names[:-6]:
            cursor.execute(files("procrastinate.sql").joinpath("migrations", name).read_text(encoding="utf-8"))
        cursor.execute("COMMENT ON SCHEMA queue IS %s", (names[-7],))
    older.close()
    prepare()
    assert sql("SELECT obj_description('queue'::regnamespace)") == [(names[-1],)]
    assert _shape() == fresh


def _shape() -> list[tuple[object, ...]]:
    return sql(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'queue' "
        "ORDER BY table_name, column_name"
    )


@pytest.mark.parametrize("role", queue.DEFERRING)
def test_who_adds_tasks_reads_none(database: str, role: Role) -> None:
    with session.etl(role=role) as connection, connection.cursor() as cursor, pytest.raises(InsufficientPrivilege):
        cursor.execute("SELECT * FROM queue.procrastinate_jobs")
