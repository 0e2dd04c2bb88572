"""The outbox: whoever runs the installation reads letters that were not sent, and nobody else does."""

from starlette.testclient import TestClient

from api.main import create_app
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import people
from clientnest.identity.setup import OWNER_EMAIL, ensure_logins
from clientnest.mail import Letter, send


def test_only_the_operator_reads_letters_that_wait(database: str) -> None:
    password = ensure_logins().owner_password
    with session.tenant(Role.MIGRATE) as connection:
        people.create_person(connection, "somebody@example.org", "Somebody", "correct horse")
    with session.tenant(Role.IDENTITY) as connection:
        send(connection, Letter.RESET_PASSWORD, "somebody@example.org", link="https://example.org/#token=x", hours=1)
    with TestClient(create_app()) as client:

        def read(email: str, given: str | None) -> int:
            token = client.post("/v1/auth/token", json={"email": email, "password": given}).json()["access_token"]
            answer = client.get("/v1/outbox", headers={"Authorization": f"Bearer {token}"})
            if answer.status_code == 200:
                assert [letter["recipient"] for letter in answer.json()["items"]] == ["somebody@example.org"]
                assert "#token=x" in answer.json()["items"][0]["text"]
            return answer.status_code

        assert read(OWNER_EMAIL, password) == 200
        assert read("somebody@example.org", "correct horse") == 403
