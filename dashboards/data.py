"""What pages read: `serve` readers, each in a transaction of its own inside one workspace, kept for a few seconds.

Cached answers belong to a workspace. Whoever asks has been found to be its member earlier in the same run
(`dashboards/entry/navigation.py`), so nobody is handed another workspace's answer.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import streamlit as st

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.identity import AccessToken, person, sessions
from clientnest.imports import ImportOptions, SourceFile, stage, summary
from clientnest.warehouse import serve
from clientnest.warehouse.serve import Filters, Period, PostPage, PostSort
from clientnest.workspaces import Membership, Permission, enter, memberships, require

_FRESH = timedelta(seconds=15)  # an import is to be seen within a minute, and one click reads the same thing often
_cached = st.cache_data(ttl=_FRESH, max_entries=256, show_spinner=False)


def memberships_of(proof: AccessToken) -> tuple[Membership, ...] | None:
    """The workspaces a person belongs to now; None where their session was ended. Never cached: leaving a workspace
    and being signed out take effect at once."""
    with session.tenant(Role.DASHBOARDS, person_id=proof.person_id) as connection:
        if proof.session_id and not sessions.goes_on(connection, proof.person_id, proof.session_id):
            return None
        return tuple(memberships(connection, proof.person_id))


def check(proof: AccessToken, workspace_id: UUID, permission: Permission) -> None:
    """Whether somebody still belongs to a workspace and may do something there; a `ClientNestError` where not.

    For what runs after a page was drawn: parts that draw themselves anew, and downloads made when they are asked for.
    """
    with enter(Role.DASHBOARDS, proof.person_id, workspace_id, token=proof) as (_, membership):
        require(membership, permission)


@_cached
def name_of(person_id: UUID) -> str:
    with session.tenant(Role.DASHBOARDS, person_id=person_id) as connection:
        found = person(connection, person_id)
    return found.name if found else ""


@_cached
def accounts(workspace_id: UUID) -> tuple[serve.Account, ...]:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        serve.ensure_built(connection)
        return serve.accounts(connection)


@_cached
def latest_period(workspace_id: UUID, days: int) -> Period:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.latest_period(connection, days)


@_cached
def overview(workspace_id: UUID, filters: Filters, period: Period) -> serve.Overview:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.overview(connection, filters, period)


@_cached
def daily(workspace_id: UUID, period: Period, accounts: tuple[UUID, ...]) -> tuple[serve.Day, ...]:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.daily(connection, period, accounts)


@_cached
def published_daily(workspace_id: UUID, filters: Filters) -> tuple[serve.PublishedDay, ...]:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.published_daily(connection, filters)


@_cached
def standouts(workspace_id: UUID, filters: Filters, limit: int) -> tuple[serve.Standout, ...]:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.standouts(connection, filters, limit=limit)


@_cached
def posts(
    workspace_id: UUID, filters: Filters, sort: PostSort, descending: bool, limit: int, cursor: str | None
) -> PostPage:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.posts(connection, filters, sort=sort, descending=descending, limit=limit, cursor=cursor)


@_cached
def content_types(workspace_id: UUID, accounts: tuple[UUID, ...]) -> tuple[serve.ContentType, ...]:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.content_types(connection, accounts)


@_cached
def hashtags(workspace_id: UUID, accounts: tuple[UUID, ...]) -> tuple[serve.HashtagEffect, ...]:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.hashtags(connection, accounts)


@_cached
def best_times(workspace_id: UUID, account_id: UUID) -> serve.BestTimes:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.best_times(connection, account_id)


@_cached
def posting_slots(workspace_id: UUID, account_id: UUID) -> tuple[serve.PostingSlot, ...]:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.posting_slots(connection, (account_id,))


@_cached
def training_runs(workspace_id: UUID) -> tuple[serve.TrainingRun, ...]:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.latest_training_runs(connection)


@_cached
def data_health(workspace_id: UUID) -> tuple[serve.SourceHealth, ...]:
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.data_health(connection)


def stage_import(
    proof: AccessToken, workspace_id: UUID, files: tuple[tuple[Path, str], ...], account: str | None
) -> UUID:
    """Queue an import of files (where they lie, the names people know them by) and give its job's id."""
    sources = [SourceFile(path, name) for path, name in files]
    with enter(Role.DASHBOARDS, proof.person_id, workspace_id, token=proof) as (connection, membership):
        require(membership, Permission.IMPORTS_CREATE)
        options = ImportOptions(account=account)
        return stage(connection, workspace_id, sources, options, requested_by=membership.person_id)


def imports(workspace_id: UUID) -> tuple[serve.ImportSummary, ...]:
    """The last imports as they stand now; never cached, because somebody is watching one."""
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return serve.imports(connection)


def import_detail(workspace_id: UUID, job_id: UUID) -> dict[str, Any]:
    """What became of each file of an import."""
    with session.tenant(Role.DASHBOARDS, workspace_id=workspace_id) as connection:
        return summary(connection, workspace_id, job_id)
