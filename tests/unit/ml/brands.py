"""Made-up posts whose results follow a rule that the test knows."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from ml.features import as_posts

START = datetime(2026, 1, 1, tzinfo=UTC)
LIFTING, SINKING = "sunrise", "invoice"
GOOD_HOUR = 18


def posts(
    count: int = 400,
    *,
    accounts: int = 2,
    seed: int = 0,
    word: float = 1.0,
    hour: float = 0.0,
    noise: float = 0.4,
    level: float = 4.0,
) -> pl.DataFrame:
    """`count` posts per account, five hours apart or so, so that all hours come up; all have matured.

    log1p results: the account's level, `word` more with the word "sunrise" and as much less with "invoice", `hour` more
    at 18:00 UTC, and normal noise.
    """
    random = np.random.default_rng(seed)
    rows = []
    for account in range(accounts):
        for number in range(count):
            published = START + timedelta(hours=5 * number, minutes=int(random.integers(0, 60)))
            topic = random.choice([LIFTING, SINKING, "coffee", "window", "garden"])
            effect = word * (topic == LIFTING) - word * (topic == SINKING) + hour * (published.hour == GOOD_HOUR)
            log = level + account + effect + random.normal(0, noise)
            rows.append(
                {
                    "post_id": f"{account}-{number}",
                    "account_id": f"account-{account}",
                    "network": "bluesky",
                    "published_at": published,
                    "post_type": str(random.choice(["image", "text"])),
                    "text": f"The {topic} of {random.choice(['Monday', 'our town', 'the week', 'a friend'])}",
                    "engagement": float(round(np.expm1(max(log, 0.0)))),
                }
            )
    return as_posts(pl.DataFrame(rows))


def unrelated(frame: pl.DataFrame, *, seed: int = 0) -> pl.DataFrame:
    """The same posts with their results dealt out anew within each account: nothing can be learned."""
    random = np.random.default_rng(seed)
    parts = [
        part.with_columns(engagement=pl.Series(random.permutation(part["engagement"].to_numpy())))
        for _, part in frame.group_by("account_id", maintain_order=True)
    ]
    return pl.concat(parts)
