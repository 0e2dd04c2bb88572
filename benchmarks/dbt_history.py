"""A long history of captures made inside Postgres, for measuring what dbt and the dashboards do with it.

Not the product's way of writing (that is measured elsewhere) and not its simulator: only the shape matters here. Posts
are captured hourly in their first day, every six hours in their first week, then twice more: 50 captures each.
"""

from psycopg2.extensions import connection as Connection

WORKSPACES = 1  # all of it is one brand's: what its overview has to go through
ACCOUNTS = 100
CAPTURES_PER_POST = 50
DAYS = 730
FIRST_DAY = "2024-01-01"
LAST_DAY = "2025-12-31"

_POST_ID = """(lpad(to_hex((extract(epoch from {at}) * 1000)::bigint), 12, '0') || '7' || substr(md5({n}::text), 1, 3)
    || '8' || substr(md5({n}::text), 4, 15))::uuid"""
_WORKSPACE = "('00000000-0000-7000-8000-' || lpad(mod({n}, {workspaces})::text, 12, '0'))::uuid"
_ACCOUNT = "('00000000-0000-7000-9000-' || lpad(mod({n}, {accounts})::text, 12, '0'))::uuid"
_TOTALS = """(size * 100 * grown)::bigint, (size * 80 * grown)::bigint, (size * 5 * grown)::bigint,
    (size * grown / 2)::bigint, (size * grown / 3)::bigint, (size * 2 * grown)::bigint, (size * grown)::bigint,
    (size * grown / 5)::bigint"""
_METRICS = "impressions, reach, likes, comments, shares, clicks, link_clicks, profile_visits"


def make_history(connection: Connection, posts: int) -> None:
    """Fill `raw` with `posts` posts of 100 accounts over two years, 50 captures each, one load per day and workspace."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '512MB'")
        cursor.execute(
            f"""INSERT INTO app.workspace (id, name, slug)
            SELECT {_workspace("n")}, 'Bench ' || n, 'bench-' || n FROM generate_series(0, {WORKSPACES - 1}) n;
            INSERT INTO app.account (workspace_id, id, network, external_id, display_name, timezone)
            SELECT {_workspace("n")}, {_account("n")}, 'instagram', 'bench' || n, 'Bench ' || n,
                (ARRAY['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', NULL])[1 + mod(n, 4)]
            FROM generate_series(0, {ACCOUNTS - 1}) n;
            INSERT INTO raw.load (workspace_id, id, source, captured_from, captured_to) OVERRIDING SYSTEM VALUE
            SELECT {_workspace("w")}, {_load("day", "w")}, 'bench', day, day + interval '1 day'
            FROM generate_series(timestamptz '{FIRST_DAY}', '{LAST_DAY}', '1 day') day,
                generate_series(0, {WORKSPACES - 1}) w"""
        )
        _make_posts(cursor, posts)
        cursor.execute(
            "SELECT raw.ensure_partitions(%s::timestamptz, %s::timestamptz + interval '1 month')", (FIRST_DAY, LAST_DAY)
        )
        cursor.execute(
            f"""INSERT INTO raw.post_snapshot
                (workspace_id, account_id, post_id, captured_at, source, load_id, {_METRICS})
            SELECT workspace_id, account_id, post_id, captured_at, 'bench',
                {_load("captured_at", "n")}, {_TOTALS}
            FROM (
                SELECT p.*, published_at + age as captured_at, 1 - exp(-extract(epoch from age) / 43200) as grown
                FROM bench_post p
                CROSS JOIN (
                    SELECT h * interval '1 hour' AS age FROM generate_series(1, 24) h
                    UNION ALL SELECT h * interval '6 hours' FROM generate_series(5, 28) h
                    UNION ALL SELECT * FROM (VALUES (interval '14 days'), (interval '30 days')) v
                ) ages
            ) captured
            WHERE captured_at < timestamptz '{LAST_DAY}' + interval '1 day'
            ORDER BY captured_at"""
        )
        cursor.execute(
            f"""INSERT INTO raw.account_snapshot
                (workspace_id, account_id, captured_at, source, load_id, followers, following, posts_count)
            SELECT {_workspace("n")}, {_account("n")}, day + interval '3 hours', 'bench', {_load("day", "n")},
                1000 + n + extract(day from day)::int, 10, 20
            FROM generate_series(timestamptz '{FIRST_DAY}', '{LAST_DAY}', '1 day') day,
                generate_series(0, {ACCOUNTS - 1}) n;
            SELECT setval(pg_get_serial_sequence('raw.load', 'id'), (SELECT max(id) FROM raw.load));
            DROP TABLE bench_post"""
        )


def make_day(connection: Connection, posts: int) -> None:
    """The day after: the latest `posts` posts captured every four hours, 150 new posts, and every account's followers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(captured_to) FROM raw.load")
        (day,) = cursor.fetchone() or (None,)
        cursor.execute("SELECT raw.ensure_partitions(%s, %s)", (day, day))
        cursor.execute(
            f"""INSERT INTO raw.load (workspace_id, source, captured_from, captured_to)
            SELECT {_workspace("n")}, 'bench', %(day)s, %(day)s + interval '1 day'
            FROM generate_series(0, {WORKSPACES - 1}) n;
            CREATE TEMP TABLE bench_load AS SELECT workspace_id, id AS load_id FROM raw.load WHERE captured_from = %(day)s;
            INSERT INTO raw.post_snapshot
                (workspace_id, account_id, post_id, captured_at, source, load_id, {_METRICS})
            SELECT workspace_id, account_id, post_id, %(day)s + hour * interval '1 hour', 'bench', load_id, {_TOTALS}
            FROM generate_series(0, 20, 4) AS hour, (
                SELECT workspace_id, account_id, id AS post_id, 120 AS size, 1.0 AS grown FROM raw.post
                ORDER BY published_at DESC LIMIT %(posts)s
            ) latest JOIN bench_load USING (workspace_id)""",
            {"day": day, "posts": posts},
        )
        _make_posts(cursor, 150, day=day)
        cursor.execute(
            f"""INSERT INTO raw.post_snapshot
                (workspace_id, account_id, post_id, captured_at, source, load_id, {_METRICS})
            SELECT workspace_id, account_id, post_id, published_at + interval '1 hour', 'bench', load_id, {_TOTALS}
            FROM (SELECT *, 0.1 AS grown FROM bench_post) p JOIN bench_load USING (workspace_id);
            INSERT INTO raw.account_snapshot
                (workspace_id, account_id, captured_at, source, load_id, followers, following, posts_count)
            SELECT workspace_id, id, %(day)s + interval '3 hours', 'bench', load_id, 1040, 10, 20
            FROM app.account JOIN bench_load USING (workspace_id);
            DROP TABLE bench_post, bench_load""",
            {"day": day},
        )


def _make_posts(cursor, posts, *, day=None):
    """Make `bench_post` and its rows of `raw.post`: spread over two years, or over the first hours of one day."""
    at = (
        f"timestamptz '{FIRST_DAY}' + n * interval '{DAYS} days' / {posts}"
        if day is None
        else "%(day)s + n * interval '1 minute'"
    )
    load = (
        _load("published_at", "n")
        if day is None
        else "(SELECT load_id FROM bench_load b WHERE b.workspace_id = p.workspace_id)"
    )
    number = "n" if day is None else "1000000000 + n"
    cursor.execute(
        f"""CREATE TEMP TABLE bench_post AS
        SELECT n, {_workspace("n")} AS workspace_id, {_account("n")} AS account_id, {at} AS published_at,
            {_POST_ID.format(at=f"({at})", n=f"({number})")} AS post_id, 1 + mod(n::bigint * 7919, 200) AS size
        FROM generate_series(0, {posts} - 1) n;
        INSERT INTO raw.post (workspace_id, id, account_id, network, external_id, published_at, published_time_known,
            post_type, text, captured_at, load_id)
        SELECT workspace_id, post_id, account_id, 'instagram', post_id::text, published_at, true,
            (ARRAY['image', 'video', 'carousel', 'link'])[1 + mod(n, 4)],
            'Number ' || n || ' of many: what we did this week, and why. #brand #topic' || mod(n, 50),
            published_at, {load}
        FROM bench_post p""",
        {"day": day},
    )


def _workspace(n: str) -> str:
    return _WORKSPACE.format(n=n, workspaces=WORKSPACES)


def _account(n: str) -> str:
    return _ACCOUNT.format(n=n, accounts=ACCOUNTS)


def _load(at: str, n: str) -> str:
    """Loads are numbered by day, then workspace."""
    return f"(1 + ({at}::date - date '{FIRST_DAY}') * {WORKSPACES} + mod({n}, {WORKSPACES}))"
