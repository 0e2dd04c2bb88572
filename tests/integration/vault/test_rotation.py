"""Rotating keys in a database in use: every value is sealed anew, nothing becomes unreadable, old keys can go."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update

from clientnest import settings, vault
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.credentials import network_app
from clientnest.ids import new_id
from clientnest.vault import keyring, rotation
from clientnest.vault.columns import APP_SECRET, SEALED

NOTICE = 0.3


@pytest.fixture(autouse=True)
def file(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keys and values of this test's own."""
    monkeypatch.setenv("CLIENTNEST_ENCRYPTION_KEYS_FILE", str(tmp_path / "keys.json"))
    settings.forget()
    keyring.create()
    yield tmp_path / "keys.json"
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(delete(network_app))
    monkeypatch.undo()
    settings.forget()


def _row(number: int) -> dict[str, object]:
    app_id = new_id()
    sealed = vault.seal(f"secret {number}".encode(), purpose=APP_SECRET.purpose, owner=app_id)
    return {"id": app_id, "network": "x", "server": str(number), "client_id": "c", "sealed_secret": sealed}


def _fill(count: int) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        connection.execute(insert(network_app), [_row(number) for number in range(count)])


def _used() -> dict[str, int]:
    with session.tenant(Role.MIGRATE) as connection:
        return rotation.usage(connection)


def _open(connection: Connection) -> set[str]:
    """Every stored secret, opened, as `server: secret`."""
    rows = connection.execute(select(network_app.c.id, network_app.c.server, network_app.c.sealed_secret)).all()
    return {
        f"{row.server}: {vault.unseal(row.sealed_secret, purpose=APP_SECRET.purpose, owner=row.id).decode()}"
        for row in rows
    }


def _clientnest(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "clientnest.cli", "keys", *arguments], env=os.environ.copy(), capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def test_every_sealed_column_of_the_database_is_known_to_rotation(database: str) -> None:
    with session.tenant(Role.MIGRATE) as connection:
        found = connection.execute(
            text(
                "SELECT table_schema || '.' || table_name, column_name FROM information_schema.columns "
                "WHERE table_schema = 'app' AND data_type = 'bytea' AND column_name LIKE 'sealed%'"
            )
        ).all()
        keys = {
            column: connection.execute(
                text(
                    "SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_index i JOIN pg_attribute a "
                    "ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) "
                    "WHERE i.indrelid = to_regclass(:name) AND i.indisprimary"
                ),
                {"name": column.table},
            ).scalar_one()
            for column in SEALED
        }
    assert {(row[0], row[1]) for row in found} == {(column.table, column.column) for column in SEALED}
    assert all(sorted(column.key) == key for column, key in keys.items())
    assert len({column.purpose for column in SEALED}) == len(SEALED), "values of two columns could change places"


def test_the_commands_make_show_rotate_and_retire(file: Path) -> None:
    file.unlink()
    made = _clientnest("create")
    assert made.returncode == 0, made.stderr
    _fill(7)
    old = keyring.read(again=True).current_id
    assert f"{old}  made " in (listed := _clientnest("list").stdout)
    assert "seals         7 values  current" in listed

    rotated = _clientnest("rotate", "--retire")
    assert rotated.returncode == 0, rotated.stderr
    new = keyring.read().current_id
    assert f"The current key is {new}; 7 values were sealed anew" in rotated.stdout
    assert f"Dropped the key {old}" in rotated.stdout
    assert list(keyring.read().keys) == [new] != [old]
    assert _used() == {new: 7}

    file.unlink()
    refused = _clientnest("create")
    assert refused.returncode == 1
    assert "7 sealed values" in refused.stderr
    assert not file.exists()


def test_people_write_and_read_all_the_time_and_nothing_is_lost(database: str) -> None:
    _fill(1000)
    stop = threading.Event()
    written = dict.fromkeys(range(1000), "")

    def write(first: int) -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            number = first + 4 * (turn * 7 % 250)
            secret = f"turn {turn}"
            with session.tenant(Role.MIGRATE) as connection:
                app_id = connection.execute(
                    select(network_app.c.id).where(network_app.c.server == str(number)).with_for_update()
                ).scalar_one()
                sealed = vault.seal(secret.encode(), purpose=APP_SECRET.purpose, owner=app_id)
                connection.execute(
                    update(network_app).where(network_app.c.id == app_id).values(sealed_secret=sealed)
                )  # fmt: skip
            written[number] = secret

    def read() -> None:
        while not stop.is_set():
            with session.tenant(Role.MIGRATE) as connection:
                assert len(_open(connection)) == 1000

    with ThreadPoolExecutor(6) as pool:
        others = [pool.submit(write, number) for number in range(4)] + [pool.submit(read) for _ in range(2)]
        try:
            keys = [rotation.rotate(retire=True, notice=NOTICE, batch=50).key_id for _ in range(3)]
        finally:
            stop.set()
    for one in others:
        one.result()
    assert sum(1 for secret in written.values() if secret) > 200, "the writers hardly wrote"
    with session.tenant(Role.MIGRATE) as connection:
        assert _open(connection) == {f"{n}: {secret or f'secret {n}'}" for n, secret in written.items()}
    assert list(keyring.read().keys) == [keys[-1]]
    assert _used() == {keys[-1]: 1000}


def test_a_rotation_that_is_killed_goes_on_where_it_was(database: str) -> None:
    _fill(20_000)
    old = keyring.read().current_id
    process = subprocess.Popen(
        [sys.executable, "-m", "clientnest.cli", "keys", "rotate", "--retire"], env=os.environ.copy(), stdout=-1
    )
    while _used().get(old) == 20_000 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    half = _used()
    begun = keyring.read().current_id
    assert begun != old
    assert set(half) == {old, begun}, f"killed too late to say anything: {half}"
    with session.tenant(Role.MIGRATE) as connection:
        assert len(_open(connection)) == 20_000
    assert "rotation was interrupted" in _clientnest("list").stdout

    done = rotation.rotate(retire=True, notice=NOTICE)
    assert (done.key_id, done.resealed, done.dropped) == (begun, half[old], (old,))
    with session.tenant(Role.MIGRATE) as connection:
        assert _open(connection) == {f"{n}: secret {n}" for n in range(20_000)}
    assert rotation.rotate(notice=NOTICE).key_id != begun, "a finished rotation is followed by a new key"


def test_a_key_stays_while_a_transaction_that_sealed_with_it_is_open(database: str) -> None:
    """The writer sealed before the rotation began, and commits after it looked at every row."""
    _fill(3)
    old = keyring.read().current_id
    sealed, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with session.tenant(Role.MIGRATE) as connection:
            connection.execute(insert(network_app), [_row(99)])
            sealed.set()
            go_on.wait(20)

    writer = threading.Thread(target=write)
    writer.start()
    assert sealed.wait(20)
    finished: list[rotation.Rotation] = []
    rotating = threading.Thread(target=lambda: finished.append(rotation.rotate(retire=True, notice=NOTICE)))
    rotating.start()
    rotating.join(NOTICE + 1.5)
    assert rotating.is_alive(), "old keys were dropped under a writer"
    assert old in keyring.read().keys
    go_on.set()
    writer.join()
    rotating.join()
    assert finished[0].dropped == (old,)
    assert finished[0].resealed == 4
    with session.tenant(Role.MIGRATE) as connection:
        assert "99: secret 99" in _open(connection)


def test_a_key_stays_while_somebody_holds_a_row_that_it_seals(database: str) -> None:
    """The row is passed over, and nothing else keeps the rotation from looking at the table."""
    _fill(3)
    old = keyring.read().current_id
    with ThreadPoolExecutor(1) as pool:
        with session.tenant(Role.MIGRATE) as connection:
            connection.execute(select(network_app.c.id).limit(1).with_for_update())
            rotating = pool.submit(rotation.rotate, retire=True, notice=NOTICE)
            time.sleep(NOTICE + 1)
            assert not rotating.done(), "an old key was dropped that seals something"
            assert old in keyring.read().keys
        done = rotating.result()
    assert (done.resealed, done.dropped) == (3, (old,))


def test_what_cannot_be_opened_is_named_left_alone_and_keeps_its_key(database: str) -> None:
    _fill(5)
    old = keyring.read().current_id
    damaged: UUID = new_id()
    with session.tenant(Role.MIGRATE) as connection:
        moved = connection.execute(select(network_app.c.sealed_secret).limit(1)).scalar_one()
        row = {"id": damaged, "network": "x", "server": "moved", "client_id": "c", "sealed_secret": moved}
        connection.execute(insert(network_app), [row])
    done = rotation.rotate(retire=True, notice=NOTICE)
    assert (done.resealed, done.dropped) == (5, ())
    assert len(done.unreadable) == 1
    assert f"app.network_app.sealed_secret of id {damaged}" in done.unreadable[0]
    assert _used() == {old: 1, done.key_id: 5}
    assert rotation.rotate(notice=NOTICE).key_id != done.key_id, "one damaged value holds up no later rotation"
