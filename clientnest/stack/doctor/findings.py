"""What an examination finds, in words."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """OK: as it should be. WARN: works, but worth knowing. FAIL: has to be put right. SKIP: could not be looked at."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do where it is not well."""

    subject: str
    level: Level
    text: str
    advice: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)


Findings = Iterator[Finding]


def ok(subject: str, text: str) -> Finding:
    return Finding(subject, Level.OK, text)


def warn(subject: str, text: str, advice: str = "") -> Finding:
    return Finding(subject, Level.WARN, text, advice)


def fail(subject: str, text: str, advice: str = "") -> Finding:
    return Finding(subject, Level.FAIL, text, advice)


def skip(subject: str, text: str) -> Finding:
    return Finding(subject, Level.SKIP, text)


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
