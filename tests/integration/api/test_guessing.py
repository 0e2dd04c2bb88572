"""Whoever guesses passwords is slowed down, and nobody else: not the owner of the login, not who asks meanwhile."""

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import text

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import Person, create_person, issue_token
from clientnest.identity.guessing import Try
from clientnest.ids import new_id
from clientnest.mail import outbox
from clientnest.stack.services import api_arguments
from tests.services.processes import drain, free_port, process

PASSWORD = "correct horse battery staple"
_places = itertools.count(2)


@dataclass
class Place:
    """Somewhere to ask from: this machine's other loopback addresses are as far apart as any."""

    site: str
    address: str

    def __post_init__(self) -> None:
        transport = httpx.HTTPTransport(local_address=self.address)
        self.client = httpx.Client(base_url=self.site, transport=transport, timeout=30)

    def signs_in(self, email: str, password: str = PASSWORD) -> int:
        return self.client.post("/v1/auth/token", json={"email": email, "password": password}).status_code


@pytest.fixture(scope="module")
def site(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port, log = free_port(), tmp_path_factory.mktemp("api") / "log"
    address = f"http://127.0.0.1:{port}"
    with process(api_arguments(port)[1:], f"{address}/healthz", log):
        yield address


@pytest.fixture
def place(site: str) -> "Iterator[type[Place]]":
    """Makes places that nobody has asked from yet."""
    made: list[Place] = []

    def new() -> Place:
        number = next(_places)
        made.append(Place(site, f"127.0.{number // 250}.{number % 250 + 2}"))
        return made[-1]

    yield new  # type: ignore[misc]
    for one in made:
        one.client.close()


@pytest.fixture
def ada(database: str) -> Person:
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("DELETE FROM app.rate_counter"))
        return create_person(connection, f"ada-{new_id().hex}@example.org", "Ada", PASSWORD)


def test_a_thousand_tries_from_one_place_hold_up_nobody(site: str, place: type[Place], ada: Person) -> None:
    thief, owner = place(), place()
    others = httpx.Client(base_url=site, headers={"Authorization": f"Bearer {issue_token(ada.id)}"})
    waited = []
    with ThreadPoolExecutor(20) as threads:
        tries = [threads.submit(thief.signs_in, ada.email, f"guess {number}") for number in range(1000)]
        while not all(one.done() for one in tries):
            started = time.monotonic()
            assert others.get("/v1/me").status_code == 200
            waited.append(time.monotonic() - started)
        assert Counter(one.result() for one in tries) == {401: 10, 429: 990}
    others.close()
    assert statistics.median(waited) < 0.5
    assert max(waited) < 3
    refused = thief.client.post("/v1/auth/token", json={"email": ada.email, "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests"), "not even the right one"
    assert 0 < int(refused.headers["retry-after"]) <= 901
    assert owner.signs_in(ada.email) == 200, "the owner, elsewhere"
    assert [place().signs_in(f"{new_id()}@example.org"), thief.signs_in(f"{new_id()}@example.org")] == [401, 401]


def test_a_crowd_that_guesses_locks_the_owner_out_of_no_place_they_know(place: type[Place], ada: Person) -> None:
    home, elsewhere = place(), place()
    assert home.signs_in(ada.email) == 200
    refresh = home.client.post("/v1/auth/token", json={"email": ada.email, "password": PASSWORD}).json()
    told = Counter(crowd.signs_in(ada.email, "wrong") for crowd in [place() for _ in range(15)] for _ in range(9))
    assert told == {401: 100, 429: 35}
    assert elsewhere.signs_in(ada.email) == 429, "a place that nobody knows is one of the crowd"
    assert home.signs_in(ada.email) == 200
    kept = home.client.post("/v1/auth/refresh", json={"refresh_token": refresh["refresh_token"]})
    assert kept.status_code == 200, "a session goes on"
    assert [home.signs_in(ada.email, "wrong") for _ in range(11)] == [401] * 10 + [429], "a known place may not guess"

    # Somewhere new, a letter lets the owner in.
    assert elsewhere.client.post("/v1/auth/password-reset", json={"email": ada.email}).status_code == 202
    drain()
    with session.tenant(Role.IDENTITY) as connection:
        words = next(one.text for one in outbox(connection) if one.recipient == ada.email)
    chosen = {"token": words.partition("#token=")[2].split()[0], "password": "another horse"}
    assert elsewhere.client.post("/v1/auth/password-reset/confirm", json=chosen).status_code == 204
    assert elsewhere.signs_in(ada.email, "another horse") == 200


def crowd(email: str, tries: int) -> None:
    """So many tries, from all over the world."""
    for number in range(tries):
        Try(email, f"203.0.113.{number // 9}").count()


def test_a_crowd_hears_the_same_of_an_address_that_nobody_has(place: type[Place], ada: Person) -> None:
    told = []
    for email in (ada.email, f"{new_id()}@example.org"):
        crowd(email, 96)
        one = place()
        told.append([one.signs_in(email, "wrong") for _ in range(6)])
    assert told == [[401] * 4 + [429] * 2] * 2


def test_a_place_whose_session_was_stolen_is_not_known(place: type[Place], ada: Person) -> None:
    thief = place()
    first = thief.client.post("/v1/auth/token", json={"email": ada.email, "password": PASSWORD}).json()
    for _ in range(2):
        thief.client.post("/v1/auth/refresh", json={"refresh_token": first["refresh_token"]})
    crowd(ada.email, 100)
    assert thief.signs_in(ada.email, "wrong") == 429


def test_who_tries_many_logins_from_one_place_holds_up_nobody_who_is_at_home_there(
    place: type[Place], ada: Person
) -> None:
    office = place()
    assert office.signs_in(ada.email) == 200
    for _ in range(50):
        Try(f"{new_id()}@example.org", office.address).count()
    assert office.signs_in(f"{new_id()}@example.org", "wrong") == 429
    assert office.signs_in(ada.email) == 200


def test_who_has_a_session_of_somebodys_may_not_guess_their_password_or_code(place: type[Place], ada: Person) -> None:
    thief = place()
    headers = {"Authorization": f"Bearer {issue_token(ada.id)}"}
    tries = {
        "/v1/me/password": ("PUT", {"current": "guess", "password": "mine from now on"}, 401),
        "/v1/me/authenticator/remove": ("POST", {"code": "000000"}, 401),
    }
    for path, (method, body, wrong) in tries.items():
        told = Counter(thief.client.request(method, path, json=body, headers=headers).status_code for _ in range(12))
        assert told == {wrong: 10, 429: 2}, path
    moved = {"password": "guess", "email": f"{new_id()}@example.org"}
    assert thief.client.post("/v1/me/address", json=moved, headers=headers).status_code == 429, "the same password"


def test_nobodys_letter_box_is_filled(place: type[Place], ada: Person) -> None:
    one, other = place(), place()
    for path, body in (("password-reset", {}), ("sign-up", {"password": PASSWORD})):
        told = [one.client.post(f"/v1/auth/{path}", json={"email": ada.email, **body}).status_code for _ in range(6)]
        assert told in ([202] * 6, [202] * 4 + [429] * 2), "both kinds count together"
    assert other.client.post("/v1/auth/password-reset", json={"email": ada.email}).status_code == 202

    headers = {"Authorization": f"Bearer {issue_token(ada.id)}"}
    made = one.client.post("/v1/workspaces", json={"name": "Win a prize!", "slug": new_id().hex}, headers=headers)
    invitations, invited = (
        f"/v1/workspaces/{made.json()['id']}/invitations",
        {"email": "x@example.org", "role": "editor"},
    )
    told = [one.client.post(invitations, json=invited, headers=headers).status_code for _ in range(12)]
    assert told == [201] * 10 + [429] * 2
