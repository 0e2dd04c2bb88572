"""Outgoing webhooks: events of a workspace, sent to other programs as Standard Webhooks describes it.

`hear` makes a delivery for each endpoint that wants an event. The worker takes turns: whoever has an endpoint's turn
sends what is due to it, one request after the other, with nothing of the database held meanwhile. Rows say what is to
be done; tasks only wake, so a lost one costs a minute.
"""

from clientnest.webhooks.deliveries import (
    Attempt,
    Delivery,
    DeliveryPage,
    DeliveryState,
    attempts,
    body_of,
    deliveries,
    delivery,
    replay,
    replay_dead,
)
from clientnest.webhooks.endpoints import Endpoint, change, create, endpoint, endpoints, remove, rotate_secret
from clientnest.webhooks.hearing import hear, try_out
from clientnest.webhooks.patterns import MOST_PATTERNS, checked_events

__all__ = [
    "MOST_PATTERNS", "Attempt", "Delivery", "DeliveryPage", "DeliveryState", "Endpoint", "attempts", "body_of",
    "change", "checked_events", "create", "deliveries", "delivery", "endpoint", "endpoints", "hear", "remove", "replay",
    "replay_dead", "rotate_secret", "try_out",
]  # fmt: skip
