"""Signing secrets and signatures, as Standard Webhooks has them: symmetric, `v1`.

Kept as rows of their own: who may make and end them cannot read them, and a former one signs for a day beside the new.
"""

import base64
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, or_, select, update
from standardwebhooks.webhooks import Webhook

from clientnest import vault
from clientnest.db.tables.webhooks import webhook_secret as secret_table
from clientnest.ids import new_id
from clientnest.vault.columns import WEBHOOK_SECRET

PREFIX = "whsec_"
OVERLAP = timedelta(hours=24)
_BYTES = 32
_c = secret_table.c


def new_secret(connection: Connection, workspace_id: UUID, endpoint_id: UUID) -> str:
    """Give an endpoint a secret, which is shown this once. What it had signs beside it for a day, and no longer."""
    of_endpoint = (_c.workspace_id == workspace_id, _c.endpoint_id == endpoint_id)
    connection.execute(delete(secret_table).where(*of_endpoint, _c.ends_at.is_not(None)))
    connection.execute(update(secret_table).where(*of_endpoint).values(ends_at=func.now() + OVERLAP))
    secret = PREFIX + base64.b64encode(os.urandom(_BYTES)).decode("ascii")
    secret_id = new_id()
    sealed = vault.seal(secret.encode(), purpose=WEBHOOK_SECRET.purpose, owner=secret_id)
    connection.execute(
        insert(secret_table).values(
            workspace_id=workspace_id, id=secret_id, endpoint_id=endpoint_id, sealed_secret=sealed
        )
    )
    return secret


def secrets_in_use(connection: Connection, workspace_id: UUID, endpoint_id: UUID) -> tuple[str, ...]:
    """What signs at present, the newest first. For the worker; raises as `vault.unseal`."""
    rows = connection.execute(
        select(_c.id, _c.sealed_secret)
        .where(_c.workspace_id == workspace_id, _c.endpoint_id == endpoint_id,
               or_(_c.ends_at.is_(None), _c.ends_at > func.now()))
        .order_by(_c.id.desc())
    )  # fmt: skip
    return tuple(vault.unseal(row.sealed_secret, purpose=WEBHOOK_SECRET.purpose, owner=row.id).decode() for row in rows)


def message_name(message_id: UUID) -> str:
    """The id that receivers see, the same for every attempt."""
    return f"msg_{message_id.hex}"


def signed_headers(secrets: Sequence[str], message_id: UUID, body: str) -> Mapping[str, str]:
    """What proves to the receiver who sends this, and when."""
    name, now = message_name(message_id), datetime.now(UTC)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(name, now, body) for secret in secrets),
        "content-type": "application/json",
    }
