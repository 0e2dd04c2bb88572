"""`clientnest import`: bring analytics exports of the networks into a workspace."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

if TYPE_CHECKING:
    from clientnest.imports import ImportOptions, SourceFile

_SUFFIXES = {".csv", ".tsv", ".txt", ".json", ".jsonl", ".xls", ".xlsx", ".zip"}


def register(app: typer.Typer) -> None:
    """Add the command that imports files."""
    app.command("import")(import_files)


def import_files(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Exports, zips of them, or folders.")],
    *,
    workspace: Annotated[str, typer.Option(help="Short name of the workspace they belong to.")] = "home",
    account: Annotated[
        str | None, typer.Option(help="The account's name or handle, where the files do not say.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="Zone of times without one, like Europe/Paris. Default: the workspace's.")
    ] = None,
    captured_at: Annotated[
        str | None, typer.Option(help="When the numbers were true, like 2025-03-31T18:00, where the files do not say.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", metavar="HEADER=FIELD", help="What a column means; repeatable.")
    ] = None,
    network: Annotated[str | None, typer.Option(help="The network of a plain table.")] = None,
    date_order: Annotated[str | None, typer.Option(help="mdy or dmy, for dates like 03/04/2025.")] = None,
    language: Annotated[str | None, typer.Option(help="Language of the dates, like es.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be imported; needs no service.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    report: Annotated[Path | None, typer.Option(help="Where to write rejected rows (CSV).")] = None,
    wait: Annotated[
        bool | None,
        typer.Option("--wait/--no-wait", help="Wait even while Dagster is down; or do not wait at all."),
    ] = None,
) -> None:
    """Import analytics exports; they are in the dashboards within a minute.

    Each file is imported whole or not at all. Importing the same file twice changes nothing. Exit code 1 where a file
    was refused.
    """
    from clientnest.imports import ImportOptions

    files = _files(paths)
    options = ImportOptions(
        timezone=timezone,
        account=account,
        network=network,
        captured_at=_moment(captured_at, timezone),
        column_map=_mapping(mapping or []),
        date_order=date_order,
        language=language,
    )
    if dry_run:
        _dry_run(files, options, as_json, report)
    else:
        _import(files, options, workspace, as_json, report, wait)


def _dry_run(files: "list[SourceFile]", options: "ImportOptions", as_json: bool, report: Path | None) -> None:
    import tempfile

    from clientnest import settings
    from clientnest.cli import import_report
    from clientnest.imports.preview import Preview, preview
    from clientnest.imports.rejects import write_report

    previews: list[Preview] = []
    with tempfile.TemporaryDirectory(prefix="clientnest-dry-run-") as folder:
        with import_report.progress(quiet_lines=True) as tell:
            for seen in preview(files, options, Path(folder)):
                tell(f"read {seen.entry['file']}", len(previews) / max(len(files), len(previews) + 1))
                previews.append(seen)
        parts = [seen.rejects for seen in previews if seen.rejects is not None]
        written = write_report(parts, report or settings.core().home / "reports" / "dry-run-rejected.csv")
    entries = [seen.entry for seen in previews]
    if as_json:
        import_report.print_json(entries)
        import_report.say_where(written)
    else:
        for seen in previews:
            if seen.recognition is not None:
                import_report.print_columns(seen.entry["file"], seen.recognition)
        import_report.print_files(entries, written)
        typer.echo("This was a dry run: nothing was imported.")
    if any(entry["error"] for entry in entries):
        raise typer.Exit(1)


def _import(
    files: "list[SourceFile]", options: "ImportOptions", workspace: str, as_json: bool, report: Path | None,
    wait: bool | None,
) -> None:  # fmt: skip
    import shutil

    from clientnest.cli import import_report
    from clientnest.db import session
    from clientnest.db.roles import Role
    from clientnest.imports import stage, summary

    workspace_id = _workspace(workspace)
    with import_report.progress() as tell:
        tell(f"taking in {len(files)} file{'s' if len(files) > 1 else ''}", None)
        with session.tenant(Role.ETL) as connection:
            job_id = stage(connection, workspace_id, files, options)
        if wait is False:
            typer.echo(f"Queued as job {job_id}.", err=True)
            return
        attended = _follow(workspace_id, job_id, tell, wait_anyway=bool(wait))
    with session.tenant(Role.ETL) as connection:
        told = summary(connection, workspace_id, job_id)
    rejects = Path(told["report"]) if told["report"] else None
    if rejects is not None and report is not None:
        rejects = Path(shutil.copyfile(rejects, report))
    if as_json:
        import_report.print_json(told["files"])
        import_report.say_where(rejects)
    elif attended:
        import_report.print_files(told["files"], rejects)
    _conclude(told, job_id, attended, workspace)


def _follow(workspace_id: UUID, job_id: UUID, tell: object, *, wait_anyway: bool) -> bool:
    """Show the job until it is closed; False where nobody works on it and waiting was not asked for."""
    from clientnest.imports.following import follow

    try:
        for seen in follow(workspace_id, job_id):
            if seen.unattended and not wait_anyway:
                return False
            step = "waiting: Dagster is not running" if seen.unattended else seen.job.step or seen.job.state
            tell(step, seen.job.progress)  # type: ignore[operator]
    except KeyboardInterrupt:
        typer.echo(f"The import goes on without this terminal (job {job_id}).", err=True)
        raise typer.Exit(130) from None
    return True


def _conclude(told: dict[str, object], job_id: UUID, attended: bool, workspace: str) -> None:
    from clientnest.errors import ClientNestError, Unavailable

    if not attended:
        raise Unavailable(
            f"Dagster is not running, so nothing works on the import; it stays queued as job {job_id}.",
            advice="Start it with `make run`: the import then begins by itself. Or call with --wait.",
        )
    job, files = told["job"], told["files"]
    assert isinstance(job, dict) and isinstance(files, list)  # noqa: S101, PT018 -- the shape of `summary`
    if job["state"] == "failed":
        raise ClientNestError(str(job["error"]["message"]), advice=str(job["error"].get("advice") or ""))
    imported = sum(1 for entry in files if entry["state"] == "imported")
    refused = len(files) - imported
    if imported:
        typer.echo(f"{imported} of {len(files)} files imported into “{workspace}”; the dashboards show them.", err=True)
    if refused:
        typer.echo(f"{refused} of {len(files)} files were refused; nothing of them was written.", err=True)
        raise typer.Exit(1)


def _workspace(slug: str) -> UUID:
    from clientnest.db import session
    from clientnest.errors import NotFound

    with session.etl() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT id FROM app.workspace WHERE slug = %s", (slug,))
        row = cursor.fetchone()
    if row is None:
        raise NotFound(
            f"There is no workspace with the short name {slug!r}.",
            advice="The first one is called `home`; `make run` makes it at the first start.",
        )
    return UUID(str(row[0]))


def _files(paths: list[Path]) -> "list[SourceFile]":
    """The files named, and those in the folders named that may be exports."""
    from clientnest.errors import BadInput
    from clientnest.imports import SourceFile

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(
                file for file in path.rglob("*")
                if file.suffix.lower() in _SUFFIXES and file.is_file() and not file.name.startswith(".")
            )  # fmt: skip
            if not inside:
                raise BadInput(f"There are no exports in the folder {path}.", advice="Name the files themselves.")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise BadInput(f"There is no file {path}.", advice="Check the path.")
    return [SourceFile(path) for path in found]


def _moment(said: str | None, timezone: str | None) -> datetime | None:
    from clientnest.errors import BadInput
    from clientnest.zones import zone

    if said is None:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError as error:
        raise BadInput(
            f"--captured-at {said!r} is no date and time.", advice="Write it like 2025-03-31 or 2025-03-31T18:00+02:00."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=zone(timezone or "UTC"))


def _mapping(pairs: list[str]) -> dict[str, str]:
    from clientnest.errors import BadInput

    mapping = {}
    for pair in pairs:
        header, equals, field = pair.rpartition("=")
        if not equals or not header.strip() or not field.strip():
            raise BadInput(f"--map {pair!r} names no column and field.", advice='Write it like --map "Likes=likes".')
        mapping[header.strip()] = field.strip()
    return mapping
