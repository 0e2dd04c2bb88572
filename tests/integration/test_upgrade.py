"""An installation of the previous commit upgrades in place: same schema as a fresh one, and its rows still there."""

import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import psycopg2
import pytest

from clientnest.db.bootstrap import prepare
from clientnest.db.server import EmbeddedServer
from clientnest.db.urls import administrator

REPOSITORY = Path(__file__).parents[2]
_MAKE_WORKSPACE = """
from clientnest.db.bootstrap import prepare
from clientnest.db.roles import Role
from clientnest.db.session import etl
prepare()
with etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
    cursor.execute("INSERT INTO app.workspace (id, name, slug) VALUES (gen_random_uuid(), 'Kept', 'kept')")
"""


def _earlier_kernel(folder: Path) -> None:
    """Unpack the previous commit's kernel."""
    archive = subprocess.run(
        ["git", "archive", "HEAD~1", "clientnest"], cwd=REPOSITORY, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder, filter="data")


def _schema(environment: dict[str, str]) -> str:
    """The three schemas of ours as `pg_dump` writes them, without its own banner and tokens."""
    server = EmbeddedServer(Path(environment["CLIENTNEST_HOME"]))
    url = administrator().set(database=environment["CLIENTNEST_DATABASE_NAME"])
    dumped = subprocess.run(
        [str(server.programs() / "pg_dump"), "--schema-only", "-n", "app", "-n", "raw", "-n", "ml",
         url.render_as_string(hide_password=False)],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    said = (line for line in dumped.splitlines() if not line.startswith(("--", "\\restrict", "\\unrestrict")))
    # The roles of a policy come in no particular order.
    return "\n".join(
        " ".join(sorted(re.split(r"[ ,]+", line))) if line.startswith("CREATE POLICY") else line for line in said
    )


def test_the_previous_commits_installation_upgrades_in_place(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = {key: value for key, value in os.environ.items() if key.startswith("CLIENTNEST_")}
    older = {**fresh, "CLIENTNEST_DATABASE_NAME": f"{database}_older"}
    _earlier_kernel(tmp_path)
    subprocess.run(
        [sys.executable, "-c", _MAKE_WORKSPACE], cwd=tmp_path, check=True,
        env={**os.environ, **older, "PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    schema_of_a_fresh_one = _schema(fresh)
    from clientnest import settings
    from clientnest.db import session

    monkeypatch.setenv("CLIENTNEST_DATABASE_NAME", older["CLIENTNEST_DATABASE_NAME"])
    session.forget()
    settings.forget()
    try:
        prepare()
        assert _schema(older) == schema_of_a_fresh_one
        url = administrator().set(database=older["CLIENTNEST_DATABASE_NAME"])
        with psycopg2.connect(url.render_as_string(hide_password=False)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT name FROM app.workspace")
            assert cursor.fetchall() == [("Kept",)]
    finally:
        session.forget()
        monkeypatch.setenv("CLIENTNEST_DATABASE_NAME", database)
        settings.forget()
