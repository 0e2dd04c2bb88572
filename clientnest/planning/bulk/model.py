"""What a file of posts to schedule says, and what is wrong with it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from clientnest.planning.wall_clock import Resolution


@dataclass(frozen=True, slots=True)
class BulkRow:
    """One post to schedule. `number`: of its row, as a spreadsheet shows it. `account` and `network` as the file says
    them; both None where it says neither. `media`: addresses, or ids of media, in order."""

    number: int
    schedule: Resolution
    text: str
    account: str | None
    network: str | None
    link: str | None
    labels: tuple[str, ...]
    media: tuple[str, ...]
    campaign: str | None
    first_comment: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be scheduled. `column`: its name in the file, None where the row as a whole is meant; `value`:
    what stands there, shortened; `advice`: what to do."""

    row: int
    column: str | None
    value: str | None
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class DateQuestion:
    """The dates of a file can be read in more than one order, which only a person can settle.

    `why`: `either` order fits all of them; `contradicting`: some fit one order only and some the other; `converted`: a
    spreadsheet made dates of some and left others as text, which it does where it reads them in an order they were not
    written in. `row` and `value`: an example; `mdy` and `dmy`: the day it is with the month first, or the day; None
    where there is no such day.
    """

    column: str
    why: Literal["either", "contradicting", "converted"]
    row: int
    value: str
    mdy: date | None
    dmy: date | None


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """A file as read. With a `question` there are neither rows nor problems: read it again with the answer.

    `warnings` are about how the file had to be read; `ignored`: the columns that mean nothing here.
    """

    rows: tuple[BulkRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    question: DateQuestion | None = None
    warnings: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
