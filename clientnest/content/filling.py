"""Filling in templates: what a post for some accounts would say. Nothing is stored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import regex
from sqlalchemy import Connection, select

from clientnest.content import placeholders
from clientnest.content.model import LONGEST_TEXT
from clientnest.content.templates import Template
from clientnest.db.tables.identity import account as account_table
from clientnest.errors import BadInput, NotFound
from clientnest.outbound import LONGEST_URL

LONGEST_UTM = 200
LONGEST_VALUE = 10_000
_a = account_table.c
_WEB = regex.compile(r"https?://[^\s\p{C}]+", regex.VERSION1)


@dataclass(frozen=True, slots=True)
class Draft:
    """What one account is to publish."""

    account_id: UUID
    text: str
    first_comment: str | None
    link: str | None
    utm: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Filled:
    """A post as a template says it. `missing`: placeholders without a value, which stand in it as they are; `unused`:
    values that no placeholder asks for."""

    title: str
    labels: tuple[UUID, ...]
    variants: tuple[Draft, ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]


def fill(
    connection: Connection, workspace_id: UUID, template: Template, values: Mapping[str, str],
    accounts: Collection[UUID],
) -> Filled:  # fmt: skip
    """The post that a template makes with these values for these accounts, in their order.

    `missing` is about the texts of these accounts' networks. `NotFound` names an account that is not the workspace's;
    `BadInput` a part that would become longer than a post can have it, or a link that would be none.
    """
    networks = _networks(connection, workspace_id, accounts)
    texts = {network: template.network_texts.get(network, template.text) for network in networks.values()}
    beside = [template.first_comment or "", template.link or "", *template.utm.values()]
    missing = tuple(name for name in placeholders.names(*texts.values(), *beside) if name not in values)
    parts = {network: _filled(text, values, LONGEST_TEXT, "text") for network, text in texts.items()}
    comment = template.first_comment and _filled(template.first_comment, values, LONGEST_TEXT, "first comment")
    link = _link(template.link, values)
    utm = {name: _utm(name, text, values) for name, text in template.utm.items()}
    return Filled(
        template.name, template.labels,
        tuple(Draft(account, parts[network], comment, link, utm) for account, network in networks.items()),
        missing, tuple(name for name in values if name not in template.placeholders),
    )  # fmt: skip


def _networks(connection: Connection, workspace_id: UUID, accounts: Collection[UUID]) -> dict[UUID, str]:
    rows = connection.execute(
        select(_a.id, _a.network).where(_a.workspace_id == workspace_id, _a.id.in_(accounts))
    ).all()  # fmt: skip
    found = {row.id: row.network for row in rows}
    missing = sorted(set(accounts) - found.keys())
    if missing:
        raise NotFound(
            f"The workspace has no account {missing[0]}.", advice="GET …/accounts lists those there are.",
            details={"field": "body.accounts"},
        )  # fmt: skip
    return {account: found[account] for account in accounts}


def _filled(text: str, values: Mapping[str, str], longest: int, what: str) -> str:
    """A few letters can ask for a long value very often: its length is known before it is put together."""
    pieces: Sequence[str] = list(placeholders.filled(text, values))
    length = sum(map(len, pieces))
    if length > longest:
        raise BadInput(
            f"Filled in, the {what} would have {length} characters.", advice=f"Give shorter values: {longest} at most.",
            details={"field": "body.values", "limit": longest, "measured": length},
        )  # fmt: skip
    return "".join(pieces)


def _link(link: str | None, values: Mapping[str, str]) -> str | None:
    if link is None:
        return None
    found = _filled(link, values, LONGEST_URL, "link")
    if all(name in values for name in placeholders.names(link)) and not _WEB.fullmatch(found):
        raise BadInput(
            f"Filled in, the link would be {found[:200]!r}, which is none.",
            advice="It has to begin with https:// or http://, and has no spaces: write those of values as %20.",
            details={"field": "body.values"},
        )  # fmt: skip
    return found


def _utm(name: str, text: str, values: Mapping[str, str]) -> str:
    found = _filled(text, values, LONGEST_UTM, f"utm {name}")
    if not found:
        raise BadInput(
            f"Filled in, the utm {name} would be empty.", advice="Give a value that is not.",
            details={"field": "body.values"},
        )  # fmt: skip
    return found
