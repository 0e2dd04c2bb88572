"""Writing the logs, in the transaction of what is done: rolled back with it, committed with it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from clientnest.audit import sealing, subjects
from clientnest.audit.catalogue import FIELDS, Action, Kept, PersonalAction
from clientnest.audit.logs import PEOPLE, WORKSPACES, Log
from clientnest.audit.model import Actor, Change
from clientnest.audit.values import storable
from clientnest.ids import new_id

_NOTHING: Mapping[str, Change] = MappingProxyType({})


def record(
    connection: Connection,
    action: Action,
    *,
    actor: Actor,
    workspace_id: UUID,
    object_type: str,
    object_id: UUID | str | None = None,
    changes: Mapping[str, Change] = _NOTHING,
    subject_id: UUID | None = None,
) -> UUID:
    """Write what `actor` did in a workspace; gives the event's id. Needs the workspace in the session's scope.

    `changes` holds the action's fields by name, as the catalogue lists them; fields that stayed the same are left out.
    `subject_id`: whose the personal ones among them are. `object_id` stands in clear: an id, never a name or address.
    `ValueError` where the catalogue knows no such field, or personal values come without a subject.
    """
    return _write(
        connection, WORKSPACES, workspace_id, action,
        actor=actor, object_type=object_type, object_id=object_id, changes=changes, subject_id=subject_id,
    )  # fmt: skip


def record_personal(
    connection: Connection,
    action: PersonalAction,
    *,
    actor: Actor,
    person_id: UUID,
    object_type: str = "person",
    object_id: UUID | str | None = None,
    changes: Mapping[str, Change] = _NOTHING,
) -> UUID:
    """Write what happened to a person's way in; gives the event's id. All its personal values are that person's.

    Needs the person in the session's scope, or the role `identity`. Where nobody proved who they are (a failed
    sign-in), the actor is the system, with the address it came from.
    """
    return _write(
        connection, PEOPLE, person_id, action,
        actor=actor, object_type=object_type, object_id=person_id if object_id is None else object_id, changes=changes,
        subject_id=person_id,
    )  # fmt: skip


def _write(
    connection: Connection,
    log: Log,
    scope_id: UUID,
    action: Action | PersonalAction,
    *,
    actor: Actor,
    object_type: str,
    object_id: UUID | str | None,
    changes: Mapping[str, Change],
    subject_id: UUID | None,
) -> UUID:
    event_id = new_id()
    known = FIELDS.get(action, {})
    if not changes.keys() <= known.keys():
        raise ValueError(f"{action} changes no {', '.join(sorted(changes.keys() - known.keys()))}; see the catalogue")
    changed = {name: change for name, change in changes.items() if _differs(change, known[name])}
    clear = {name: _pair(change) for name, change in changed.items() if known[name] is Kept.CLEAR}
    personal = _personal(actor, subject_id, {n: _pair(c) for n, c in changed.items() if known[n] is Kept.SEALED})
    connection.execute(
        insert(log.event).values({
            log.scope: scope_id, "id": event_id, "action": action.value, "actor_kind": actor.kind.value,
            "actor_id": actor.id, "object_type": object_type,
            "object_id": None if object_id is None else str(object_id),
            "changed": list(changed), "details": clear, "request_id": actor.request_id,
        })
    )  # fmt: skip
    if personal:
        _write_values(connection, log, scope_id, event_id, personal)
    return event_id


def _write_values(
    connection: Connection, log: Log, scope_id: UUID, event_id: UUID, personal: Mapping[UUID, Mapping[str, Any]]
) -> None:
    rows = []
    for subject_id, key in subjects.keys_for_writing(connection, personal).items():
        values = personal[subject_id]
        place = sealing.place(log.event.name, scope_id, event_id, subject_id)
        rows.append({
            log.scope: scope_id, "event_id": event_id, "subject_id": subject_id, "names": list(values),
            "ciphertext": None if key is None else sealing.sealed(values, key, place),
        })  # fmt: skip
    connection.execute(insert(log.value).values(rows))


def _differs(change: Change, kept: Kept) -> bool:
    return kept is Kept.NAME or change.before != change.after


def _personal(
    actor: Actor, subject_id: UUID | None, fields: Mapping[str, Mapping[str, Any]]
) -> dict[UUID, dict[str, Any]]:
    """Personal values by whose they are: where the actor acted from, and the fields that are the subject's."""
    personal: dict[UUID, dict[str, Any]] = {}
    origin = {"address": actor.address, "user_agent": actor.user_agent}
    given = {name: storable(value) for name, value in origin.items() if value}
    for whose, values in (
        (actor.subject_id or actor.id or subject_id, given),
        (subject_id, {f"changes.{name}": pair for name, pair in fields.items()}),
    ):
        if values and whose is None:
            raise ValueError(f"{', '.join(values)}: personal, but nobody's; name the subject")
        if values and whose is not None:
            personal.setdefault(whose, {}).update(values)
    return personal


def _pair(change: Change) -> dict[str, Any]:
    return {"before": storable(change.before), "after": storable(change.after)}
