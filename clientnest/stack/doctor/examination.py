"""Looks at everything in turn; one thing that cannot be looked at does not keep the others from it."""

from collections.abc import Callable, Iterable

from clientnest import settings
from clientnest.errors import ClientNestError
from clientnest.stack.doctor import database, machine, processes
from clientnest.stack.doctor.findings import Finding, Findings, Level, fail
from clientnest.stack.layout import Layout

__all__ = ["Finding", "Level", "examine"]

_PARTS: tuple[tuple[str, Callable[[Layout], Findings]], ...] = (
    ("Python", machine.python),
    ("Packages", machine.packages),
    ("Machine", machine.resources),
    ("Data folder", machine.data_folder),
    ("Database", database.server),
    ("Migrations", database.migrations),
    ("Rights", database.rights),
    ("Results", database.results),
    ("Jobs", database.jobs),
    ("Processes", processes.supervisor),
    ("Ports", processes.ports),
    ("Dagster", processes.dagster),
)


def examine() -> Iterable[Finding]:
    """Every finding, as it is found."""
    try:
        layout = Layout(settings.core().home)
    except ClientNestError as error:
        yield fail("Settings", error.message, error.advice)
        return
    for subject, part in _PARTS:
        try:
            yield from part(layout)
        except ClientNestError as error:
            yield fail(subject, error.message, error.advice)
        except Exception as error:  # noqa: BLE001 - a doctor that falls ill must still say of what
            yield fail(subject, f"could not be looked at: {type(error).__name__}: {error}".strip().splitlines()[0])
