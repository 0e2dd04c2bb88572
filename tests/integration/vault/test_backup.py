"""A backup of the database without the file of keys: it gives no secret away, and says what it lacks."""

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import insert, text
from starlette.testclient import TestClient

from api.main import create_app
from clientnest import settings, vault
from clientnest.db import session
from clientnest.db.bootstrap import prepare
from clientnest.db.roles import Role
from clientnest.db.tables.credentials import credential, network_app
from clientnest.ids import new_id
from clientnest.mail import Waiting, outbox
from clientnest.vault import keyring
from clientnest.vault.columns import ACCESS_TOKEN, APP_SECRET, REFRESH_TOKEN
from tests.conftest import administer
from tests.integration.vault.installation import keys, keys_in, program, used

EMAIL, PASSWORD = "ada@example.org", "correct horse battery staple"
CANARY = "not a secret at all"


@pytest.fixture(scope="module")
def key_file(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with keys_in(tmp_path_factory.mktemp("keys") / "keys.json") as file:
        keyring.create()
        yield file


@pytest.fixture(scope="module")
def secrets(key_file: Path) -> dict[str, str]:
    """Everything that opens something, planted by using the product, by what it is."""
    with TestClient(create_app()) as client:
        planted = _planted_by_signing_up(client)
        planted |= _planted_by_working(client, planted["access token"])
    return planted | _planted_for_networks()


@pytest.fixture(scope="module")
def backup(database: str, secrets: dict[str, str]) -> str:
    return program("pg_dump", database)


def _letters() -> list[Waiting]:
    with session.tenant(Role.IDENTITY) as connection:
        return outbox(connection)


def _token_of(kind: str) -> str:
    found = re.search(r"#token=([\w-]+)", next(letter.text for letter in _letters() if letter.kind == kind))
    assert found
    return found.group(1)


def _planted_by_signing_up(client: TestClient) -> dict[str, str]:
    client.post("/v1/auth/sign-up", json={"email": EMAIL, "name": "Ada", "password": PASSWORD})
    link = _token_of("verify_address")
    tokens = client.post("/v1/auth/verify", json={"token": link, "password": PASSWORD}).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    app = client.post("/v1/me/authenticator", headers=headers).json()
    totp = pyotp.TOTP(app["secret"])
    code = {"code": totp.at(time.time() - 30)}
    recovery = client.post("/v1/me/authenticator/confirm", json=code, headers=headers).json()["recovery_codes"]
    step = client.post("/v1/auth/token", json={"email": EMAIL, "password": PASSWORD}).json()["second_factor_token"]
    signed_in = client.post("/v1/auth/second-factor", json={"token": step, "code": recovery[0]}).json()
    client.post("/v1/me/address", json={"password": PASSWORD, "email": "new@example.org"}, headers=headers)
    return {
        "password": PASSWORD, "link of a letter": link, "another link": _token_of("change_address"),
        "authenticator secret": app["secret"], "used recovery code": recovery[0], "recovery code": recovery[1],
        "token between two steps": step, "first refresh token": tokens["refresh_token"],
        "refresh token": signed_in["refresh_token"], "access token": signed_in["access_token"],
        "words of a letter": "Somebody, most likely you, signed up",
    }  # fmt: skip


def _planted_by_working(client: TestClient, token: str) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "A browser that is nobody's business"}
    made = client.post("/v1/workspaces", json={"name": CANARY, "slug": "canary"}, headers=headers).json()
    here = f"/v1/workspaces/{made['id']}"
    key = {"name": "Reporting", "scopes": ["results.read"]}
    with_key = client.post(f"{here}/api-keys", json=key, headers={**headers, "Idempotency-Key": "once"}).json()["key"]
    client.post(f"{here}/invitations", json={"email": "grace@example.org", "role": "editor"}, headers=headers)
    found = {"API key": with_key, "invitation": _token_of("invitation"), "browser": headers["User-Agent"]}
    webhook = {"url": "https://hooks.example.org/secret-path-of-theirs", "events": ["job.*"]}
    answer = client.post(f"{here}/webhooks", json=webhook, headers=headers)
    if answer.status_code == 201:
        found |= {"webhook's secret": answer.json()["secret"]}
    return found


def _planted_for_networks() -> dict[str, str]:
    """What a connected account leaves behind."""
    app_id, account_id = new_id(), new_id()
    found = {
        "app secret": "app-secret-7f3a", "network access token": "EAAB-access-81c2",
        "network refresh token": "refresh-55d9",
    }  # fmt: skip
    app, access, refresh = (
        vault.seal(value.encode(), purpose=column.purpose, owner=owner)
        for value, column, owner in zip(
            found.values(), (APP_SECRET, ACCESS_TOKEN, REFRESH_TOKEN), (app_id, account_id, account_id), strict=True
        )
    )
    with session.tenant(Role.MIGRATE) as connection:
        workspace_id = connection.execute(text("SELECT id FROM app.workspace")).scalar_one()
        connection.execute(
            text("INSERT INTO app.account (workspace_id, id, network, external_id, display_name) "
                 "VALUES (:w, :a, 'x', 'acme', 'Acme')"), {"w": workspace_id, "a": account_id},
        )  # fmt: skip
        row = {"id": app_id, "network": "x", "server": "", "client_id": "c", "sealed_secret": app}
        connection.execute(insert(network_app), [row])
        connection.execute(insert(credential), [{
            "workspace_id": workspace_id, "account_id": account_id, "network_app_id": app_id, "state": "connected",
            "sealed_access_token": access, "sealed_refresh_token": refresh, "scopes": [],
        }])  # fmt: skip
    return found


def _forms(secret: str) -> list[str]:
    """What a secret could look like in a dump: as it is, in a column of bytes, or packed by somebody."""
    raw = secret.encode()
    inner = base64.b64encode(raw)[: len(raw) // 3 * 4]  # without what depends on what follows
    return [secret, raw.hex(), inner.decode(), base64.urlsafe_b64encode(raw).decode()[: len(inner)]]


def test_no_secret_is_in_a_backup_in_any_form(backup: str, secrets: dict[str, str], key_file: Path) -> None:
    assert CANARY in backup, "the backup is of something else"
    assert all(table in backup for table in ("COPY app.credential", "COPY app.mail", "COPY queue.procrastinate_jobs"))
    given_away = [what for what, secret in secrets.items() if any(form in backup for form in _forms(secret))]
    assert given_away == []
    for key in keyring.read().keys.values():
        assert not any(form in backup for form in (key.material.hex(), base64.b64encode(key.material).decode()))


def test_this_search_finds_what_is_not_sealed(database: str, secrets: dict[str, str]) -> None:
    secret = secrets["network access token"]
    values = {"a": secret, "b": secret.encode(), "c": base64.b64encode(secret.encode()).decode()}
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(text("CREATE TABLE app.careless (words text, bytes bytea, packed text)"))
        connection.execute(text("INSERT INTO app.careless VALUES (:a, :b, :c)"), values)
    try:
        dumped = program("pg_dump", database, "-t", "app.careless")
    finally:
        with session.tenant(Role.MIGRATE) as connection:
            connection.execute(text("DROP TABLE app.careless"))
    assert all(form in dumped for form in _forms(secret))


@pytest.fixture
def restored(database: str, backup: str, tmp_path: Path, key_file: Path) -> Iterator[str]:
    """The backup in an installation whose file of keys is another."""
    name = f"{database}_restored"
    administer("CREATE DATABASE {} OWNER clientnest_migrate", name)
    (tmp_path / "backup.sql").write_text(backup)
    program("psql", name, "--quiet", "--set", "ON_ERROR_STOP=1", "--file", str(tmp_path / "backup.sql"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTNEST_DATABASE_NAME", name)
        session.forget()
        settings.forget()
        prepare()  # as a start does: rights on the database itself are not in a backup
        with keys_in(tmp_path / "other-keys.json"):
            yield name
        session.forget()
    settings.forget()
    administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def test_restored_under_another_key_nothing_opens_and_every_way_says_what_is_missing(
    restored: str, secrets: dict[str, str], key_file: Path, tmp_path: Path
) -> None:
    missing, count = next(iter(used().items()))
    assert count > 8

    # Without any keys at all.
    refused = keys("create")
    assert refused.returncode == 1
    assert f"{count} sealed values" in refused.stderr
    assert "Put the file back from its backup" in refused.stderr
    listed = keys("list")
    assert listed.returncode == 1
    assert "is missing" in listed.stderr
    assert "Put it back from its backup" in listed.stderr

    # With the keys of another installation.
    keyring.create()
    listed = keys("list")
    assert (listed.returncode, f"{missing}  is missing here, and seals {count} values" in listed.stderr) == (1, True)
    assert "Put the file that holds it back from its backup" in listed.stderr
    rotated = keys("rotate", "--retire")
    assert rotated.returncode == 1
    assert rotated.stderr.count("Left as it was") == count
    assert used() == {missing: count}, "what could not be opened was replaced"
    with TestClient(create_app()) as client:
        first = client.post("/v1/auth/token", json={"email": EMAIL, "password": PASSWORD})
        step = {"token": first.json()["second_factor_token"], "code": pyotp.TOTP(secrets["authenticator secret"]).now()}
        closed = client.post("/v1/auth/second-factor", json=step)
        assert (closed.status_code, closed.json()["code"]) == (503, "encryption-key-missing")
        assert "clientnest keys list" in closed.json()["advice"]
        assert missing not in closed.text
        assert str(tmp_path) not in closed.text
    with pytest.raises(vault.KeyMissing, match=f"{missing}, which is not in .*other-keys") as error:
        _letters()
    assert "Put that file back" in error.value.advice

    # With its own file everything opens, and nothing has to be restarted.
    (tmp_path / "other-keys.json").write_text(key_file.read_text())
    assert any(letter.kind == "verify_address" for letter in _letters())
    assert keys("list").returncode == 0
