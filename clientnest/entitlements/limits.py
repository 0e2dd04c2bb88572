"""Everything a plan may limit."""

from enum import StrEnum


class Limit(StrEnum):
    """One thing that a plan limits. Names that end in a period are counted in it; the others are there or not."""

    SEATS = "seats"
    ACCOUNTS = "accounts"
    API_REQUESTS_PER_MINUTE = "api_requests_per_minute"
    API_REQUESTS_PER_MONTH = "api_requests_per_month"
    SCHEDULED_POSTS_PER_MONTH = "scheduled_posts_per_month"
    AI_TOKENS_PER_MONTH = "ai_tokens_per_month"
    STORAGE_MB = "storage_mb"
    WEBHOOKS = "webhooks"
    API_KEYS = "api_keys"

    @property
    def unit(self) -> str:
        """What is counted, as it stands in a sentence after a number."""
        return _UNITS[self]


METERED = frozenset(
    {Limit.API_REQUESTS_PER_MONTH, Limit.SCHEDULED_POSTS_PER_MONTH, Limit.AI_TOKENS_PER_MONTH}
)  # fmt: skip
"""Limits whose use is added up in `app.usage`, by calendar month (UTC)."""

_UNITS = {
    Limit.SEATS: "members",
    Limit.ACCOUNTS: "accounts of networks",
    Limit.API_REQUESTS_PER_MINUTE: "API requests a minute",
    Limit.API_REQUESTS_PER_MONTH: "API requests a month",
    Limit.SCHEDULED_POSTS_PER_MONTH: "scheduled posts a month",
    Limit.AI_TOKENS_PER_MONTH: "AI tokens a month",
    Limit.STORAGE_MB: "MB of files",
    Limit.WEBHOOKS: "webhooks",
    Limit.API_KEYS: "API keys",
}
