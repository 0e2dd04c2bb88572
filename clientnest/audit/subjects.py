"""Subjects of personal values: each has a random key of their own, and erasing the key erases every value.

A subject is a person, or somebody invited who is no person here yet (the invitation's id stands for them), or the key
or link that acts where nobody is known behind it. Keys are kept sealed by the vault and read through functions of the
database that answer for ids they are asked about; nothing here remembers them, so erasing takes effect at once.
"""

import secrets
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, text

from clientnest import vault
from clientnest.audit.sealing import KEY_BYTES
from clientnest.vault.columns import SUBJECT_KEY


def keys(connection: Connection, subject_ids: Collection[UUID]) -> dict[UUID, bytes | None]:
    """The keys of those subjects that ever had one, by subject; None for the erased."""
    if not subject_ids:
        return {}
    rows = connection.execute(
        text("SELECT subject_id, sealed_key FROM app.subject_keys(:subjects)"), {"subjects": list(subject_ids)}
    )
    return {row.subject_id: _opened(row.subject_id, row.sealed_key) for row in rows}


def keys_for_writing(connection: Connection, subject_ids: Collection[UUID]) -> dict[UUID, bytes | None]:
    """The subjects' keys, made the first time; None for the erased, who never get another."""
    kept = keys(connection, subject_ids)
    # In one order, so that two transactions that make the keys of the same subjects do not wait for one another.
    for subject_id in sorted(set(subject_ids) - kept.keys()):
        sealed = vault.seal(secrets.token_bytes(KEY_BYTES), purpose=SUBJECT_KEY.purpose, owner=subject_id)
        standing = connection.execute(
            text("SELECT app.keep_subject_key(:subject, :sealed)"), {"subject": subject_id, "sealed": sealed}
        )
        kept[subject_id] = _opened(subject_id, standing.scalar_one())
    return kept


def erase_subject(connection: Connection, subject_id: UUID) -> None:
    """Destroy a subject's key: no personal value of theirs in any log can be read again, and none will be kept anew.

    Needs a role that may execute `app.erase_subject` (identity, migrate). Erasing twice changes nothing. A person's
    invitations are subjects of their own: erase those that they accepted too.
    """
    connection.execute(text("SELECT app.erase_subject(:subject)"), {"subject": subject_id})


def _opened(subject_id: UUID, sealed: bytes | None) -> bytes | None:
    return None if sealed is None else vault.unseal(sealed, purpose=SUBJECT_KEY.purpose, owner=subject_id)
