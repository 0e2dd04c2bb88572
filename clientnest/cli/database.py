"""`clientnest migrate`, `psql`, `url`: the database for operators."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_ROLES = "migrate, etl, dbt, api, dashboards, worker, dagster or mlflow"
_Role = Annotated[str, typer.Argument(help=f"As whom: {_ROLES}.")]


def register(app: typer.Typer) -> None:
    """Add the commands about the database."""
    app.command("migrate")(migrate)
    app.command("psql", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(psql)
    app.command("url")(url)


def migrate() -> None:
    """Bring roles, databases and tables to this version. `run` does it at every start."""
    from clientnest import settings
    from clientnest.db import bootstrap
    from clientnest.db.server import EmbeddedServer

    if settings.database().database_url is not None:
        bootstrap.prepare()
    else:
        server = EmbeddedServer(settings.core().home)
        was_running = server.is_running()
        server.start(typer.echo)
        try:
            bootstrap.prepare()
        finally:
            if not was_running:
                server.stop()
    typer.echo("The database fits this version.")


def psql(context: typer.Context, role: _Role = "migrate") -> None:
    """Open psql as one of the database roles; what follows the role goes to psql."""
    import os
    import shutil

    from clientnest import settings
    from clientnest.db.server import EmbeddedServer
    from clientnest.errors import NotFound

    address = _address(role)
    if settings.database().database_url is None:
        program: str | None = str(EmbeddedServer(settings.core().home).programs() / "psql")
    else:
        program = shutil.which("psql")
    if program is None:
        raise NotFound("psql is not installed.", advice="Install PostgreSQL's client programs.")
    host = address.host or address.query.get("host") or "localhost"
    # Through the environment: arguments, and a password among them, can be read by every user of the machine.
    where = {
        "PGHOST": host if isinstance(host, str) else ",".join(host),
        "PGPORT": str(address.port or 5432),
        "PGUSER": str(address.username),
        "PGPASSWORD": str(address.password or ""),
        "PGDATABASE": str(address.database),
    }
    os.execve(program, [program, *context.args], {**os.environ, **where})  # noqa: S606


def url(role: _Role) -> None:
    """Print a role's database address, for other programs. It contains the password."""
    typer.echo(_address(role).render_as_string(hide_password=False))


def _address(name: str) -> "URL":
    from clientnest.db.roles import Database, Role
    from clientnest.db.urls import role_url
    from clientnest.errors import NotFound

    if name not in set(Role):
        raise NotFound(f"There is no database role {name!r}.", advice=f"Known: {_ROLES}.")
    role = Role(name)
    database = {Role.DAGSTER: Database.DAGSTER, Role.MLFLOW: Database.MLFLOW}.get(role, Database.PRODUCT)
    return role_url(role, database)
