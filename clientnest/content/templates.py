"""Templates: texts with placeholders, kept to be written again and again. For the role `api`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from clientnest import registry
from clientnest.content import placeholders
from clientnest.content.naming import MOST, full, named, once
from clientnest.db import session
from clientnest.db.tables.collaboration import template as template_table
from clientnest.db.tables.collaboration import template_label as template_label_table
from clientnest.errors import NotFound
from clientnest.ids import new_id
from clientnest.workspaces import Membership
from clientnest.workspaces.revisions import stale

LONGEST_NAME = 120
_c, _l = template_table.c, template_label_table.c


@dataclass(frozen=True, slots=True)
class Template:
    """`network_texts`: those of networks that have a text of their own, instead of `text`. All but the name and labels
    may hold placeholders (`clientnest.content.placeholders`)."""

    id: UUID
    name: str
    text: str
    network_texts: Mapping[str, str]
    first_comment: str | None
    link: str | None
    utm: Mapping[str, str]
    labels: tuple[UUID, ...]
    revision: int
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime
    placeholders: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        found = placeholders.names(
            self.text, *self.network_texts.values(), self.first_comment or "", self.link or "", *self.utm.values()
        )
        object.__setattr__(self, "placeholders", tuple(found))


class TemplateFields(TypedDict, total=False):
    """What of a template can be changed; texts of networks, `utm` and labels as a whole."""

    name: str
    text: str
    network_texts: Mapping[str, str]
    first_comment: str | None
    link: str | None
    utm: Mapping[str, str]
    labels: Collection[UUID]


@dataclass(frozen=True, slots=True)
class Listed:
    """A template without its texts."""

    id: UUID
    name: str
    networks: tuple[str, ...]
    labels: tuple[UUID, ...]
    revision: int
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime


_labels = func.array(
    select(_l.label_id).where(_l.workspace_id == _c.workspace_id, _l.template_id == _c.id).order_by(_l.label_id)
    .correlate(template_table).scalar_subquery()
).label("labels")  # fmt: skip
_networks = func.array(
    select(func.jsonb_object_keys(_c.network_texts)).correlate(template_table).scalar_subquery()
).label("networks")  # fmt: skip
_BESIDE = ("id", "name", "revision", "created_by", "created_at", "updated_at")


def templates(connection: Connection, membership: Membership) -> list[Listed]:
    """All of them, by name, without their texts."""
    rows = connection.execute(
        select(*(_c[name] for name in _BESIDE), _networks, _labels).where(_c.workspace_id == membership.workspace.id)
        .order_by(func.lower(_c.name), _c.id)
    )  # fmt: skip
    return [
        Listed(**{**row._mapping, "networks": tuple(sorted(row.networks)), "labels": tuple(row.labels)}) for row in rows
    ]


def template(connection: Connection, membership: Membership, template_id: UUID) -> Template:
    """One template; `NotFound` where the workspace has none of that id."""
    row = connection.execute(
        select(template_table, _labels).where(*_named(membership, template_id))
    ).one_or_none()  # fmt: skip
    if row is None:
        raise no_such_template()
    return _template(row)


def create(connection: Connection, membership: Membership, **given: Unpack[TemplateFields]) -> Template:
    """A new template. `Conflict` where the workspace has one of that name, or 500; `NotFound` for labels of another."""
    workspace_id, template_id = membership.workspace.id, new_id()
    session.in_turn(connection, f"{workspace_id}/templates")
    there = select(func.count()).where(_c.workspace_id == workspace_id)
    if connection.execute(there).scalar_one() >= MOST:
        raise full("template")
    values = {"text": "", **_values(given), "workspace_id": workspace_id, "id": template_id,
              "created_by": membership.person_id}  # fmt: skip
    with once(connection, "template"):
        connection.execute(insert(template_table).values(values))
    _label(connection, membership, template_id, given.get("labels", ()))
    return template(connection, membership, template_id)


def change(
    connection: Connection, membership: Membership, template_id: UUID, *, revision: int | None = None,
    **given: Unpack[TemplateFields],
) -> Template:  # fmt: skip
    """Change what is given. `revision`: the one the change was decided on; `Stale` (412) where there is a newer one."""
    template(connection, membership, template_id)
    statement = update(template_table).where(*_named(membership, template_id))
    if revision is not None:
        statement = statement.where(_c.revision == revision)
    values = {**_values(given), "revision": _c.revision + 1, "updated_at": func.now()}
    with once(connection, "template"):
        changed = connection.execute(statement.values(values))
    if changed.rowcount == 0:
        raise stale("The template")
    if "labels" in given:
        connection.execute(
            delete(template_label_table).where(
                _l.workspace_id == membership.workspace.id, _l.template_id == template_id
            )
        )
        _label(connection, membership, template_id, given["labels"])
    return template(connection, membership, template_id)


def remove(connection: Connection, membership: Membership, template_id: UUID) -> Template:
    """Remove a template; gives it as it was. What was written with it stays."""
    gone = template(connection, membership, template_id)
    connection.execute(delete(template_table).where(*_named(membership, template_id)))
    return gone


def no_such_template() -> NotFound:
    return NotFound("There is no such template.", advice="GET …/templates lists those there are.")


def _values(given: TemplateFields) -> dict[str, Any]:
    values: dict[str, Any] = {name: value for name, value in given.items() if name != "labels"}
    if "name" in given:
        values["name"] = named(given["name"], LONGEST_NAME)
    for network in given.get("network_texts", ()):
        registry.network(network)
    return values


def _label(connection: Connection, membership: Membership, template_id: UUID, labels: Collection[UUID]) -> None:
    workspace_id = membership.workspace.id
    rows = [{"workspace_id": workspace_id, "template_id": template_id, "label_id": label} for label in set(labels)]
    if not rows:
        return
    try:
        with connection.begin_nested():
            connection.execute(insert(template_label_table), rows)
    except IntegrityError as error:
        raise NotFound(
            "The workspace has no such label.", advice="GET …/labels lists those there are.",
            details={"field": "body.labels"},
        ) from error  # fmt: skip


def _named(membership: Membership, template_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (_c.workspace_id == membership.workspace.id, _c.id == template_id)


def _template(row: Row[Any]) -> Template:
    kept = {name: row._mapping[name] for name, one in Template.__dataclass_fields__.items() if one.init}
    return Template(**{**kept, "labels": tuple(row.labels)})
