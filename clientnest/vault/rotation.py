"""Changing the key: a new one becomes current, every stored value is sealed anew under it, and old keys may go.

Works beside writers and readers: batches of rows that nobody else holds, each in a short transaction of its own; a
reader finds either form, and both open. Killed at any moment, it goes on where it was when it is run again.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, func, literal, select, text, tuple_, update
from sqlalchemy.exc import OperationalError

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables import metadata
from clientnest.errors import Conflict, Unavailable
from clientnest.vault import keyring
from clientnest.vault.columns import SEALED, SealedColumn
from clientnest.vault.sealing import KEY_ID_AT, VaultError, seal, unseal

BATCH = 200
NOTICE_SECONDS = 5.0
"""By then every process has seen a new key: they look at the file each time, and network folders cache for 3 s."""
PATIENCE_SECONDS = 900.0
_LONGEST_WAIT = "500ms"  # less than deadlock_timeout (1 s): it is never a writer that has to give way
_LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: the key that is current now, values sealed anew, values that no key here opens (table,
    column and row), and the ids of the keys that were dropped."""

    key_id: str
    resealed: int
    unreadable: tuple[str, ...]
    dropped: tuple[str, ...]


def usage(connection: Connection) -> dict[str, int]:
    """How many stored values each key id seals, over all registered columns. Needs the owner's role."""
    counts: Counter[str] = Counter()
    for column in SEALED:
        sealed = _table(column).c[column.column]
        key_id = func.encode(_key_id(column), "hex")
        statement = select(key_id.label("key_id"), func.count().label("sealed")).where(sealed.is_not(None))
        for row in connection.execute(statement.group_by(text("1"))):
            counts[row.key_id] += row.sealed
    return dict(counts)


def create_keyring() -> keyring.Keyring:
    """Make the first keyring of an installation. `Conflict` where there is one, or where values are sealed already."""
    with session.tenant(Role.MIGRATE) as connection:
        sealed = sum(usage(connection).values())
    if sealed:
        raise Conflict(
            f"The database holds {sealed} sealed values, so this installation had keys: {keyring.place()} is missing.",
            advice="Put the file back from its backup. New keys would not open what is stored.",
        )
    return keyring.create()


def rotate(
    *, retire: bool = False, notice: float = NOTICE_SECONDS, patience: float = PATIENCE_SECONDS, batch: int = BATCH
) -> Rotation:
    """Make a new current key (or go on with an interrupted rotation) and seal every value anew under it.

    `retire` then drops the keys that seal nothing any more. `notice`: seconds after which every other process seals
    with the new key, and has opened what it read before; `patience`: seconds without progress to wait for rows that
    others hold, then `Unavailable`. Needs the role that owns the tables.
    """
    current = keyring.begin_rotation().current_id
    changed = time.monotonic()  # when the keyring or a value last did
    resealed = 0
    while True:
        settled = time.monotonic() - changed >= notice  # before the pass, which then sees what was written till here
        unreadable: list[str] = []
        fresh = sum(_walk(column, current, batch, unreadable) for column in SEALED)
        resealed += fresh
        if fresh:
            changed = time.monotonic()
        elif settled and (dropped := _finish(current, len(unreadable), retire)) is not None:
            return Rotation(current, resealed, tuple(unreadable), dropped)
        elif time.monotonic() - changed > max(patience, 2 * notice):
            raise Unavailable(
                f"Others held on to stored values for {patience:.0f} seconds, so the rotation is not finished.",
                advice="Run `clientnest keys rotate` again: it goes on where it was.",
            )
        time.sleep(min(0.2, notice))


def _walk(column: SealedColumn, current: str, batch: int, unreadable: list[str]) -> int:
    """One pass over a column, in the order of its key; rows that others hold are passed over."""
    resealed = 0
    after: tuple[Any, ...] | None = None
    while True:
        with session.tenant(Role.MIGRATE) as connection:
            rows = connection.execute(_stale(column, current, after, batch)).all()
            fresh = list(_resealed(column, rows, unreadable))
            if fresh:
                connection.execute(_replacement(column), fresh)
        if not rows:
            return resealed
        resealed += len(fresh)
        after = tuple(rows[-1])[2:]


def _stale(column: SealedColumn, current: str, after: tuple[Any, ...] | None, batch: int) -> Any:
    """Owner, sealed value and key of the next rows that another key seals, locked."""
    table = _table(column)
    key = [table.c[name] for name in column.key]
    # No foreign key points at what changes, so a lock that lets references be checked is enough.
    statement = (
        select(table.c[column.owner].label("owner"), table.c[column.column].label("sealed"), *key)
        .where(table.c[column.column].is_not(None), _key_id(column) != bytes.fromhex(current))
        .order_by(*key).limit(batch).with_for_update(skip_locked=True, key_share=True)
    )  # fmt: skip
    if after is None:
        return statement
    return statement.where(tuple_(*key) > tuple_(*(literal(v, c.type) for v, c in zip(after, key, strict=True))))


def _resealed(column: SealedColumn, rows: Iterable[Any], unreadable: list[str]) -> Iterable[Mapping[str, Any]]:
    for owner, sealed, *key in rows:
        try:
            plaintext = unseal(sealed, purpose=column.purpose, owner=owner)
        except VaultError as error:
            row = ", ".join(f"{name} {value}" for name, value in zip(column.key, key, strict=True))
            unreadable.append(f"{column.table}.{column.column} of {row}: {error.message}")
            continue
        fresh = seal(plaintext, purpose=column.purpose, owner=owner)
        yield {"fresh": fresh, **{f"of_{name}": value for name, value in zip(column.key, key, strict=True)}}


def _replacement(column: SealedColumn) -> Any:
    table = _table(column)
    where = and_(*(table.c[name] == bindparam(f"of_{name}") for name in column.key))
    return update(table).where(where).values({column.column: bindparam("fresh")})


def _finish(current: str, unreadable: int, retire: bool) -> tuple[str, ...] | None:
    """Close the rotation where old keys seal only what is unreadable, and give the keys that were dropped; else None.

    To drop keys, all writers are held off between the last look and the drop. What remains possible is a process that
    sealed a value before the new key, was stopped for longer than the notice, and writes it after the drop; reading
    such a value says which key is missing.
    """
    try:
        with session.tenant(Role.MIGRATE) as connection:
            if retire:
                tables = ", ".join(dict.fromkeys(column.table for column in SEALED))
                connection.execute(text(f"SET LOCAL lock_timeout = '{_LONGEST_WAIT}'"))
                connection.execute(text(f"LOCK TABLE {tables} IN SHARE MODE"))
            used = usage(connection)
            if sum(count for key_id, count in used.items() if key_id != current) > unreadable:
                return None
            before = keyring.read().keys
            unused = [key_id for key_id in before if not used.get(key_id)] if retire else []
            after = keyring.end_rotation(current, drop=unused)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        return None
    return tuple(key_id for key_id in before if key_id not in after.keys)


def _table(column: SealedColumn) -> Table:
    return metadata.tables[column.table]


def _key_id(column: SealedColumn) -> ColumnElement[Any]:
    return func.substring(_table(column).c[column.column], KEY_ID_AT + 1, keyring.ID_BYTES)
