"""What a workspace may use: plans and their limits, what is used of them, and what people do with the product."""

from clientnest.entitlements.events import ProductEvent, record
from clientnest.entitlements.limits import METERED, Limit
from clientnest.entitlements.plans import Entitlements, LimitReached, check, entitled
from clientnest.entitlements.usage import Reservation, commit, consume, release, reserve, used

__all__ = [
    "METERED",
    "Entitlements",
    "Limit",
    "LimitReached",
    "ProductEvent",
    "Reservation",
    "check",
    "commit",
    "consume",
    "entitled",
    "record",
    "release",
    "reserve",
    "used",
]
