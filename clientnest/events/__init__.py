"""What happens in a workspace: told once, in order, to those who look on and to those who want to be told."""

from clientnest.events.feed import CHANNEL, Event, after, expired, find, latest
from clientnest.events.telling import tell

__all__ = ["CHANNEL", "Event", "after", "expired", "find", "latest", "tell"]
