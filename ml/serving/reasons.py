"""Words for what moved a prediction."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from ml.models.performance.model import GROUPS
from ml.serving.prediction import Draft, Reason

_LEAST = 0.02  # smaller moves are not worth a reader's time
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def reasons(draft: Draft, zone: str, contributions: Sequence[float]) -> tuple[Reason, ...]:
    """From contributions (log1p, in the order of `GROUPS`): the largest first, without the negligible."""
    found = [
        Reason(topic, change, f"{_subject(topic, draft, zone)}: {change:+.0%}")
        for topic, moved in zip(GROUPS, contributions, strict=True)
        if abs(change := float(np.expm1(moved))) >= _LEAST
    ]
    return tuple(sorted(found, key=lambda reason: -abs(np.log1p(reason.change))))


def _subject(topic: str, draft: Draft, zone: str) -> str:
    if topic == "time":
        local: datetime = draft.planned_at.astimezone(ZoneInfo(zone))
        return f"{_DAYS[local.weekday()]} {local:%H:%M} for this account"
    return {
        "wording": "The words used",
        "format": f"Format ({draft.post_type.replace('_', ' ')})",
        "recent form": "How the account has done lately",
        "rhythm": "Time since the last posts",
        "text and links": "Length, links and signs",
    }[topic]
