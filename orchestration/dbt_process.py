"""`clientnest-dbt`: dbt as Dagster starts it. One build at a time per database, and none that outlives its run.

The lock is Postgres's and belongs to this process: it is held exactly as long as the build, whatever happens to the
Dagster run that asked for it. A build whose run was killed stops within a second; what it had not committed is gone.
The first whole build of a new version of the models builds all tables anew; the others leave out views and seeds.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import cursor as Cursor

from clientnest import settings
from clientnest.db import session
from clientnest.db.dbt_env import dbt_environment, dbt_project_folder
from clientnest.db.roles import Role
from clientnest.errors import ClientNestError, Unavailable
from orchestration import model_version

BUILD_LOCK = 0x636E_6462_7400_0001
TRY_AGAIN = os.EX_TEMPFAIL  # the exit code where the database was not there, or went away
_ANEW = {"--full-refresh", "-f"}


def main() -> None:
    """Run dbt with the arguments of this process, which ends with dbt's exit code: 2 where dbt could not begin, and
    `TRY_AGAIN` where that was the database's fault."""
    arguments = sys.argv[1:]
    if arguments == ["--version"]:
        print(f"Core:\n  - installed: {installed_version('dbt-core')}")
        return
    started = time.monotonic()
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    try:
        os.environ.update(dbt_environment())
        from dbt.cli.main import dbtRunner  # takes seconds, so before the lock

        loaded = time.monotonic()
        with one_at_a_time() as cursor:
            locked = time.monotonic()
            whole = model_version.builds_everything(arguments)
            version = model_version.current()
            if whole:
                arguments = _for_version(arguments, cursor, version)
            answer = dbtRunner().invoke(arguments)
            if whole and _all_tables_built(answer):
                with suppress(psycopg2.Error):  # then the next build builds anew once more
                    model_version.note(cursor, version)
    except (Unavailable, psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        _explain(str(error).strip())
        sys.exit(TRY_AGAIN)
    except ClientNestError as error:
        _explain(f"{error.message} {error.advice}")
        sys.exit(2)
    finished = time.monotonic()
    _note(
        arguments, success=answer.success, load=loaded - started, wait=locked - loaded, run=finished - locked
    )  # fmt: skip
    if answer.exception is not None:
        print(answer.exception, file=sys.stderr)
        sys.exit(2)
    sys.exit(0 if answer.success else 1)


def _explain(words: str) -> None:
    """Where dbt itself could not: to whoever looks on, and at the end of the build's log."""
    print(words, file=sys.stderr)
    folder = Path(os.environ.get("DBT_LOG_PATH") or dbt_project_folder() / "logs")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "dbt.log").open("a", encoding="utf-8") as log:
        log.write(f"{words}\n")


def _for_version(arguments: list[str], cursor: Cursor, version: str) -> list[str]:
    """A whole build's arguments for tables of this version of the models, or of another one."""
    if not _ANEW.isdisjoint(arguments):
        return arguments
    if model_version.of_tables(cursor) != version:
        return [*arguments, "--full-refresh"]
    if model_version.stand(cursor, model_version.unchanging()):
        return [*arguments, *model_version.WITHOUT_UNCHANGING]
    return arguments


def _all_tables_built(answer: Any) -> bool:
    """Whether no table is of an earlier version now; tests that failed on the data do not matter here."""
    results = getattr(answer.result, "results", None) or ()
    built = [result for result in results if result.node.resource_type in {"model", "seed"}]
    return bool(built) and all(result.status == "success" for result in built)


@contextmanager
def one_at_a_time() -> Iterator[Cursor]:
    """Wait for other builds on this database; they wait for this one."""
    with session.etl(role=Role.DBT) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", (BUILD_LOCK,))
            yield cursor


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)


def _note(arguments: Sequence[str], *, success: bool, **seconds: float) -> None:
    """A line in `home/logs/dbt.jsonl` per start of dbt: its own start, the wait for other builds, the work."""
    folder = settings.core().home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    note = {
        "ended": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "arguments": list(arguments),
        "success": success,
        **{f"{name}_seconds": round(value, 3) for name, value in seconds.items()},
    }
    with (folder / "dbt.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(note) + "\n")


if __name__ == "__main__":
    main()
