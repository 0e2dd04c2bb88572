"""Sealed values open for the purpose and owner they were sealed for, with the keys that are there, and never else."""

import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from clientnest import settings, vault
from clientnest.errors import ConfigurationError, Conflict, PermanentError
from clientnest.ids import new_id
from clientnest.vault import KeyMissing, Tampered, keyring

OWNER = UUID("01890000-0000-7000-8000-000000000001")
same_ring = examples(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of keys of an installation of this test's own, not made yet."""
    monkeypatch.setenv("CLIENTNEST_HOME", str(tmp_path))
    monkeypatch.delenv("CLIENTNEST_ENCRYPTION_KEYS_FILE", raising=False)
    settings.forget()
    yield tmp_path / "encryption-keys.json"
    monkeypatch.undo()
    settings.forget()


@same_ring
@given(st.binary(max_size=3000), st.uuids(), st.text(st.characters(codec="utf-8"), max_size=40))
def test_what_is_sealed_opens_again_and_never_looks_the_same_twice(plain: bytes, owner: UUID, purpose: str) -> None:
    sealed = vault.seal(plain, purpose=purpose, owner=owner)
    assert vault.unseal(sealed, purpose=purpose, owner=owner) == plain
    assert len(sealed) == len(plain) + 37
    assert sealed != vault.seal(plain, purpose=purpose, owner=owner)
    assert len(plain) < 8 or plain not in sealed


@same_ring
@given(st.data())
def test_a_changed_bit_a_cut_or_an_addition_never_opens(data: st.DataObject) -> None:
    sealed = vault.seal(b"a token", purpose="p", owner=OWNER)
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    flipped = bytearray(sealed)
    flipped[at // 8] ^= 1 << at % 8
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    for damaged in (bytes(flipped), cut, sealed + b"\0"):
        with pytest.raises((Tampered, KeyMissing)) as refused:
            vault.unseal(damaged, purpose="p", owner=OWNER)
        assert isinstance(refused.value, PermanentError)
        assert refused.value.advice
        assert "a token" not in refused.value.message


def test_a_value_moved_to_another_row_or_column_does_not_open() -> None:
    sealed = vault.seal(b"a token", purpose="credential.access-token", owner=OWNER)
    for purpose, owner in (("credential.access-token", new_id()), ("credential.refresh-token", OWNER), ("", OWNER)):
        with pytest.raises(Tampered):
            vault.unseal(sealed, purpose=purpose, owner=owner)


def test_keys_are_in_a_file_of_their_own_that_only_its_user_reads(file: Path) -> None:
    sealed = vault.seal(b"x", purpose="p", owner=OWNER)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = json.loads(file.read_text())
    assert list(content["keys"]) == [content["current"]] == [vault.key_id_of(sealed)]
    assert content["keys"][content["current"]]["key"] not in repr(keyring.read())


def test_a_key_made_by_another_process_seals_and_opens_here_at_once(file: Path) -> None:
    old = vault.seal(b"old", purpose="p", owner=OWNER)
    code = (
        "import sys; from uuid import UUID; from clientnest import vault; from clientnest.vault import keyring\n"
        "keyring.begin_rotation()\n"
        f"sys.stdout.buffer.write(vault.seal(b'theirs', purpose='p', owner=UUID('{OWNER}')))"
    )
    theirs = subprocess.run([sys.executable, "-c", code], env=os.environ.copy(), capture_output=True, check=True).stdout
    assert vault.key_id_of(theirs) != vault.key_id_of(old)
    assert vault.unseal(theirs, purpose="p", owner=OWNER) == b"theirs"
    assert vault.unseal(old, purpose="p", owner=OWNER) == b"old"
    assert vault.key_id_of(vault.seal(b"mine", purpose="p", owner=OWNER)) == vault.key_id_of(theirs)


def test_many_processes_that_need_the_first_key_at_once_make_one(file: Path) -> None:
    code = (
        "import sys, time; from clientnest.vault import keyring\n"
        "print(flush=True); time.sleep(max(0, float(sys.stdin.readline()) - time.time()))\n"
        "print(keyring.read().current_id)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code], env=os.environ.copy(), stdin=-1, stdout=-1, text=True)
        for _ in range(4)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "\n"
    start = f"{time.time() + 0.3}\n"
    with ThreadPoolExecutor(4) as pool:
        said = {answer for answer, _ in pool.map(lambda process: process.communicate(start), started)}
    assert said == {f"{keyring.read().current_id}\n"}


def test_a_missing_key_is_named_with_what_to_do_and_opens_once_it_is_back(file: Path) -> None:
    sealed = vault.seal(b"x", purpose="totp", owner=OWNER)
    complete = file.read_text()
    keyring.end_rotation(keyring.begin_rotation().current_id, drop=[vault.key_id_of(sealed)])
    with pytest.raises(KeyMissing, match=f"totp of {OWNER}.*{vault.key_id_of(sealed)}") as refused:
        vault.unseal(sealed, purpose="totp", owner=OWNER)
    assert "Put that file back" in refused.value.advice
    file.write_text(complete)
    assert vault.unseal(sealed, purpose="totp", owner=OWNER) == b"x"


@pytest.mark.parametrize("damage", ["", "[]", '{"current": "00", "keys": {}}', None])
def test_a_damaged_file_is_never_replaced(file: Path, damage: str | None) -> None:
    vault.seal(b"x", purpose="p", owner=OWNER)
    damaged = file.read_text().replace('"key": "', '"key": "AAAA') if damage is None else damage
    file.write_text(damaged)
    for attempt in (lambda: vault.seal(b"x", purpose="p", owner=OWNER), keyring.begin_rotation, keyring.create):
        with pytest.raises(ConfigurationError, match="is damaged"):
            attempt()
    assert file.read_text() == damaged


def test_a_file_that_vanished_is_missed_and_not_made_anew(file: Path) -> None:
    sealed = vault.seal(b"x", purpose="p", owner=OWNER)
    file.unlink()
    for attempt in (
        lambda: vault.seal(b"x", purpose="p", owner=OWNER),
        lambda: vault.unseal(sealed, purpose="p", owner=OWNER),
    ):
        with pytest.raises(ConfigurationError, match="is missing"):
            attempt()
    assert not file.exists()


def test_production_names_its_file_and_makes_it_only_when_asked(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTNEST_ENVIRONMENT", "production")
    settings.forget()
    with pytest.raises(ConfigurationError, match="CLIENTNEST_ENCRYPTION_KEYS_FILE is not set"):
        vault.seal(b"x", purpose="p", owner=OWNER)
    elsewhere = tmp_path / "mounted" / "keys.json"
    elsewhere.parent.mkdir()
    monkeypatch.setenv("CLIENTNEST_ENCRYPTION_KEYS_FILE", str(elsewhere))
    settings.forget()
    with pytest.raises(ConfigurationError, match="is missing"):
        vault.seal(b"x", purpose="p", owner=OWNER)
    assert not elsewhere.exists()
    made = keyring.create()
    assert vault.key_id_of(vault.seal(b"x", purpose="p", owner=OWNER)) == made.current_id
    with pytest.raises(Conflict):
        keyring.create()
    assert not file.exists()
