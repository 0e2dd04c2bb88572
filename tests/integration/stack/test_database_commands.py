"""The operators' ways into the database."""

import os
import subprocess
import sys

import psycopg2
import pytest

from clientnest.db.roles import Role


def clientnest(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "clientnest.cli", *arguments], env=os.environ.copy(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("role", [Role.MIGRATE, Role.DASHBOARDS])
def test_psql_opens_the_database_as_the_role(database: str, role: Role) -> None:
    answer = clientnest("psql", role.value, "--no-psqlrc", "-At", "-c", "SELECT current_user, current_database()")
    assert answer.stdout == f"{role.login}|{database}\n", answer.stderr


def test_an_address_is_one_that_other_programs_can_use(database: str) -> None:
    connection = psycopg2.connect(clientnest("url", "etl").stdout.strip())
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (Role.ETL.login,)
    connection.close()


def test_a_role_that_does_not_exist_is_a_sentence(database: str) -> None:
    answer = clientnest("psql", "root")
    assert answer.returncode != 0
    assert "There is no database role 'root'" in answer.stderr
    assert "Traceback" not in answer.stderr
