"""Bluesky: answers of `app.bsky.feed.getAuthorFeed`, one page or several, as JSON.

Lexicon: https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/feed/getAuthorFeed.json. A feed also
holds what the account reposted; those posts belong to others and so do their numbers: they are refused, row by row.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

from clientnest.exports.container import Document
from clientnest.exports.model import ColumnUse, ReadOptions, UnreadableExport, shorten
from clientnest.exports.plan import Context, Plan
from clientnest.exports.table import Sheet
from clientnest.exports.values import BadValue, text
from clientnest.records import AccountRef, CaptureRow, PostRow, PostType, RejectedRow

NETWORK = "bluesky"
_REPOST = "app.bsky.feed.defs#reasonRepost"
_METRICS = {
    "likeCount": "likes",
    "replyCount": "comments",
    "repostCount": "shares",
    "quoteCount": "quotes",
    "bookmarkCount": "saves",
}
_EMBEDS = {
    "app.bsky.embed.images": PostType.IMAGE,
    "app.bsky.embed.video": PostType.VIDEO,
    "app.bsky.embed.external": PostType.LINK,
}
Json = Mapping[str, object]


def recognise(document: Document, _sheets: Sequence[Sheet], options: ReadOptions) -> Plan | None:
    items = _items(document.json)
    if items is None:
        return None
    owner = _owner(items, document, options)
    columns = tuple(
        ColumnUse(name, field)
        for name, field in (("post.uri", "id"), ("post.record.text", "text"), ("post.record.createdAt", "published_at"))
    ) + tuple(ColumnUse(f"post.{name}", field) for name, field in _METRICS.items())

    def stream(context: Context) -> Iterator[CaptureRow | RejectedRow]:
        for number, item in enumerate(items, start=1):
            yield _row(number, item, owner, context)

    return Plan("bluesky_author_feed", "Bluesky author feed", NETWORK, columns, stream)


def _items(content: object) -> list[object] | None:
    """The feed items of one answer, of a list of answers, or a bare list of items."""
    pages = content if isinstance(content, list) else [content]
    items: list[object] = []
    for page in pages:
        if isinstance(page, dict) and isinstance(page.get("feed"), list):
            items.extend(page["feed"])
        elif isinstance(page, dict) and _at(page, "post", "uri") is not None:
            items.append(page)
        else:
            return None
    return items if pages and (items or isinstance(content, dict)) else None


def _at(value: object, *path: str) -> object:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def _text_at(value: object, *path: str) -> str | None:
    found = _at(value, *path)
    return text(found) if isinstance(found, str) else None


def _is_repost(item: object) -> bool:
    return _at(item, "reason", "$type") == _REPOST


def _owner(items: list[object], document: Document, options: ReadOptions) -> AccountRef | None:
    """Whose feed this is: who reposted the reposts, and who wrote the rest. All of them are one and the same."""
    owners: dict[str, AccountRef] = {}
    for item in items:
        person = _at(item, "reason", "by") if _is_repost(item) else _at(item, "post", "author")
        did, handle = _text_at(person, "did"), _text_at(person, "handle")
        if did:
            owners[did] = AccountRef(NETWORK, did, handle or did, f"https://bsky.app/profile/{handle or did}")
    if options.account:
        said = options.account.strip().lstrip("@").lower()
        chosen = [owner for owner in owners.values() if said in (owner.external_id.lower(), owner.display_name.lower())]
        if chosen or len(owners) < 2:
            return chosen[0] if chosen else next(iter(owners.values()), None)
    if len(owners) > 1:
        names = ", ".join(sorted(owner.display_name for owner in owners.values())[:5])
        raise UnreadableExport(
            f"{document.file.name} holds the feeds of several accounts ({names}).",
            advice="Say whose posts to import with --account, or save one account's feed per file.",
        )
    return next(iter(owners.values()), None)


def _row(number: int, item: object, owner: AccountRef | None, context: Context) -> PostRow | RejectedRow:
    uri = _text_at(item, "post", "uri")
    author = _text_at(item, "post", "author", "did")
    if uri is None or author is None or owner is None:
        return RejectedRow(number, "post.uri", None, "This is not a post of a Bluesky feed.")
    if author != owner.external_id:
        handle = _text_at(item, "post", "author", "handle") or author
        what = "A repost of somebody else's post" if _is_repost(item) else "Somebody else's post"
        return RejectedRow(number, "post.author.handle", shorten(handle), f"{what}: its numbers belong to them.")
    try:
        return _post(item, uri, owner, context)
    except BadValue as bad:
        return RejectedRow(number, bad.field, None if bad.value is None else shorten(bad.value), bad.reason)


def _post(item: object, uri: str, owner: AccountRef, context: Context) -> PostRow:
    post = cast(Json, _at(item, "post"))
    kind, link = _kind(post)
    handle = _text_at(post, "author", "handle") or owner.external_id
    return PostRow(
        owner, uri, context.captured_at, {field: _count(post, name) for name, field in _METRICS.items()},
        _instant(post), kind, text=_text_at(post, "record", "text"),
        url=f"https://bsky.app/profile/{handle}/post/{uri.rsplit('/', 1)[-1]}", link_url=link,
    )  # fmt: skip


def _count(post: Json, name: str) -> int | None:
    value = post.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise BadValue("A whole number belongs here.", value, f"post.{name}")
    return value


def _instant(post: Json) -> datetime | None:
    said = _text_at(post, "record", "createdAt")
    if said is None:
        return None
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise BadValue("This is not a time.", said, "post.record.createdAt") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _kind(post: Json) -> tuple[PostType, str | None]:
    """The format of a post by what is embedded in it, and the link it carries."""
    embed = _at(post, "embed")
    if _at(embed, "media") is not None:
        embed = _at(embed, "media")
    name = str(_at(embed, "$type") or "").split("#")[0]
    images = _at(embed, "images")
    if isinstance(images, list) and len(images) > 1:
        return PostType.CAROUSEL, None
    return _EMBEDS.get(name, PostType.TEXT), _text_at(embed, "external", "uri")
