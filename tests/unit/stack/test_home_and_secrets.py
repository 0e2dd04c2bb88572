"""The data folder and its secrets: made once, closed to others, and explained where they cannot be used."""

import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clientnest import home, secrets, settings
from clientnest.errors import ConfigurationError, PermanentError

NOBODY = 65534


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    made = home.ensure(tmp_path / "a" / "b c")
    assert made.is_dir()
    assert not stat.S_IMODE(made.stat().st_mode) & 0o066


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(PermanentError, match=f"{tmp_path / 'file'} is a file") as refused:
            home.ensure(folder)
        assert "CLIENTNEST_HOME" in refused.value.advice


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it as somebody else")
def test_a_folder_of_somebody_else_is_refused_in_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    code = (
        "import os, sys; from pathlib import Path; from clientnest.home import ensure\n"
        "from clientnest.errors import PermanentError\n"
        f"os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "for folder in sys.argv[1:]:\n"
        "    try: ensure(Path(folder))\n"
        "    except PermanentError as error: print(error.message)"
    )
    theirs = ["/proc/clientnest", str(Path("/etc"))]
    said = subprocess.run([sys.executable, "-c", code, *theirs], capture_output=True, text=True, check=True).stdout
    assert "cannot be made" in said.splitlines()[0]
    assert "belongs to user number 0" in said.splitlines()[1]


def test_a_disk_without_room_is_refused_with_the_numbers(tmp_path: Path) -> None:
    with pytest.raises(
        PermanentError, match=r"Only \d+ MB are free on the disk of .*; a test needs at least 1073741824 MB"
    ):
        home.require_room(tmp_path / "not" / "made", 1024**5, "a test")


def test_secrets_are_made_once_closed_to_others_and_the_same_for_all_who_ask_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: secrets.load(tmp_path), range(16)))
    assert len({one.installation_id for one in found}) == 1
    assert len({one.passwords["api"] for one in found}) == 1
    assert len(set(found[0].passwords.values())) == len(secrets.ROLES)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_roles_added_by_an_upgrade_get_passwords_and_the_others_keep_theirs(tmp_path: Path) -> None:
    before = secrets.load(tmp_path)
    path = tmp_path / "secrets.json"
    content = json.loads(path.read_text())
    del content["passwords"]["worker"]
    path.write_text(json.dumps(content))
    after = secrets.load(tmp_path)
    assert after.passwords["worker"]
    assert {**after.passwords, "worker": ""} == {**before.passwords, "worker": ""}


@pytest.mark.parametrize("damage", ["", '{"passwords": {', "[]"])
def test_damaged_secrets_are_never_replaced(tmp_path: Path, damage: str) -> None:
    """A new file would lock everyone out of the database that belongs to the old one."""
    (tmp_path / "secrets.json").write_text(damage)
    with pytest.raises(ConfigurationError, match="is damaged"):
        secrets.load(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == damage


def test_production_refuses_a_generated_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTNEST_ENVIRONMENT", "production")
    monkeypatch.delenv("CLIENTNEST_TOKEN_KEY", raising=False)
    settings.forget()
    with pytest.raises(ConfigurationError, match="CLIENTNEST_TOKEN_KEY"):
        secrets.load(tmp_path)
    monkeypatch.setenv("CLIENTNEST_TOKEN_KEY", "short")
    settings.forget()
    with pytest.raises(ConfigurationError, match="shorter than 32"):
        secrets.load(tmp_path)
    monkeypatch.undo()
    settings.forget()
