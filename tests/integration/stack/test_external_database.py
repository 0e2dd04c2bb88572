"""A server of somebody else's: prepared by an administrator with just enough rights, or refused in a sentence."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy.engine import make_url

from clientnest import settings
from clientnest.db import bootstrap, session
from clientnest.db.roles import Database, Role
from clientnest.db.server import EmbeddedServer
from clientnest.db.urls import libpq
from clientnest.errors import ClientNestError, PermanentError, TransientError

Administrator = Callable[[str], None]


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    """A server that ClientNest knows by its address only."""
    folder = Path(tempfile.mkdtemp(prefix="cn-elsewhere-"))
    folder.chmod(0o711)
    started = EmbeddedServer(folder)
    started.start()
    yield started
    started.stop()
    shutil.rmtree(folder)


@pytest.fixture
def administrator(server: EmbeddedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Administrator]:
    """Makes a database user with the rights given, and points an installation of its own at the server as that user."""
    monkeypatch.setenv("CLIENTNEST_HOME", str(tmp_path))

    def point(rights: str) -> None:
        connection = psycopg2.connect(server.url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE IF EXISTS managed")
            cursor.execute(f"CREATE ROLE managed LOGIN PASSWORD 'managed' {rights}")
        connection.close()
        url = make_url(server.url).set(username="managed", password="managed")
        monkeypatch.setenv("CLIENTNEST_DATABASE_URL", url.render_as_string(hide_password=False))
        _forget()

    yield point
    monkeypatch.undo()
    _forget()


@pytest.mark.parametrize("missing", ["CREATEROLE", "CREATEDB"])
def test_a_missing_right_is_named_with_the_statement_that_gives_it(administrator: Administrator, missing: str) -> None:
    administrator({"CREATEROLE": "CREATEDB", "CREATEDB": "CREATEROLE"}[missing])
    with pytest.raises(PermanentError, match=f"managed .* lacks the right {missing}") as refused:
        bootstrap.prepare()
    assert f'ALTER ROLE "managed" {missing};' in refused.value.advice


def test_an_administrator_who_is_no_superuser_can_prepare_the_server_again_and_again(
    administrator: Administrator,
) -> None:
    administrator("CREATEROLE CREATEDB")
    bootstrap.prepare()
    bootstrap.prepare()
    for role in Role:
        database = {Role.DAGSTER: Database.DAGSTER, Role.MLFLOW: Database.MLFLOW}.get(role, Database.PRODUCT)
        psycopg2.connect(libpq(role, database)).close()


def test_a_server_that_is_too_old_is_refused(administrator: Administrator, monkeypatch: pytest.MonkeyPatch) -> None:
    administrator("CREATEROLE CREATEDB")
    monkeypatch.setattr(bootstrap, "MINIMUM_SERVER_VERSION", 990000)
    with pytest.raises(PermanentError, match=r"The database server is version \d+; ClientNest needs 17 or newer"):
        bootstrap.prepare()


@pytest.mark.parametrize(
    ("url", "kind", "said"),
    [
        ("postgresql://a:b@127.0.0.1:9/postgres", TransientError, r"at 127.0.0.1:9 cannot be used: Connection refused"),
        ("postgresql://a:b@no-such-host.invalid/postgres", TransientError, "could not translate host name"),
        ("mysql://a:b@127.0.0.1/x", PermanentError, "names mysql, not Postgres"),
        ("127.0.0.1", PermanentError, "is no database address"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_sentence_without_its_password(
    url: str, kind: type[ClientNestError], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTNEST_HOME", str(tmp_path))
    monkeypatch.setenv("CLIENTNEST_DATABASE_URL", url.replace(":b@", ":s3cret@"))
    _forget()
    with pytest.raises(kind, match=said) as refused:
        bootstrap.prepare()
    assert "s3cret" not in refused.value.message + refused.value.advice
    assert "CLIENTNEST_DATABASE_URL" in refused.value.message + refused.value.advice
    monkeypatch.undo()
    _forget()


def test_a_database_of_a_newer_version_is_left_alone(administrator: Administrator) -> None:
    administrator("SUPERUSER")
    bootstrap.prepare()
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE app.alembic_version SET version_num = '9999'")
    with pytest.raises(PermanentError, match="written by a newer version of ClientNest"):
        bootstrap.prepare()
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE app.alembic_version SET version_num = '0001' RETURNING version_num")


def _forget() -> None:
    session.forget()
    settings.forget()
