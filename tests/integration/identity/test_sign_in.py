"""Signing in: passwords, tokens, and the first start that makes the people who can."""

import base64
import json
import time
from datetime import timedelta
from uuid import UUID

import jwt
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from clientnest import secrets
from clientnest.cli import app as cli
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.errors import BadInput, Conflict, NotFound, Unauthenticated
from clientnest.identity import Person, create_person, issue_token, passwords, sign_in, tokens, verify_token
from clientnest.identity.setup import DEMO_EMAIL, DEMO_SLUG, HOME_SLUG, OWNER_EMAIL, ensure_logins
from clientnest.ids import new_id
from clientnest.workspaces import create_workspace, enter, memberships, workspace_by_slug


def _person(email: str, password: str = "correct horse") -> Person:
    with session.tenant(Role.MIGRATE) as connection:
        return create_person(connection, email, "Somebody", password)


def test_an_accent_typed_another_way_is_the_same_password(database: str) -> None:
    made = _person("accent@example.org", "caf\u00e9 au lait")
    assert _sign_in("accent@example.org", "cafe\u0301 au lait") == made


def _sign_in(email: str, password: str, role: Role = Role.API) -> Person:
    with session.tenant(role) as connection:
        return sign_in(connection, email, password)


@pytest.mark.parametrize("role", [Role.API, Role.DASHBOARDS])
def test_a_person_signs_in_with_their_password_only(database: str, role: Role) -> None:
    made = _person(f"{role.value}@example.org")
    assert _sign_in(f"  {role.value.upper()}@Example.org ", "correct horse", role) == made
    answers = set()
    for email, password in (
        (made.email, "wrong horse"), (made.email, ""), (made.email, "x" * 100_000), (made.email, "a\x00b"),
        (made.email, "\ud800"), ("nobody@example.org", "correct horse"), ("", "correct horse"),
        ("a\x00b@example.org", "correct horse"),
        ("\ud800@example.org", "correct horse"), ("not an address", "correct horse"),
    ):  # fmt: skip
        with pytest.raises(Unauthenticated) as refused:
            _sign_in(email, password, role)
        answers.add(refused.value.message)
    assert len(answers) == 1, "the answer tells an unknown address from a wrong password"


def test_an_unknown_address_costs_the_same_work_as_a_wrong_password(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _person("known@example.org")
    verified: list[str] = []

    class Counting:
        def verify(self, stored: str, password: bytes) -> bool:
            verified.append(stored.rsplit("$", 2)[0])
            return hasher.verify(stored, password)

    hasher = passwords._hasher
    passwords.matches("", None)
    monkeypatch.setattr(passwords, "_hasher", Counting())
    for email in ("known@example.org", "unknown@example.org", "not an address"):
        with pytest.raises(Unauthenticated):
            _sign_in(email, "wrong horse")
    assert len(verified) == 3
    assert set(verified) == {"$argon2id$v=19$m=19456,t=2,p=1"}


def test_no_tenant_role_reads_a_stored_hash(database: str) -> None:
    made = _person("hashed@example.org")
    for role in (Role.API, Role.DASHBOARDS):
        with pytest.raises(Exception, match="permission denied"), session.tenant(role, person_id=made.id) as connection:
            connection.execute(text("SELECT password_hash FROM app.person"))


def test_a_person_is_refused_with_a_taken_address_a_short_password_or_no_address(database: str) -> None:
    _person("taken@example.org")
    with pytest.raises(Conflict):
        _person("TAKEN@example.org")
    with pytest.raises(BadInput):
        _person("short@example.org", "1234567")
    with pytest.raises(BadInput):
        _person("no address")


def _forged(**changes: object) -> str:
    claims = jwt.decode(issue_token(new_id()), options={"verify_signature": False}) | changes
    return jwt.encode({k: v for k, v in claims.items() if v is not None}, secrets.load().token_key, "HS256")


def test_a_token_gives_back_who_it_was_issued_to(database: str) -> None:
    person_id = new_id()
    assert verify_token(issue_token(person_id)).person_id == person_id


def test_tokens_that_anybody_else_could_have_made_are_refused(database: str) -> None:
    good = issue_token(new_id())
    header, payload, signature = good.split(".")
    unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    other_person = json.loads(base64.urlsafe_b64decode(payload + "==")) | {"sub": str(new_id())}
    swapped = base64.urlsafe_b64encode(json.dumps(other_person).encode()).rstrip(b"=").decode()
    refused = {
        "nothing": "", "words": "hello there", "two parts": f"{header}.{payload}", "long": good + "A" * 5000,
        "unsigned": f"{unsigned}.{payload}.", "alg none, old signature": f"{unsigned}.{payload}.{signature}",
        "another person": f"{header}.{swapped}.{signature}", "beyond ASCII": good + "é",
        "another key": jwt.encode(jwt.decode(good, options={"verify_signature": False}), "k" * 32, "HS256"),
        "another algorithm": jwt.encode(other_person, secrets.load().token_key * 2, "HS512"),
        "expired": issue_token(new_id(), lifetime=timedelta(seconds=-60)),
        "another audience": _forged(aud="somewhere-else"), "several audiences": _forged(aud=[tokens.AUDIENCE, "b"]),
        "another issuer": _forged(iss="somebody"), "no person": _forged(sub="me"), "no subject": _forged(sub=None),
        "never ends": _forged(exp=None), "ends beyond time": _forged(exp=10**30), "no id": _forged(jti=None),
        "no start": _forged(iat=None), "from the future": _forged(iat=9_999_999_999),
    }  # fmt: skip
    accepted = []
    for name, token in refused.items():
        try:
            verify_token(token)
        except Unauthenticated:
            continue
        accepted.append(name)
    assert accepted == []


def test_a_token_that_was_good_a_moment_ago_expires_all_the_same(database: str) -> None:
    token = issue_token(new_id(), lifetime=timedelta(seconds=1) - tokens._LEEWAY)
    assert verify_token(token) == verify_token(token)
    time.sleep(1.5)
    with pytest.raises(Unauthenticated, match="expired"):
        verify_token(token)


def test_the_first_start_makes_owner_and_demo_and_later_starts_show_what_is_still_valid(database: str) -> None:
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM app.person; DELETE FROM app.workspace")
    first = ensure_logins()
    assert (first.owner_email, first.demo_email) == (OWNER_EMAIL, DEMO_EMAIL)
    assert first.owner_password is not None
    assert first.demo_password == secrets.load().demo_password
    owner, guest = _sign_in(OWNER_EMAIL, first.owner_password), _sign_in(DEMO_EMAIL, first.demo_password)

    def belongs_to(person_id: UUID) -> list[tuple[str, str, bool]]:
        with session.tenant(Role.API, person_id=person_id) as connection:
            return [(m.workspace.slug, m.role.value, m.workspace.is_demo) for m in memberships(connection, person_id)]

    assert belongs_to(owner.id) == [(HOME_SLUG, "owner", False), (DEMO_SLUG, "owner", True)]
    assert belongs_to(guest.id) == [(DEMO_SLUG, "analyst", True)]

    again = ensure_logins()
    assert again.owner_password is None
    assert again.demo_password == first.demo_password
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM app.person), (SELECT count(*) FROM app.workspace)")
        assert cursor.fetchone() == (2, 2)
        cursor.execute("UPDATE app.person SET password_hash = 'of another installation' WHERE email = %s",
                       (DEMO_EMAIL,))  # fmt: skip
    assert _sign_in(DEMO_EMAIL, ensure_logins().demo_password or "") == guest
    assert _sign_in(OWNER_EMAIL, first.owner_password) == owner


def test_the_operator_gives_somebody_a_new_password(database: str) -> None:
    made = _person("forgot@example.org")
    said = CliRunner().invoke(cli, ["password", "forgot@example.org"]).output
    fresh = said.split(" is ")[1].splitlines()[0]
    assert _sign_in("forgot@example.org", fresh) == made
    with pytest.raises(Unauthenticated):
        _sign_in("forgot@example.org", "correct horse")
    assert CliRunner().invoke(cli, ["password", "nobody@example.org"]).exit_code == 1


def test_only_members_enter_a_workspace_and_others_cannot_tell_it_exists(database: str) -> None:
    insider, outsider = _person("in@example.org"), _person("out@example.org")
    with session.tenant(Role.MIGRATE) as connection:
        made = create_workspace(connection, "Brand", "brand", owner=insider.id, timezone="Europe/Paris")
        with pytest.raises(Conflict):
            create_workspace(connection, "Brand", "brand", owner=insider.id)
        with pytest.raises(BadInput):
            create_workspace(connection, "Brand", "brand-2", owner=insider.id, timezone="Mars/Olympus")
    with enter(Role.API, insider.id, made.id) as (connection, membership):
        assert membership.workspace == made
        assert workspace_by_slug(connection, "brand") == made
        assert connection.execute(text("SELECT app.current_workspace()")).scalar_one() == made.id
    said = set()
    for person_id, workspace_id in ((outsider.id, made.id), (outsider.id, new_id()), (insider.id, new_id())):
        with pytest.raises(NotFound) as refused, enter(Role.API, person_id, workspace_id):
            pass
        said.add((refused.value.message, refused.value.advice))
    assert len(said) == 1
    with session.tenant(Role.API, person_id=outsider.id) as connection:
        assert workspace_by_slug(connection, "brand") is None
