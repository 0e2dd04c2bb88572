"""The two logs, of one shape: what happened in workspaces, and what happened to people's own way in."""

from dataclasses import dataclass

from sqlalchemy import Table

from clientnest.db.tables import audit as tables


@dataclass(frozen=True, slots=True)
class Log:
    """A log's tables; `scope` is the column that says whose event it is, in both."""

    event: Table
    value: Table
    scope: str


WORKSPACES = Log(tables.audit_event, tables.audit_value, "workspace_id")
PEOPLE = Log(tables.personal_event, tables.personal_value, "person_id")
