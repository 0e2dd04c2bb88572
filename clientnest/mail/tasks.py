"""The task that sends a letter."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from clientnest.db import session
from clientnest.db.roles import Role
from clientnest.db.tables.signing_in import mail as mail_table
from clientnest.errors import PermanentError
from clientnest.mail import smtp
from clientnest.mail.outbox import PURPOSE
from clientnest.tasks import AGAIN, app
from clientnest.vault import unseal
from clientnest.vault.columns import UNSUBSCRIBE


@app.task(name="mail.deliver", retry=AGAIN)
def deliver(mail_id: str) -> None:
    """Hand a letter to the mail server and forget its words. Without a server it stays in the outbox."""
    if not smtp.configured():
        return
    key = UUID(mail_id)
    with session.tenant(Role.WORKER) as connection:
        row = connection.execute(
            select(mail_table).where(mail_table.c.id == key, mail_table.c.sent_at.is_(None)).with_for_update()
        ).one_or_none()
        if row is None or row.sealed_body is None:
            return
        text = unseal(row.sealed_body, purpose=PURPOSE, owner=key).decode()
        ends = row.sealed_unsubscribe and unseal(row.sealed_unsubscribe, purpose=UNSUBSCRIBE.purpose, owner=key)
        try:
            smtp.hand_over(key, row.recipient, row.subject, text, unsubscribe=ends.decode() if ends else None)
        except PermanentError as error:
            values: dict[str, Any] = {"problem": error.message}
        else:
            values = {"sent_at": func.now(), "sealed_body": None, "sealed_unsubscribe": None, "problem": None}
        connection.execute(update(mail_table).where(mail_table.c.id == key).values(values))
