"""What importing files would do, without a database or any service: recognised, read to the end, nothing written."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from clientnest.errors import BadInput
from clientnest.exports import ExportFile, ExportReading, Recognition, UnreadableExport, expand, open_export
from clientnest.imports.entries import FileEntry, period
from clientnest.imports.loading import usable
from clientnest.imports.options import ImportOptions
from clientnest.imports.rejects import Rejects
from clientnest.imports.staging import SourceFile
from clientnest.records import CaptureRow, PostRow, RejectedRow


@dataclass(frozen=True, slots=True)
class Preview:
    """One file as it would be imported. `recognition` is None where it is of no known format; `rejects` is a CSV of its
    rejected rows without a header, None where there are none."""

    entry: FileEntry
    recognition: Recognition | None = None
    rejects: Path | None = None


@dataclass(slots=True)
class _Distinct:
    """Counts posts and their snapshots without keeping the rows."""

    posts: set[int] = field(default_factory=set)
    snapshots: set[int] = field(default_factory=set)

    def add(self, row: CaptureRow) -> None:
        if isinstance(row, PostRow):
            post = (row.account.network, row.account.external_id, row.external_id)
            self.posts.add(hash(post))
            self.snapshots.add(hash((post, row.captured_at)))


def preview(files: Sequence[SourceFile], options: ImportOptions, folder: Path) -> Iterator[Preview]:
    """Read every file as an import would. Rejected rows of each are collected in a CSV under `folder`."""
    numbers = itertools.count()
    for source in files:
        try:
            with closing(expand(source.path, name=source.name)) as members:  # type: ignore[type-var]
                for member in members:
                    yield _read(member, options, folder / f"{next(numbers):05d}.csv")
        except UnreadableExport as error:
            yield Preview(_entry(source.name or source.path.name, None, error=error))


def _read(file: ExportFile, options: ImportOptions, path: Path) -> Preview:
    rejects, seen = Rejects(file.name, path), _Distinct()
    known: Recognition | None = None
    try:
        with open_export(file, options.reading(file.modified_at)) as reading, rejects:
            known = reading.recognition
            for row in reading:
                if isinstance(row, RejectedRow):
                    rejects.add(row)
                else:
                    seen.add(row)
        usable(file.name, reading)
    except BadInput as error:
        return Preview(_entry(file.name, known, rejects, error=error), known, path if rejects.total else None)
    entry = _entry(file.name, known, rejects, reading=reading, seen=seen)
    return Preview(entry, known, path if rejects.total else None)


def _entry(
    name: str,
    known: Recognition | None,
    rejects: Rejects | None = None,
    *,
    reading: ExportReading | None = None,
    seen: _Distinct | None = None,
    error: BadInput | None = None,
) -> FileEntry:
    return {
        "file": name,
        "format": known.format if known else None,
        "rows": reading.rows if reading else rejects.total if rejects else 0,
        "accepted": reading.accepted if reading else 0,
        "rejected": rejects.kept if rejects else [],
        "rejected_count": rejects.total if rejects else 0,
        "posts": len(seen.posts) if seen else 0,
        "snapshots": len(seen.snapshots) if seen else 0,
        "period": period(*(reading.period or (None, None))) if reading else None,
        "state": "refused" if error else "readable",
        "captured_at": known.captured_at.isoformat() if known else None,
        "captured_at_source": known.captured_at_source if known else None,
        "warnings": list(reading.warnings) if reading else [],
        "error": error.as_dict() if error else None,
    }
