"""Posts of many brands, made inside Postgres: what the calendar and the search read in their benchmark.

Words are made of syllables, the first ones in nearly every text and the last in few, as in any language; every fifth
post is written in characters with no blanks between.
"""

from uuid import UUID

from benchmarks.brands import ACCOUNTS
from benchmarks.harness import execute
from clientnest.db import session
from clientnest.db.roles import Role

MEMBERS = 20  # of a workspace made here
VOCABULARY = 20_000
CHARACTERS = "市场九点开门今天明天我们新鲜面包咖啡活动周末打折欢迎大家来玩音乐会报名免费礼物春夏秋冬山水花鸟风月东京上海北京茶酒书画灯光影视家人"
_WORD = """CREATE FUNCTION pg_temp.word(n bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg((ARRAY['ka','lo','mi','tre','sun','po','ra','vel','di','nor','ta','gus','fe','shi','ben','quo'])
        [1 + (n >> (4 * s)) % 16], '' ORDER BY s) FROM generate_series(0, CASE WHEN n < 16 THEN 0 WHEN n < 256 THEN 1
        WHEN n < 4096 THEN 2 ELSE 3 END) s $$"""
_ID = "('00000000-0000-7000-{kind}000-' || lpad(({n})::text, 12, '0'))::uuid"
_ACCOUNT = _ID.format(kind="9", n=f"n * {ACCOUNTS} + k")
_SPREAD = "((hashint8extended({what}, {seed}) & 2147483647) / 2147483648.0)"


def word(number: int) -> str:
    """A word: of small numbers one that is in nearly every text."""
    syllables = ["ka", "lo", "mi", "tre", "sun", "po", "ra", "vel", "di", "nor", "ta", "gus", "fe", "shi", "ben", "quo"]
    count = next(digits for digits in (1, 2, 3, 4) if number < 16**digits)
    return "".join(syllables[(number >> (4 * place)) % 16] for place in range(count))


def colleague(place: int, number: int) -> UUID:
    """Somebody who writes for a workspace made here."""
    return UUID(f"00000000-0000-7000-d000-{place * MEMBERS + number:012}")


def make_workspaces(first: int, count: int) -> None:
    """Workspaces as those of `brands`, each with people who write and five accounts at X."""
    place, person = _ID.format(kind="8", n="n"), _ID.format(kind="d", n=f"n * {MEMBERS} + k")
    span = f"generate_series({first}, {first + count - 1}) n, generate_series(0, {{}} - 1) k"
    for statement, each in (
        (f"INSERT INTO app.workspace (id, name, slug, timezone) SELECT {place}, 'Brand ' || n, 'brand-' || n, "
         f"'Europe/Paris' FROM {span}", 1),
        (f"INSERT INTO app.person (id, email, name, email_verified_at) SELECT {person}, "
         f"'writer' || n || '-' || k || '@example.org', 'Writer', now() FROM {span}", MEMBERS),
        (f"INSERT INTO app.membership (workspace_id, person_id, role) SELECT {place}, {person}, 'editor' FROM {span}",
         MEMBERS),
        (f"INSERT INTO app.account (workspace_id, id, network, external_id, display_name) SELECT {place}, {_ACCOUNT}, "
         f"'x', 'brand' || n || '_' || k, 'Brand ' || k FROM {span}", ACCOUNTS),
    ):  # fmt: skip
        execute(statement.format(each), role=Role.MIGRATE)


def make_slots(first: int, count: int) -> None:
    """A slot of each account on every working day."""
    execute(
        f"INSERT INTO app.queue_slot (workspace_id, id, account_id, weekday, local_time) "
        f"SELECT {_ID.format(kind='8', n='n')}, gen_random_uuid(), {_ACCOUNT}, d, '09:00' "
        f"FROM generate_series({first}, {first + count - 1}) n, generate_series(0, {ACCOUNTS - 1}) k, "
        "generate_series(0, 4) d", role=Role.MIGRATE,
    )  # fmt: skip


def make_posts(first: int, count: int, posts: int, *, variants: int, days: int) -> None:
    """`posts` posts in each of these workspaces, each with so many variants, planned over the `days` from today on."""
    indexes = execute("SELECT indexname, indexdef FROM pg_indexes WHERE indexname = 'post_search_found'")
    load = posts * count > 100_000
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute(_WORD)
        for table in ("post", "post_variant"):
            cursor.execute(f"ALTER TABLE app.{table} DISABLE TRIGGER USER")
        if load:
            cursor.execute("DROP INDEX app.post_search_found")
        cursor.execute(_statement(first, count, posts, variants, days))
        if load:
            cursor.execute(indexes[0][1])
        for table in ("post", "post_variant"):
            cursor.execute(f"ALTER TABLE app.{table} ENABLE TRIGGER USER")
    execute("ANALYZE app.post, app.post_variant, app.post_search", role=Role.MIGRATE)


def _statement(first: int, count: int, posts: int, variants: int, days: int) -> str:
    rank = f"floor(exp(ln({VOCABULARY}) * {_SPREAD.format(what='(n * 1000003::bigint + k) * 64 + w', seed=7)}))::bigint"
    sign = f"floor({len(CHARACTERS)} * {_SPREAD.format(what='(n * 1000003::bigint + k) * 64 + w', seed=9)})::integer"
    post = _ID.format(kind="b", n="n * 1000000::bigint + k")
    return f"""
    CREATE TEMP TABLE bench_words AS SELECT w, pg_temp.word(w) AS word FROM generate_series(0, {VOCABULARY}) w;
    CREATE INDEX ON bench_words (w);
    CREATE TEMP TABLE bench_post AS
    SELECT n, k, {_ID.format(kind="8", n="n")} AS workspace_id, {post} AS post_id,
        CASE WHEN k % 5 = 0 THEN (
            SELECT string_agg(substr('{CHARACTERS}', 1 + {sign}, 1), '' ORDER BY w) FROM generate_series(1, 60) w)
        ELSE (
            SELECT string_agg(b.word, ' ' ORDER BY w.w) FROM generate_series(1, 40) w(w)
            JOIN bench_words b ON b.w = {rank.replace("+ w)", "+ w.w)").replace("+ w,", "+ w.w,")})
        END AS words,
        timezone('UTC', date_trunc('day', now()) + interval '1 day' + k * interval '{days} days' / {posts}) AS at
    FROM generate_series({first}, {first + count - 1}) n, generate_series(0, {posts} - 1) k;
    INSERT INTO app.post (workspace_id, id, title) SELECT workspace_id, post_id, 'Number ' || k FROM bench_post;
    INSERT INTO app.post_variant (workspace_id, id, post_id, account_id, content, digest, state, local_time, timezone,
        tz_version, scheduled_at)
    SELECT workspace_id, {_ID.format(kind="c", n="(n * 1000000::bigint + k) * 5 + v")}, post_id,
        {_ID.format(kind="9", n=f"n * {ACCOUNTS} + (k + v) % {ACCOUNTS}")}, content, app.variant_digest(content),
        'scheduled', at, 'UTC', '2026a', at AT TIME ZONE 'UTC'
    FROM bench_post, generate_series(0, {variants} - 1) v, LATERAL (
        SELECT jsonb_build_object('parts', jsonb_build_array(jsonb_build_object('text', words, 'media', '[]'::jsonb)),
            'title', NULL, 'first_comment', NULL, 'link', NULL, 'utm', '{{}}'::jsonb, 'options', '{{}}'::jsonb
        ) AS content) c;
    INSERT INTO app.post_search (workspace_id, post_id, document)
    SELECT workspace_id, post_id, app.fold('Number ' || k || E'\\n' || words) FROM bench_post;
    DROP TABLE bench_post, bench_words;
    """
