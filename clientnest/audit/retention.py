"""How long the logs are kept: for ever, unless whoever runs the installation says otherwise, and a year at least."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from clientnest.errors import BadInput

KEPT_AT_LEAST = timedelta(days=366)


def expire_events(connection: Connection, before: datetime) -> int:
    """Delete what happened before an instant from both logs, with the values beside it; gives the number of events.

    The one way out of the logs. Needs a role that may execute `app.expire_events` (migrate). `BadInput` where `before`
    is not `KEPT_AT_LEAST` ago; the database refuses it too.
    """
    if before > datetime.now(UTC) - KEPT_AT_LEAST:
        raise BadInput(
            f"Events of the last {KEPT_AT_LEAST.days} days stay: {before:%Y-%m-%d} is too late.",
            advice="Choose an earlier day.",
        )
    deleted: int = connection.execute(text("SELECT app.expire_events(:before)"), {"before": before}).scalar_one()
    return deleted
