"""The embedded database: what may happen to it between two starts, and that no database is ever lost."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from clientnest.db import server as embedded
from clientnest.db.server import EmbeddedServer
from clientnest.errors import PermanentError


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the server's own system user may enter, with what makes paths difficult in its name."""
    folder = Path(tempfile.mkdtemp(prefix="cn it's a test+100%-"))
    folder.chmod(0o711)
    yield folder
    for kept in (folder, folder.with_name(f"{folder.name}-moved")):
        if kept.exists():
            EmbeddedServer(kept).stop()
            shutil.rmtree(kept)


def write(server: EmbeddedServer, value: int) -> None:
    connection = psycopg2.connect(server.url)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS kept (value integer)")
        cursor.execute("INSERT INTO kept VALUES (%s)", (value,))
    connection.close()


def values(server: EmbeddedServer) -> list[int]:
    connection = psycopg2.connect(server.url)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT value FROM kept ORDER BY value")
        found = [row[0] for row in cursor.fetchall()]
    connection.close()
    return found


def start_elsewhere(home: Path) -> subprocess.Popen[bytes]:
    """Begin to start the server from another process."""
    code = (
        "import sys; from pathlib import Path; from clientnest.db.server import EmbeddedServer\n"
        "EmbeddedServer(Path(sys.argv[1])).start()"
    )
    return subprocess.Popen([sys.executable, "-c", code, str(home)])


def postmaster(server: EmbeddedServer) -> psutil.Process:
    return psutil.Process(int((server.folder / "data" / "postmaster.pid").read_text().split("\n", 1)[0]))


def test_three_starts_in_a_row_keep_the_data(home: Path) -> None:
    server = EmbeddedServer(home)
    for number in range(3):
        server.start()
        server.start()  # already running: nothing to do
        write(server, number)
        assert values(server) == list(range(number + 1))
        server.stop()
        server.stop()
        assert not server.is_running()


def test_a_killed_server_starts_again_with_everything_that_was_committed(home: Path) -> None:
    server = EmbeddedServer(home)
    server.start()
    write(server, 1)
    killed = postmaster(server)
    killed.send_signal(signal.SIGKILL)
    psutil.wait_procs([killed], timeout=10)
    assert not server.is_running()
    server.start()  # its other processes may still be ending
    assert values(server) == [1]


def test_an_initialisation_that_was_interrupted_is_begun_again(home: Path) -> None:
    server = EmbeddedServer(home)
    server.folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        embedded.ensure_system_user(embedded.SYSTEM_USER)
        shutil.chown(server.folder, embedded.SYSTEM_USER)
    begun = start_elsewhere(home)
    half_made = server.folder / "data.new" / "base"
    deadline = time.monotonic() + 30
    while not half_made.exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    family = psutil.Process(begun.pid).children(recursive=True)
    begun.kill()
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):  # initdb's helpers come and go
            process.kill()
    begun.wait()
    psutil.wait_procs(family, timeout=10)
    assert not (server.folder / "data").exists()
    server.start()
    write(server, 1)
    assert values(server) == [1]


def test_two_starts_at_once_make_one_server(home: Path) -> None:
    starting = [start_elsewhere(home) for _ in range(3)]
    assert [process.wait(60) for process in starting] == [0, 0, 0]
    server = EmbeddedServer(home)
    write(server, 1)
    assert values(server) == [1]


def test_a_number_in_the_pid_file_that_is_another_programs_by_now_does_not_matter(home: Path) -> None:
    """After a restart of the machine, or in a container, numbers are given out again."""
    server = EmbeddedServer(home)
    server.start()
    write(server, 1)
    pid_file = server.folder / "data" / "postmaster.pid"
    content = pid_file.read_text().split("\n")
    server.stop()
    user = None if os.geteuid() else embedded.SYSTEM_USER
    other = subprocess.Popen(["sleep", "300"], user=user)
    try:
        pid_file.write_text("\n".join([str(other.pid), *content[1:]]))
        assert not server.is_running()
        server.start()
        assert values(server) == [1]
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_data_folder_that_moved_is_still_itself(home: Path) -> None:
    server = EmbeddedServer(home)
    server.start()
    write(server, 1)
    server.stop()
    moved = EmbeddedServer(home.rename(home.with_name(f"{home.name}-moved")))
    moved.start()
    assert values(moved) == [1]


def test_a_copy_made_while_it_ran_is_not_taken_for_the_running_one(home: Path) -> None:
    server = EmbeddedServer(home)
    server.start()
    write(server, 1)
    twin = home.with_name(f"{home.name}-moved")
    shutil.copytree(home, twin, ignore=shutil.ignore_patterns(".s.PGSQL*"))
    if os.geteuid() == 0:
        for path in [twin / "postgres", *(twin / "postgres").rglob("*")]:
            shutil.chown(path, embedded.SYSTEM_USER)
    twin.chmod(0o711)
    copied = EmbeddedServer(twin)
    assert not copied.is_running()
    copied.start()
    write(copied, 2)
    assert values(server) == [1]
    assert values(copied) == [1, 2]


def test_a_database_without_its_secrets_is_set_aside_and_can_be_put_back(home: Path) -> None:
    server = EmbeddedServer(home)
    server.start()
    write(server, 1)
    server.stop()
    kept = (home / "secrets.json").rename(home / "secrets.kept")
    said: list[str] = []
    server.start(said.append)
    assert "set aside" in said[0]
    (aside,) = home.glob("postgres.orphan-*")
    assert str(aside) in said[0]
    server.stop()
    shutil.rmtree(home / "postgres")
    aside.rename(home / "postgres")
    kept.rename(home / "secrets.json")
    server.start()
    assert values(server) == [1]


def test_a_path_too_long_for_a_socket_gets_one_elsewhere_closed_to_others_and_leaves_nothing(home: Path) -> None:
    deep = home / ("long" * 30)
    deep.mkdir(mode=0o711)
    server = EmbeddedServer(deep)
    try:
        server.start()
        assert not server.socket_folder.is_relative_to(deep)
        assert server.socket_folder.stat().st_mode & 0o077 == 0
        write(server, 1)
        assert values(server) == [1]
    finally:
        server.stop()
    assert not server.socket_folder.exists()


def test_a_socket_folder_that_somebody_else_put_there_is_refused(home: Path, tmp_path: Path) -> None:
    deep = home / ("long" * 30)
    deep.mkdir(mode=0o711)
    server = EmbeddedServer(deep)
    server.socket_folder.symlink_to(tmp_path)
    try:
        with pytest.raises(PermanentError, match="belongs to somebody else"):
            server.start()
    finally:
        server.socket_folder.unlink()


def test_a_full_disk_is_a_sentence_before_anything_is_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "MINIMUM_FREE_BYTES", 1024**6)
    with pytest.raises(PermanentError, match=r"Only \d+ MB are free .* the database needs at least"):
        EmbeddedServer(home).start()
    assert not (home / "postgres").exists()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    server = EmbeddedServer(home)
    server.start()
    server.stop()
    settings = server.folder / "data" / "local.conf"
    settings.write_text("shared_buffers = 'a lot'\n")
    settings.chmod(0o600)  # as an administrator with a careful umask leaves it
    with pytest.raises(embedded.TransientError, match='invalid value for parameter "shared_buffers": "a lot"'):
        server.start()
    settings.unlink()
    server.start()


@pytest.mark.parametrize(("mode", "usable"), [(0o1777, True), (0o755, os.geteuid() != 0)])
def test_shared_memory_is_used_where_the_servers_user_may_write(tmp_path: Path, mode: int, usable: bool) -> None:
    tmp_path.chmod(mode)
    assert embedded._has_shared_memory(tmp_path) is usable
    assert not embedded._has_shared_memory(tmp_path / "missing")
