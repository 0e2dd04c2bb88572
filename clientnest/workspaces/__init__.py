"""Workspaces, one per brand or client: who belongs to them, and the one way into their data."""

from clientnest.workspaces.access import Membership, enter, memberships
from clientnest.workspaces.service import Workspace, WorkspaceRole, add_member, create_workspace, workspace_by_slug

__all__ = [
    "Membership",
    "Workspace",
    "WorkspaceRole",
    "add_member",
    "create_workspace",
    "enter",
    "memberships",
    "workspace_by_slug",
]
