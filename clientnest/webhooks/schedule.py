"""When to try again, and when to stop: the schedule that Standard Webhooks recommends."""

import random

MINUTE, HOUR = 60.0, 3600.0
# Seconds between an attempt and the next: ten attempts within about three days.
PAUSES = (5.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR)
MOST_ATTEMPTS = len(PAUSES) + 1
JITTER = 0.1

# An endpoint that does not answer is asked now and then, or what waits for it would keep a worker busy.
AWAY_AFTER, AWAY_SECONDS = 5, 30.0
# Nothing but failures for so long, and so many, and it is switched off.
FAILING_SECONDS, FAILING_AFTER = 5 * 24 * HOUR, MOST_ATTEMPTS


def pause_after(tries: int) -> float | None:
    """Seconds until the attempt after that many; None where there is none. A little random, so that what failed
    together does not come together again."""
    if tries >= MOST_ATTEMPTS:
        return None
    return PAUSES[tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads work, guards nothing
