"""Everything the logs can say happened, and for each thing what is kept of the fields it changes.

One line for each action; code elsewhere names actions and fields of this list only. Actions in use keep their names for
ever: rows that carry them are never rewritten.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from types import MappingProxyType


class ActorKind(StrEnum):
    """Who can do something."""

    PERSON = "person"
    API_KEY = "api_key"
    SYSTEM = "system"
    CLIENT_LINK = "client_link"


class Kept(Enum):
    """What becomes of a field's values, before and after."""

    CLEAR = "clear"  # they stand on the event, readable as long as it is there
    SEALED = "sealed"  # they are somebody's: sealed apart, under that subject's key
    NAME = "name"  # they are secret or say nothing: only that the field changed is kept


class Action(StrEnum):
    """What happens in a workspace."""

    WORKSPACE_CREATED = "workspace.created"
    WORKSPACE_CHANGED = "workspace.changed"
    WORKSPACE_TRANSFERRED = "workspace.transferred"
    WORKSPACE_DELETED = "workspace.deleted"
    MEMBER_INVITED = "workspace.member.invited"
    INVITATION_REVOKED = "workspace.member.invitation_revoked"
    MEMBER_JOINED = "workspace.member.joined"
    MEMBER_ROLE_CHANGED = "workspace.member.role_changed"
    MEMBER_REMOVED = "workspace.member.removed"
    MEMBER_LEFT = "workspace.member.left"
    API_KEY_CREATED = "workspace.api_key.created"
    API_KEY_REVOKED = "workspace.api_key.revoked"
    ACCOUNT_CONNECTED = "workspace.account.connected"
    ACCOUNT_CHANGED = "workspace.account.changed"
    ACCOUNT_DISCONNECTED = "workspace.account.disconnected"
    NETWORK_APP_CHANGED = "workspace.network_app.changed"
    NETWORK_APP_REMOVED = "workspace.network_app.removed"
    WEBHOOK_CREATED = "workspace.webhook.created"
    WEBHOOK_CHANGED = "workspace.webhook.changed"
    WEBHOOK_DELETED = "workspace.webhook.deleted"
    WEBHOOK_DISABLED = "workspace.webhook.disabled"
    WEBHOOK_SECRET_ROTATED = "workspace.webhook.secret_rotated"  # noqa: S105
    WEBHOOK_TESTED = "workspace.webhook.tested"
    WEBHOOK_REPLAYED = "workspace.webhook.replayed"
    POST_CREATED = "workspace.post.created"
    POST_CHANGED = "workspace.post.changed"
    POST_RESTORED_REVISION = "workspace.post.revision_restored"
    POST_SCHEDULED = "workspace.post.scheduled"
    POST_MOVED_WITH_ZONE = "workspace.post.moved_with_zone"
    POST_UNSCHEDULED = "workspace.post.unscheduled"
    POST_CANCELLED = "workspace.post.cancelled"
    POSTS_CREATED_IN_BULK = "workspace.post.bulk_created"
    RECURRENCE_CREATED = "workspace.recurrence.created"
    RECURRENCE_CHANGED = "workspace.recurrence.changed"
    RECURRENCE_ENDED = "workspace.recurrence.ended"
    POST_TRASHED = "workspace.post.trashed"
    POST_TAKEN_BACK = "workspace.post.taken_back"
    LABEL_CREATED = "workspace.label.created"
    LABEL_CHANGED = "workspace.label.changed"
    LABEL_DELETED = "workspace.label.deleted"
    CAMPAIGN_CREATED = "workspace.campaign.created"
    CAMPAIGN_CHANGED = "workspace.campaign.changed"
    CAMPAIGN_DELETED = "workspace.campaign.deleted"
    TEMPLATE_CREATED = "workspace.template.created"
    TEMPLATE_CHANGED = "workspace.template.changed"
    TEMPLATE_DELETED = "workspace.template.deleted"
    COMMENT_WRITTEN = "workspace.comment.written"
    COMMENT_CHANGED = "workspace.comment.changed"
    COMMENT_DELETED = "workspace.comment.deleted"
    COMMENT_RESOLVED = "workspace.comment.resolved"
    COMMENT_REOPENED = "workspace.comment.reopened"
    POST_SUBMITTED = "workspace.post.submitted"
    POST_WITHDRAWN = "workspace.post.withdrawn"
    POST_APPROVED = "workspace.post.approved"
    POST_CHANGES_REQUESTED = "workspace.post.changes_requested"
    REVIEW_LINK_CREATED = "workspace.review_link.created"
    REVIEW_LINK_REVOKED = "workspace.review_link.revoked"
    APPROVAL_POLICY_CREATED = "workspace.approval_policy.created"
    APPROVAL_POLICY_CHANGED = "workspace.approval_policy.changed"
    APPROVAL_POLICY_DELETED = "workspace.approval_policy.deleted"
    APPROVAL_DELEGATED = "workspace.approval.delegated"
    APPROVAL_DELEGATION_ENDED = "workspace.approval.delegation_ended"
    SLOT_CREATED = "workspace.slot.created"
    SLOT_CHANGED = "workspace.slot.changed"
    SLOT_DELETED = "workspace.slot.deleted"
    CALENDAR_FEED_CREATED = "workspace.calendar_feed.created"
    CALENDAR_FEED_REVOKED = "workspace.calendar_feed.revoked"
    IMPORT_STARTED = "workspace.import.started"
    MEDIA_UPLOADED = "workspace.media.uploaded"
    MEDIA_CHANGED = "workspace.media.changed"
    MEDIA_DELETED = "workspace.media.deleted"
    MEDIA_CONVERTED = "workspace.media.converted"
    PLAN_CHANGED = "workspace.plan.changed"
    AUDIT_EXPORTED = "workspace.audit.exported"


class PersonalAction(StrEnum):
    """What happens to somebody's way in and to what is known of them; only they see it."""

    SIGNED_IN = "person.signed_in"
    SIGN_IN_FAILED = "person.sign_in_failed"
    SIGNED_OUT = "person.signed_out"
    SESSION_REVOKED = "person.session.revoked"
    REFRESH_TOKEN_REUSED = "person.session.refresh_token_reused"  # noqa: S105  # a theft was noticed
    PASSWORD_CHANGED = "person.password.changed"  # noqa: S105
    PASSWORD_RESET_ASKED = "person.password.reset_asked"  # noqa: S105
    MFA_ENABLED = "person.mfa.enabled"
    MFA_DISABLED = "person.mfa.disabled"
    RECOVERY_CODES_MADE = "person.mfa.recovery_codes_made"
    RECOVERY_CODE_USED = "person.mfa.recovery_code_used"
    PASSKEY_ADDED = "person.passkey.added"
    PASSKEY_REMOVED = "person.passkey.removed"
    PROVIDER_LINKED = "person.provider.linked"
    PROVIDER_UNLINKED = "person.provider.unlinked"
    EMAIL_CHANGED = "person.email.changed"
    EMAIL_VERIFIED = "person.email.verified"
    PROFILE_CHANGED = "person.profile.changed"
    DATA_EXPORTED = "person.data.exported"
    ERASED = "person.erased"


def _fields(*, clear: str = "", sealed: str = "", name: str = "") -> Mapping[str, Kept]:
    named = ((clear, Kept.CLEAR), (sealed, Kept.SEALED), (name, Kept.NAME))
    return MappingProxyType({field: kept for fields, kept in named for field in fields.split()})


# action: the fields it may change. An action that is not here changes none.
FIELDS: Mapping[Action | PersonalAction, Mapping[str, Kept]] = MappingProxyType({
    Action.WORKSPACE_CREATED: _fields(clear="name slug timezone"),
    Action.WORKSPACE_CHANGED: _fields(clear="name slug timezone require_second_factor"),
    Action.WORKSPACE_TRANSFERRED: _fields(clear="owner_id"),
    Action.WORKSPACE_DELETED: _fields(clear="name slug"),
    Action.MEMBER_INVITED: _fields(clear="role expires_at", sealed="email"),
    Action.INVITATION_REVOKED: _fields(clear="role", sealed="email"),
    Action.MEMBER_JOINED: _fields(clear="role invitation_id", sealed="email"),
    Action.MEMBER_ROLE_CHANGED: _fields(clear="role"),
    Action.MEMBER_REMOVED: _fields(clear="role", sealed="name email"),
    Action.MEMBER_LEFT: _fields(clear="role", sealed="name email"),
    Action.API_KEY_CREATED: _fields(clear="name scopes expires_at"),
    Action.API_KEY_REVOKED: _fields(clear="name"),
    Action.ACCOUNT_CONNECTED: _fields(clear="network scopes", name="credentials"),
    Action.ACCOUNT_CHANGED: _fields(clear="display_name timezone scopes", name="credentials"),
    Action.ACCOUNT_DISCONNECTED: _fields(clear="network", name="credentials"),
    Action.NETWORK_APP_CHANGED: _fields(clear="network client_id", name="client_secret"),
    Action.NETWORK_APP_REMOVED: _fields(clear="network client_id", name="client_secret"),
    Action.WEBHOOK_CREATED: _fields(clear="events", name="url secret"),
    Action.WEBHOOK_CHANGED: _fields(clear="events enabled", name="url secret"),
    Action.WEBHOOK_DELETED: _fields(clear="events", name="url"),
    Action.WEBHOOK_DISABLED: _fields(clear="reason"),
    Action.WEBHOOK_SECRET_ROTATED: _fields(name="secret"),
    Action.WEBHOOK_REPLAYED: _fields(clear="deliveries delivery_id since"),
    Action.POST_CREATED: _fields(clear="accounts"),
    Action.POST_CHANGED: _fields(clear="revision fields"),
    Action.POST_RESTORED_REVISION: _fields(clear="revision fields restored_from"),
    Action.POST_SCHEDULED: _fields(clear="revision accounts local_time timezone"),
    Action.POST_MOVED_WITH_ZONE: _fields(clear="instant timezone tz_version"),
    Action.POST_UNSCHEDULED: _fields(clear="revision accounts"),
    Action.POST_CANCELLED: _fields(clear="accounts"),
    Action.POSTS_CREATED_IN_BULK: _fields(clear="posts scheduled", name="file"),
    Action.RECURRENCE_CREATED: _fields(clear="post_id rule starts timezone excluded"),
    Action.RECURRENCE_CHANGED: _fields(clear="post_id rule starts timezone excluded"),
    Action.RECURRENCE_ENDED: _fields(clear="post_id"),
    Action.POST_TRASHED: _fields(),
    Action.POST_TAKEN_BACK: _fields(),
    Action.LABEL_CREATED: _fields(clear="name colour"),
    Action.LABEL_CHANGED: _fields(clear="name colour"),
    Action.LABEL_DELETED: _fields(clear="name colour"),
    Action.CAMPAIGN_CREATED: _fields(clear="name starts_on ends_on"),
    Action.CAMPAIGN_CHANGED: _fields(clear="name starts_on ends_on"),
    Action.CAMPAIGN_DELETED: _fields(clear="name starts_on ends_on"),
    Action.TEMPLATE_CREATED: _fields(clear="name fields"),
    Action.TEMPLATE_CHANGED: _fields(clear="name fields"),
    Action.TEMPLATE_DELETED: _fields(clear="name fields"),
    Action.COMMENT_WRITTEN: _fields(clear="post_id account_id parent_id internal mentions", name="text"),
    Action.COMMENT_CHANGED: _fields(clear="post_id mentions", name="text"),
    Action.COMMENT_DELETED: _fields(clear="post_id", name="text"),
    Action.COMMENT_RESOLVED: _fields(clear="post_id"),
    Action.COMMENT_REOPENED: _fields(clear="post_id"),
    Action.POST_SUBMITTED: _fields(clear="accounts then_schedule"),
    Action.POST_WITHDRAWN: _fields(clear="accounts"),
    Action.POST_APPROVED: _fields(clear="accounts levels capacities", name="comment"),
    Action.POST_CHANGES_REQUESTED: _fields(clear="accounts levels capacities", name="comment"),
    Action.REVIEW_LINK_CREATED: _fields(clear="post_id expires_at", sealed="name email"),
    Action.REVIEW_LINK_REVOKED: _fields(clear="post_id"),
    Action.APPROVAL_POLICY_CREATED: _fields(clear="account_id label_id mode levels"),
    Action.APPROVAL_POLICY_CHANGED: _fields(clear="mode levels"),
    Action.APPROVAL_POLICY_DELETED: _fields(clear="account_id label_id mode levels"),
    Action.APPROVAL_DELEGATED: _fields(clear="delegate_id starts_at ends_at"),
    Action.APPROVAL_DELEGATION_ENDED: _fields(clear="delegate_id"),
    Action.SLOT_CREATED: _fields(clear="account_id weekday local_time timezone"),
    Action.SLOT_CHANGED: _fields(clear="account_id weekday local_time timezone"),
    Action.SLOT_DELETED: _fields(clear="account_id weekday local_time timezone"),
    Action.CALENDAR_FEED_CREATED: _fields(clear="accounts"),
    Action.CALENDAR_FEED_REVOKED: _fields(),
    Action.IMPORT_STARTED: _fields(clear="files"),
    Action.MEDIA_UPLOADED: _fields(clear="bytes", name="filename"),
    Action.MEDIA_CHANGED: _fields(name="filename alt_text"),
    Action.MEDIA_DELETED: _fields(clear="bytes", name="filename"),
    Action.MEDIA_CONVERTED: _fields(clear="derived_from recipe"),
    Action.PLAN_CHANGED: _fields(clear="plan interval"),
    Action.AUDIT_EXPORTED: _fields(clear="format"),
    PersonalAction.SIGNED_IN: _fields(clear="method second_factor"),
    PersonalAction.SIGN_IN_FAILED: _fields(clear="method reason"),
    PersonalAction.SESSION_REVOKED: _fields(clear="reason"),
    PersonalAction.PASSWORD_CHANGED: _fields(name="password"),
    PersonalAction.MFA_ENABLED: _fields(clear="method"),
    PersonalAction.MFA_DISABLED: _fields(clear="method"),
    PersonalAction.PASSKEY_ADDED: _fields(sealed="name"),
    PersonalAction.PASSKEY_REMOVED: _fields(sealed="name"),
    PersonalAction.PROVIDER_LINKED: _fields(clear="issuer"),
    PersonalAction.PROVIDER_UNLINKED: _fields(clear="issuer"),
    PersonalAction.EMAIL_CHANGED: _fields(sealed="email"),
    PersonalAction.EMAIL_VERIFIED: _fields(sealed="email"),
    PersonalAction.PROFILE_CHANGED: _fields(clear="timezone locale", sealed="name"),
})  # fmt: skip
