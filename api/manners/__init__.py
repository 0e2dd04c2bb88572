"""Manners at the front door: how often one may ask, and that asking twice for the same does it once."""

from api.manners.idempotency import Idempotency
from api.manners.rates import RateLimits

__all__ = ["Idempotency", "RateLimits"]
