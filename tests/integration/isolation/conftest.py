"""Two workspaces that look alike, each with its own words and numbers in everything that people see of it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor

from clientnest.db.roles import Database
from clientnest.db.urls import administrator, database_name
from tests.integration.isolation.planted import Marks, plant
from tests.worlds import World

MINE, OTHER = Marks("Kolibri", 7_310_057), Marks("Pelikan", 8_420_069)


@dataclass(frozen=True)
class Marked:
    """The world, and what was planted in each of its workspaces."""

    world: World
    mine: Marks = MINE
    other: Marks = OTHER


@pytest.fixture(scope="module")
def marked(world: World) -> Marked:
    """The built world with marks in both workspaces."""
    plant(world.mine, MINE)
    plant(world.other, OTHER)
    return Marked(world)


@contextmanager
def superuser() -> Iterator[Cursor]:
    """The database behind every policy; each statement is committed."""
    address = administrator().set(database=database_name(Database.PRODUCT)).render_as_string(hide_password=False)
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        yield cursor


@pytest.fixture
def owned(world: World) -> Iterator[Cursor]:
    """The world's database as its superuser sees it, for looking behind every policy and for taking one away."""
    with superuser() as cursor:
        yield cursor


def contents(cursor: Cursor, workspace_id: UUID) -> dict[str, str]:
    """A digest of a workspace's rows in every table that has any: what nobody else's work may change."""
    return {table: _digest(cursor, table, workspace_id) for table in scoped_relations(cursor, "rp")}


def scoped_relations(cursor: Cursor, kinds: str) -> list[str]:
    """Every table (`r`, `p`) or view (`v`, `m`) with rows of workspaces, whatever schema it is in; partitions belong to
    their table."""
    cursor.execute(
        "SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped "
        "WHERE c.relkind = ANY (%s) AND NOT c.relispartition AND c.relpersistence <> 't' "
        "AND n.nspname NOT LIKE 'pg\\_%%' ORDER BY 1", (list(kinds),),
    )  # fmt: skip
    return [row[0] for row in cursor.fetchall()]


def _digest(cursor: Cursor, table: str, workspace_id: UUID) -> str:
    cursor.execute(
        f"SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {table} t "
        "WHERE workspace_id = %s", (str(workspace_id),),
    )  # fmt: skip
    row = cursor.fetchone()
    assert row is not None
    return str(row[0])
