"""The audit log: who did what, when, from where, to which object. It only grows, and forgets a person at one stroke."""

from clientnest.audit.catalogue import Action, ActorKind, PersonalAction
from clientnest.audit.exporting import batches, export_csv, export_json_lines
from clientnest.audit.model import CHANGED, SYSTEM, Actor, Change, Event, EventPage, FieldChange, Origin, State
from clientnest.audit.recording import record, record_personal
from clientnest.audit.retention import expire_events
from clientnest.audit.searching import Filters, personal_events, search
from clientnest.audit.subjects import erase_subject

__all__ = [
    "CHANGED", "SYSTEM", "Action", "Actor", "ActorKind", "Change", "Event", "EventPage", "FieldChange", "Filters",
    "Origin", "PersonalAction", "State", "batches", "erase_subject", "expire_events", "export_csv",
    "export_json_lines", "personal_events", "record", "record_personal", "search",
]  # fmt: skip
