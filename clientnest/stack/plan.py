"""What a start consists of: steps that are done once, and services that are kept running."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Step:
    """Something done once at every start, after others. `action` gives a remark for the display, or None.

    An error that it raises ends the start.
    """

    key: str
    label: str
    action: Callable[[], str | None]
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A process kept running. `command` and `environment` are asked for at each start of it.

    `ready` tells whether it can be used, `alive` (asked every few seconds from then on) whether it still answers.
    Services of a lower `wave` are stopped first. `seconds` is how long it may take to become ready.
    """

    key: str
    label: str
    command: Callable[[], Sequence[str]]
    environment: Callable[[], Mapping[str, str]]
    ready: Callable[[], bool]
    alive: Callable[[], bool]
    after: tuple[str, ...] = ()
    wave: int = 1
    seconds: float = 240


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to be started, in the order in which it is shown."""

    items: Sequence[Step | Service]
    before_stop: Callable[[], None] = field(default=lambda: None)  # at the first sign of an end; gives control back
    finish: Callable[[], None] = field(default=lambda: None)  # after every service has stopped: the database

    @property
    def services(self) -> list[Service]:
        return [item for item in self.items if isinstance(item, Service)]


class Display(Protocol):
    """Where a start tells what it does. Called from several threads."""

    def begin(self, key: str) -> None:
        """A step or service is being started."""

    def remark(self, key: str, text: str) -> None:
        """How far it is."""

    def done(self, key: str, remark: str | None = None) -> None:
        """It is done, or ready for use."""

    def fail(self, key: str, reason: str) -> None:
        """It did not become ready; the start goes on without it."""

    def notice(self, text: str) -> None:
        """Something a person should know."""
