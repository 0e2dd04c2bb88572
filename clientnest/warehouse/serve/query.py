"""Running a read: where dbt has not built the views yet, the answer is a sentence, not a traceback."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Executable, Row, text
from sqlalchemy.exc import ProgrammingError

from clientnest.errors import Unavailable
from clientnest.warehouse.serve import views

_NOT_BUILT = {"42P01", "42703", "42501", "3F000"}  # no such view, column or schema, or not granted yet


def read(connection: Connection, statement: Executable) -> Sequence[Row[Any]]:
    """All rows of a query on `serve`; `Unavailable` while the views are missing or of another version."""
    try:
        return connection.execute(statement).all()
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) in _NOT_BUILT:
            raise not_built() from error
        raise


def ensure_built(connection: Connection) -> None:
    """`Unavailable` unless every view is there and readable by this session's role."""
    wanted = [str(view) for view in views.ALL]
    there: int = connection.execute(
        text(
            "SELECT count(*) FROM unnest(CAST(:names AS text[])) AS name WHERE to_regclass(name) IS NOT NULL "
            "AND has_table_privilege(to_regclass(name), 'SELECT')"
        ),
        {"names": wanted},
    ).scalar_one()
    if there != len(wanted):
        raise not_built()


def not_built() -> Unavailable:
    return Unavailable(
        "The results have not been built yet.",
        advice="They are built after the first start and after each import, within a minute; "
        "`clientnest dbt build` builds them now.",
    )
