"""Every column that holds sealed values. Rotation walks them all, so a column missing here would be lost to it.

Adding one is one line; its name begins with `sealed_`, and a test compares this list with the database.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column: `table` with its schema, the columns of its primary `key`, and what binds a value to its place:
    `purpose`, and the UUID in the column `owner`."""

    table: str
    key: tuple[str, ...]
    column: str
    purpose: str
    owner: str


APP_SECRET = SealedColumn("app.network_app", ("id",), "sealed_secret", "network-app.secret", "id")
ACCESS_TOKEN = SealedColumn(
    "app.credential", ("workspace_id", "account_id"), "sealed_access_token", "credential.access-token", "account_id"
)
REFRESH_TOKEN = SealedColumn(
    "app.credential", ("workspace_id", "account_id"), "sealed_refresh_token", "credential.refresh-token", "account_id"
)
VERIFIER = SealedColumn(
    "app.connection_attempt", ("workspace_id", "id"), "sealed_verifier", "connection-attempt.verifier", "id"
)
SUBJECT_KEY = SealedColumn("app.subject_key", ("subject_id",), "sealed_key", "subject", "subject_id")
TOTP = SealedColumn("app.totp_credential", ("person_id",), "sealed_secret", "totp", "person_id")
WEBHOOK_SECRET = SealedColumn("app.webhook_secret", ("workspace_id", "id"), "sealed_secret", "webhook.secret", "id")
LETTER = SealedColumn("app.mail", ("id",), "sealed_body", "mail", "id")
UNSUBSCRIBE = SealedColumn("app.mail", ("id",), "sealed_unsubscribe", "mail.unsubscribe", "id")

SEALED: tuple[SealedColumn, ...] = (
    APP_SECRET,
    ACCESS_TOKEN,
    REFRESH_TOKEN,
    VERIFIER,
    SUBJECT_KEY,
    TOTP,
    WEBHOOK_SECRET,
    LETTER,
    UNSUBSCRIBE,
)
