"""What a person says about the files of an import, in a form that a job can keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from clientnest import registry
from clientnest.exports import ReadOptions
from clientnest.zones import zone


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Like `clientnest.exports.ReadOptions`, for all files of one import.

    `timezone` (an IANA name) defaults to the workspace's. `BadInput` names the option that cannot be used.
    """

    timezone: str | None = None
    account: str | None = None
    network: str | None = None
    captured_at: datetime | None = None
    column_map: Mapping[str, str] = field(default_factory=dict)
    date_order: str | None = None
    language: str | None = None

    def __post_init__(self) -> None:
        if self.network is not None:
            registry.network(self.network)
        self.reading(None)

    def with_default_timezone(self, timezone: str) -> Self:
        """These options, reading wall-clock times in `timezone` unless the person named a zone."""
        return self if self.timezone else replace(self, timezone=timezone)

    def reading(self, modified_at: datetime | None) -> ReadOptions:
        """The options for one file, last changed at `modified_at`."""
        return ReadOptions(
            timezone=zone(self.timezone or "UTC"),
            account=self.account,
            network=self.network,
            captured_at=self.captured_at,
            modified_at=modified_at,
            column_map=self.column_map,
            date_order=self.date_order,  # type: ignore[arg-type]  # checked by ReadOptions itself
            language=self.language,
        )

    def as_params(self) -> dict[str, Any]:
        """As kept with a job (JSON)."""
        return {
            "timezone": self.timezone,
            "account": self.account,
            "network": self.network,
            "captured_at": self.captured_at.isoformat() if self.captured_at else None,
            "column_map": dict(self.column_map),
            "date_order": self.date_order,
            "language": self.language,
        }

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> Self:
        """As kept with a job, read back."""
        captured_at = params.get("captured_at")
        return cls(**{**params, "captured_at": datetime.fromisoformat(captured_at) if captured_at else None})
