"""Answers kept for a day, so that a request sent again under the same key is carried out once and answered alike.

Whoever inserts the key first carries the request out; all others wait for the answer, in whatever process they are. A
claim has a lease: where its process was killed the key becomes free when that ends, and whether the request had been
carried out by then is for whoever sends it again to find out.

An answer belongs to a workspace, or to a person where the request concerns none, and to who asked: a key that somebody
else happens to use in the same workspace is another key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from clientnest.db.tables.entitlements import idempotency as table
from clientnest.errors import Conflict, PermanentError, TransientError
from clientnest.ids import new_id

KEPT_FOR = timedelta(hours=24)
LARGEST_BODY = 256 * 1024  # bytes of an answer; of a larger one is kept that it was given
_SWEEP_ROWS = 16
_RETRY_SECONDS = 2


class KeyReused(PermanentError):
    """The key came with another request before."""

    code = "idempotency-key-reused"
    status = 422


class StillRunning(TransientError):
    """The same request came before, and its answer is not there yet."""

    code = "idempotency-in-progress"
    status = 409


class AnswerNotKept(Conflict):
    """The request was carried out, but its answer was too large to keep."""

    code = "idempotency-answer-not-kept"


@dataclass(frozen=True, slots=True)
class Slot:
    """Whose key it is: exactly one of workspace and person is whose data the answer is; `caller_id` who sent it."""

    workspace_id: UUID | None
    person_id: UUID | None
    caller_id: UUID
    key: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to carry a request out and to keep its answer."""

    slot: Slot
    id: UUID


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer that was given before. `body_sha256` is of the request it was given to."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    body_sha256: bytes

    def require(self, body_sha256: bytes) -> None:
        """`KeyReused` where the body of the present request is another."""
        if body_sha256 != self.body_sha256:
            raise _reused()


def claim(
    connection: Connection, slot: Slot, request_sha256: bytes, body_sha256: bytes | None, *, lease: timedelta
) -> Claim | Kept:
    """Take the key for a request, or give the answer it has got. The body's hash may be known only later (None).

    `KeyReused` where the key stands for another request, `StillRunning` where the answer is not there yet,
    `AnswerNotKept` where it was too large. The caller commits at once: others wait for it.
    """
    connection.execute(text("SELECT app.forget_expired_answers(:rows)"), {"rows": _SWEEP_ROWS})
    mine = Claim(slot, new_id())
    fresh = {
        "claim": mine.id, "request_sha256": request_sha256, "body_sha256": body_sha256, "state": "in_progress",
        "status": None, "headers": {}, "body": None, "created_at": func.now(), "lease_until": func.now() + lease,
        "expires_at": func.now() + KEPT_FOR,
    }  # fmt: skip
    free = or_(table.c.expires_at < func.now(), and_(table.c.state == "in_progress", table.c.lease_until < func.now()))
    taken = connection.execute(
        insert(table)
        .values(workspace_id=slot.workspace_id, person_id=slot.person_id, caller_id=slot.caller_id, key=slot.key,
                **fresh)
        .on_conflict_do_update(index_elements=["scope_id", "caller_id", "key"], set_=fresh, where=free)
        .returning(table.c.claim)
    ).scalar_one_or_none()  # fmt: skip
    if taken is not None:
        return mine
    row = connection.execute(select(table).where(_of(slot))).one_or_none()
    if row is None:  # given up in this very moment: free for the next try
        raise _still_running()
    return _answered(row, request_sha256, body_sha256)


def keep(
    connection: Connection, mine: Claim, status: int, headers: Mapping[str, str], body: bytes, body_sha256: bytes
) -> bool:
    """Keep the answer to the request. False where the claim is over: another has the key, or its answer is kept."""
    held = update(table).where(_of(mine.slot), table.c.claim == mine.id, table.c.state == "in_progress")
    kept = connection.execute(
        held.values(
            state="done", status=status, headers=dict(headers), body_sha256=body_sha256,
            body=body if len(body) <= LARGEST_BODY else None,
        ).returning(table.c.claim)
    )  # fmt: skip
    return kept.scalar_one_or_none() is not None


def give_up(connection: Connection, mine: Claim) -> None:
    """Free the key: the request came to nothing, or has an answer that is not kept."""
    connection.execute(delete(table).where(_of(mine.slot), table.c.claim == mine.id, table.c.state == "in_progress"))


def _answered(row: Row[Any], request_sha256: bytes, body_sha256: bytes | None) -> Kept:
    same_body = None in (row.body_sha256, body_sha256) or row.body_sha256 == body_sha256
    if row.request_sha256 != request_sha256 or not same_body:
        raise _reused()
    if row.state == "in_progress":
        raise _still_running()
    if row.body is None:
        raise AnswerNotKept(
            f"This request was carried out before and answered with status {row.status}; "
            "the answer was too large to be kept.",
            advice="Read what it made or changed instead of sending it again.",
            details={"answered_status": row.status},
        )
    return Kept(row.status, row.headers, row.body, row.body_sha256)


def _reused() -> KeyReused:
    return KeyReused(
        "The Idempotency-Key was sent before with another request.",
        advice="Make a new key for each request, and keep it only for sending that one again.",
    )


def _still_running() -> StillRunning:
    return StillRunning(
        "The request with this Idempotency-Key is still being worked on.",
        advice=f"Send it again in {_RETRY_SECONDS} seconds for its answer.",
        details={"retry_after_seconds": _RETRY_SECONDS},
    )


def _of(slot: Slot) -> ColumnElement[bool]:
    return and_(
        table.c.scope_id == (slot.workspace_id or slot.person_id),
        table.c.caller_id == slot.caller_id,
        table.c.key == slot.key,
    )
