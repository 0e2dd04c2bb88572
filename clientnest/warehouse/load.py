"""What the statements of one capture share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg2.extensions import cursor as Cursor

WRITE_LOCK = 0x636E_7772_6974_6501
"""Advisory transaction lock of everything that changes `raw`: held from the choice of a load id to the commit."""

_FEW_ROWS = 5_000


def take_write_lock(cursor: Cursor) -> None:
    """Wait until no other transaction changes `raw`; held until this one ends."""
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (WRITE_LOCK,))


@dataclass(frozen=True, slots=True)
class Load:
    """What every row written by one capture carries, and the range of its `captured_at`."""

    workspace_id: UUID
    id: int
    source: str
    captured_from: datetime
    captured_to: datetime

    @property
    def parameters(self) -> dict[str, Any]:
        return {
            "workspace": str(self.workspace_id),
            "load": self.id,
            "source": self.source,
            "first": self.captured_from,
            "last": self.captured_to,
        }


def matching(staged: str, target: str, keys: tuple[str, ...], rows: int) -> str:
    """A join of `rows` staged rows `s` with the stored rows `t` of the same keys, which are unique in `target`.

    Tables just filled have no statistics, and a planner that takes a month for empty reads it once per staged row. So
    the way is chosen here: few rows are looked up one by one in the index, many are joined with loops forbidden (see
    `careful_planning`).
    """
    same = f"t.workspace_id = %(workspace)s::uuid AND {' AND '.join(f't.{key} = s.{key}' for key in keys)}"
    if "captured_at" in keys:  # said literally, so that only the months it touches are looked into
        same += " AND t.captured_at BETWEEN %(first)s AND %(last)s"
    if rows <= _FEW_ROWS:
        return f"{staged} s CROSS JOIN LATERAL (SELECT * FROM {target} t WHERE {same} LIMIT 1) t"
    # OFFSET 0: accounts and posts are resolved before the join, never after a join on the time alone.
    return f"(SELECT * FROM {staged} s OFFSET 0) s JOIN {target} t ON {same}"


@contextmanager
def careful_planning(cursor: Cursor, rows: int) -> Iterator[None]:
    """Server settings for merging up to `rows` staged rows per table; the transaction's own are put back after."""
    wanted = {"work_mem": "128MB", "timescaledb.max_tuples_decompressed_per_dml_transaction": "0"}
    if rows > _FEW_ROWS:
        wanted["enable_nestloop"] = "off"
    former: dict[str, str] = {}
    for name, value in wanted.items():
        cursor.execute("SELECT current_setting(%s, true)", (name,))
        current = (cursor.fetchone() or (None,))[0]
        if current is not None:  # a server without TimescaleDB does not know its settings
            former[name] = current
            cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
    yield
    for name, value in former.items():  # after an error the transaction is rolled back, and these with it
        cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
