"""What somebody should know of: shown where they work, and by letter as they choose.

A notification is made by the worker when it hears of an event; `kinds` is the one table of which event concerns whom.
"""

from clientnest.notifications.hearing import hear
from clientnest.notifications.inbox import Page, list_notifications, mark_all_read, mark_read, unread_count
from clientnest.notifications.kinds import Category, Email
from clientnest.notifications.preferences import Choice, Preferences, preferences, replace_preferences
from clientnest.notifications.showing import Shown
from clientnest.notifications.unsubscribing import Unsubscription, unsubscribe, unsubscription

__all__ = [
    "Category",
    "Choice",
    "Email",
    "Page",
    "Preferences",
    "Shown",
    "Unsubscription",
    "hear",
    "list_notifications",
    "mark_all_read",
    "mark_read",
    "preferences",
    "replace_preferences",
    "unread_count",
    "unsubscribe",
    "unsubscription",
]
