"""Who may do what in a workspace: the one table that code asks and docs/permissions.md is printed from."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from clientnest.errors import BadInput, Forbidden
from clientnest.workspaces.access import Membership
from clientnest.workspaces.service import WorkspaceRole

_OWNER = frozenset({WorkspaceRole.OWNER})
_ADMINS = _OWNER | {WorkspaceRole.ADMIN}
_TEAM = _ADMINS | {WorkspaceRole.EDITOR, WorkspaceRole.APPROVER, WorkspaceRole.ANALYST}
_EVERYBODY = frozenset(WorkspaceRole)


class Permission(StrEnum):
    """One thing that somebody may be allowed to do in a workspace."""

    WORKSPACE_READ = "workspace.read"
    WORKSPACE_EDIT = "workspace.edit"
    WORKSPACE_TRANSFER = "workspace.transfer"
    MEMBERS_READ = "members.read"
    MEMBERS_MANAGE = "members.manage"
    ACCOUNTS_MANAGE = "accounts.manage"
    CONTENT_READ = "content.read"
    CONTENT_WRITE = "content.write"
    CONTENT_COMMENT = "content.comment"
    CONTENT_APPROVE = "content.approve"
    APPROVALS_MANAGE = "approvals.manage"
    RESULTS_READ = "results.read"
    PREDICTIONS_READ = "predictions.read"
    IMPORTS_READ = "imports.read"
    IMPORTS_CREATE = "imports.create"
    KEYS_MANAGE = "keys.manage"
    WEBHOOKS_MANAGE = "webhooks.manage"
    AUDIT_READ = "audit.read"


# permission: what it means to a person, and the roles that have it
TABLE: Mapping[Permission, tuple[str, frozenset[WorkspaceRole]]] = MappingProxyType(
    {
        Permission.WORKSPACE_READ: ("See the workspace and its settings", _EVERYBODY),
        Permission.WORKSPACE_EDIT: ("Change its name, time zone and rules", _ADMINS),
        Permission.WORKSPACE_TRANSFER: ("Hand it over to another member", _OWNER),
        Permission.MEMBERS_READ: ("See who belongs to it", _TEAM),
        Permission.MEMBERS_MANAGE: ("Invite people, change their roles, remove them", _ADMINS),
        Permission.ACCOUNTS_MANAGE: ("Connect and disconnect accounts of networks", _ADMINS),
        Permission.CONTENT_READ: ("See planned posts and the calendar (clients: what was sent to review)", _EVERYBODY),
        Permission.CONTENT_WRITE: ("Write, change, schedule and trash posts", _ADMINS | {WorkspaceRole.EDITOR}),
        Permission.CONTENT_COMMENT: ("Comment on posts", _EVERYBODY),
        Permission.CONTENT_APPROVE: (
            "Approve posts, or ask for changes",
            _ADMINS | {WorkspaceRole.APPROVER, WorkspaceRole.CLIENT},
        ),
        Permission.APPROVALS_MANAGE: ("Decide who has to approve what", _ADMINS),
        Permission.RESULTS_READ: ("See posts, accounts and what they achieved", _EVERYBODY),
        Permission.PREDICTIONS_READ: ("Ask what a draft will achieve and when to post", _TEAM),
        Permission.IMPORTS_READ: ("See imports and the rows they rejected", _TEAM),
        Permission.IMPORTS_CREATE: ("Import analytics exports", _TEAM - {WorkspaceRole.APPROVER}),
        Permission.KEYS_MANAGE: ("Make and revoke API keys", _ADMINS),
        Permission.WEBHOOKS_MANAGE: ("Send events to other programs", _ADMINS),
        Permission.AUDIT_READ: ("Read and export the audit log", _ADMINS),
    }
)


# What a program can never be allowed: it would let a key make others, or outlive those who gave it.
# An approval says that a person looked.
NO_KEYS = frozenset(
    {Permission.WORKSPACE_TRANSFER, Permission.MEMBERS_MANAGE, Permission.KEYS_MANAGE, Permission.CONTENT_APPROVE}
)


# What it takes to hear of an event whose kind begins so; of all others hears only who may read the audit log.
_HEARING: Mapping[str, Permission] = MappingProxyType(
    {
        "job.": Permission.IMPORTS_READ,
        "account.": Permission.RESULTS_READ,
        "media.": Permission.CONTENT_READ,
        "post.": Permission.CONTENT_READ,
        "review.": Permission.CONTENT_READ,
        "variant.": Permission.CONTENT_READ,
        "comment.": Permission.MEMBERS_READ,  # the team: most are internal, and clients are notified of the others
        "member.": Permission.MEMBERS_READ,
    }
)


def permission_to_hear(kind: str) -> Permission:
    """What somebody has to be allowed to hear of an event of this kind."""
    return next((needed for beginning, needed in _HEARING.items() if kind.startswith(beginning)), Permission.AUDIT_READ)


def allows(role: WorkspaceRole, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return role in TABLE[permission][1]


def require(membership: Membership, permission: Permission) -> None:
    """`Forbidden`, naming what is missing and who has it, where the member or the program may not do this."""
    meaning, roles = TABLE[permission]
    if membership.key is not None:
        if permission.value not in membership.key.scopes:
            raise Forbidden(
                f"The API key lacks the scope {permission}.",
                advice="Make a key with that scope, if programs may have it.",
                details={"permission": permission.value},
            )
    elif membership.role not in roles:
        named = ", ".join(role.value for role in WorkspaceRole if role in roles)
        raise Forbidden(
            f"As {membership.role} you may not do this here: {meaning[0].lower()}{meaning[1:]}.",
            advice=f"Ask somebody who may ({named}) to do it, or to change your role.",
            details={"permission": permission.value, "role": membership.role},
        )


def grantable(membership: Membership, scopes: Collection[str]) -> frozenset[Permission]:
    """The scopes that somebody may give to a key: known ones that they have themselves. `BadInput` or `Forbidden`."""
    known = {permission.value: permission for permission in Permission if permission not in NO_KEYS}
    unknown = sorted(set(scopes) - known.keys())
    if unknown or not scopes:
        raise BadInput(
            f"Not scopes of a key: {', '.join(unknown)}." if unknown else "A key needs at least one scope.",
            advice=f"Choose among {', '.join(known)}.",
            details={"field": "scopes"},
        )
    wanted = frozenset(known[scope] for scope in scopes)
    for permission in sorted(wanted):
        require(membership, permission)
    return wanted


def as_markdown() -> str:
    """The table as docs/permissions.md shows it."""
    roles = list(WorkspaceRole)
    lines = [
        "# Who may do what",
        "",
        "Printed from `clientnest/workspaces/permissions.py` by `clientnest permissions`; a test keeps it true.",
        "",
        f"| | {' | '.join(role.value for role in roles)} |",
        f"|---|{'|'.join(':-:' for _ in roles)}|",
        *(
            f"| {meaning} (`{permission}`) | {' | '.join('✓' if role in having else '' for role in roles)} |"
            for permission, (meaning, having) in TABLE.items()
        ),
    ]
    return "\n".join(lines) + "\n"
