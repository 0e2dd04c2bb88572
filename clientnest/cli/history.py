"""`clientnest history`: bring the Parquet history up to date, look at it, move old months into it for good."""

from datetime import UTC, datetime
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(no_args_is_help=True, help="The Parquet history of everything captured, and retention.")
    group.command("export")(_export)
    group.command("status")(_status)
    group.command("archive")(_archive)
    app.add_typer(group, name="history")


def _export(
    everything: Annotated[
        bool, typer.Option("--everything", help="Read all loads again, not only the new ones.")
    ] = False,
) -> None:
    """Write what was loaded since the last export."""
    from clientnest.db import session
    from clientnest.warehouse.history import default_destination, export_history

    with session.etl() as connection:
        report = export_history(connection, default_destination(), since_load_id=0 if everything else None)
    typer.echo(
        f"{report.changed_rows:,} changed rows written into {report.partitions} partitions; "
        f"the history now holds {report.rows:,} rows in {report.files} files ({_size(report.size)})."
    )


def _status() -> None:
    """Show what the history holds, table by table."""
    from clientnest.warehouse.history import default_destination
    from clientnest.warehouse.history.manifest import load
    from clientnest.warehouse.history.store import open_store

    state = load(open_store(default_destination()))
    typer.echo(f"History in {default_destination()}")
    if not state.files:
        typer.echo("  It is empty. `clientnest history export` writes it.")
        return
    typer.echo(f"  Holds every load up to {state.load_id}, written {state.written_at[:19].replace('T', ' ')} UTC.")
    for table in dict.fromkeys(file.table for file in state.files):
        files = [file for file in state.files if file.table == table]
        months = sorted({file.month[:7] for file in files if file.month})
        period = f", {months[0]} to {months[-1]}" if months else ""
        size = _size(sum(file.size for file in files))
        typer.echo(
            f"  {table:<17} {sum(file.rows for file in files):>14,} rows  {len(files):>5} files  {size:>10}{period}"
        )


def _archive(
    before: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Drop whole months before this day (UTC).")],
) -> None:
    """Move old months of post snapshots into the history, verify them there, then drop them from the database.

    Dashboards and models keep what they show: the snapshots they are built on stay.
    """
    from clientnest.db import session
    from clientnest.warehouse.history import default_destination
    from clientnest.warehouse.retention import archive_and_drop

    with session.etl() as connection:
        report = archive_and_drop(connection, default_destination(), before=before.date())
    for piece in report.dropped:
        until = piece.until.astimezone(UTC)
        typer.echo(
            f"{piece.first.astimezone(UTC):%Y-%m-%d} to {until:%Y-%m-%d}: {piece.rows:,} snapshots verified in the "
            f"history and dropped; {piece.kept:,} of them kept for the marts."
        )
    if not report.dropped:
        typer.echo(f"No whole month before {before:%Y-%m-%d} is in the database; nothing was dropped.")


def _size(count: int) -> str:
    return f"{count / 1024**2:,.1f} MB"
