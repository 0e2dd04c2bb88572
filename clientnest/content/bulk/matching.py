"""What the rows of a file mean in a workspace: whose account, which labels and campaign, which pictures."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from clientnest.content.model import MOST_MEDIA, Content, Part, Shown
from clientnest.db.tables.content import campaign as campaign_table
from clientnest.db.tables.content import label as label_table
from clientnest.db.tables.identity import account as account_table
from clientnest.db.tables.media import media as media_table
from clientnest.exports.model import shorten
from clientnest.planning.bulk import BulkRow, Problem
from clientnest.planning.wall_clock import Resolution

_a, _m = account_table.c, media_table.c


@dataclass(frozen=True, slots=True)
class Account:
    """An account that rows can name by its id, its id at the network, or the name it shows."""

    id: UUID
    network: str
    name: str
    external_id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A post to be made of a row, with one variant."""

    row: int
    account: Account
    schedule: Resolution
    content: Content
    labels: tuple[UUID, ...]
    campaign_id: UUID | None


@dataclass(frozen=True, slots=True)
class RowWarning:
    """What to know of a row that can be used all the same."""

    row: int
    message: str


@dataclass(frozen=True, slots=True)
class Known:
    """All that rows can name in a workspace."""

    accounts: Sequence[Account]
    by_name: Mapping[str, Sequence[Account]]
    labels: Mapping[str, UUID]
    campaigns: Mapping[str, UUID]
    media: Collection[UUID]

    @classmethod
    def of(cls, connection: Connection, workspace_id: UUID, rows: Collection[BulkRow]) -> "Known":
        accounts = [
            Account(row.id, row.network, row.display_name, row.external_id) for row in connection.execute(
                select(_a.id, _a.network, _a.display_name, _a.external_id)
                .where(_a.workspace_id == workspace_id).order_by(_a.network, _a.display_name, _a.id)
            )
        ]  # fmt: skip
        by_name: dict[str, list[Account]] = defaultdict(list)
        for account in accounts:
            for name in {_plain(str(account.id)), _plain(account.name), _plain(account.external_id)}:
                by_name[name].append(account)
        wanted = {found for row in rows for one in row.media if (found := _as_id(one))}
        media = connection.execute(select(_m.id).where(_m.workspace_id == workspace_id, _m.id.in_(wanted)))
        labels, campaigns = (
            {row.name.casefold(): row.id for row in connection.execute(
                select(table.c.name, table.c.id).where(table.c.workspace_id == workspace_id))}
            for table in (label_table, campaign_table)
        )  # fmt: skip
        return cls(accounts, by_name, labels, campaigns, set(media.scalars()))

    def entry(self, row: BulkRow) -> Entry | list[Problem]:
        """The post of a row, or all that is wrong with what it names."""
        problems: list[Problem] = []
        account = self._account(row)
        if isinstance(account, Problem):
            problems.append(account)
        labels = [self.labels.get(name.casefold()) for name in row.labels]
        for name, found in zip(row.labels, labels, strict=True):
            if found is None:
                problems.append(_unknown(row, "labels", name, "label"))
        campaign = self.campaigns.get(row.campaign.casefold()) if row.campaign else None
        if row.campaign and campaign is None:
            problems.append(_unknown(row, "campaign", row.campaign, "campaign"))
        problems += self._of_media(row)
        if problems or isinstance(account, Problem):
            return problems
        shown = tuple(Shown(UUID(one)) for one in row.media)
        content = Content((Part(row.text, shown),), first_comment=row.first_comment, link=row.link)
        return Entry(row.number, account, row.schedule, content, tuple(one for one in labels if one), campaign)

    def _account(self, row: BulkRow) -> Account | Problem:
        named = self.accounts if row.account is None else self.by_name.get(_plain(row.account), ())
        found = [one for one in named if row.network in (None, one.network)]
        if len(found) == 1 and (row.account is not None or row.network is not None):
            return found[0]
        column, value = ("account", row.account) if row.account is not None else ("network", row.network)
        if row.account is None and row.network is None:
            message, column = "The row says neither account nor network.", "account"
        elif found:
            message = f"This can be {len(found)} accounts: {_listed(found)}."
        else:
            message = "The workspace has no such account."
        advice = f"Write one of {_listed(self.accounts)}." if self.accounts else "Connect an account first."
        return Problem(row.number, column, value and shorten(value), message, advice)

    def _of_media(self, row: BulkRow) -> Iterator[Problem]:
        if len(row.media) > MOST_MEDIA:
            yield Problem(row.number, "media", None, f"A post shows at most {MOST_MEDIA} pictures.", "Name fewer.")
        for one in row.media:
            media_id = _as_id(one)
            if media_id is None:
                yield Problem(row.number, "media", shorten(one), "Pictures are not fetched from addresses.",
                              "Upload it first, and write its id.")  # fmt: skip
            elif media_id not in self.media:
                yield _unknown(row, "media", one, "picture or video")


def _unknown(row: BulkRow, column: str, value: str, what: str) -> Problem:
    return Problem(
        row.number, column, shorten(value), f"The workspace has no such {what}.", "Make it first, or correct this."
    )


def _listed(accounts: Sequence[Account]) -> str:
    named = [f"{one.external_id} ({one.network})" for one in accounts[:5]]
    return ", ".join(named) + (f" and {len(accounts) - 5} more" if len(accounts) > 5 else "")


def _plain(name: str) -> str:
    return name.strip().removeprefix("@").casefold()


def _as_id(said: str) -> UUID | None:
    try:
        return UUID(said)
    except ValueError:
        return None
