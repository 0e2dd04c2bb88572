"""Writing captures: the same posts and snapshots from any order, split and repetition; nothing half-written."""

import operator
import threading
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientnest.db import session
from clientnest.errors import BadInput, NotFound
from clientnest.ids import new_id
from clientnest.records import AccountRef, AccountRow, CaptureRow, PeriodRow, PostRow, PostType
from clientnest.warehouse import load
from clientnest.warehouse.write import write_capture
from tests.conftest import make_workspace
from tests.integration.warehouse.captures import (
    ACME,
    ATTRIBUTES,
    NOON,
    post,
    query,
    stored_posts,
    stored_snapshots,
    write,
)

pytestmark = pytest.mark.servers("plain", "timescaledb")
METRICS = ("likes", "impressions", "engagement_rate")
ACCOUNTS = (ACME, AccountRef("x", "bolt"), AccountRef("bluesky", "acme", "Acme over there"))

_few_texts = st.none() | st.sampled_from(["", "a", "B", "é", "tab\there", "NUL\x00", "half \ud800", "two\nlines"])
_captures = st.builds(
    PostRow,
    account=st.sampled_from(ACCOUNTS[:2]),
    external_id=st.sampled_from(["1", "2", "6\x00"]),
    captured_at=st.sampled_from([NOON + timedelta(hours=n) for n in (0, 1, 700, 1500)]),
    metrics=st.fixed_dictionaries(
        {},
        optional={
            "likes": st.none() | st.integers(-2, 3),
            "impressions": st.none() | st.just(2**63 - 1) | st.integers(-1, 1),
            "engagement_rate": st.none() | st.sampled_from([-0.5, 0.1, 7.25]),
        },
    ),
    published_at=st.none() | st.sampled_from([NOON, NOON - timedelta(days=400)]),
    post_type=st.none() | st.sampled_from([PostType.TEXT, PostType.LINK]),
    title=_few_texts,
    text=_few_texts,
    url=st.none() | st.just("https://x.com/1"),
    link_url=st.none(),
    duration_seconds=st.none() | st.sampled_from([0.5, 3.0]),
    is_repost=st.booleans(),
    published_time_known=st.booleans(),
)


@st.composite
def _histories(draw: st.DrawFn) -> tuple[list[PostRow], list[list[PostRow]]]:
    """Captures, and the same ones in another order, some of them twice, cut into several loads."""
    captures = draw(st.lists(_captures, min_size=1, max_size=12))
    again = draw(st.permutations(captures + draw(st.lists(st.sampled_from(captures), max_size=4))))
    cuts = sorted(draw(st.sets(st.integers(1, len(again)), max_size=3)))
    return captures, [again[start:end] for start, end in zip([0, *cuts], [*cuts, len(again)], strict=True)]


def _clean(value: object) -> object:
    return value.replace("\x00", "").replace("\ud800", "\ufffd") if isinstance(value, str) else value


def _expected_posts(captures: list[PostRow]) -> dict[tuple[str, str], tuple[object, ...]]:
    """The rule, said a second time: the latest value of each attribute, the greater of two at one instant, and a time
    of publication before a day."""
    expected = {}
    for key in {(row.account.external_id, _clean(row.external_id)) for row in captures}:
        mine = [row for row in captures if (row.account.external_id, _clean(row.external_id)) == key]
        attributes = []
        for name in ATTRIBUTES:
            exact = operator.attrgetter("published_time_known") if name == "published_at" else bool
            said = [(exact(row), row.captured_at, _clean(getattr(row, name))) for row in mine
                    if getattr(row, name) is not None]  # fmt: skip
            attributes.append(max(said)[2] if said else None)
        known = any(row.published_time_known for row in mine if row.published_at is not None)
        latest = max(row.captured_at for row in mine)
        expected[key] = (*attributes, any(row.is_repost for row in mine), known, latest)
    return expected


def _expected_snapshots(captures: list[PostRow]) -> dict[tuple[str, str, datetime], tuple[object, ...]]:
    keys = {(row.account.external_id, _clean(row.external_id), row.captured_at) for row in captures}
    expected = {}
    for key in keys:
        mine = [r.metrics for r in captures if (r.account.external_id, _clean(r.external_id), r.captured_at) == key]
        values = [[m[name] for m in mine if m.get(name) is not None] for name in METRICS]
        expected[key] = ("test", *(max(known) if known else None for known in values))
    return expected


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=_histories(), many=st.booleans(), batch_rows=st.sampled_from([1, 3, 50_000]))
def test_any_order_split_and_repetition_gives_the_same_posts_and_snapshots(
    database: str, history: tuple[list[PostRow], list[list[PostRow]]], many: bool, batch_rows: int
) -> None:
    captures, loads = history
    workspace_id = make_workspace()
    with pytest.MonkeyPatch.context() as patch:
        if many:  # take the way of large captures
            patch.setattr(load, "_FEW_ROWS", 0)
        for rows in loads:
            write(workspace_id, rows, batch_rows=batch_rows)
        once_more = write(workspace_id, captures, batch_rows=batch_rows)
    assert stored_posts(workspace_id) == _expected_posts(captures)
    assert stored_snapshots(workspace_id, *METRICS) == _expected_snapshots(captures)
    assert once_more.load_id is None, "a repetition changes nothing"
    assert (once_more.posts, once_more.snapshots) == (
        len(_expected_posts(captures)),
        len(_expected_snapshots(captures)),
    )


def test_counts_are_the_same_at_every_repetition_and_say_what_was_new(workspace: UUID) -> None:
    rows: list[CaptureRow] = [
        post("1", likes=1, text="one"), post("1", likes=1, text="one"), post("2", likes=2), post("1", days=40, likes=5),
        AccountRow(ACME, NOON, {"followers": 10}),
        PeriodRow(ACME, date(2026, 3, 1), date(2026, 3, 7), NOON, {"views": 5}, "country", "US"),
        PeriodRow(ACME, date(2026, 3, 1), date(2026, 3, 7), NOON, {"views": 9}),
    ]  # fmt: skip
    first, second = write(workspace, rows), write(workspace, rows)
    assert (first.posts, first.posts_new, first.snapshots, first.snapshots_new) == (2, 2, 3, 3)
    assert (second.posts, second.posts_new, second.snapshots, second.snapshots_new) == (2, 0, 3, 0)
    assert (first.account_rows, first.period_rows) == (second.account_rows, second.period_rows) == (1, 2)
    assert (first.captured_from, first.captured_to) == (NOON, NOON + timedelta(days=40))
    assert first.load_id is not None
    assert second.load_id is None
    assert query("SELECT id, posts, snapshots, source FROM raw.load WHERE workspace_id = %s", workspace) == [
        (first.load_id, 2, 3, "test")
    ]
    raised = write(workspace, [post("1", likes=3), post("2", likes=1)])
    assert (raised.snapshots_new, raised.snapshots_changed) == (0, 1), "the lower reading of 2 adds nothing"
    assert write(workspace, [post("2", likes=2)], source="other").load_id is None
    assert write(workspace, [post("2", likes=2)], source="z").snapshots_changed == 1, (
        "the greater name of a source stays"
    )
    assert stored_snapshots(workspace, "likes") == {
        ("acme", "1", NOON): ("test", 3),
        ("acme", "2", NOON): ("z", 2),
        ("acme", "1", NOON + timedelta(days=40)): ("test", 5),
    }


def test_only_what_changed_carries_the_new_load(workspace: UUID) -> None:
    first = write(workspace, [post("1", likes=1, text="one"), post("2", likes=2, text="two")])
    second = write(workspace, [post("1", likes=1, text="one"), post("2", likes=3, text="two"), post("3", likes=0)])
    loads = dict(query("SELECT external_id, s.load_id FROM raw.post_snapshot s JOIN raw.post p "
                       "ON p.id = post_id WHERE p.workspace_id = %s", workspace))  # fmt: skip
    assert loads == {"1": first.load_id, "2": second.load_id, "3": second.load_id}
    later = write(workspace, [post("1", days=1, likes=1, text="one"), post("2", days=1, likes=3, text="edited")])
    posts = dict(query("SELECT external_id, load_id FROM raw.post WHERE workspace_id = %s", workspace))
    assert posts == {"1": first.load_id, "2": later.load_id, "3": second.load_id}, "hearing the same again is no change"


def test_two_workspaces_measure_one_account_apart(workspace: UUID) -> None:
    other = make_workspace()
    write(workspace, [post("1", likes=1)])
    counts = write(other, [post("1", likes=9)])
    assert (counts.posts_new, counts.snapshots_new) == (1, 1), "nothing shows that somebody else has it"
    assert stored_snapshots(workspace, "likes") == {("acme", "1", NOON): ("test", 1)}
    assert stored_snapshots(other, "likes") == {("acme", "1", NOON): ("test", 9)}
    assert query("SELECT count(DISTINCT id) FROM app.account WHERE workspace_id IN (%s, %s)", workspace, other) == [
        (2,)
    ]


def test_accounts_are_told_apart_by_network_and_keep_the_name_people_gave(workspace: UUID) -> None:
    write(workspace, [post("1", account=AccountRef("x", "acme"), likes=1), post("1", account=ACCOUNTS[2], likes=1)])
    names = "SELECT network, display_name FROM app.account WHERE workspace_id = %s ORDER BY 1"
    assert query(names, workspace) == [("bluesky", "Acme over there"), ("x", "acme")]
    write(workspace, [post("1", account=AccountRef("x", "acme", "Acme Ltd", "https://x.com/acme"), likes=1)])
    write(workspace, [post("1", account=AccountRef("x", "acme", "Renamed"), likes=1)])
    assert query(names, workspace) == [("bluesky", "Acme over there"), ("x", "Acme Ltd")]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([post("1", likes=1), post("7", likes=2**63)], "likes of post 7 of x/acme is 9223372036854775808"),
        ([post("1", likes=1), post("7", engagement_rate=float("nan"))], "engagement_rate of post 7 of x/acme"),
        ([post("1", hearts=1)], "hearts: no such metric of a post"),
        ([post("1", likes=1), post("", likes=1)], "no id of its network"),
        ([post("1", account=AccountRef("myspace", "tom"), likes=1)], "Unknown network 'myspace'"),
        ([post("1", days=100_000, likes=1)], "captured_at of post 1 of x/acme .* future"),
    ],
)
def test_a_capture_that_cannot_be_stored_is_refused_whole(workspace: UUID, rows: list[PostRow], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        write(workspace, rows, batch_rows=1)
    for table in ("raw.post", "raw.post_snapshot", "raw.load", "app.account"):
        assert query(f"SELECT count(*) FROM {table} WHERE workspace_id = %s", workspace) == [(0,)]


def test_an_unknown_workspace_is_said_and_an_empty_capture_writes_nothing(workspace: UUID) -> None:
    with pytest.raises(NotFound):
        write(new_id(), [post("1", likes=1)])
    assert write(workspace, []).load_id is None
    assert query("SELECT count(*) FROM raw.load WHERE workspace_id = %s", workspace) == [(0,)]


def test_several_captures_fit_into_one_transaction_and_are_undone_together(workspace: UUID) -> None:
    settings_of_the_server = query("SELECT current_setting('enable_nestloop'), current_setting('work_mem')")
    with session.etl() as connection:
        write_capture(connection, workspace, [post("1", likes=1)], source="a")
        counts = write_capture(connection, workspace, [post("1", likes=1), post("2", likes=1)], source="b")
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('enable_nestloop'), current_setting('work_mem')")
            assert cursor.fetchall() == settings_of_the_server, "the caller's settings are as before"
        connection.rollback()
    assert (counts.posts, counts.posts_new, counts.snapshots_new, counts.snapshots_changed) == (2, 1, 1, 1)
    assert stored_snapshots(workspace, "likes") == {}


def test_load_ids_become_visible_in_order(workspace: UUID) -> None:
    """A reader that remembers the greatest load it saw misses none: the second writer waits for the first's commit."""
    done: list[int | None] = []
    with session.etl() as slow:
        early = write_capture(slow, workspace, [post("1", likes=1)], source="slow")
        quick = threading.Thread(target=lambda: done.append(write(workspace, [post("2", likes=1)]).load_id))
        quick.start()
        quick.join(timeout=1)
        assert quick.is_alive(), "the other writer waits"
        assert query("SELECT max(id) FROM raw.load WHERE workspace_id = %s", workspace) == [(None,)]
    quick.join(timeout=30)
    assert early.load_id is not None
    assert done[0] is not None
    assert done[0] > early.load_id


def test_writers_of_the_same_new_accounts_and_posts_agree(workspace: UUID) -> None:
    rows = [post(str(n), likes=n, account=ACCOUNTS[n % 3]) for n in range(60)]
    orders = [rows, rows[::-1], rows[30:] + rows[:30], rows[::2] + rows[1::2]]
    threads = [threading.Thread(target=write, args=(workspace, order)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(stored_posts(workspace)) == 60
    assert query("SELECT count(*), sum(likes) FROM raw.post_snapshot WHERE workspace_id = %s", workspace) == [
        (60, sum(range(60)))
    ]
    assert query("SELECT count(*) FROM raw.load WHERE workspace_id = %s", workspace) == [(1,)]


@pytest.mark.servers("plain")  # TimescaleDB makes its chunks itself
def test_a_month_gets_its_partition_and_only_the_months_that_occur(workspace: UUID) -> None:
    old = datetime(2011, 2, 28, 23, 59, 59, 999999, tzinfo=UTC)
    write(workspace, [PostRow(ACME, "1", at, {"likes": 1}) for at in (old, old + timedelta(microseconds=1))])
    found = query(
        "SELECT tableoid::regclass::text FROM raw.post_snapshot WHERE workspace_id = %s ORDER BY 1", workspace
    )
    assert found == [("raw.post_snapshot_2011_02",), ("raw.post_snapshot_2011_03",)]
    assert query("SELECT to_regclass('raw.post_snapshot_2013_01')") == [(None,)]
