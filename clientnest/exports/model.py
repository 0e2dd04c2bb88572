"""The shared types of export reading: what is asked for, what was recognised, what a file is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from clientnest.errors import BadInput

CapturedAtSource = Literal["file", "name", "option", "modified"]
DateOrder = Literal["mdy", "dmy"]

UNNAMED = "unnamed"


class UnreadableExport(BadInput):
    """A whole file that cannot be used; nothing of it is imported. The message names the file."""

    code = "unreadable-export"


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the person says about a file beyond what it says itself.

    `timezone`: zone of wall-clock times that carry none. `account`: name or handle of the account, where the file does
    not say or to override it. `network`: for the plain table. `captured_at`: when the numbers were true, used when
    neither the file nor its name says. `modified_at`: the file's modification time where it is known better than the
    disk does (uploads). `column_map`: a header of the file to a canonical field. `date_order`: "mdy" or "dmy" for dates
    like 03/04/2025. `language`: ISO code, for month names that mean different months in different languages.
    """

    timezone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    account: str | None = None
    network: str | None = None
    captured_at: datetime | None = None
    modified_at: datetime | None = None
    column_map: Mapping[str, str] = field(default_factory=dict)
    date_order: DateOrder | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        for name in ("captured_at", "modified_at"):
            value: datetime | None = getattr(self, name)
            if value is not None and value.tzinfo is None:
                raise BadInput(f"{name} has no time zone: {value}.", advice="Write it like 2025-03-31T00:00:00Z.")
        if self.date_order not in (None, "mdy", "dmy"):
            raise BadInput(f"The date order {self.date_order!r} is not known.", advice="Say mdy or dmy.")


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """A column of the file and the canonical field it becomes; None: it is not used."""

    column: str
    field: str | None


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a file is. `network` is None where every row names its own."""

    format: str
    label: str
    network: str | None
    columns: tuple[ColumnUse, ...]
    captured_at: datetime
    captured_at_source: CapturedAtSource
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file on disk and the name people know it by; members of a zip are named `a.zip/b.csv`."""

    path: Path
    name: str
    size: int
    modified_at: datetime

    @classmethod
    def at(cls, path: Path, name: str | None = None) -> "ExportFile":
        """The file at `path`; `UnreadableExport` when there is none."""
        if not path.is_file():
            raise UnreadableExport(
                f"{name or path}: there is no such file." if not path.exists() else f"{name or path} is not a file.",
                advice="Check the path; give a folder's files one by one or as a zip.",
            )
        stat = path.stat()
        return cls(path, name or path.name, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC))


def shorten(value: object, limit: int = 60) -> str:
    """A value as it is shown in a message: one line, at most `limit` characters."""
    text = " ".join(str(value).replace("\0", "").split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
