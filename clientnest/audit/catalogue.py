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
    IMPORT_STARTED = "workspace.import.started"
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
    Action.IMPORT_STARTED: _fields(clear="files"),
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
