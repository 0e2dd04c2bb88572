"""Connection addresses: from the administrator's URL (embedded or given) to one per role and database."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from clientnest import secrets, settings
from clientnest.db.roles import Database, Role
from clientnest.db.server import EmbeddedServer
from clientnest.errors import ConfigurationError

_FORM = "Give it the form postgresql://USER:PASSWORD@HOST:5432/postgres, or leave it empty for the embedded database."


def administrator() -> URL:
    """The server's administrator: CLIENTNEST_DATABASE_URL, or the embedded server's (which must be started first)."""
    given = settings.database().database_url
    text = given.get_secret_value() if given else EmbeddedServer(settings.core().home).url
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ConfigurationError("CLIENTNEST_DATABASE_URL is no database address.", advice=_FORM) from error
    if not url.drivername.startswith("postgres"):
        raise ConfigurationError(f"CLIENTNEST_DATABASE_URL names {url.drivername}, not Postgres.", advice=_FORM)
    return url.set(drivername="postgresql")


def database_name(database: Database) -> str:
    configured = settings.database()
    return {
        Database.PRODUCT: configured.database_name,
        Database.DAGSTER: configured.dagster_database_name,
        Database.MLFLOW: configured.mlflow_database_name,
    }[database]


def role_url(role: Role, database: Database = Database.PRODUCT, *, driver: str = "") -> URL:
    """A role's SQLAlchemy URL. `driver`: "" for a plain libpq URL, "psycopg" (3) or "psycopg2"."""
    return administrator().set(
        drivername=f"postgresql+{driver}" if driver else "postgresql",
        username=role.login,
        password=secrets.load().passwords[role.value],
        database=database_name(database),
    )


def libpq(role: Role, database: Database = Database.PRODUCT) -> str:
    """A role's address as libpq, psycopg2, psycopg and ADBC take it. Contains the password: never log it."""
    return role_url(role, database).render_as_string(hide_password=False)
