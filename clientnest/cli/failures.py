"""What a person sees when a command fails: our own errors in their words, anything else a sentence and a log file."""

import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer

from clientnest.errors import ClientNestError


@contextmanager
def explained() -> Iterator[None]:
    """Run a command: errors of ours become message and advice, others a sentence that names a log; both exit with 1."""
    try:
        yield
    except ClientNestError as error:
        say(error)
        raise typer.Exit(1) from error
    except (KeyboardInterrupt, BrokenPipeError, EOFError):
        raise
    except Exception as error:
        if type(error).__module__.startswith(("typer", "click")):
            raise  # usage errors and exits are for typer to show
        log = _keep(error)
        kind = type(error).__name__
        said = str(error).strip().splitlines()
        typer.echo(
            f"Something went wrong that ClientNest did not expect: {kind}{': ' + said[0] if said else ''}", err=True
        )
        typer.echo(f"  The details are in {log}. `clientnest doctor` checks the installation.", err=True)
        raise typer.Exit(1) from error


def say(error: ClientNestError) -> None:
    """Print message and advice on stderr."""
    typer.secho(error.message, fg="red", err=True)
    if error.advice:
        typer.echo(f"  {error.advice}", err=True)


def _keep(error: BaseException) -> Path:
    """Append the traceback to `home/logs/errors.log`, or to a file in the temporary folder where home takes none."""
    text = f"--- {datetime.now(UTC).isoformat(timespec='seconds')} {' '.join(sys.argv)}\n" + "".join(
        traceback.format_exception(error)
    )
    from clientnest import settings

    try:
        folder = settings.core().home / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "errors.log"
        with log.open("a", encoding="utf-8") as file:
            file.write(text)
    except (OSError, ClientNestError):
        descriptor, name = tempfile.mkstemp(prefix="clientnest-error-", suffix=".log")
        with os.fdopen(descriptor, "w", encoding="utf-8") as kept:
            kept.write(text)
        return Path(name)
    return log
