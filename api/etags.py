"""ETags: the revision of an editable thing, and what If-Match makes of it (RFC 9110)."""

import re
from typing import Annotated

from fastapi import Header

from clientnest.errors import BadInput, PreconditionRequired

IfMatch = Annotated[str | None, Header(description="The ETag of what the change was decided on.", max_length=100)]
IfMatchNeeded = Annotated[
    str | None,
    Header(
        description="The ETag of what the change was decided on, or `*` to overwrite whatever is there. Needed.",
        max_length=100,
        examples=["*"],
    ),
]
_TAG = re.compile(r'"(\d{1,9})"')


def etag(revision: int) -> str:
    """The strong ETag of a revision."""
    return f'"{revision}"'


def revision_of(if_match: str | None) -> int | None:
    """The revision that a change was decided on; None where the caller does not mind (`*`, or no header).

    `BadInput` for anything that no answer of ours carried.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise BadInput(
            "If-Match is not an ETag of this API.", advice="Send the ETag header of the answer as it came.",
            details={"field": "header.if-match"},
        )  # fmt: skip
    return int(found.group(1))


def needed_revision_of(if_match: str | None) -> int | None:
    """As `revision_of`, where several people write at one thing: `PreconditionRequired` without the header."""
    if if_match is None:
        raise PreconditionRequired(
            "A change of this has to name what it was decided on.",
            advice="Send the ETag of your last answer as If-Match; `*` overwrites whatever is there.",
        )
    return revision_of(if_match)
