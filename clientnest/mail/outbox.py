"""The outbox: letters that wait to be sent or, where there is no mail server, to be read by the operator."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, insert, select

from clientnest import tasks
from clientnest.db.tables.signing_in import mail as mail_table
from clientnest.ids import new_id
from clientnest.mail.letters import Letter, words
from clientnest.vault import seal, unseal
from clientnest.vault.columns import UNSUBSCRIBE

PURPOSE = "mail"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that was not sent. `problem`: what the mail server said, where there was one."""

    id: UUID
    kind: str
    recipient: str
    subject: str
    text: str
    created_at: datetime
    problem: str | None


def send(
    connection: Connection, letter: Letter, recipient: str, *, unsubscribe: str | None = None, **values: object
) -> UUID:
    """Write a letter; it leaves after the caller's commit. Needs a role that may insert into `app.mail`.

    `unsubscribe`: the address that ends letters of the kind (RFC 8058), for those that people may do without.
    """
    from clientnest.mail.tasks import deliver

    mail_id = new_id()
    subject, text = words(letter, {**values, "unsubscribe": unsubscribe})
    row = {"id": mail_id, "kind": letter.value, "recipient": recipient, "subject": subject,
           "sealed_body": seal(text.encode(), purpose=PURPOSE, owner=mail_id)}  # fmt: skip
    if unsubscribe is not None:
        row["sealed_unsubscribe"] = seal(unsubscribe.encode(), purpose=UNSUBSCRIBE.purpose, owner=mail_id)
    connection.execute(insert(mail_table).values(row))
    tasks.defer(connection, deliver, mail_id=str(mail_id))
    return mail_id


def outbox(connection: Connection, *, limit: int = 100) -> list[Waiting]:
    """Letters that were not sent, the newest first. Needs the role `identity`; for the operator's eyes."""
    columns = mail_table.c
    rows = connection.execute(
        select(mail_table).where(columns.sent_at.is_(None), columns.sealed_body.is_not(None))
        .order_by(columns.id.desc()).limit(limit)
    )  # fmt: skip
    return [
        Waiting(row.id, row.kind, row.recipient, row.subject,
                unseal(row.sealed_body, purpose=PURPOSE, owner=row.id).decode(), row.created_at, row.problem)
        for row in rows
    ]  # fmt: skip
