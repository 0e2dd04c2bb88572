"""What happens in a workspace while somebody looks on: events in order, each with an id to go on from."""

from clientnest.events.feed import CHANNEL, Event, after, latest, permission_for

__all__ = ["CHANNEL", "Event", "after", "latest", "permission_for"]
