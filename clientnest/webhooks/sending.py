"""One request and what its answer means. Nothing here holds the database."""

import time
from dataclasses import dataclass

from clientnest import outbound
from clientnest.errors import BadInput
from clientnest.outbound import Answer
from clientnest.webhooks.signing import signed_headers
from clientnest.webhooks.turns import Errand

GONE = 410
_LONGEST_ANSWER = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `problem` None: it was delivered. `pause`: seconds that the receiver asks to wait."""

    duration_ms: int
    status: int | None = None
    problem: str | None = None
    answer: str | None = None
    pause: float | None = None

    @property
    def is_gone(self) -> bool:
        return self.status == GONE


def send(errand: Errand) -> Outcome:
    """Make the attempt. What goes wrong on the way, or is refused, is an outcome too."""
    body = errand.body
    headers = signed_headers(errand.secrets, errand.message_id, body)
    begun = time.monotonic()
    try:
        answer = outbound.send("POST", errand.url, headers=headers, body=body.encode())
    except (outbound.Unreachable, outbound.Refused, BadInput) as error:
        return Outcome(_since(begun), problem=error.message)
    delivered = 200 <= answer.status < 300
    return Outcome(
        _since(begun), answer.status, None if delivered else _problem(answer), _text(answer.body),
        None if delivered else answer.retry_after,
    )  # fmt: skip


def _problem(answer: Answer) -> str:
    if 300 <= answer.status < 400:
        return (
            f"It was answered with a redirect (status {answer.status}), and redirects are not followed: give the "
            "webhook the address that it leads to."
        )
    if answer.status == GONE:
        return "The receiver says that it is gone for good (status 410)."
    return f"It was answered with status {answer.status}; 200 to 299 say that it was received."


def _text(body: bytes) -> str:
    """The beginning of an answer, as a person can read it and Postgres can keep it."""
    text = body[: 4 * _LONGEST_ANSWER].decode("utf-8", "replace")[:_LONGEST_ANSWER]
    return "".join(sign if sign.isprintable() or sign in "\n\t" else " " for sign in text)


def _since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)
