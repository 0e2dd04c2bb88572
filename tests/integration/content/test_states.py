"""No way leads into a state that is none: not by the API, nor by statements sent to the database."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from clientnest.content.states import OUT_OF_HAND, STEPS, PostState, State
from clientnest.db import session
from clientnest.db.roles import Role
from tests.integration.content.conftest import Desk, seen

SOON = "2027-03-01T09:00"


def test_the_database_knows_the_same_ways_as_the_code(desk: Desk) -> None:
    ways = {(row.from_state, row.to_state) for row in desk.sql("SELECT from_state, to_state FROM app.variant_step")}
    assert ways == {(state.value, to.value) for state, after in STEPS.items() for to in after}
    assert STEPS.keys() == set(State)


def test_every_state_but_published_has_a_way_out(desk: Desk) -> None:
    assert [state for state in State if not STEPS[state]] == [State.PUBLISHED]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((), PostState.DRAFT),
        (("published", "published"), PostState.PUBLISHED),
        (("published", "cancelled"), PostState.PUBLISHED),
        (("published", "failed"), PostState.PARTIALLY_PUBLISHED),
        (("published", "scheduled"), PostState.PARTIALLY_PUBLISHED),
        (("published", "publishing"), PostState.PUBLISHING),
        (("unconfirmed", "failed", "scheduled"), PostState.UNCONFIRMED),
        (("approved", "scheduled"), PostState.APPROVED),
        (("draft", "in_review", "changes_requested"), PostState.CHANGES_REQUESTED),
        (("cancelled", "scheduled"), PostState.SCHEDULED),
        (("cancelled",), PostState.CANCELLED),
    ],
)
def test_a_posts_state_follows_from_those_of_its_variants(desk: Desk, states: tuple[str], expected: str) -> None:
    assert desk.sql("SELECT app.post_state(CAST(:states AS text[])) AS state", states=list(states))[0].state == expected


def test_every_mixture_of_states_makes_a_state(desk: Desk) -> None:
    rows = desk.sql(
        "SELECT app.post_state(ARRAY[a, b, c]) AS state FROM unnest(CAST(:all AS text[])) a, "
        "unnest(CAST(:all AS text[])) b, unnest(CAST(:all AS text[])) c", all=[state.value for state in State],
    )  # fmt: skip
    assert {row.state for row in rows} == {state.value for state in PostState}


def test_a_move_by_hand_is_told_too(desk: Desk) -> None:
    post = desk.write()
    desk.sql("UPDATE app.post_variant SET state = 'in_review' WHERE post_id = :id", id=UUID(post["id"]))
    moves = desk("GET", f"/posts/{post['id']}/history").json()["items"]
    assert [(one["from_state"], one["to_state"], one["actor_kind"]) for one in moves] == [
        (None, "draft", "person"), ("draft", "in_review", "database"),
    ]  # fmt: skip
    assert moves[0]["actor_id"] == str(desk.people["editor"])


def test_history_can_neither_be_written_nor_changed_by_the_api(desk: Desk) -> None:
    desk.write()
    for statement in (
        "UPDATE app.variant_transition SET reason = 'x'", "DELETE FROM app.variant_transition",
        "INSERT INTO app.variant_transition SELECT * FROM app.variant_transition",
        "UPDATE app.post_revision SET changed = '{}'", "DELETE FROM app.post_revision",
        "UPDATE app.post_variant SET digest = ''", "DELETE FROM app.variant_media",
    ):  # fmt: skip
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            session.tenant(Role.API, workspace_id=desk.workspace_id) as connection,
        ):
            connection.execute(text(statement))


def test_what_is_out_of_hand_keeps_its_words_and_its_time(desk: Desk) -> None:
    post = desk.write("x")
    here, account = f"/posts/{post['id']}", str(desk.accounts["x"])
    seen(desk("POST", f"{here}/schedule", {"at": SOON}, If_Match="*"))
    desk.sql("UPDATE app.post_variant SET state = 'publishing' WHERE post_id = :id", id=UUID(post["id"]))
    for method, path, body in (
        ("PATCH", here, {"variants": [{"account_id": account, "text": "Changed"}]}),
        ("PATCH", here, {"removed_accounts": [account]}),
        ("POST", f"{here}/schedule", {"at": "2027-04-01T09:00", "accounts": [account]}),
        ("POST", f"{here}/unschedule", {"accounts": [account]}),
        ("POST", f"{here}/cancel", {"accounts": [account]}),
        ("DELETE", here, None),
    ):
        assert desk(method, path, body, If_Match="*").status_code == 409, (method, path, body)
    for statement in (
        "UPDATE app.post_variant SET content = '{}' WHERE post_id = :id",
        "UPDATE app.post_variant SET scheduled_at = scheduled_at + interval '1 day' WHERE post_id = :id",
        "DELETE FROM app.post_variant WHERE post_id = :id",
    ):
        with pytest.raises(IntegrityError):
            desk.sql(statement, id=UUID(post["id"]))
    assert seen(desk("GET", here))["variants"][0]["content"]["text"] == "Market day"


class Anybody(RuleBasedStateMachine):
    """People, programs and careless administrators, in any order."""

    desk: Desk

    def __init__(self) -> None:
        super().__init__()
        self.post: dict[str, Any] = self.desk.write("x", "bluesky")
        self.expected = {one["id"]: "draft" for one in self.post["variants"]}

    @rule(call=st.sampled_from(["edit", "schedule", "plan", "slot", "unschedule", "cancel", "trash", "restore"]),
          network=st.sampled_from(["x", "bluesky"]), text=st.sampled_from(["one", "two"]))  # fmt: skip
    def use_the_api(self, call: str, network: str, text: str) -> None:
        here, account = f"/posts/{self.post['id']}", str(self.desk.accounts[network])
        method, path, body = {
            "edit": ("PATCH", here, {"variants": [{"account_id": account, "text": text}]}),
            "schedule": ("POST", f"{here}/schedule", {"at": SOON, "accounts": [account]}),
            "plan": ("POST", f"{here}/schedule", {"at": SOON, "accounts": [account], "plan_only": True}),
            "slot": ("POST", f"{here}/schedule", {"next_slot": True, "accounts": [account]}),
            "unschedule": ("POST", f"{here}/unschedule", {"accounts": [account]}),
            "cancel": ("POST", f"{here}/cancel", {"accounts": [account]}),
            "trash": ("DELETE", here, None),
            "restore": ("POST", f"{here}/restore", None),
        }[call]
        answer = self.desk(method, path, body, If_Match="*")
        assert answer.status_code in {200, 409}, answer.text

    @rule(to=st.sampled_from([state.value for state in State]), which=st.integers(0, 1),
          role=st.sampled_from([Role.API, Role.WORKER]))  # fmt: skip
    def write_the_state(self, to: str, which: int, role: Role) -> None:
        variant = self.post["variants"][which]["id"]
        now = self._states()[variant]
        lawful = to == now or to in STEPS[State(now)]
        try:
            with session.tenant(role, workspace_id=self.desk.workspace_id) as connection:
                connection.execute(
                    text("UPDATE app.post_variant SET state = :to WHERE id = :id"), {"to": to, "id": UUID(variant)}
                )
        except IntegrityError:
            assert not lawful or to not in {"draft", "in_review", "cancelled", "changes_requested", "approved"}
        else:
            assert lawful, f"{now} became {to}"

    @invariant()
    def every_move_was_lawful_and_told(self) -> None:
        told: dict[str, list[tuple[str | None, str]]] = {}
        for row in self.desk.sql(
            "SELECT variant_id, from_state, to_state FROM app.variant_transition WHERE workspace_id = :w "
            "ORDER BY variant_id, number"
        ):
            told.setdefault(str(row.variant_id), []).append((row.from_state, row.to_state))
        for variant, state in self._states().items():
            moves = told[variant]
            assert moves[0] == (None, "draft")
            assert all(to in STEPS[State(came)] for came, to in moves[1:] if came is not None)
            assert [to for _, to in moves[:-1]] == [came for came, _ in moves[1:]]
            assert moves[-1][1] == state

    @invariant()
    def what_has_had_its_time_has_one(self) -> None:
        timeless = self.desk.sql(
            "SELECT FROM app.post_variant WHERE workspace_id = :w AND scheduled_at IS NULL AND state = ANY (:states)",
            states=[state.value for state in OUT_OF_HAND | {State.SCHEDULED, State.FAILED, State.MISSED}],
        )
        assert timeless == []

    def _states(self) -> dict[str, str]:
        rows = self.desk.sql("SELECT id, state FROM app.post_variant WHERE post_id = :id", id=UUID(self.post["id"]))
        return {str(row.id): row.state for row in rows}


def _machine(desk: Desk) -> Callable[[], Anybody]:
    return type("Machine", (Anybody,), {"desk": desk})


def search(desk: Desk, examples: int) -> None:
    run_state_machine_as_test(
        _machine(desk),
        settings=settings(max_examples=examples, stateful_step_count=25, deadline=None, derandomize=True,
                          phases=(Phase.generate,), suppress_health_check=list(HealthCheck)),
    )  # fmt: skip


def test_no_sequence_of_calls_and_statements_reaches_an_illegal_state(desk: Desk) -> None:
    search(desk, 15)


def test_the_machine_notices_when_the_databases_guard_is_gone(desk: Desk) -> None:
    desk.sql("ALTER TABLE app.post_variant DISABLE TRIGGER guard")
    try:
        with pytest.raises(AssertionError):
            search(desk, 15)
    finally:
        desk.sql("ALTER TABLE app.post_variant ENABLE TRIGGER guard")
