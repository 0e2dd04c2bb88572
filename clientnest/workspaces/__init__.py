"""Workspaces, one per brand or client: who belongs to them, what they may do, and the one way into their data."""

from clientnest.workspaces.access import Membership, SecondFactorRequired, enter, enter_with_key, memberships
from clientnest.workspaces.permissions import Permission, require
from clientnest.workspaces.service import (
    Workspace,
    WorkspaceRole,
    add_member,
    change_workspace,
    create_workspace,
    workspace_by_slug,
)

__all__ = [
    "Membership",
    "Permission",
    "SecondFactorRequired",
    "Workspace",
    "WorkspaceRole",
    "add_member",
    "change_workspace",
    "create_workspace",
    "enter",
    "enter_with_key",
    "memberships",
    "require",
    "workspace_by_slug",
]
