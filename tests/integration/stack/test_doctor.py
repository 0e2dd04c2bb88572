"""What the doctor says of a database that is well, and of one that somebody changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg2
import pytest
from psycopg2 import sql

from clientnest import settings
from clientnest.db.roles import Database
from clientnest.db.urls import administrator, database_name
from clientnest.stack.doctor import Finding, Level
from clientnest.stack.doctor import database as doctor
from clientnest.stack.layout import Layout
from tests.conftest import make_workspace


def _look(part: Callable[[Layout], Iterator[Finding]]) -> list[Finding]:
    return list(part(Layout(settings.core().home)))


def _levels(findings: list[Finding]) -> dict[str, Level]:
    return {finding.subject: finding.level for finding in findings}


@contextmanager
def changed(statement: str, back: str) -> Iterator[None]:
    """As the server's administrator, for a moment."""
    url = administrator().set(database=database_name(Database.PRODUCT))
    connection = psycopg2.connect(url.render_as_string(hide_password=False))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement))
        try:
            yield
        finally:
            cursor.execute(sql.SQL(back))
            connection.close()


def test_a_prepared_database_is_well(database: str) -> None:
    assert _levels(_look(doctor.server)) == {"Database": Level.OK, "Roles": Level.OK}
    assert _levels(_look(doctor.rights)) == {"Rights": Level.OK}
    assert _levels(_look(doctor.migrations)) == {"Migrations": Level.OK}
    assert _levels(_look(doctor.jobs)) == {"Jobs": Level.OK}
    assert _levels(_look(doctor.results)) == {"Results": Level.WARN}  # nothing was built in it


@pytest.mark.parametrize(
    ("statement", "back", "said"),
    [
        (
            "GRANT USAGE ON SCHEMA raw TO clientnest_api; GRANT SELECT ON raw.post TO clientnest_api",
            "REVOKE ALL ON raw.post FROM clientnest_api; REVOKE USAGE ON SCHEMA raw FROM clientnest_api",
            "clientnest_api may read raw.post",
        ),
        (
            "ALTER ROLE clientnest_dashboards BYPASSRLS",
            "ALTER ROLE clientnest_dashboards NOBYPASSRLS",
            "these roles bypass row security: clientnest_dashboards",
        ),
        (
            "ALTER TABLE app.job DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE app.job ENABLE ROW LEVEL SECURITY",
            "no row security on app.job",
        ),
    ],
)
def test_a_right_too_many_is_found(database: str, statement: str, back: str, said: str) -> None:
    with changed(statement, back):
        (found,) = _look(doctor.rights)
    assert (found.level, found.text) == (Level.FAIL, said)
    assert _levels(_look(doctor.rights)) == {"Rights": Level.OK}


def test_a_role_whose_password_was_changed_is_found(database: str) -> None:
    with changed("ALTER ROLE clientnest_worker NOLOGIN", "ALTER ROLE clientnest_worker LOGIN"):
        (found,) = [finding for finding in _look(doctor.server) if finding.subject == "Roles"]
    assert (found.level, found.text) == (Level.FAIL, "cannot sign in: worker")


def test_an_earlier_and_a_newer_revision_are_told_apart(database: str) -> None:
    with changed(
        "UPDATE app.alembic_version SET version_num = '9999'", "UPDATE app.alembic_version SET version_num = '0001'"
    ):
        (found,) = _look(doctor.migrations)
    assert found.level is Level.FAIL
    assert "newer version" in found.text


def test_jobs_that_wait_or_lost_their_worker_are_found(database: str) -> None:
    workspace_id = make_workspace()
    insert = (
        "INSERT INTO app.job (workspace_id, id, kind, state, created_at, lease_until) VALUES "
        f"('{workspace_id}', gen_random_uuid(), 'import', 'queued', now() - interval '1 hour', NULL),"
        f"('{workspace_id}', gen_random_uuid(), 'learn', 'running', now(), now() - interval '1 hour')"
    )
    with changed(insert, f"DELETE FROM app.job WHERE workspace_id = '{workspace_id}'"):
        found = {finding.level: finding.text for finding in _look(doctor.jobs)}
    assert found[Level.FAIL] == "1 have waited for more than 5 minutes"
    assert found[Level.WARN] == "1 without a sign of life"
