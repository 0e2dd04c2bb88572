"""One family of errors: each knows its code, its HTTP status, whether a retry can help, and what the person can do."""

from collections.abc import Mapping
from typing import Any


class ClientNestError(Exception):
    """Something a person or a caller has to know about.

    `message` says what happened and names the field, row or file; `advice` says what to do next; `code` is stable and
    machine-readable; `details` carries further JSON-able facts and never secrets.
    """

    code = "error"
    status = 500
    retryable = False

    def __init__(self, message: str, *, advice: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.details = dict(details or {})

    def as_dict(self) -> dict[str, Any]:
        """The error as stored with a job and shown to people: `code`, `message`, `advice`, `retryable`, `details`."""
        return {
            "code": self.code,
            "message": self.message,
            "advice": self.advice,
            "retryable": self.retryable,
            "details": self.details,
        }


class PermanentError(ClientNestError):
    """Trying the same thing again gives the same answer."""

    code = "permanent"
    status = 422


class TransientError(ClientNestError):
    """The same thing may work later; callers may retry with backoff."""

    code = "transient"
    status = 503
    retryable = True


class BadInput(PermanentError):
    """What the person sent cannot be used; the message names the field, row or file."""

    code = "bad-input"
    status = 422


class NotFound(PermanentError):
    code = "not-found"
    status = 404


class Unauthenticated(PermanentError):
    code = "unauthenticated"
    status = 401


class Forbidden(PermanentError):
    code = "forbidden"
    status = 403


class Conflict(PermanentError):
    code = "conflict"
    status = 409


class PreconditionRequired(PermanentError):
    """A change has to name what it was decided on, so that nobody's work is overwritten unseen."""

    code = "precondition-required"
    status = 428


class Unavailable(TransientError):
    """A service this needs is not running or not ready yet."""

    code = "unavailable"


class ConfigurationError(PermanentError):
    """The installation's settings do not allow this; the message names the setting."""

    code = "configuration"
    status = 500
