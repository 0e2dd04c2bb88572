"""Many brands of one size, made inside Postgres and built by dbt: what the API reads in its benchmarks."""

import subprocess
import sys
from pathlib import Path
from uuid import UUID

from benchmarks.harness import execute
from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import passwords

ACCOUNTS = 5
MEMBERS = 100  # of the first brand, besides its owner
PASSWORD = "correct horse battery staple"

_WORKSPACE = "('00000000-0000-7000-8000-' || lpad({n}::text, 12, '0'))::uuid"
_PERSON = "('00000000-0000-7000-a000-' || lpad({n}::text, 12, '0'))::uuid"
_ACCOUNT = "('00000000-0000-7000-9000-' || lpad(({n} * {accounts} + {k})::text, 12, '0'))::uuid"
_POST = """(lpad(to_hex((extract(epoch from published_at) * 1000)::bigint), 12, '0') || '7'
    || substr(md5(n::text || ' ' || k), 1, 3) || '8' || substr(md5(n::text || ' ' || k), 4, 15))::uuid"""


def workspace(number: int) -> UUID:
    return UUID(f"00000000-0000-7000-8000-{number:012}")


def owner(number: int) -> UUID:
    """The person a workspace belongs to; their address is `owner<number>@example.org`."""
    return UUID(f"00000000-0000-7000-a000-{number:012}")


def member(number: int) -> UUID:
    """Somebody of the first brand's team; their address is `member<number>@example.org`."""
    return UUID(f"00000000-0000-7000-b000-{number:012}")


def make_brands(home: Path, brands: int, posts: int) -> None:
    """`brands` workspaces, each with an owner, five accounts and `posts` posts of one year captured once, and the marts
    built of it all."""
    account = _ACCOUNT.format(n="n", accounts=ACCOUNTS, k=f"mod(k, {ACCOUNTS})")
    with session.etl(role=Role.MIGRATE) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT raw.ensure_partitions(timestamptz '2025-01-01', timestamptz '2026-02-01')")
        cursor.execute(
            f"""INSERT INTO app.workspace (id, name, slug)
            SELECT {_WORKSPACE.format(n="n")}, 'Brand ' || n, 'brand-' || n FROM generate_series(0, {brands} - 1) n;
            INSERT INTO app.person (id, email, name, password_hash, email_verified_at)
            SELECT {_PERSON.format(n="n")}, 'owner' || n || '@example.org', 'Owner ' || n, %(hash)s, now()
            FROM generate_series(0, {brands} - 1) n;
            INSERT INTO app.membership (workspace_id, person_id, role)
            SELECT {_WORKSPACE.format(n="n")}, {_PERSON.format(n="n")}, 'owner' FROM generate_series(0, {brands} - 1) n;
            INSERT INTO app.person (id, email, name, password_hash, email_verified_at)
            SELECT ('00000000-0000-7000-b000-' || lpad(n::text, 12, '0'))::uuid, 'member' || n || '@example.org',
                'Member ' || n, %(hash)s, now() FROM generate_series(0, {MEMBERS} - 1) n;
            INSERT INTO app.membership (workspace_id, person_id, role)
            SELECT {_WORKSPACE.format(n="0")}, ('00000000-0000-7000-b000-' || lpad(n::text, 12, '0'))::uuid, 'analyst'
            FROM generate_series(0, {MEMBERS} - 1) n;
            INSERT INTO app.account (workspace_id, id, network, external_id, display_name)
            SELECT {_WORKSPACE.format(n="n")}, {_ACCOUNT.format(n="n", accounts=ACCOUNTS, k="k")}, 'instagram',
                'brand' || n || '_' || k, 'Brand ' || n || ' ' || k
            FROM generate_series(0, {brands} - 1) n, generate_series(0, {ACCOUNTS} - 1) k;
            CREATE TEMP TABLE bench_load AS SELECT * FROM (
                SELECT n, row_number() OVER (ORDER BY n) AS load_id FROM generate_series(0, {brands} - 1) n) l;
            INSERT INTO raw.load (workspace_id, id, source, captured_from, captured_to) OVERRIDING SYSTEM VALUE
            SELECT {_WORKSPACE.format(n="n")}, load_id, 'bench', '2026-01-15', '2026-01-16' FROM bench_load;
            CREATE TEMP TABLE bench_post AS
            SELECT *, {_POST} AS post_id FROM (
                SELECT n, load_id, k, {_WORKSPACE.format(n="n")} AS workspace_id, {account} AS account_id,
                    timestamptz '2025-01-01' + k * interval '365 days' / {posts} + n * interval '1 second'
                        AS published_at, 1 + mod((n * 31 + k) * 7919, 200) AS size
                FROM bench_load, generate_series(0, {posts} - 1) k) p;
            INSERT INTO raw.post (workspace_id, id, account_id, network, external_id, published_at,
                published_time_known, post_type, text, captured_at, load_id)
            SELECT workspace_id, post_id, account_id, 'instagram', post_id::text, published_at, true,
                (ARRAY['image', 'video', 'carousel', 'link'])[1 + mod(k, 4)],
                'Number ' || k || ' of many: what we did this week, and why. #brand #topic' || mod(k, 50),
                published_at, load_id FROM bench_post;
            INSERT INTO raw.post_snapshot (workspace_id, account_id, post_id, captured_at, source, load_id,
                impressions, reach, likes, comments, shares, clicks, link_clicks, profile_visits)
            SELECT workspace_id, account_id, post_id, '2026-01-15 12:00+00', 'bench', load_id, size * 100, size * 80,
                size * 5, size / 2, size / 3, size * 2, size, size / 5 FROM bench_post;
            SELECT setval(pg_get_serial_sequence('raw.load', 'id'), (SELECT max(id) FROM raw.load));
            DROP TABLE bench_post, bench_load""",
            {"hash": passwords.hash_password(PASSWORD)},
        )
    execute("ANALYZE", role=Role.MIGRATE)
    subprocess.run(
        [Path(sys.executable).with_name("clientnest-dbt"), "--quiet", "build", "--exclude-resource-type", "unit_test",
         "--exclude-resource-type", "test", "--target-path", str(home / "dbt"), "--log-path", str(home / "dbt")],
        check=True,
    )  # fmt: skip
