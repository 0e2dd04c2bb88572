"""From staged accounts and versions of posts to `app.account` and `raw.post`; runs under the write lock.

Of each attribute of a post the value captured last wins; no value never replaces a value; of two values captured at
the same instant the greater wins. With the time kept beside each attribute that is a join of a semilattice: any order,
split or repetition of captures ends in the same posts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from clientnest import registry
from clientnest.db.tables.raw import POST_ATTRIBUTES
from clientnest.errors import PermanentError
from clientnest.ids import new_id
from clientnest.records import AccountRef
from clientnest.warehouse.load import Load, matching

_TEXTS = frozenset({"post_type", "title", "text", "url", "link_url"})


@dataclass(frozen=True, slots=True)
class MergedPosts:
    """`posts`: distinct posts of the capture; `new`: made by it; `changed`: known ones whose attributes changed."""

    posts: int
    new: int
    changed: int


def resolve_accounts(cursor: Cursor, workspace_id: UUID, accounts: Sequence[AccountRef]) -> None:
    """Make the accounts that are missing and the temporary table `staged_account` (number → id).

    A name or address that the product already has is never replaced: people may have edited it.
    """
    for account in accounts:
        registry.network(account.network)
    workspace = str(workspace_id)
    execute_values(
        cursor,
        "INSERT INTO app.account (workspace_id, id, network, external_id, display_name, url) VALUES %s "
        "ON CONFLICT (workspace_id, network, external_id) DO UPDATE SET "
        "display_name = CASE WHEN account.display_name = account.external_id THEN excluded.display_name "
        "ELSE account.display_name END, url = coalesce(account.url, excluded.url) "
        "WHERE (account.url IS NULL AND excluded.url IS NOT NULL) OR (account.display_name = account.external_id "
        "AND excluded.display_name <> account.external_id)",
        [
            (workspace, str(new_id()), a.network, a.external_id, a.display_name or a.external_id, a.url)
            for a in accounts
        ],
    )
    cursor.execute(
        "CREATE TEMP TABLE staged_account (account_number integer, account_id uuid, network text) ON COMMIT DROP"
    )
    execute_values(
        cursor,
        "INSERT INTO staged_account SELECT v.number, a.id, a.network FROM (VALUES %s) v (number, network, external_id) "
        f"JOIN app.account a ON a.workspace_id = '{workspace_id}' AND a.network = v.network "
        "AND a.external_id = v.external_id",
        [(number, a.network, a.external_id) for number, a in enumerate(accounts)],
    )
    cursor.execute("SELECT count(*) FROM staged_account")
    if cursor.fetchone() != (len(accounts),):
        raise PermanentError("Some accounts could not be made; nothing was written.")


def merge_posts(cursor: Cursor, load: Load, versions: int) -> MergedPosts:
    """Merge the staged versions into `raw.post`, and make `resolved_version`: version → account_id, post_id, place.

    `place` counts the posts in the order of account and id, and so stands for both where rows are sorted or grouped.
    """
    posts = _gather(cursor, versions)
    names = ", ".join(("is_repost", *POST_ATTRIBUTES, *(f"{name}_seen" for name in POST_ATTRIBUTES), "captured_at"))
    cursor.execute(
        "WITH merged AS (INSERT INTO raw.post AS p (workspace_id, id, account_id, network, external_id, load_id, "
        f"{names}) SELECT %(workspace)s::uuid, id, account_id, network, external_id, %(load)s, {names} FROM merged_post"
        f" {_on_conflict()} RETURNING xmax = 0 AS new, load_id = %(load)s AS written) "
        "SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new AND written) FROM merged",
        load.parameters,
    )
    new, changed = cursor.fetchone() or (0, 0)
    cursor.execute(
        "CREATE TEMP TABLE resolved_version ON COMMIT DROP AS SELECT s.version, t.account_id, t.id AS post_id, "
        "dense_rank() OVER (ORDER BY t.account_id, t.id)::integer AS place FROM "
        + matching(
            "(SELECT version, account_id, external_id FROM staged_version JOIN staged_account USING (account_number))",
            "raw.post", ("account_id", "external_id"), versions,
        ),
        load.parameters,
    )  # fmt: skip
    if cursor.rowcount != versions:
        raise PermanentError(
            f"{versions} versions of posts were staged and {cursor.rowcount} found their post; nothing was written.",
            advice="Please report this with the source of the rows.",
        )
    cursor.execute("ANALYZE resolved_version")
    return MergedPosts(posts, new, changed)


def _gather(cursor: Cursor, versions: int) -> int:
    """Make `merged_post`, one row per post of the capture, and give its number of rows."""
    cursor.execute("ANALYZE staged_version")
    cursor.execute("SELECT count(*) FROM (SELECT DISTINCT account_number, external_id FROM staged_version) posts")
    posts = _one(cursor)
    if posts == versions:  # the usual case needs no grouping
        attributes = [f"{name}, CASE WHEN {name} IS NOT NULL THEN seen END AS {name}_seen" for name in POST_ATTRIBUTES]
        chosen, grouping = ["id", "is_repost", "seen AS captured_at", *attributes], ""
    else:
        attributes = [
            f"(array_agg({name} ORDER BY seen DESC, {_ordered(name)} DESC) FILTER (WHERE {name} IS NOT NULL))[1] "
            f"AS {name}, max(seen) FILTER (WHERE {name} IS NOT NULL) AS {name}_seen"
            for name in POST_ATTRIBUTES
        ]
        chosen = ["(array_agg(id ORDER BY version))[1] AS id", "bool_or(is_repost) AS is_repost",
                  "max(seen) AS captured_at", *attributes]  # fmt: skip
        grouping = "GROUP BY account_id, network, external_id"
    cursor.execute(
        f"CREATE TEMP TABLE merged_post ON COMMIT DROP AS SELECT account_id, network, external_id, {', '.join(chosen)} "
        "FROM staged_version JOIN staged_account USING (account_number) JOIN (SELECT version, max(captured_at) AS seen "
        f"FROM staged_post_snapshot GROUP BY version) times USING (version) {grouping}"
    )
    cursor.execute("ANALYZE merged_post")
    return posts


def _on_conflict() -> str:
    """Known posts: attributes said later, and when they were last said.

    A load id marks what a reader has to look at again, so hearing the same once more does not renew it.
    """
    takes = {name: _takes(name) for name in POST_ATTRIBUTES}
    differs = " OR ".join(f"({takes[name]} AND excluded.{name} IS DISTINCT FROM p.{name})" for name in POST_ATTRIBUTES)
    changes = [f"{name} = CASE WHEN {takes[name]} THEN excluded.{name} ELSE p.{name} END" for name in POST_ATTRIBUTES]
    changes += [f"{name}_seen = greatest(p.{name}_seen, excluded.{name}_seen)" for name in POST_ATTRIBUTES]
    reposted = "(excluded.is_repost AND NOT p.is_repost)"
    return (
        f"ON CONFLICT (workspace_id, account_id, external_id) DO UPDATE SET {', '.join(changes)}, "
        "is_repost = p.is_repost OR excluded.is_repost, captured_at = greatest(p.captured_at, excluded.captured_at), "
        f"load_id = CASE WHEN {differs} OR {reposted} THEN excluded.load_id ELSE p.load_id END "
        f"WHERE excluded.captured_at > p.captured_at OR {reposted} OR {' OR '.join(takes.values())}"
    )


def _takes(name: str) -> str:
    """Whether the capture's value of an attribute wins over the stored one."""
    return (
        f"(excluded.{name} IS NOT NULL AND (p.{name}_seen IS NULL OR excluded.{name}_seen > p.{name}_seen OR "
        f"(excluded.{name}_seen = p.{name}_seen AND {_ordered('excluded.' + name)} > {_ordered('p.' + name)})))"
    )


def _ordered(column: str) -> str:
    """A text compared byte by byte, so that every server decides alike."""
    return f'{column} COLLATE "C"' if column.rpartition(".")[2] in _TEXTS else column


def _one(cursor: Cursor) -> int:
    row = cursor.fetchone()
    assert row is not None  # noqa: S101 -- an aggregate without GROUP BY always gives a row
    return int(row[0])
