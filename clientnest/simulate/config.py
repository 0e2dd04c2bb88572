"""What a simulation is asked for. Same settings, same data, on every machine."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from clientnest.errors import BadInput

EARLIEST = date(2015, 1, 1)  # the model's day zero: follower histories start here
MAX_DAYS, MAX_ACCOUNTS, MAX_SNAPSHOTS = 3_650, 1_000, 500_000_000


def last_full_hour() -> datetime:
    """The present, cut to the hour: nothing generated lies in the future."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class SimulationConfig:
    """Posts published in the `days` before `until` and every capture of them up to `until` (aware UTC).

    `snapshots`: roughly how many post snapshots to make, by posting more or less often (None: as the personas post).
    `load_test`: allows a workspace that is not a demo.

    The world depends on `seed` alone and `until` only cuts it off, so simulating again later adds what happened since.
    """

    seed: int = 7
    until: datetime = field(default_factory=last_full_hour)
    days: int = 182
    accounts: int = 8
    snapshots: int | None = None
    load_test: bool = False

    def __post_init__(self) -> None:
        if self.until.tzinfo is None:
            raise BadInput("The end of the simulation has no time zone.", advice="Write it like 2026-03-01T00:00Z.")
        self._between("days", self.days, MAX_DAYS)
        self._between("accounts", self.accounts, MAX_ACCOUNTS)
        if self.snapshots is not None:
            self._between("snapshots", self.snapshots, MAX_SNAPSHOTS)
        if self.seed < 0:
            raise BadInput(f"The seed is {self.seed}; it has to be 0 or more.")
        if self.since.date() < EARLIEST:
            raise BadInput(
                f"The simulation would begin on {self.since:%Y-%m-%d}, before its first day {EARLIEST}.",
                advice="Ask for fewer days or a later end.",
            )

    @staticmethod
    def _between(name: str, value: int, largest: int) -> None:
        if not 1 <= value <= largest:
            raise BadInput(f"{name} is {value}; it has to be from 1 to {largest}.")

    @property
    def since(self) -> datetime:
        """The first instant at which a post may be published."""
        return self.until - timedelta(days=self.days)
