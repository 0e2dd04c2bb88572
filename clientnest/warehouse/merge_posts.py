"""From staged accounts and versions of posts to `app.account` and `raw.post`; runs under the write lock.

Of each attribute of a post the value captured last wins; no value never replaces a value; of two values captured at
the same instant the greater wins; and a time of publication beats a mere day, whenever captured. With the time kept
beside each attribute that is a join of a semilattice: any order, split or repetition of captures gives the same posts.
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
_SEEN = tuple(f"{name}_seen" for name in POST_ATTRIBUTES)
_WRITTEN = ("is_repost", "published_time_known", *POST_ATTRIBUTES, *_SEEN, "captured_at")


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
    names = ", ".join(_WRITTEN)
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
        chosen, grouping = ["id", "is_repost", "published_time_known", "seen AS captured_at", *attributes], ""
    else:
        attributes = [f"{_greatest(name, name)}, {_greatest('seen', name)} AS {name}_seen" for name in POST_ATTRIBUTES]
        chosen = ["(array_agg(id ORDER BY version))[1] AS id", "bool_or(is_repost) AS is_repost",
                  "bool_or(published_time_known) AS published_time_known", "max(seen) AS captured_at",
                  *attributes]  # fmt: skip
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
    decided_by = takes | {f"{name}_seen": take for name, take in takes.items()}
    decided_by["published_time_known"] = takes["published_at"]
    changes = [f"{name} = CASE WHEN {take} THEN excluded.{name} ELSE p.{name} END" for name, take in decided_by.items()]
    differs = " OR ".join(
        f"({decided_by[name]} AND excluded.{name} IS DISTINCT FROM p.{name})"
        for name in (*POST_ATTRIBUTES, "published_time_known")
    )
    reposted = "(excluded.is_repost AND NOT p.is_repost)"
    return (
        f"ON CONFLICT (workspace_id, account_id, external_id) DO UPDATE SET {', '.join(changes)}, "
        "is_repost = p.is_repost OR excluded.is_repost, captured_at = greatest(p.captured_at, excluded.captured_at), "
        f"load_id = CASE WHEN {differs} OR {reposted} THEN excluded.load_id ELSE p.load_id END "
        f"WHERE excluded.captured_at > p.captured_at OR {reposted} OR {' OR '.join(takes.values())}"
    )


def _rank(name: str, row: str = "", seen: str = "seen") -> list[str]:
    """By what the values of an attribute are ordered, most important first; texts byte by byte, on every server."""
    ranked = [f"{row}{seen}", f'{row}{name} COLLATE "C"' if name in _TEXTS else f"{row}{name}"]
    return [f"{row}published_time_known", *ranked] if name == "published_at" else ranked


def _greatest(what: str, name: str) -> str:
    """Of the staged versions of a post, `what` the one with the winning value of an attribute says."""
    order = ", ".join(f"{part} DESC" for part in _rank(name))
    chosen = f"(array_agg({what} ORDER BY {order}) FILTER (WHERE {name} IS NOT NULL))[1]"
    return f"{chosen} AS {name}" if what == name else chosen


def _takes(name: str) -> str:
    """Whether the capture's value of an attribute wins over the stored one, or was said again later."""
    said, stored = (", ".join(_rank(name, row, f"{name}_seen")) for row in ("excluded.", "p."))
    return f"(excluded.{name} IS NOT NULL AND (p.{name} IS NULL OR ({said}) > ({stored})))"


def _one(cursor: Cursor) -> int:
    row = cursor.fetchone()
    assert row is not None  # noqa: S101 -- an aggregate without GROUP BY always gives a row
    return int(row[0])
