"""What becomes of a delivery, and of its endpoint, after an attempt. For the worker, in the errand's turn."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, null, update

from clientnest import audit
from clientnest.audit import Action, Change
from clientnest.db.tables.webhooks import webhook_attempt as attempt_table
from clientnest.db.tables.webhooks import webhook_delivery as delivery_table
from clientnest.db.tables.webhooks import webhook_endpoint as endpoint_table
from clientnest.events import tell
from clientnest.events.catalogue import DISABLED
from clientnest.log import get_logger
from clientnest.webhooks.endpoints import AS_NEW, give_up_waiting, switched_off
from clientnest.webhooks.schedule import AWAY_AFTER, AWAY_SECONDS, FAILING_AFTER, FAILING_SECONDS, pause_after
from clientnest.webhooks.sending import Outcome
from clientnest.webhooks.turns import Errand, has_turn
from clientnest.webhooks.waking import wake

_e, _d, _a = endpoint_table.c, delivery_table.c, attempt_table.c
_log = get_logger(__name__)


def settle(connection: Connection, errand: Errand, outcome: Outcome) -> bool:
    """Write down what came of an attempt; gives whether the turn goes on. Of a turn that was taken for dead meanwhile
    nothing is written: the attempt was closed, and is made once more."""
    standing = has_turn(connection, errand)
    if standing is None:
        _log.warning("an attempt ended after its turn", delivery=str(errand.delivery_id), number=errand.number)
        return False
    connection.execute(
        update(attempt_table)
        .where(_a.workspace_id == errand.workspace_id, _a.delivery_id == errand.delivery_id,
               _a.number == errand.number)
        .values(ended_at=func.now(), duration_ms=outcome.duration_ms, status=outcome.status,
                problem=outcome.problem, answer=outcome.answer)
    )  # fmt: skip
    if outcome.problem is None:
        _delivered(connection, errand, outcome)
    elif outcome.is_gone:
        _failed(connection, errand, outcome, None)
        _disable(connection, errand, "gone")
    else:
        _again(connection, errand, outcome, standing.failures + 1)
    return True


def _delivered(connection: Connection, errand: Errand, outcome: Outcome) -> None:
    values = {"state": "delivered", "next_attempt_at": None, "finished_at": func.now(), "problem": None}
    _note(connection, errand, outcome, values)
    connection.execute(_endpoint(errand).values(**AS_NEW))


def _again(connection: Connection, errand: Errand, outcome: Outcome, failures: int) -> None:
    pause = pause_after(errand.tries)
    away = outcome.pause if outcome.pause is not None else (AWAY_SECONDS if failures >= AWAY_AFTER else None)
    if pause is not None and outcome.pause is not None:
        pause = max(pause, outcome.pause)
    _failed(connection, errand, outcome, pause)
    failing_for = func.now() - timedelta(seconds=FAILING_SECONDS)
    given_up: bool = connection.execute(
        _endpoint(errand)
        .values(failures=failures, failing_since=func.coalesce(_e.failing_since, func.now()),
                not_before=null() if away is None else func.now() + timedelta(seconds=away))
        .returning(and_(_e.enabled, _e.failing_since < failing_for, _e.failures >= FAILING_AFTER))
    ).scalar_one()  # fmt: skip
    if given_up:
        _disable(connection, errand, "failing")
        return
    for seconds in {pause, away} - {None}:
        wake(connection, errand.workspace_id, errand.endpoint_id, after=seconds or 0.0)


def _failed(connection: Connection, errand: Errand, outcome: Outcome, pause: float | None) -> None:
    """The delivery waits for another attempt, or is a dead letter."""
    values: dict[str, Any] = {"state": "dead", "next_attempt_at": None, "finished_at": func.now()}
    if pause is not None:
        values = {"next_attempt_at": func.now() + timedelta(seconds=pause)}
    _note(connection, errand, outcome, {**values, "problem": outcome.problem})


def _note(connection: Connection, errand: Errand, outcome: Outcome, values: dict[str, Any]) -> None:
    """Only while it waits: what was given up meanwhile stays so, unless it arrived after all."""
    of_delivery = and_(_d.workspace_id == errand.workspace_id, _d.id == errand.delivery_id)
    if outcome.problem is not None:
        of_delivery = and_(of_delivery, _d.state == "waiting")
    connection.execute(update(delivery_table).where(of_delivery).values(**values, last_status=outcome.status))


def _disable(connection: Connection, errand: Errand, reason: str) -> None:
    why = {"gone": "The receiver is gone.", "failing": "The receiver failed for days."}[reason]
    changed = connection.execute(
        _endpoint(errand).where(_e.enabled).values(**switched_off(reason), revision=_e.revision + 1)
    )
    if changed.rowcount == 0:
        return
    workspace_id, endpoint_id = errand.workspace_id, errand.endpoint_id
    give_up_waiting(connection, workspace_id, endpoint_id, f"{why} The webhook was switched off.")
    tell(connection, workspace_id, DISABLED, endpoint_id, {"reason": reason})
    audit.record(
        connection, Action.WEBHOOK_DISABLED, actor=audit.SYSTEM, workspace_id=workspace_id, object_type="webhook",
        object_id=endpoint_id, changes={"reason": Change(after=reason)},
    )  # fmt: skip


def _endpoint(errand: Errand) -> Any:
    return update(endpoint_table).where(_e.workspace_id == errand.workspace_id, _e.id == errand.endpoint_id)
