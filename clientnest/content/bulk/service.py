"""From a file to its report, and from the report to posts: everything is checked before anything is made."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from clientnest.audit import Actor
from clientnest.content.bulk.matching import Entry, Known, RowWarning
from clientnest.content.bulk.writing import write
from clientnest.content.states import State
from clientnest.content.validating import check_each
from clientnest.db.tables.content import post_variant as variant_table
from clientnest.errors import BadInput
from clientnest.exports.model import DateOrder, ExportFile
from clientnest.planning.bulk import BulkPlan, DateQuestion, Problem, read_bulk
from clientnest.rules import Severity
from clientnest.workspaces import Membership

_v = variant_table.c
_TOLD = 100  # of the problems of what was refused
_COLUMNS = {
    "link": "link",
    "first_comment": "first_comment",
    "media": "media",
}  # of what a rule is about; else the text


@dataclass(frozen=True, slots=True)
class Report:
    """What a file says. `entries`: the posts it makes; `problems`: what is wrong, by row; with a `question` it has to
    be sent again with the answer. `notes`: about how it was read; `ignored`: columns that mean nothing here."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    question: DateQuestion | None = None
    warnings: tuple[RowWarning, ...] = ()
    notes: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """What was made. `posts`: in the order of the entries; `unscheduled`: those that have their time, and go out once
    somebody has approved them."""

    id: UUID
    posts: Sequence[UUID]
    unscheduled: frozenset[UUID]


def look_at(
    connection: Connection, membership: Membership, file: ExportFile, place: ZoneInfo, *, date_order: DateOrder | None,
    now: datetime,
) -> Report:  # fmt: skip
    """Read a file, and check each row as if it were scheduled; nothing changes. `BadInput` for what is no such file."""
    plan = read_bulk(file, place, date_order=date_order, now=now)
    report = Report(question=plan.question, notes=plan.warnings, ignored=plan.ignored)
    if plan.question is not None:
        return report
    workspace_id = membership.workspace.id
    entries, problems = _entries(connection, workspace_id, plan)
    checked = check_each(connection, workspace_id, [(one.account.id, one.content) for one in entries])
    good, warnings = [], []
    for entry, found in zip(entries, checked, strict=True):
        for one in found.violations:
            if one.severity is Severity.ERROR:
                column = _COLUMNS.get(one.field.partition("[")[0], "text")
                problems.append(Problem(entry.row, column, None, one.message, one.advice))
            else:
                warnings.append(RowWarning(entry.row, one.message))
        if found.is_publishable:
            good.append(entry)
    warnings += _again(connection, workspace_id, good)
    return replace(
        report, entries=tuple(good), problems=tuple(sorted(problems, key=lambda one: one.row)),
        warnings=tuple(sorted(warnings, key=lambda one: one.row)),
    )  # fmt: skip


def carry_out(connection: Connection, membership: Membership, report: Report, actor: Actor) -> Done:
    """Make and schedule all posts of a report, in the caller's transaction. `BadInput` where anything is wrong with any
    row, or a question is open: then nothing is made."""
    if report.question is not None:
        raise BadInput(
            f"The dates in the column {report.question.column!r} can be read in two orders.",
            advice="Say which, with `date_order`: `mdy` or `dmy`.", details={"field": "body.date_order"},
        )  # fmt: skip
    if report.problems or not report.entries:
        rows = len({one.row for one in report.problems})
        said = "The file has no posts."
        if rows:
            first = report.problems[0]
            said = f"{rows:,} {'row' if rows == 1 else 'rows'} cannot be used, so nothing was scheduled."
            said += f" Row {first.row}: {first.message}"
        raise BadInput(
            said,
            advice="A dry run tells all that is wrong, row by row.",
            details={"field": "body.file", "problems": [asdict(one) for one in report.problems[:_TOLD]]},
        )  # fmt: skip
    return Done(*write(connection, membership, report.entries, actor))


def _entries(connection: Connection, workspace_id: UUID, plan: BulkPlan) -> tuple[list[Entry], list[Problem]]:
    known = Known.of(connection, workspace_id, plan.rows)
    entries, problems = [], list(plan.problems)
    for row in plan.rows:
        found = known.entry(row)
        if isinstance(found, Entry):
            entries.append(found)
        else:
            problems += found
    return entries, problems


def _again(connection: Connection, workspace_id: UUID, entries: Sequence[Entry]) -> list[RowWarning]:
    """Rows that say what another row says, or a post that is there already: same account, instant and text."""
    rows = connection.execute(
        select(_v.account_id, _v.scheduled_at, _v.content[("parts", "0", "text")].astext)
        .where(_v.workspace_id == workspace_id, _v.state != State.CANCELLED.value,
               _v.scheduled_at.in_({one.schedule.instant for one in entries}))
    )  # fmt: skip
    there = {(account, at, said) for account, at, said in rows}
    first: dict[tuple[UUID, datetime, str], int] = {}
    found = []
    for one in entries:
        key = (one.account.id, one.schedule.instant, one.content.parts[0].text)
        if key in there:
            found.append(RowWarning(one.row, "There is a post with this text, for this account and time, already."))
        if (before := first.setdefault(key, one.row)) != one.row:
            found.append(RowWarning(one.row, f"Row {before} has the same text, for the same account and time."))
    return found
