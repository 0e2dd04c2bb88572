"""What networks would refuse of a post, or change: every violation, by each account's own limits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from clientnest import registry
from clientnest.content.links import with_utm
from clientnest.content.model import Content, Shown
from clientnest.db.tables.identity import account as account_table
from clientnest.db.tables.media import media as media_table
from clientnest.errors import BadInput, NotFound
from clientnest.rules import Draft, Limits, MediaFacts, MediaKind, Part, Severity, Unit, Violation

_a, _m = account_table.c, media_table.c
_OURS = "docs/media.md"


class Unpublishable(BadInput):
    """A network would refuse what is to go out; `details` names every violation."""

    code = "unpublishable"


@dataclass(frozen=True, slots=True)
class Counted:
    """A text of the draft, as long as its network counts it. `limit` None: the network has none that is known."""

    field: str
    measured: int
    limit: int | None
    unit: Unit


@dataclass(frozen=True, slots=True)
class Checked:
    """What there is to say about one account's content. `account_id` None: of the network in general."""

    account_id: UUID | None
    network: str
    counts: tuple[Counted, ...]
    violations: tuple[Violation, ...]

    @property
    def is_publishable(self) -> bool:
        """Whether the network would take it, as far as its rules are known."""
        return not any(one.severity is Severity.ERROR for one in self.violations)


def check_accounts(connection: Connection, workspace_id: UUID, contents: Mapping[UUID, Content]) -> list[Checked]:
    """Look at contents by their accounts' own limits. `NotFound` names an account or media that is not there."""
    return check_each(connection, workspace_id, list(contents.items()))


def check_each(
    connection: Connection, workspace_id: UUID, contents: Sequence[tuple[UUID, Content]]
) -> list[Checked]:  # fmt: skip
    """The same for any number of contents, of any account many."""
    wanted = {account_id for account_id, _ in contents}
    accounts = {
        row.id: row for row in connection.execute(
            select(_a.id, _a.network, _a.told).where(_a.workspace_id == workspace_id, _a.id.in_(wanted))
        )
    }  # fmt: skip
    missing = sorted(wanted - accounts.keys())
    if missing:
        raise NotFound(
            f"The workspace has no account {missing[0]}.", advice="GET …/accounts lists those there are.",
            details={"field": "body.variants.account_id"},
        )  # fmt: skip
    files = _files(connection, workspace_id, [content for _, content in contents])
    limits = {account_id: _limits(account) for account_id, account in accounts.items()}
    return [
        _checked(content, accounts[account_id].network, limits[account_id], files, account_id)
        for account_id, content in contents
    ]


def check_network(connection: Connection, workspace_id: UUID, network: str, content: Content) -> Checked:
    """The same for a network at large, of which there need be no account."""
    limits = registry.rules(registry.network(network).name).limits()
    return _checked(content, network, limits, _files(connection, workspace_id, [content]), None)


def require_publishable(connection: Connection, workspace_id: UUID, contents: Mapping[UUID, Content]) -> None:
    """`Unpublishable` where any of the networks would refuse what it is to be given."""
    refused = [one for one in check_accounts(connection, workspace_id, contents) if not one.is_publishable]
    if refused:
        errors = [
            {"account_id": str(one.account_id), "network": one.network, **asdict(each)}
            for one in refused for each in one.violations if each.severity is Severity.ERROR
        ]  # fmt: skip
        raise Unpublishable(
            f"{errors[0]['message']}" + (f" And {len(errors) - 1} more." if len(errors) > 1 else ""),
            advice="POST …/posts/validate names every place; nothing is ever cut.",
            details={"violations": errors},
        )


def _checked(
    content: Content, network: str, limits: Limits, files: Mapping[UUID, Row[Any]], account_id: UUID | None
) -> Checked:
    rules = registry.rules(network)
    first, *rest = (Part(part.text, tuple(_facts(one, files) for one in part.media)) for part in content.parts)
    draft = Draft(
        text=first.text, media=first.media, parts=tuple(rest), first_comment=content.first_comment,
        title=content.title, link=with_utm(content.link, content.utm) if content.link else None,
        options=content.options,
    )  # fmt: skip
    texts = {"text": draft.text, **{f"parts[{place}].text": part.text for place, part in enumerate(rest)}}
    counts = [
        Counted(name, rules.text_length(text), limits.text.value, limits.text.unit) for name, text in texts.items()
    ]
    if content.first_comment is not None and limits.first_comment is not None:
        limit = limits.first_comment
        counts.append(Counted("first_comment", rules.text_length(content.first_comment), limit.value, limit.unit))
    unready = _unready(content, files)
    return Checked(account_id, network, tuple(counts), (*unready, *rules.check(draft, limits)))


def _limits(account: Row[Any]) -> Limits:
    rules = registry.rules(account.network)
    return rules.limits() if account.told is None else rules.limits_from(account.told)


def _files(connection: Connection, workspace_id: UUID, contents: Sequence[Content]) -> dict[UUID, Row[Any]]:
    wanted = {media_id for content in contents for media_id in content.media_ids}
    if not wanted:
        return {}
    rows = connection.execute(
        select(media_table).where(_m.workspace_id == workspace_id, _m.id.in_(wanted))
    )  # fmt: skip
    found = {row.id: row for row in rows}
    missing = sorted(wanted - found.keys())
    if missing:
        raise NotFound(
            f"The workspace has no media {missing[0]}.", advice="GET …/media lists those there are.",
            details={"field": "body.variants.media.media_id"},
        )  # fmt: skip
    return found


def _facts(shown: Shown, files: Mapping[UUID, Row[Any]]) -> MediaFacts:
    row = files[shown.media_id]
    moves = row.kind == "image" and row.duration_seconds is not None
    return MediaFacts(
        kind=MediaKind.GIF if moves else MediaKind(row.kind or "image"), mime_type=row.mime_type or "",
        bytes=row.size_bytes, width=row.width, height=row.height, duration_seconds=row.duration_seconds,
        frame_rate=row.frame_rate, video_codec=row.video_codec, audio_codec=row.audio_codec,
        alt_text=row.alt_text if shown.alt_text is None else shown.alt_text,
    )  # fmt: skip


def _unready(content: Content, files: Mapping[UUID, Row[Any]]) -> list[Violation]:
    found = []
    for number, part in enumerate(content.parts):
        for place, shown in enumerate(part.media):
            row = files[shown.media_id]
            if row.state != "ready":
                field = f"media[{place}]" if number == 0 else f"parts[{number - 1}].media[{place}]"
                said = f"{row.filename} is {row.state}" + (f": {row.problem}" if row.problem else ".")
                found.append(Violation(
                    rule="media-not-ready", severity=Severity.ERROR, field=field, message=said,
                    advice="Wait until it is ready, or use another file.", source=_OURS,
                ))  # fmt: skip
    return found
