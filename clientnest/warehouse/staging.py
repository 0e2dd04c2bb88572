"""Rows of a capture into temporary tables by COPY, batch after batch, with memory bounded by one batch.

Python's share per row is kept small: values are gathered column by column and written as CSV by Polars. What captures
say about a post besides numbers (its "version": title, text, …) is staged once, not with each of its snapshots.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast

import polars as pl
from psycopg2.extensions import cursor as Cursor

from clientnest.errors import BadInput, PermanentError
from clientnest.ids import new_id
from clientnest.metrics import Grain, columns, sql_type
from clientnest.records import AccountRef, AccountRow, CaptureRow, Metrics, PeriodRow, PostRow
from clientnest.warehouse.columns import Describe, capture_times, clean, instants, real_numbers, texts, whole_numbers

STAGED = {Grain.POST: "staged_post_snapshot", Grain.ACCOUNT: "staged_account_snapshot", Grain.PERIOD: "staged_period"}
STAGED_KEYS = {
    Grain.POST: ("version", "captured_at"),
    Grain.ACCOUNT: ("account_number", "captured_at"),
    Grain.PERIOD: ("account_number", "period_start", "period_end", "dimension", "dimension_value", "captured_at"),
}
DERIVED = (
    "staged_account",
    "merged_post",
    "resolved_version",
    "kept_again",
    *(f"distinct_{grain.value}" for grain in Grain),
)
"""Temporary tables that merging makes of the staged ones."""
_KEY_TYPES = {"captured_at": "timestamptz", "period_start": "date", "period_end": "date", "dimension": "text",
              "dimension_value": "text", "version": "integer", "account_number": "integer"}  # fmt: skip
# Versions remembered between batches: about 350 bytes each. Forgetting one only stages it a second time.
_REMEMBERED_VERSIONS = 300_000
# Bytes handed to the server at once: each piece waits for Python's lock, which the next batch's columns hold meanwhile.
_PIECE = 1 << 23


class Staging:
    """Temporary tables of one capture, and what was seen on the way in.

    `accounts`: the accounts by number; `rows`: staged rows per grain; `versions`: staged versions of posts;
    `months`: first days of the months (UTC) that snapshots fall into; `captured_from`, `captured_to`: their range.
    """

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.accounts: list[AccountRef] = []
        self.rows = dict.fromkeys(Grain, 0)
        self.versions = 0
        self.months: set[datetime] = set()
        self.captured_from: datetime | None = None
        self.captured_to: datetime | None = None
        self._sending: Future[None] | None = None
        self._account_numbers: dict[tuple[str, str], int] = {}
        self._known: dict[tuple[int, str], tuple[int, int]] = {}
        self._create()

    def _create(self) -> None:
        self._cursor.execute(
            "CREATE TEMP TABLE staged_version (version integer, account_number integer, external_id text, id uuid, "
            "is_repost boolean, published_at timestamptz, published_time_known boolean, post_type text, title text, "
            "text text, url text, link_url text, duration_seconds double precision) ON COMMIT DROP"
        )
        for grain, table in STAGED.items():
            keys = [f"{name} {_KEY_TYPES[name]}" for name in STAGED_KEYS[grain]]
            metrics = [f"{name} {sql_type(name)}" for name in columns(grain)]
            self._cursor.execute(f"CREATE TEMP TABLE {table} ({', '.join(keys + metrics)}) ON COMMIT DROP")

    def drop(self) -> None:
        """Drop every temporary table of the capture, to make room for another one in the same transaction."""
        made = ", ".join(f"pg_temp.{name}" for name in ("staged_version", *STAGED.values(), *DERIVED))
        self._cursor.execute(f"DROP TABLE IF EXISTS {made}")

    def fill(self, rows: Iterable[CaptureRow], batch_rows: int) -> None:
        """Read all rows and COPY them; while the server takes in one batch, the next is read and put into columns.

        Errors of the iterable pass through; the transaction is not to be used further then.
        """
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="copy") as self._sender:
            for batch in _batches(rows, batch_rows):
                self._add_batch(batch)
            self._wait()

    def _add_batch(self, batch: list[CaptureRow]) -> None:
        kinds = set(map(type, batch))
        if odd := kinds - {PostRow, AccountRow, PeriodRow}:
            raise TypeError(f"write_capture takes PostRow, AccountRow and PeriodRow, not {odd.pop().__name__}")
        if kinds == {PostRow}:
            self._add_posts(cast("list[PostRow]", batch))
            return
        posts = [row for row in batch if isinstance(row, PostRow)]
        accounts = [row for row in batch if isinstance(row, AccountRow)]
        periods = [row for row in batch if isinstance(row, PeriodRow)]
        if posts:
            self._add_posts(posts)
        if accounts:
            self._add(Grain.ACCOUNT, accounts, [pl.Series("account_number", self._numbers(accounts))])
        if periods:
            self._add(Grain.PERIOD, periods, [
                pl.Series("account_number", self._numbers(periods)),
                pl.Series("period_start", [row.period_start.isoformat() for row in periods]),
                pl.Series("period_end", [row.period_end.isoformat() for row in periods]),
                texts("dimension", [row.dimension for row in periods]),
                texts("dimension_value", [row.dimension_value for row in periods]),
            ])  # fmt: skip

    def _add(self, grain: Grain, rows: Sequence[PostRow | AccountRow | PeriodRow], keys: list[pl.Series]) -> None:
        """COPY one batch of one grain: keys, captured_at, and the metrics that occur in it."""
        describe = _describer(rows)
        captured = [row.captured_at for row in rows]
        frame = [*keys, capture_times(captured, describe)]
        self._note_times(captured, partitioned=grain is not Grain.PERIOD)
        values = _by_metric([row.metrics for row in rows])
        known = columns(grain)
        for name in known:
            if name in values:
                make = whole_numbers if sql_type(name) == "bigint" else real_numbers
                frame.append(make(name, values[name], describe))
        if unknown := values.keys() - set(known):
            raise BadInput(
                f"{', '.join(sorted(unknown))}: no such metric of a {grain.value}.",
                advice="The catalogue in clientnest.metrics names them all.",
            )
        self._copy(STAGED[grain], frame)
        self.rows[grain] += len(rows)

    def _note_times(self, captured: Sequence[datetime], *, partitioned: bool) -> None:
        first, last = min(captured), max(captured)
        self.captured_from = first if self.captured_from is None else min(first, self.captured_from)
        self.captured_to = last if self.captured_to is None else max(last, self.captured_to)
        if partitioned:
            days = {value.astimezone(UTC).date() for value in set(captured)}
            self.months |= {datetime(day.year, day.month, 1, tzinfo=UTC) for day in days}

    def _add_posts(self, rows: list[PostRow]) -> None:
        versions, fresh = self._number_versions(rows)
        if fresh:
            self._add_versions([rows[index] for index in fresh], [versions[index] for index in fresh])
        self._add(Grain.POST, rows, [pl.Series("version", versions)])

    def _number_versions(self, rows: list[PostRow]) -> tuple[list[int], list[int]]:
        """The version of each row, and the indexes of the rows whose version was not staged yet."""
        known = self._known
        if len(known) > _REMEMBERED_VERSIONS:
            known.clear()
        numbers: list[int] = []
        fresh: list[int] = []
        accounts = self._numbers(rows)
        for index, (row, account) in enumerate(zip(rows, accounts, strict=True)):
            key = (account, row.external_id)
            # Within one post, so that two sets of attributes with one hash would be a 1 in 2^64 event per edit.
            # (A member of an enumeration is one object; its own hash is slow.)
            said = hash((row.published_at, row.published_time_known, id(row.post_type), row.title, row.text, row.url,
                         row.link_url, row.duration_seconds, row.is_repost))  # fmt: skip
            seen = known.get(key)
            if seen is None or seen[0] != said:
                self.versions += 1
                known[key] = seen = (said, self.versions)
                fresh.append(index)
            numbers.append(seen[1])
        return numbers, fresh

    def _add_versions(self, rows: list[PostRow], numbers: list[int]) -> None:
        describe = _describer(rows)
        if not all(row.external_id for row in rows):
            raise BadInput("A post has no id of its network.", advice="Every post needs the id its network gave it.")
        self._copy("staged_version", [
            pl.Series("version", numbers),
            pl.Series("account_number", self._numbers(rows)),
            texts("external_id", [row.external_id for row in rows]),
            pl.Series("id", [str(new_id()) for _ in rows]),
            pl.Series("is_repost", [row.is_repost for row in rows]),
            instants("published_at", [row.published_at for row in rows], describe),
            pl.Series("published_time_known",
                      [row.published_time_known and row.published_at is not None for row in rows]),
            pl.Series("post_type", [None if row.post_type is None else row.post_type.value for row in rows], pl.String),
            *(texts(name, [getattr(row, name) for row in rows]) for name in ("title", "text", "url", "link_url")),
            real_numbers("duration_seconds", [row.duration_seconds for row in rows], describe),
        ])  # fmt: skip

    def _numbers(self, rows: Sequence[PostRow | AccountRow | PeriodRow]) -> list[int]:
        """The number of each row's account."""
        numbers: list[int] = []
        met: dict[int, int] = {}  # by identity, which is quick; the rows keep their accounts alive meanwhile
        for row in rows:
            account = row.account
            number = met.get(id(account))
            if number is None:
                number = met[id(account)] = self._account_number(account)
            numbers.append(number)
        return numbers

    def _account_number(self, account: AccountRef) -> int:
        known = self._account_numbers.get((account.network, account.external_id))
        if known is not None:
            return known
        external_id = clean(account.external_id)
        if not external_id:
            raise BadInput(f"An account of {account.network} has no name or id.", advice="Name it with --account.")
        number = self._account_numbers.setdefault((account.network, external_id), len(self.accounts))
        self._account_numbers[account.network, account.external_id] = number
        if number == len(self.accounts):
            self.accounts.append(AccountRef(account.network, external_id, clean(account.display_name), account.url))
        return number

    def _copy(self, table: str, frame: list[pl.Series]) -> None:
        """Write the frame as CSV and hand it to the sending thread, once that is done with the one before."""
        # With NULL '' an empty text has to be quoted, which Polars does; see test_columns.
        buffer = io.BytesIO()
        pl.DataFrame(frame).write_csv(buffer, include_header=False, null_value="")
        buffer.seek(0)
        names = ", ".join(series.name for series in frame)
        self._wait()
        self._sending = self._sender.submit(self._send, table, names, buffer, len(frame[0]))

    def _send(self, table: str, names: str, buffer: io.BytesIO, rows: int) -> None:
        self._cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN (FORMAT csv, NULL '')", buffer, size=_PIECE)
        if self._cursor.rowcount != rows:
            raise PermanentError(
                f"{rows} rows were sent to {table} and {self._cursor.rowcount} arrived; nothing was written.",
                advice="Please report this with the source of the rows.",
            )

    def _wait(self) -> None:
        """Until everything handed over has arrived; raises what went wrong with it."""
        if self._sending is not None:
            self._sending.result()
            self._sending = None


def _batches(rows: Iterable[CaptureRow], size: int) -> Iterator[list[CaptureRow]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, size)):
        yield batch


def _by_metric(rows: list[Metrics]) -> dict[str, list[Any]]:
    """Each metric that occurs, with its value in every row. Rows of one source mostly name the same metrics."""
    names = tuple(rows[0])
    if set(map(len, rows)) == {len(names)}:
        try:
            return _of_the_same(names, rows)
        except KeyError:
            pass  # as many, but not the same
    return {name: [row.get(name) for row in rows] for name in set().union(*rows)}


def _of_the_same(names: tuple[str, ...], rows: list[Metrics]) -> dict[str, list[Any]]:
    """The values of rows that all name the same metrics.

    A few hundred rows at a time, so that they are still in the processor's cache for the next metric; and without a
    tuple for each row, which would set off Python's garbage collector again and again.
    """
    values: dict[str, list[Any]] = {name: [] for name in names}
    for start in range(0, len(rows), 512):
        part = rows[start : start + 512]
        for name, column in values.items():
            column += [row[name] for row in part]
    return values


def _describer(rows: Sequence[Any]) -> Describe:
    def describe(index: int) -> str:
        row = rows[index]
        account = f"{row.account.network}/{row.account.external_id}"
        if isinstance(row, PostRow):
            return f"post {row.external_id} of {account}"
        return f"account {account} at {row.captured_at}"

    return describe
