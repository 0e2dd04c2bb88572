"""What is planned between two instants, as calendars show it: the beginning of each text, and not all of it.

Months are read often, so the statements are written out, once for all filters, and rows are taken as they come.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, text

from clientnest.content.states import UNSEEN_BY_CLIENTS, State
from clientnest.errors import BadInput
from clientnest.workspaces import Membership, WorkspaceRole
from clientnest.zones import zone

EXCERPT = 200
MOST_SHOWN = 10_000
_HIDDEN = sorted(state.value for state in UNSEEN_BY_CLIENTS)
_VARIANTS = text(f"""
    SELECT * FROM (
        SELECT v.id::text, v.account_id::text, a.network, a.display_name, v.state, v.state_since, v.local_time,
            v.timezone, v.fold, v.scheduled_at, v.slot_at IS NOT NULL,
            left(v.content #>> '{{parts,0,text}}', {EXCERPT}), length(v.content #>> '{{parts,0,text}}'),
            jsonb_array_length(v.content -> 'parts'),
            v.content #>> '{{parts,0,media,0,media_id}}',
            coalesce(v.content #>> '{{parts,0,media,0,alt_text}}', m.alt_text), v.post_id::text,
            p.trashed_at IS NOT NULL AS trashed,
            p.trashed_at IS NULL AND v.state <> ALL (:hidden)
                AND (CAST(:accounts AS uuid[]) IS NULL OR v.account_id = ANY (:accounts))
                AND (CAST(:networks AS text[]) IS NULL OR a.network = ANY (:networks))
                AND (CAST(:states AS text[]) IS NULL OR v.state = ANY (:states))
                AND (CAST(:campaigns AS uuid[]) IS NULL OR p.campaign_id = ANY (:campaigns))
                AND (CAST(:labels AS uuid[]) IS NULL OR EXISTS (SELECT FROM app.post_label l WHERE
                    l.workspace_id = v.workspace_id AND l.post_id = v.post_id AND l.label_id = ANY (:labels))) AS shown
        FROM app.post_variant v
        JOIN app.post p ON p.workspace_id = v.workspace_id AND p.id = v.post_id
        JOIN app.account a ON a.workspace_id = v.workspace_id AND a.id = v.account_id
        LEFT JOIN app.media m ON m.workspace_id = v.workspace_id
            AND m.id = CAST(v.content #>> '{{parts,0,media,0,media_id}}' AS uuid)
        WHERE v.workspace_id = :workspace AND v.scheduled_at >= :since AND v.scheduled_at < :until
        ORDER BY v.scheduled_at, a.network, a.display_name, v.id
    ) found WHERE shown OR :everything LIMIT {MOST_SHOWN + 1}
""")  # noqa: S608 - numbers of ours
_POSTS = text("""
    SELECT p.id::text, p.title, p.campaign_id::text, p.revision, p.updated_at,
        ARRAY(SELECT l.label_id::text FROM app.post_label l
              WHERE l.workspace_id = p.workspace_id AND l.post_id = p.id ORDER BY l.label_id),
        (SELECT string_agg(DISTINCT v.state, ',') FROM app.post_variant v
         WHERE v.workspace_id = p.workspace_id AND v.post_id = p.id AND v.state <> ALL (:hidden))
    FROM app.post p WHERE p.workspace_id = :workspace AND p.id = ANY (CAST(:posts AS uuid[]))
""")
_STATES = text(
    "SELECT said, app.post_state(string_to_array(said, ',')) AS state FROM unnest(CAST(:sets AS text[])) AS said"
)
_states: dict[str, str] = {}  # by the states of variants: what they make of a post is the same for ever
_PLACE, _AT = 7, 9  # of the zone and the instant in a row


@dataclass(frozen=True, slots=True)
class CalendarFilters:
    """What is shown. Empty: everything. `states`: of variants."""

    accounts: tuple[UUID, ...] = ()
    networks: tuple[str, ...] = ()
    states: tuple[State, ...] = ()
    labels: tuple[UUID, ...] = ()
    campaigns: tuple[UUID, ...] = ()


@dataclass(slots=True)
class CalendarVariant:
    """What one account is to publish; ids are texts, and fields as a row has them: there may be thousands.
    `text_length`: of the whole text, of which `excerpt` is the beginning; `parts`: how many posts a thread has. The
    media is the first, if there is one. `shown`: what clocks show at the instant."""

    id: str
    account_id: str
    network: str
    account_name: str
    state: str
    state_since: datetime
    local_time: datetime
    timezone: str
    fold: int
    instant: datetime
    in_slot: bool
    excerpt: str
    text_length: int
    parts: int
    media_id: str | None
    media_alt: str | None
    shown: datetime


@dataclass(slots=True)
class CalendarPost:
    """A post with those of its variants that are in the period. `state`: by all that the member may see."""

    id: str
    title: str
    campaign_id: str | None
    revision: int
    updated_at: datetime
    labels: Sequence[str]
    state: str
    variants: Sequence[CalendarVariant]


@dataclass(frozen=True, slots=True)
class Busy:
    """When an account has something planned that was not cancelled, whoever may see it. In the trash it takes a slot
    all the same."""

    account_id: str
    at: datetime
    trashed: bool


def planned(
    connection: Connection, membership: Membership, since: datetime, until: datetime, filters: CalendarFilters,
    *, everything: bool = False,
) -> tuple[list[CalendarPost], list[Busy]]:  # fmt: skip
    """Posts with variants that are to go out in the period, or were, in the order of time; 10,001 variants at most.

    With `everything`, also when accounts have anything at all, in the filters or not.
    """
    hidden = _HIDDEN if membership.role is WorkspaceRole.CLIENT else []
    given = {name: list(getattr(filters, name)) or None for name in CalendarFilters.__dataclass_fields__}
    scope = {"workspace": membership.workspace.id, "hidden": hidden}
    period = {"since": since, "until": until, "everything": everything}
    rows = cast("Iterable[tuple[Any, ...]]", connection.execute(_VARIANTS, {**scope, **given, **period}))
    variants: dict[str, list[CalendarVariant]] = defaultdict(list)
    busy = []
    for *fields, post_id, trashed, is_shown in rows:
        at = fields[_AT]
        if everything and fields[4] != State.CANCELLED:
            busy.append(Busy(fields[1], at, trashed))
        if is_shown:
            clocks = at.astimezone(zone(fields[_PLACE])).replace(tzinfo=None, fold=0)
            variants[post_id].append(CalendarVariant(*(*fields, clocks)))
    posts = _posts(connection, scope, list(variants))
    return [CalendarPost(*(*posts[post_id], of)) for post_id, of in variants.items()], busy


def too_many() -> BadInput:
    return BadInput(
        f"The period holds more than {MOST_SHOWN:,} entries.", advice="Choose a shorter one, or fewer accounts.",
        details={"field": "query.to"},
    )  # fmt: skip


def _posts(connection: Connection, scope: dict[str, Any], post_ids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """The posts, by their ids, each with its labels, and with the state that follows from those of its variants."""
    rows = connection.execute(_POSTS, {**scope, "posts": list(post_ids)}).all()
    unknown = {row[-1] for row in rows} - _states.keys()
    if unknown:
        found = connection.execute(_STATES, {"sets": list(unknown)})
        _states.update({row.said: row.state for row in found})
    return {row[0]: (*row[:-1], _states[row[-1]]) for row in rows}
