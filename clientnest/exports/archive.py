"""Zip files of exports: their members one by one on disk, within limits, whatever their names say."""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clientnest import settings
from clientnest.exports.model import ExportFile, UnreadableExport, shorten

_BLOCK = 1 << 20
_DEEPEST = 3
_SMALL = 1 << 20
_IGNORED = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


@dataclass(slots=True)
class _Budget:
    """What unpacking may still cost, over all members and zips within the zip."""

    shown: str
    limits: settings.ImportSettings
    unpacked: int = 0
    files: int = 0

    def one_more_file(self) -> None:
        self.files += 1
        if self.files > self.limits.import_max_files:
            raise _too_much(self.shown, f"it holds more than {self.limits.import_max_files:,} files", "FILES")

    def add(self, size: int) -> None:
        self.unpacked += size
        if self.unpacked > self.limits.import_max_unpacked_bytes:
            raise _too_much(
                self.shown, f"it unpacks to more than {self.limits.import_max_unpacked_bytes:,} bytes", "UNPACKED_BYTES"
            )

    def check_ratio(self, unpacked: int, packed: int, member: str) -> None:
        ratio = self.limits.import_max_compression_ratio
        if unpacked > _SMALL and unpacked > ratio * max(packed, 1):
            raise _too_much(self.shown, f"{member!r} unpacks to more than {ratio} times its size", "COMPRESSION_RATIO")


def _too_much(shown: str, what: str, setting: str) -> UnreadableExport:
    return UnreadableExport(
        f"{shown} was not unpacked: {what}.",
        advice=f"If this is a real export, unpack it yourself, or raise CLIENTNEST_IMPORT_MAX_{setting}.",
    )


def expand(
    path: Path, *, name: str | None = None, limits: settings.ImportSettings | None = None
) -> Iterator[ExportFile]:
    """The export files in `path`: itself, or the members of a zip (and of zips in it) as `a.zip/b.csv`.

    A member lies in a temporary file that exists until the next one is asked for or the iterator is closed. Names
    inside the zip are only shown, never used as paths. `UnreadableExport` for damaged or locked zips and for those
    beyond the limits, found while unpacking and not from what the zip claims.
    """
    file = ExportFile.at(path, name)
    if not zipfile.is_zipfile(path) or kind_of_zip(file) != "zip":
        yield file
        return
    budget = _Budget(file.name, limits or settings.imports())
    found = False
    for member in _members(file, budget, depth=1):
        found = True
        yield member
    if not found:
        raise UnreadableExport(f"{file.name}: there are no files in this zip.", advice="Export it again.")


def _members(file: ExportFile, budget: _Budget, depth: int) -> Iterator[ExportFile]:
    if depth > _DEEPEST:
        raise UnreadableExport(
            f"{file.name}: zips lie more than {_DEEPEST} deep in each other.", advice="Unpack the outer ones yourself."
        )
    with _opened(file) as archive:
        for info in archive.infolist():
            if info.is_dir() or _ignored(info.filename):
                continue
            budget.one_more_file()
            shown = f"{file.name}/{_harmless(info.filename)}"
            with tempfile.TemporaryDirectory(prefix="clientnest-unzip-") as folder:
                target = Path(folder) / "member"
                size = _unpack(archive, info, target, budget, shown)
                member = ExportFile(target, shown, size, _modified(info, file.modified_at))
                if zipfile.is_zipfile(target) and kind_of_zip(member) == "zip":
                    yield from _members(member, budget, depth + 1)
                else:
                    yield member


@contextmanager
def _opened(file: ExportFile) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(file.path)
    except _DAMAGED as fault:
        raise _damaged(file.name, fault) from fault
    with archive:
        yield archive


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, budget: _Budget, shown: str) -> int:
    if info.flag_bits & 0x1:
        raise UnreadableExport(f"{shown} is locked with a password.", advice="Unpack the zip yourself, then import.")
    with target.open("wb") as unpacked:
        return sum(unpacked.write(block) for block in _blocks(archive, info, budget, shown))


def _blocks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: _Budget, shown: str) -> Iterator[bytes]:
    """A member's content, counted against the budget as it comes out."""
    size = 0
    try:
        with archive.open(info) as packed:
            while block := packed.read(_BLOCK):
                size += len(block)
                budget.add(len(block))
                budget.check_ratio(size, info.compress_size, _harmless(info.filename))
                yield block
    except _DAMAGED as fault:
        raise _damaged(shown, fault) from fault


def _damaged(shown: str, fault: BaseException) -> UnreadableExport:
    if isinstance(fault, OSError) and fault.errno is not None:
        return UnreadableExport(
            f"{shown} could not be unpacked: {fault.strerror}.", advice=f"Make room in {tempfile.gettempdir()}."
        )
    return UnreadableExport(
        f"{shown}: the zip is damaged or not complete ({shorten(fault, 120)}).", advice="Download it again."
    )


def _harmless(name: str) -> str:
    """A member's name for people: no way up, no root, no drive, no control characters."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    clean = "/".join(parts) or "member"
    return shorten("".join(character if character.isprintable() else "_" for character in clean), 200)


def _ignored(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return "__MACOSX" in parts or parts[-1].lower() in _IGNORED or parts[-1].startswith("._")


def _modified(info: zipfile.ZipInfo, otherwise: datetime) -> datetime:
    """A member's own time (zips keep no zone; read as UTC), the zip's where it has none."""
    try:
        moment = datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return otherwise
    return moment if moment.year > 1980 else otherwise


def kind_of_zip(file: ExportFile) -> str:
    """Which kind of file a zip is: "zip", "xlsx", or the name of another document that is a zip inside."""
    with _opened(file) as archive:
        names = archive.namelist()
        first = names[0] if names else ""
        if "[Content_Types].xml" in names:
            if any(name.startswith("xl/worksheets/") for name in names):
                return "xlsx" if "xl/workbook.xml" in names else "an .xlsb workbook"
            return "a document of Word or PowerPoint"
        if first == "mimetype":
            return "an OpenDocument or e-book file"
    return "zip"


def check_workbook(file: ExportFile, limits: settings.ImportSettings) -> None:
    """Refuse a workbook (a zip inside) that unpacks beyond the limits, by unpacking it into nothing."""
    budget = _Budget(file.name, limits)
    with _opened(file) as archive:
        for info in archive.infolist():
            budget.one_more_file()
            for _block in _blocks(archive, info, budget, file.name):
                pass
