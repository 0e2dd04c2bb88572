"""Plans and limits: what a workspace may use, that no crowd overspends it, and that no content gets into events."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from clientnest.cli import app as cli
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.identity import account
from clientnest.entitlements import (
    Limit,
    LimitReached,
    ProductEvent,
    Reservation,
    check,
    commit,
    consume,
    entitled,
    record,
    release,
    reserve,
    used,
)
from clientnest.errors import BadInput
from clientnest.ids import new_id
from tests.conftest import make_workspace

TOKENS = Limit.AI_TOKENS_PER_MONTH


def _plan(*arguments: str, exit_code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["plan", *arguments])
    assert done.exit_code == exit_code, done.output
    return done.output


def _allowed(workspace_id: UUID, limit: Limit) -> int | None:
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        return entitled(connection, workspace_id).limit(limit)


def _used(workspace_id: UUID, limit: Limit = TOKENS) -> int:
    with session.tenant(Role.API, workspace_id=workspace_id) as connection:
        return used(connection, workspace_id, limit)


def _subscribe(workspace_id: UUID, plan: str, state: str, *, ends: str = "now() + interval '1 day'") -> None:
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text(
                "INSERT INTO app.subscription (workspace_id, plan, state, period_start, period_end, source) "
                f"VALUES (:id, :plan, :state, now() - interval '30 days', {ends}, 'stripe') ON CONFLICT (workspace_id) "
                "DO UPDATE SET state = excluded.state, period_end = excluded.period_end"
            ),
            {"id": workspace_id, "plan": plan, "state": state},
        )


def test_a_workspace_is_self_hosted_and_unlimited_until_somebody_says_otherwise(workspace: UUID) -> None:
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        allowance = entitled(connection, workspace)
        assert (allowance.plan, allowance.source) == ("self_hosted", "default")
        assert {allowance.limit(limit) for limit in Limit} == {None}
        check(connection, workspace, Limit.SEATS, used=10**6)
        consume(connection, workspace, TOKENS, 2**40)
    assert _used(workspace) == 2**40


def test_an_operator_chooses_the_plan_and_single_limits(workspace: UUID) -> None:
    assert "Free: set by the operator" in _plan("set", str(workspace), "free")
    assert (_allowed(workspace, Limit.SEATS), _allowed(workspace, Limit.ACCOUNTS)) == (2, 3)
    _plan("limit", f"t-{workspace.hex}", "accounts", "7", "--reason", "an old friend")
    _plan("limit", str(workspace), "seats", "unlimited")
    assert (_allowed(workspace, Limit.SEATS), _allowed(workspace, Limit.ACCOUNTS)) == (None, 7)
    with session.tenant(Role.API, workspace_id=workspace) as connection, pytest.raises(LimitReached) as refused:
        check(connection, workspace, Limit.ACCOUNTS, used=6, adding=2)
    assert refused.value.message == (
        "The operator allows this workspace 7 accounts of networks; 6 are used, and this needs 2 more."
    )
    shown = _plan("show", str(workspace))
    assert "accounts                               7  for this workspace alone" in shown
    _plan("limit", str(workspace), "accounts", "plan")
    assert _allowed(workspace, Limit.ACCOUNTS) == 3
    _plan("set", str(workspace), "self_hosted")
    assert _allowed(workspace, Limit.ACCOUNTS) is None
    for wrong in (
        ("show", "no-such-brand"), ("set", str(workspace), "platinum"), ("limit", str(workspace), "seats", "1.5"),
        ("limit", str(workspace), "seats", "many"), ("limit", str(workspace), "chairs", "1"),
    ):  # fmt: skip
        _plan(*wrong, exit_code=1)


def test_a_billed_plan_lasts_as_long_as_it_was_paid_for_and_is_not_the_operators_to_change(workspace: UUID) -> None:
    for state, ends, allowed in (
        ("trialing", "now() + interval '1 day'", 20), ("active", "now() - interval '1 hour'", 20),
        ("past_due", "now() - interval '1 day'", 20), ("canceled", "now() + interval '1 day'", 20),
        ("canceled", "now() - interval '1 second'", 3), ("canceled", "NULL", 3),
    ):  # fmt: skip
        _subscribe(workspace, "pro", state, ends=ends)
        assert _allowed(workspace, Limit.ACCOUNTS) == allowed, (state, ends)
    assert "billed through Stripe" in _plan("set", str(workspace), "enterprise", exit_code=1)


def test_a_reached_limit_says_which_how_much_and_what_helps(workspace: UUID) -> None:
    _plan("set", str(workspace), "free")
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        check(connection, workspace, Limit.SEATS, used=1)
        with pytest.raises(LimitReached) as refused:
            check(connection, workspace, Limit.SEATS, used=2)
    error = refused.value
    assert (error.code, error.status, error.retryable) == ("limit-reached", 403, False)
    assert error.message == "The plan Free allows this workspace 2 members; 2 are used."
    assert "larger plan" in error.advice
    assert error.details == {"limit": "seats", "allowed": 2, "used": 2, "plan": "free"}


def _at_once(count: int, what: Callable[[], None]) -> int:
    """How many of so many callers at the same moment were let through."""
    together = threading.Barrier(count)

    def one(_: int) -> bool:
        together.wait()
        try:
            what()
        except LimitReached:
            return False
        return True

    with ThreadPoolExecutor(count) as threads:
        return sum(threads.map(one, range(count)))


def test_many_callers_at_once_never_overspend_a_month(workspace: UUID) -> None:
    _plan("set", str(workspace), "free")
    _plan("limit", str(workspace), TOKENS.value, "1000")

    def spend() -> None:
        with session.tenant(Role.WORKER, workspace_id=workspace) as connection:
            reserve(connection, workspace, TOKENS, 90)

    assert sum(_at_once(8, spend) for _ in range(3)) == 11
    assert _used(workspace) == 990


def test_many_callers_at_once_never_share_the_last_place(workspace: UUID) -> None:
    _plan("set", str(workspace), "free")
    there = select(func.count()).select_from(account).where(account.c.workspace_id == workspace)

    def connect() -> None:
        with session.tenant(Role.MIGRATE, workspace_id=workspace) as connection:
            check(connection, workspace, Limit.ACCOUNTS, used=there)
            number = new_id()
            connection.execute(
                insert(account).values(
                    workspace_id=workspace, id=number, network="x", external_id=str(number), display_name="An account"
                )
            )

    assert _at_once(8, connect) == 3


def test_what_was_reserved_becomes_what_was_used(workspace: UUID) -> None:
    _plan("limit", str(workspace), TOKENS.value, "100")

    def with_reserved(amount: int) -> Reservation:
        with session.tenant(Role.API, workspace_id=workspace) as connection:
            return reserve(connection, workspace, TOKENS, amount)

    def settle(how: Callable[..., None], *arguments: object) -> int:
        with session.tenant(Role.API, workspace_id=workspace) as connection:
            how(connection, *arguments)
        return _used(workspace)

    first = with_reserved(80)
    with pytest.raises(LimitReached, match="80 are used, and this needs 21 more") as refused:
        with_reserved(21)
    assert "next month" in refused.value.advice
    assert settle(commit, first, 30) == 30
    assert settle(release, with_reserved(70)) == 30
    assert settle(commit, with_reserved(70), 75) == 105, "what was used beyond the reservation was used all the same"
    with pytest.raises(LimitReached):
        with_reserved(1)
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(
            text("UPDATE app.usage SET period_start = period_start - interval '1 month' WHERE workspace_id = :id"),
            {"id": workspace},
        )
    assert _used(workspace) == 0
    assert with_reserved(100).amount == 100
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        for limit, amount in ((Limit.SEATS, 1), (TOKENS, -1)):
            with pytest.raises(ValueError, match="cannot be used"):
                reserve(connection, workspace, limit, amount)


def test_no_workspace_sees_or_spends_for_another_and_none_gives_itself_more(workspace: UUID) -> None:
    other = make_workspace()
    _plan("set", str(other), "free")
    with session.tenant(Role.API, workspace_id=other) as connection:
        consume(connection, other, TOKENS, 10)
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        assert used(connection, other, TOKENS) == 0
        assert entitled(connection, other).source == "default", "another's subscription is not to be seen"
    for statement in (
        "UPDATE app.plan_limit SET value = NULL", "INSERT INTO app.plan (id, name) VALUES ('mine', 'Mine')",
        "INSERT INTO app.limit_override VALUES (:own, 'seats', NULL, 'please')",
        "INSERT INTO app.subscription (workspace_id, plan, state, source) VALUES (:own, 'pro', 'active', 'operator')",
        "DELETE FROM app.usage", "SELECT count(*) FROM app.product_event",
        "INSERT INTO app.usage VALUES (:other, 'seats', now(), 1)",
        "INSERT INTO app.product_event (workspace_id, id, name) VALUES (:other, :own, 'signed_in')",
    ):  # fmt: skip
        for role in (Role.API, Role.WORKER):
            with (
                pytest.raises(DBAPIError, match=r"permission denied|row-level security"),
                session.tenant(role, workspace_id=workspace) as connection,
            ):
                connection.execute(text(statement), {"own": workspace, "other": other})


def test_events_of_the_product_hold_no_content(workspace: UUID) -> None:
    good = {"network": "x", "format": "export:x_analytics", "files": 3, "seconds": 1.5, "again": False}
    with session.tenant(Role.API, workspace_id=workspace) as connection:
        record(connection, workspace, ProductEvent.FILES_IMPORTED, properties=good)
    with session.tenant(Role.MIGRATE) as connection:
        row = connection.execute(
            text("SELECT name, properties, person_id FROM app.product_event WHERE workspace_id = :id"),
            {"id": workspace},
        ).one()
    assert (row.name, row.properties, row.person_id) == ("files_imported", good, None)
    for bad in (
        "two words", "Capital", "somebody@example.org", "", "x" * 65, "a\nb", "é", None, ["x"], {"a": 1}, float("nan"),
    ):  # fmt: skip
        with session.tenant(Role.API, workspace_id=workspace) as connection, pytest.raises(BadInput):
            record(connection, workspace, ProductEvent.SIGNED_IN, properties={"what": bad})  # type: ignore[dict-item]
    for written in ('{"a": "two words"}', '{"a": ["x"]}', '{"a": null}', '{"a": {}}', '{"A key": 1}', '["x"]', '"x"',
                    '{"a": "x\\n"}'):  # fmt: skip
        with (
            pytest.raises(DBAPIError, match="product_event_properties_check"),
            session.tenant(Role.API, workspace_id=workspace) as connection,
        ):
            connection.execute(
                text("INSERT INTO app.product_event (workspace_id, id, name, properties) "
                     "VALUES (:id, :event, 'signed_in', CAST(:written AS jsonb))"),
                {"id": workspace, "event": new_id(), "written": written},
            )  # fmt: skip
