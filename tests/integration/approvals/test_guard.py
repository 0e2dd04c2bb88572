"""No way leads to what is approved or scheduled past those who have to approve it: not by the API, nor by SQL."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.ids import new_id
from tests.integration.approvals.conftest import LATER, Office, by

ROLES = st.sampled_from([Role.API, Role.WORKER, Role.MIGRATE])
CALLS = ("edit", "plan", "schedule", "unschedule", "cancel", "submit", "submit_for", "withdraw")
BY_HAND = ("draft", "in_review", "changes_requested", "approved", "scheduled", "failed")
APPROVERS = {1: "Ada", 2: "Ben"}


class Anybody(RuleBasedStateMachine):
    """People, programs and careless administrators where two have to approve, in any order.

    What was approved is remembered here, by what was answered: the database is not asked to judge itself.
    """

    office: Office

    def __init__(self) -> None:
        super().__init__()
        self.desk = self.office.desk
        self.post: dict[str, Any] = self.desk.write("bluesky", text="First")
        self.variant, self.account = UUID(self.post["variants"][0]["id"]), str(self.desk.accounts["bluesky"])
        self.here = f"/posts/{self.post['id']}"
        self.approved: str | None = None  # the digest of the form that both have approved last

    @rule(call=st.sampled_from(CALLS), words=st.sampled_from(["one", "two"]))
    def write(self, call: str, words: str) -> None:
        method, path, body = {
            "edit": ("PATCH", self.here, {"variants": [{"account_id": self.account, "text": words}]}),
            "plan": ("POST", f"{self.here}/schedule", {"at": LATER, "plan_only": True}),
            "schedule": ("POST", f"{self.here}/schedule", {"at": LATER}),
            "unschedule": ("POST", f"{self.here}/unschedule", {}),
            "cancel": ("POST", f"{self.here}/cancel", {"accounts": [self.account]}),
            "submit": ("POST", f"{self.here}/submit", {}),
            "submit_for": ("POST", f"{self.here}/submit", {"then_schedule": True}),
            "withdraw": ("POST", f"{self.here}/withdraw", {}),
        }[call]
        answer = self.desk(method, path, body, If_Match="*")
        assert answer.status_code in {200, 409}, answer.text

    @rule(name=st.sampled_from(["Ada", "Ben", "Eve"]), changes=st.sampled_from(["", "", "Other words."]))
    def decide(self, name: str, changes: str) -> None:
        waiting = [one for one in self.office.rounds(self.post) if one["closed_at"] is None]
        answer = self.office.decide(self.post, name, changes=changes)
        assert answer.status_code in {200, 403, 409}, answer.text
        if answer.status_code == 200:
            assert APPROVERS[waiting[0]["level"]] == name
            outcome = answer.json()["decisions"][0]["outcome"]
            if outcome is not None:
                self.approved = waiting[0]["digest"] if outcome == "approved" else None

    @rule(to=st.sampled_from(BY_HAND), role=ROLES)
    def write_the_state(self, to: str, role: Role) -> None:
        self._by_hand(role, "UPDATE app.post_variant SET state = :to WHERE id = :id", to=to)

    @rule(role=ROLES)
    def write_the_words(self, role: Role) -> None:
        self._by_hand(role, "UPDATE app.post_variant SET content = jsonb_set(content, '{parts,0,text}', '\"by hand\"') "
                      "WHERE id = :id")  # fmt: skip

    @rule(role=ROLES)
    def write_an_outcome(self, role: Role) -> None:
        self._by_hand(role, "UPDATE app.review SET outcome = 'approved', closed_at = now() "
                      "WHERE variant_id = :id AND outcome IS DISTINCT FROM 'approved'")  # fmt: skip

    @rule(role=ROLES)
    def write_a_round(self, role: Role) -> None:
        self._by_hand(role, "INSERT INTO app.review (workspace_id, id, variant_id, levels, closed_at, outcome) "
                      "VALUES (:w, :new, :id, '[]', now(), 'approved')")  # fmt: skip

    @rule(role=ROLES, name=st.sampled_from(["Eve", "Nobody"]))
    def write_a_decision(self, role: Role, name: str) -> None:
        self._by_hand(
            role, "INSERT INTO app.review_decision (workspace_id, review_id, level, verdict, capacity, person_id) "
            "SELECT workspace_id, id, level, 'approve', 'approver', :p FROM app.review "
            "WHERE variant_id = :id AND closed_at IS NULL", p=self.office.named.get(name, new_id()),
        )  # fmt: skip

    @invariant()
    def what_goes_out_was_approved_as_it_is(self) -> None:
        (row,) = self.desk.sql("SELECT state, encode(digest, 'hex') AS digest FROM app.post_variant WHERE id = :id",
                               id=self.variant)  # fmt: skip
        if row.state in {"approved", "scheduled", "publishing", "published", "unconfirmed"}:
            assert row.digest == self.approved, row.state

    def _by_hand(self, role: Role, statement: str, **given: Any) -> None:
        values = {"id": self.variant, "w": self.desk.workspace_id, "new": new_id(), **given}
        try:
            with session.tenant(role, workspace_id=self.desk.workspace_id) as connection:
                connection.execute(text(statement), {name: values[name] for name in values if f":{name}" in statement})
        except (IntegrityError, ProgrammingError):
            pass


def _machine(office: Office) -> Callable[[], Anybody]:
    return type("Machine", (Anybody,), {"office": office})


def _run(office: Office, examples: int = 30) -> None:
    run_state_machine_as_test(
        _machine(office),
        settings=settings(max_examples=examples, stateful_step_count=30, deadline=None, derandomize=True,
                          suppress_health_check=list(HealthCheck), phases=(Phase.generate,)),
    )  # fmt: skip


@pytest.fixture
def strict(office: Office) -> Office:
    """Ada and then Ben have to approve; Eve may approve, but is asked nowhere."""
    ada, ben, _ = (office.hire(name) for name in ("Ada", "Ben", "Eve"))
    office.policy("required", by(ada), by(ben))
    return office


def test_no_sequence_of_calls_and_statements_goes_past_those_who_have_to_approve(strict: Office) -> None:
    _run(strict)


@pytest.mark.parametrize(
    ("table", "trigger"),
    [("post_variant", "guard_approval"), ("review", "guard_review"), ("review", "begin_review"),
     ("review_decision", "take")],
)  # fmt: skip
def test_the_machine_notices_when_a_guard_is_gone(strict: Office, table: str, trigger: str) -> None:
    strict.desk.sql(f"ALTER TABLE app.{table} DISABLE TRIGGER {trigger}")
    try:
        with pytest.raises(AssertionError):
            _run(strict, examples=100)
    finally:
        strict.desk.sql(f"ALTER TABLE app.{table} ENABLE TRIGGER {trigger}")


def test_decisions_are_neither_changed_nor_taken_away_by_the_api(strict: Office) -> None:
    for statement in (
        "UPDATE app.review_decision SET verdict = 'approve'", "DELETE FROM app.review_decision",
        "UPDATE app.review SET level = 2", "UPDATE app.review SET digest = ''", "DELETE FROM app.review",
        "SELECT token_hash FROM app.review_link",
    ):  # fmt: skip
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            session.tenant(Role.API, workspace_id=strict.desk.workspace_id) as connection,
        ):
            connection.execute(text(statement))
