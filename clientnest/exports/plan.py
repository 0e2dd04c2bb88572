"""What a format's module gives back when it recognises a file, and what it is given to read it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from clientnest.exports.container import Document
from clientnest.exports.model import UNNAMED, ColumnUse, ReadOptions
from clientnest.exports.table import Sheet
from clientnest.records import AccountRef, CaptureRow, RejectedRow


@dataclass(slots=True)
class Context:
    """What rows need beyond their cells. `late` counts remarks that only show while rows are read."""

    captured_at: datetime
    options: ReadOptions
    late: Counter[str] = field(default_factory=Counter)
    _accounts: dict[str, AccountRef] = field(default_factory=dict)

    def account(self, network: str, external_id: str | None, name: str = "", url: str | None = None) -> AccountRef:
        """The account that the person named, else the one the file names, else "unnamed"."""
        key = f"{network}\0{external_id}"
        known = self._accounts.get(key)
        if known is None:
            known = self._accounts[key] = _resolve(self.options.account, network, external_id, name, url)
        return known


def _resolve(said: str | None, network: str, external_id: str | None, name: str, url: str | None) -> AccountRef:
    if said and said.strip().lstrip("@"):
        handle = said.strip().lstrip("@")
        return AccountRef(
            network, handle.lower(), handle, url if handle.lower() == (external_id or "").lower() else None
        )
    return AccountRef(network, external_id or UNNAMED, name or external_id or UNNAMED, url)


Stream = Callable[[Context], Iterator[CaptureRow | RejectedRow]]


@dataclass(slots=True)
class Plan:
    """A recognised file, not yet read.

    `captured_at`: the time the file itself gives. `end_included`, `single_day`: how a period in the file's name is
    meant (see `names`). `names_account`, `says_period`: whether the file says whose the numbers are and from which
    days. `late`: wordings of remarks, by key.
    """

    format: str
    label: str
    network: str | None
    columns: tuple[ColumnUse, ...]
    stream: Stream
    captured_at: datetime | None = None
    end_included: bool = True
    single_day: bool = False
    names_account: bool = True
    says_period: bool = True
    warnings: list[str] = field(default_factory=list)
    late: Mapping[str, str] = field(default_factory=dict)


def zone_warning(options: ReadOptions) -> str:
    """For formats whose times of day never carry a zone."""
    return f"The file's times carry no zone; they were read in {options.timezone.key}. Say another with --timezone."


# One family of exports: a plan where it recognises the file by its content, else None.
Format = Callable[[Document, Sequence[Sheet], ReadOptions], Plan | None]
