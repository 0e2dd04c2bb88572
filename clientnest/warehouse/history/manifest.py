"""The list of files that make up the history. Replacing it in one step is what makes a new state visible.

Readers take the files from here, never by looking into folders: files of a state that was replaced stay for a while,
for readers that are still at them, and files of an export that was killed are in no list.
"""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from clientnest.errors import PermanentError
from clientnest.warehouse.history.store import Store

NAME = "manifest.json"
FORMAT = 1
GRACE = timedelta(hours=1)
"""How long a replaced file stays for readers that started before."""


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """One Parquet file: `month` is the first day ('2026-03-01', '' where the table has no months), sizes in bytes."""

    name: str
    table: str
    month: str
    bucket: int
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """A state of the history: it holds every load up to `load_id`; `retired` maps replaced files to when that was."""

    load_id: int = 0
    files: tuple[HistoryFile, ...] = ()
    retired: dict[str, str] = field(default_factory=dict)
    written_at: str = ""

    def of(self, table: str, month: str, bucket: int) -> list[HistoryFile]:
        """The files of one partition."""
        return [file for file in self.files if (file.table, file.month, file.bucket) == (table, month, bucket)]

    def replaced(self, gone: list[HistoryFile], fresh: list[HistoryFile]) -> "Manifest":
        """The next state: some files replaced by others."""
        now = datetime.now(UTC)
        retired = {**self.retired, **{file.name: now.isoformat() for file in gone}}
        kept = [file for file in self.files if file not in gone]
        return Manifest(
            self.load_id, tuple(sorted([*kept, *fresh], key=lambda file: file.name)), retired, now.isoformat()
        )


def load(store: Store) -> Manifest:
    """The current state; an empty one where there is no history yet."""
    content = store.read(NAME)
    if content is None:
        return Manifest()
    told = json.loads(content)
    if told["format"] != FORMAT:
        raise PermanentError(
            f"The history was written in format {told['format']}; this version reads format {FORMAT}.",
            advice="Use the version of ClientNest that wrote it, or newer.",
        )
    files = tuple(HistoryFile(**file) for file in told["files"])
    return Manifest(told["load_id"], files, told["retired"], told["written_at"])


def publish(store: Store, manifest: Manifest) -> Manifest:
    """Make a state the current one, then remove what no reader can need any more."""
    limit = (datetime.now(UTC) - GRACE).isoformat()
    removable = [name for name, since in manifest.retired.items() if since < limit]
    retired = {name: since for name, since in manifest.retired.items() if name not in removable}
    published = Manifest(manifest.load_id, manifest.files, retired, manifest.written_at)
    store.replace(NAME, json.dumps({"format": FORMAT, **asdict(published)}, indent=1).encode())
    for name in removable:
        store.remove(name)
    return published


def sweep(store: Store, manifest: Manifest) -> None:
    """Remove files that an interrupted export left behind. Only for who holds the history's lock."""
    known = {file.name for file in manifest.files} | manifest.retired.keys()
    for name in set(store.names()) - known:
        store.remove(name)
