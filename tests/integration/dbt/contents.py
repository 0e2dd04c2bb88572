"""What tables hold, in a form in which two builds can be compared."""

from typing import Any

from clientnest.db.roles import Role
from clientnest.db.session import etl


def contents(*relations: str, besides: tuple[str, ...] = ("built_at",)) -> dict[str, set[tuple[Any, ...]]]:
    """Every row of each relation, without the columns that tell of the build and not of the data."""
    found = {}
    with etl(role=Role.DBT) as connection, connection.cursor() as cursor:
        for relation in relations:
            cursor.execute(f"SELECT to_jsonb(t) - %s::text[] FROM {relation} t", (list(besides),))
            rows = [tuple((key, _rounded(value)) for key, value in sorted(row.items())) for (row,) in cursor]
            found[relation] = set(rows)
            assert len(found[relation]) == len(rows), f"{relation} holds a row twice"
    return found


def _rounded(value: Any) -> Any:
    """Sums of fractions differ in their last digits with the order of rows."""
    return tuple(value) if isinstance(value, list) else round(value, 9) if isinstance(value, float) else value
