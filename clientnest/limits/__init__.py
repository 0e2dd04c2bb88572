"""How often something may be done, counted for all processes together, and answers kept so that it is done once."""

from clientnest.limits.addresses import network_of
from clientnest.limits.rates import Standing, hit
from clientnest.limits.throttle import Throttle, TooManyRequests, forget, forgive, throttle

__all__ = ["Standing", "Throttle", "TooManyRequests", "forget", "forgive", "hit", "network_of", "throttle"]
