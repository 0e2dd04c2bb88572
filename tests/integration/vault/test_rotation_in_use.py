"""A key is changed while everything runs: the API, the worker, and people who read and write all the time."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pyotp
import pytest
from sqlalchemy import insert, select, text, update

from clientnest import vault
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.credentials import network_app
from clientnest.identity import Person, create_person, issue_token
from clientnest.ids import new_id
from clientnest.vault import keyring
from clientnest.vault.columns import APP_SECRET
from tests.integration.vault.installation import keys, keys_in, used
from tests.services import smtp
from tests.services.processes import PROGRAM, api, free_port

PASSWORD = "correct horse battery staple"
APPS = 3000


@dataclass
class Busy:
    """Somebody who does one thing over and over, in a thread of their own, until told to stop."""

    work: Callable[[], None]
    done: int = 0
    failed: list[BaseException] = field(default_factory=list)

    def __call__(self, stop: threading.Event) -> None:
        while not stop.is_set() and not self.failed:
            try:
                self.work()
            except BaseException as error:  # noqa: BLE001 - told at the end of the test
                self.failed.append(error)
            self.done += 1


@pytest.fixture(scope="module", autouse=True)
def _keys(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with keys_in(tmp_path_factory.mktemp("keys") / "keys.json") as file:
        keyring.create()
        yield file


def _app(number: int) -> dict[str, object]:
    app_id = new_id()
    sealed = vault.seal(f"secret {number}".encode(), purpose=APP_SECRET.purpose, owner=app_id)
    return {"id": app_id, "network": "x", "server": str(number), "client_id": "c", "sealed_secret": sealed}


def _person(name: str) -> Person:
    with session.tenant(Role.MIGRATE) as connection:
        return create_person(connection, f"{name}@example.org", name, PASSWORD)


def _bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {issue_token(person.id)}"}


def _with_app(client: httpx.Client, person: Person) -> pyotp.TOTP:
    """Their authenticator app, in force."""
    app = pyotp.parse_uri(client.post("/v1/me/authenticator", headers=_bearer(person)).json()["uri"])
    assert isinstance(app, pyotp.TOTP)
    given = {"code": app.at(time.time() - 30)}
    assert client.post("/v1/me/authenticator/confirm", json=given, headers=_bearer(person)).status_code == 200
    return app


def _signs_in(client: httpx.Client, person: Person, app: pyotp.TOTP) -> None:
    first = client.post("/v1/auth/token", json={"email": person.email, "password": PASSWORD})
    step = {"token": first.json()["second_factor_token"], "code": app.now()}
    second = client.post("/v1/auth/second-factor", json=step)
    assert second.status_code == 200, second.text


def test_everything_stays_readable_before_during_and_after_though_the_rotation_is_killed(tmp_path: Path) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(insert(network_app), [_app(number) for number in range(APPS)])
    with smtp.running() as post_office, api(log := tmp_path / "api", port=free_port()) as address:
        environment = {**os.environ, "CLIENTNEST_SMTP_URL": post_office.url}
        worker = subprocess.Popen([PROGRAM, "worker"], env=environment)
        try:
            with httpx.Client(base_url=address, timeout=30) as client:
                _rotated_in_use(client, post_office)
        finally:
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(40) == 0
    assert "cannot be opened" not in log.read_text()


def _rotated_in_use(client: httpx.Client, post_office: smtp.MailServer) -> None:
    people = [_person(name) for name in ("before", "during", "after")]
    apps = [_with_app(client, person) for person in people]
    reader, writer = _person("reader"), _person("writer")

    def read_the_log() -> None:
        """A name that is sealed under its owner's key, which the vault seals."""
        name = f"Name {time.monotonic_ns()}"
        assert client.patch("/v1/me", json={"name": name}, headers=_bearer(reader)).status_code == 200
        answer = client.get("/v1/me/security-events", headers=_bearer(reader))
        assert answer.status_code == 200, answer.text
        shown = [change["after"] for event in answer.json()["items"] for change in event["changes"]]
        assert shown[0] == name
        assert None not in shown

    def open_all_secrets() -> None:
        with session.tenant(Role.MIGRATE) as connection:
            rows = connection.execute(select(network_app.c.id, network_app.c.sealed_secret)).all()
        for row in rows:
            vault.unseal(row.sealed_secret, purpose=APP_SECRET.purpose, owner=row.id)
        assert len(rows) == APPS

    def replace_a_secret() -> None:
        with session.tenant(Role.MIGRATE) as connection:
            app_id = connection.execute(
                select(network_app.c.id).order_by(text("random()")).limit(1).with_for_update()
            ).scalar_one()
            sealed = vault.seal(b"another", purpose=APP_SECRET.purpose, owner=app_id)
            connection.execute(update(network_app).where(network_app.c.id == app_id).values(sealed_secret=sealed))

    def get_a_letter() -> None:
        """Sealed by the API, opened by the worker."""
        before = len(post_office.to(writer.email))
        with session.tenant(Role.MIGRATE) as connection:
            connection.execute(text("DELETE FROM app.rate_counter"))
        asked = client.post("/v1/auth/password-reset", json={"email": writer.email})
        assert asked.status_code == 202, asked.text
        until = time.monotonic() + 30
        while len(post_office.to(writer.email)) == before:
            assert time.monotonic() < until, "the letter never came"
            time.sleep(0.05)
        assert re.search(r"#token=[\w-]{43}\s", post_office.to(writer.email)[0].get_content())

    stop = threading.Event()
    busy = [Busy(work) for work in (read_the_log, open_all_secrets, replace_a_secret, get_a_letter)]
    threads = [threading.Thread(target=one, args=(stop,)) for one in busy]
    for thread in threads:
        thread.start()

    def everybody_goes_on() -> None:
        """Each does what they do twice more."""
        goal, until = [one.done + 2 for one in busy], time.monotonic() + 60
        while any(one.done < wanted for one, wanted in zip(busy, goal, strict=True)):
            assert [one.failed for one in busy if one.failed] == []
            assert time.monotonic() < until, [one.done for one in busy]
            time.sleep(0.05)

    try:
        old = keyring.read().current_id
        _signs_in(client, people[0], apps[0])
        everybody_goes_on()
        _killed_half_way(old)
        assert "rotation was interrupted" in keys("list").stdout
        _signs_in(client, people[1], apps[1])
        everybody_goes_on()
        done = keys("rotate", "--retire")
        assert done.returncode == 0, done.stderr
        assert f"Dropped the key {old}" in done.stdout
        _signs_in(client, people[2], apps[2])
        everybody_goes_on()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [one.failed for one in busy if one.failed] == []
    ring = keyring.read(again=True)
    assert list(ring.keys) == [ring.current_id] != [old]
    assert list(used()) == [ring.current_id], "something is sealed with the old key"


def _killed_half_way(old: str) -> None:
    """A rotation is killed while some values have the new key and others, which somebody held, the old one."""
    held = select(network_app.c.id).order_by(network_app.c.id).limit(200).with_for_update()
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(held)
        rotating = subprocess.Popen([sys.executable, "-m", "clientnest.cli", "keys", "rotate", "--retire"])
        until = time.monotonic() + 30
        while len(used()) == 1:
            assert rotating.poll() is None
            assert time.monotonic() < until
        rotating.kill()
        rotating.wait()
        half = used()
    assert set(half) == {old, keyring.read(again=True).current_id}
    assert half[old] >= 200
