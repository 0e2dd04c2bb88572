"""Names of labels, campaigns and templates: on one line, and each once in a workspace, whatever their case."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from clientnest.db.refused import constraint_of
from clientnest.errors import BadInput, Conflict
from clientnest.words import on_one_line

MOST = 500
"""Of each kind, in a workspace."""


def named(name: str, longest: int) -> str:
    """A name as it is kept: composed (NFC), so that what looks the same is the same. `BadInput` where nothing of it
    would show, or it is too long."""
    kept = unicodedata.normalize("NFC", on_one_line(name))
    if not kept or len(kept) > longest:
        raise BadInput(
            f"The name has {len(kept)} characters." if kept else "Nothing of the name would show.",
            advice=f"Give it 1 to {longest}.", details={"field": "body.name"},
        )  # fmt: skip
    return kept


@contextmanager
def once(connection: Connection, what: str) -> Iterator[None]:
    """`Conflict` where the block gives a name that another label, campaign or template has. `what`: which of them; its
    unique index is `<what>_name`."""
    try:
        with connection.begin_nested():
            yield
    except IntegrityError as error:
        if constraint_of(error) != f"{what}_name":
            raise
        raise Conflict(
            f"The workspace has a {what} of that name already.", advice="Choose another; case makes no difference.",
            details={"field": "body.name"},
        ) from error  # fmt: skip


def full(what: str) -> Conflict:
    """The refusal of one more."""
    return Conflict(f"A workspace has at most {MOST} {what}s.", advice="Delete one that nobody needs any more first.")
