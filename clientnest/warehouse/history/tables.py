"""Which raw tables have a history, with their columns as Postgres and DuckDB name them."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Float, Text, Uuid
from sqlalchemy.schema import Table

from clientnest.db.tables import raw

BUCKETS = 16

_DUCKDB_TYPES = {Uuid: "UUID", DateTime: "TIMESTAMPTZ", Date: "DATE", Text: "VARCHAR", BigInteger: "BIGINT",
                 Float: "DOUBLE", Boolean: "BOOLEAN"}  # fmt: skip


def bucket_of(workspace_id: UUID) -> int:
    """The bucket that holds a workspace's rows; written into paths, so it never changes."""
    return sha256(workspace_id.bytes).digest()[0] % BUCKETS


@dataclass(frozen=True, slots=True)
class HistoryTable:
    """A raw table in the history.

    `types`: column → DuckDB type, in file order; `keys`: what makes a row one; `by_month`: partitioned by the month
    (UTC) of `captured_at`, else by bucket only; `grows`: where a key comes again, each value is the greater of both
    (metrics), else the later row replaces the earlier (posts).
    """

    name: str
    types: dict[str, str]
    keys: tuple[str, ...]
    by_month: bool
    grows: bool

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(name for name in self.types if name not in self.keys)

    @property
    def order(self) -> str:
        return ", ".join(self.keys)


def _described(table: Table, keys: tuple[str, ...], *, without: frozenset[str] = frozenset()) -> HistoryTable:
    by_month = "captured_at" in keys
    types = {column.name: _DUCKDB_TYPES[type(column.type)] for column in table.columns if column.name not in without}
    return HistoryTable(table.name, types, keys, by_month, grows=by_month)


# When a post was last heard of is left out: it changes with every capture, and its snapshots say it.
_HEARD = frozenset({"captured_at", *(f"{name}_seen" for name in raw.POST_ATTRIBUTES)})
TABLES = (
    _described(raw.post_snapshot, ("workspace_id", "account_id", "post_id", "captured_at")),
    _described(raw.account_snapshot, ("workspace_id", "account_id", "captured_at")),
    _described(
        raw.account_period,
        ("workspace_id", "account_id", "period_start", "period_end", "dimension", "dimension_value", "captured_at"),
    ),
    _described(raw.post, ("workspace_id", "account_id", "id"), without=_HEARD),
)
