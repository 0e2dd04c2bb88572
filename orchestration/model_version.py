"""Which version of the dbt project built the tables: where its SQL changed, they are built anew from all captures.

Incremental models compute again what new captures touch; what a new version would compute otherwise of older captures
they would never see. Within one version, views and seeds that stand are as they would be built, so they are left out.
"""

import json
from collections.abc import Sequence

from psycopg2.extensions import cursor as Cursor

from clientnest.db.dbt_env import dbt_project_folder
from orchestration.manifest import digest_of, ensure_manifest

_SELECTING = ("--select", "-s", "--models", "-m", "--exclude", "--selector")
_EVERYTHING = "fqn:*"  # what dagster-dbt selects where all is to be built
# What holds nothing computed from captures, and how dbt is told to leave it out.
_UNCHANGING = ("view", "tenant_view", "seed")
WITHOUT_UNCHANGING = ("--exclude", *(f"config.materialized:{kind}" for kind in _UNCHANGING))
_VERSIONED = ("macros/**/*.sql", "models/**/*.sql", "seeds/*.csv", "dbt_project.yml")


def current() -> str:
    """The version of this checkout's models: changes with any SQL that decides what the tables hold."""
    project = dbt_project_folder()
    return digest_of(project, (path for pattern in _VERSIONED for path in project.glob(pattern)))


def builds_everything(arguments: Sequence[str]) -> bool:
    """Whether dbt, started with these arguments, builds every table."""
    if not arguments or arguments[0] != "build":
        return False
    followed = zip(arguments, [*arguments[1:], ""], strict=True)
    return all(value == _EVERYTHING for name, value in followed if name.partition("=")[0] in _SELECTING)


def of_tables(cursor: Cursor) -> str | None:
    """The version that last built all tables of this database; None where none is noted."""
    cursor.execute("SELECT obj_description('marts'::regnamespace)")
    row = cursor.fetchone()
    return str(row[0]) if row and row[0] else None


def note(cursor: Cursor, version: str) -> None:
    """Keep with the tables which version built them."""
    cursor.execute("COMMENT ON SCHEMA marts IS %s", (version,))


def unchanging() -> set[tuple[str, str]]:
    """Schema and name of the project's views and seeds: they change with the version only."""
    nodes = json.loads(ensure_manifest().read_text(encoding="utf-8"))["nodes"].values()
    return {(node["schema"], node["alias"]) for node in nodes if node["config"].get("materialized") in _UNCHANGING}


def stand(cursor: Cursor, relations: set[tuple[str, str]]) -> bool:
    """Whether all these relations are in the database: a table dropped by hand takes its views along."""
    cursor.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = ANY(%s)",
        ([schema for schema, _ in relations],),
    )
    return relations <= set(cursor.fetchall())
